"""
Hubs are told for a request in threads of their own, and not for ever: a slow hub keeps nobody else waiting.

    message, queued ─▶ thread ─▶ told, or refused
                         └─ 10 seconds ─▶ kept: the follower tells it later
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from seawall.exchange.membership import Message
from seawall.partners.hub import Hub
from seawall.workflows.membership import Node
from seawall.workflows.telling import Told, tell_now

PATIENCE = 10.0  # seconds that a request waits for a hub
AT_ONCE = 4  # hubs spoken to, in each worker


class Telling:
    """The threads of one worker process that speak to hubs."""

    def __init__(self, node: Node, *, patience: float = PATIENCE) -> None:
        self._node = node
        self._patience = patience
        self._threads = ThreadPoolExecutor(AT_ONCE, "telling")
        self._open: set[_Errand] = set()

    async def told(self, message: Message) -> Told:
        """
        What became of a queued message, as far as it shows soon; what the hub has not taken by then waits.

        Raises:
            NotFound: The membership was ended meanwhile.

        """
        errand = _Errand(message, self._node)
        self._open.add(errand)
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.wrap_future(self._threads.submit(errand.run))
        except TimeoutError:
            errand.give_up()
            why = f"The hub did not answer within {self._patience:g} seconds."
            return Told(message=message, error=why, kept=True)
        finally:
            self._open.discard(errand)

    def close(self) -> None:
        """Give up what hubs have not answered; it is kept."""
        for errand in list(self._open):
            errand.give_up()
        self._threads.shutdown(cancel_futures=True)


class _Errand:
    """One message on its way."""

    def __init__(self, message: Message, node: Node) -> None:
        self._message = message
        self._node = node
        self._hub: Hub | None = None

    def run(self) -> Told:
        """Tell it."""
        with self._node.memory.reading() as stores:
            membership = stores.memberships.find(self._message.membership)
        with self._node.hub_of(membership) as self._hub:
            (told,) = tell_now(membership, [self._message], hub=self._hub, node=self._node)
        return told

    def give_up(self) -> None:
        """End the wait for the hub, if there is one."""
        if self._hub is not None:
            self._hub.interrupt()
