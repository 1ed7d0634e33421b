"""
Hubs are told for a request in threads of their own, and not for ever: a slow hub keeps nobody else waiting.

    message, queued ─▶ one of a hub's places ─▶ thread ─▶ told, or refused
                                  └──────────────────┴─ 10 seconds ─▶ kept: the follower tells it later
"""

import asyncio
import contextlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from seawall.errors import OutsideError
from seawall.exchange.membership import Message
from seawall.partners.hub import Hub
from seawall.workflows.membership import Node
from seawall.workflows.telling import Told, tell_now

PATIENCE = 10.0  # seconds that a request waits for a hub
AT_ONCE = 4  # errands, in each worker
MOST_OF_ONE = 3  # of them for one membership, so that a slow hub leaves room for others


class Telling:
    """The threads of one worker process that speak to hubs."""

    def __init__(self, node: Node, *, patience: float = PATIENCE) -> None:
        self._node = node
        self._patience = patience
        self._threads = ThreadPoolExecutor(AT_ONCE, "telling")
        self._open: set[_Errand] = set()
        self._places: dict[str, asyncio.Semaphore] = {}  # by membership

    async def told(self, message: Message) -> Told:
        """
        What became of a queued message, as far as it shows soon; what the hub has not taken by then waits.

        Raises:
            NotFound: The membership was ended meanwhile.

        """
        errand, patience = _Errand(message, self._node), self._patience
        self._open.add(errand)
        try:
            async with asyncio.timeout(patience):
                return await asyncio.wrap_future(await self._begun(errand))
        except TimeoutError:
            errand.give_up()
            why = (
                f"The hub did not answer within {patience:g} seconds."
                if errand.begun
                else "The hub is still busy with what it was told before; this is told later."
            )
            return Told(message=message, error=why, kept=True)
        finally:
            self._open.discard(errand)

    async def _begun(self, errand: "_Errand") -> Future[Told]:
        """The errand in a thread, once its membership has a place; that is free when the thread is."""
        place = self._places.setdefault(errand.membership, asyncio.Semaphore(MOST_OF_ONE))
        loop = asyncio.get_running_loop()
        await place.acquire()

        def free(_: Future[Told]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                loop.call_soon_threadsafe(place.release)

        future = self._threads.submit(errand.run)
        future.add_done_callback(free)
        return future

    def close(self) -> None:
        """Give up what hubs have not answered; it is kept."""
        for errand in list(self._open):
            errand.give_up()
        self._threads.shutdown(cancel_futures=True)


class _Errand:
    """One message on its way."""

    def __init__(self, message: Message, node: Node) -> None:
        self.membership = message.membership
        self.begun = False
        self._message = message
        self._node = node
        self._lock = threading.Lock()
        self._hub: Hub | None = None
        self._given_up = False

    def run(self) -> Told:
        """
        Tell it.

        Raises:
            NotFound: The membership was ended meanwhile.
            OutsideError: It was given up before the hub was asked.

        """
        self.begun = True
        with self._node.memory.reading() as stores:
            membership = stores.memberships.find(self.membership)
        with self._node.hub_of(membership) as hub:
            with self._lock:
                if self._given_up:
                    raise OutsideError("It was given up before the hub was asked.")
                self._hub = hub
            (told,) = tell_now(membership, [self._message], hub=hub, node=self._node)
        return told

    def give_up(self) -> None:
        """End the wait for the hub; one that was not asked yet is not asked any more."""
        with self._lock:
            self._given_up = True
            if self._hub is not None:
                self._hub.interrupt()
