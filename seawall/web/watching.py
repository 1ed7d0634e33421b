"""
Open pages of the desk are told that cases changed; one look a second at the database serves all of this process.

    watch ─▶ look ─▶ something happened to a case ─▶ whom it concerns is told, within the limits they have by then
              └─ the sign-in is over ─▶ the stream ends
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from starlette.concurrency import run_in_threadpool

from seawall.access.person import Permission, may
from seawall.access.session import SignIn
from seawall.cases.case import Status
from seawall.clock import now
from seawall.errors import Error, TooMany
from seawall.storage.memory import Memory, Stores

LOOK_EVERY = 1.0  # seconds
MOST = 64  # open pages that are told, in each worker; the others are told when they are reloaded
MOST_OF_ONE = 8  # of them of one person
SIGN_OF_LIFE = 20.0  # seconds, so that a dead connection is noticed and a proxy keeps a living one

log = structlog.get_logger("seawall.watching")


@dataclass(frozen=True, slots=True)
class News:
    """What a page is told: how many cases have come, or what became of the one it shows."""

    new: int = 0
    status: Status | None = None
    other: bool = False  # somebody else holds the case


@dataclass(slots=True, eq=False, kw_only=True)
class Watcher:
    """An open page: who reads it, and up to where it knows the cases."""

    sign_in: SignIn
    since: int = 0  # the number of the latest case when the page was made
    case: str | None = None  # the one that it shows; None: the queue
    version: int = 0
    told: News | None = None
    over: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Watching:
    """Every open page of this process. All of it belongs to the event loop."""

    def __init__(self, memory: Memory, *, idle: timedelta) -> None:
        self._memory = memory
        self._idle = idle
        self._watchers: set[Watcher] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._watchers)

    def check(self, person: str) -> None:
        """
        Whether one more page of this person can be told.

        Raises:
            TooMany: There are as many open pages as are told at once.

        """
        theirs = sum(each.sign_in.person == person for each in tuple(self._watchers))
        if len(self._watchers) >= MOST or theirs >= MOST_OF_ONE:
            raise TooMany(
                "Too many pages are open to be told of changes; this one shows them when it is reloaded."
            )

    async def news(self, watcher: Watcher) -> AsyncIterator[News | None]:
        """What concerns this page, as it happens; None is a sign of life. Ends when the sign-in or the server does."""
        self._watchers.add(watcher)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())
        try:
            yield None
            while not (watcher.over or self._closed):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SIGN_OF_LIFE):
                        await watcher.woken.wait()
                news = watcher.told if watcher.woken.is_set() else None
                watcher.woken.clear()
                if not watcher.over:
                    yield news
        finally:
            self._watchers.discard(watcher)

    def close(self) -> None:
        """Let every page go."""
        self._closed = True
        self._wake(self._watchers, over=True)

    async def _look(self) -> None:
        """Look as long as a page is open."""
        last = -1
        while self._watchers and not self._closed:
            watchers = list(self._watchers)
            try:
                last = await self._round(watchers, last)
            except (
                Error
            ) as failed:  # the database may be away for a while: the next look tries again
                log.warning("looking for changes failed", reason=str(failed))
            await asyncio.sleep(LOOK_EVERY)

    async def _round(self, watchers: list[Watcher], last: int) -> int:
        happened, signed_out, told = await run_in_threadpool(self._seen, watchers, last)
        self._wake((each for each in watchers if each.sign_in.digest in signed_out), over=True)
        for watcher, news in told:
            if news != watcher.told:
                watcher.told = news
                watcher.woken.set()
        return happened

    def _wake(self, watchers: Iterable[Watcher], *, over: bool) -> None:
        for watcher in watchers:
            watcher.over = over
            watcher.woken.set()

    def _seen(
        self, watchers: list[Watcher], last: int
    ) -> tuple[int, set[bytes], list[tuple[Watcher, News]]]:
        """The last thing that happened to a case, which sign-ins are over, and what is new to whom."""
        digests = {each.sign_in.digest for each in watchers}
        with self._memory.reading() as stores:
            signed_out = digests - stores.people.open_of(digests, at=now(), idle=self._idle)
            happened = stores.cases.last_event()
            fresh = [each for each in watchers if happened != last or each.told is None]
            told = [(each, _news(each, stores)) for each in fresh]
        return happened, signed_out, told


def _news(watcher: Watcher, stores: Stores) -> News:
    """What has changed since the page was made, as far as its reader may see it now."""
    person = stores.people.find(watcher.sign_in.person)
    if not may(person, Permission.CASES_SEE):
        return News()
    if watcher.case is None:
        return News(new=stores.cases.opened_after(watcher.since, limits=person.limits))
    found = stores.cases.standing(watcher.case)
    if found is None or found.version == watcher.version:
        return News()
    return News(status=found.status, other=found.claimed_by not in (None, person.id))
