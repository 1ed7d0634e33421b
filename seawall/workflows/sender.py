"""
Sending all the time: one process of a home does it, every endpoint at its own pace.

    lock ─▶ look for what is due, at once after a commit of ours and ten times a second ─▶ task for each endpoint ─▶ …
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from seawall.delivery.schedule import Meaning
from seawall.delivery.webhook import Post
from seawall.errors import Error
from seawall.index.files import only_writer
from seawall.workflows.delivering import Courier, deliver_due

log = logging.getLogger("seawall.sender")

LOOK_EVERY = 0.1  # seconds: what another process has committed goes out within as much
LOCK_EVERY = 0.5  # seconds between two tries to be the one that sends
PAUSE = 1.0  # seconds after the database was away
GRACE = 2.0  # seconds that what is under way has when the server stops; beyond that it is sent again later


class Sender:
    """Sends what is due to every endpoint until it is closed."""

    def __init__(
        self, courier: Courier, folder: Path, *, on_attempt: Callable[[Meaning], None]
    ) -> None:
        """`on_attempt` is told of each answer; the folder holds the lock of the one process that sends."""
        self._courier = courier
        self._folder = folder
        self._on_attempt = on_attempt
        self._stopped = threading.Event()
        self._stirred = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="sender", daemon=True)
        self._thread.start()

    def stir(self) -> None:
        """Something was committed: look now."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                loop.call_soon_threadsafe(self._stirred.set)

    def close(self) -> None:
        """Write down what is being answered, then stop."""
        self._stopped.set()
        self.stir()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with only_writer(self._folder, wait=False) as mine:
                    if mine:
                        asyncio.run(self._send())
            except (OSError, Error) as failed:
                log.warning("sending is not possible now: %s", failed)
            except Exception:
                log.exception("sending broke")
            self._stopped.wait(LOCK_EVERY)

    async def _send(self) -> None:
        self._loop = asyncio.get_running_loop()
        tasks: dict[str, asyncio.Task[None]] = {}
        async with self._courier.post() as post:
            try:
                while not self._stopped.is_set():
                    self._stirred.clear()
                    for ident in await self._due():
                        if ident not in tasks or tasks[ident].done():
                            tasks[ident] = asyncio.create_task(self._empty(ident, post))
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stirred.wait(), LOOK_EVERY)
            finally:
                self._loop = None
                await _finish(list(tasks.values()))

    async def _due(self) -> list[str]:
        try:
            return await asyncio.to_thread(self._read_due)
        except Error as failed:  # the database may be away for a while
            log.warning("what is due cannot be read now: %s", failed)
            await asyncio.sleep(PAUSE)
            return []

    def _read_due(self) -> list[str]:
        with self._courier.memory.reading() as stores:
            return stores.deliveries.due_endpoints(
                owner=self._courier.owner, now=self._courier.now()
            )

    async def _empty(self, ident: str, post: Post) -> None:
        """Send until nothing is due at this endpoint."""
        try:
            while not self._stopped.is_set():
                meant = await deliver_due(ident, courier=self._courier, post=post)
                for each in meant:
                    self._on_attempt(each)
                if not meant:
                    return
        except Error as failed:
            log.warning("%s: %s", ident, failed)
            await asyncio.sleep(PAUSE)
        except Exception:
            log.exception("sending to %s broke", ident)
            await asyncio.sleep(PAUSE)


async def _finish(tasks: list[asyncio.Task[None]]) -> None:
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
