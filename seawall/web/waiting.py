"""
Members wait for changes; one look at the database serves all who wait in this process.

    wait ─▶ look ─▶ agreement has grown ─▶ woken
             ├─ at once, when this process has committed
             └─ every 25 ms, for what other processes commit
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType

import structlog
from starlette.concurrency import run_in_threadpool

from seawall.errors import Error
from seawall.storage.memory import Memory

LOOK_EVERY = 0.025  # seconds
AFTER_FAILURE = 1.0
STOPS = (signal.SIGINT, signal.SIGTERM)

log = structlog.get_logger("seawall.waiting")


@dataclass(slots=True, eq=False)
class _Waiter:
    """Somebody who has read an agreement up to here."""

    agreement: str
    after: int
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Waiting:
    """Everybody who waits in this process. All but `stir` belongs to the event loop."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._waiters: set[_Waiter] = set()
        self._stirred = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiters)

    async def grown(self, agreement: str, *, after: int, seconds: float) -> None:
        """Return once the agreement may have more deltas than these, or the time is over."""
        if self._closed:
            return
        waiter = _Waiter(agreement, after)
        self._waiters.add(waiter)
        self._loop = asyncio.get_running_loop()
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look())
        self._stirred.set()  # it may have grown since the caller read it
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waiter.woken.wait()
        finally:
            self._waiters.discard(waiter)

    def stir(self) -> None:
        """Something was committed here; called from any thread."""
        if self._loop is not None and self._waiters:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
                self._loop.call_soon_threadsafe(self._stirred.set)

    @contextlib.contextmanager
    def until_stopped(self, *others: Callable[[], None]) -> Iterator[None]:
        """Within the block, a signal that stops the server lets everybody go first: it waits for open requests."""
        if (
            threading.current_thread() is not threading.main_thread()
        ):  # only the main thread hears signals
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in STOPS}

        def stopped(number: int, frame: FrameType | None) -> None:
            for close in (self.close, *others):
                loop.call_soon_threadsafe(close)
            handler = before[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        for number in STOPS:
            signal.signal(number, stopped)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def close(self) -> None:
        """Let everybody go."""
        self._closed = True
        for waiter in self._waiters:
            waiter.woken.set()

    async def _look(self) -> None:
        """Look as long as somebody waits."""
        while self._waiters:
            self._stirred.clear()
            pause = LOOK_EVERY
            try:
                await self._wake()
            except Error as failed:  # the database may be away for a while
                log.warning("looking for changes failed", reason=str(failed))
                pause = AFTER_FAILURE
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stirred.wait()

    async def _wake(self) -> None:
        wanted = {waiter.agreement for waiter in self._waiters}
        sizes = await run_in_threadpool(self._sizes, wanted)
        for waiter in self._waiters:
            # Smaller is news too: a backup was restored.
            if waiter.agreement in wanted and sizes.get(waiter.agreement) != waiter.after:
                waiter.woken.set()

    def _sizes(self, wanted: set[str]) -> dict[str, int]:
        with self._memory.reading() as stores:
            return stores.deltas.sizes(wanted)
