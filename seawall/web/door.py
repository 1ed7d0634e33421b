"""
Everything a request needs, opened once for each worker process.

    open_door ─▶ app, sandbox, one writer for all, upkeep, follower, sender ─▶ requests ─▶ what was acknowledged is
                                                                                           written, then closed
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from seawall.app import App, open_app
from seawall.clock import now
from seawall.decoders import open_sandbox
from seawall.sandbox.sandbox import Sandbox
from seawall.settings import Settings
from seawall.storage.group_commit import GroupCommit
from seawall.storage.memory import Stores
from seawall.web.metrics import Metrics
from seawall.web.rates import Rates, Room
from seawall.web.snapshots import Snapshots
from seawall.web.telling import Telling
from seawall.web.upkeep import Upkeep
from seawall.web.waiting import Waiting
from seawall.web.watching import Watching
from seawall.workflows.feed import Signer
from seawall.workflows.follower import Follower
from seawall.workflows.screener import Screened, Screener
from seawall.workflows.sender import Sender

T = TypeVar("T")
MOST_LISTENERS = 4096  # members' requests that wait for changes, in each worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One worker's app, its decoders, its writer and its counts."""

    app: App
    sandbox: Sandbox
    commits: GroupCommit
    metrics: Metrics
    rates: Rates
    room: Room
    signer: Signer
    upkeep: Upkeep
    screener: Screener
    waiting: Waiting
    watching: Watching
    snapshots: Snapshots
    telling: Telling
    listeners: Room
    opened_at: datetime

    def commit(self, story: Callable[[Stores], T]) -> T:
        """What the story gives once it is written, together with those of others."""
        return self.commits.submit(story).result()

    async def catch_up(self) -> None:
        """Take in what was committed since the last look, off the event loop where that may take long."""
        if self.app.knowledge.should_look():
            await run_in_threadpool(self.app.knowledge.refresh)


@contextmanager
def open_door(settings: Settings, metrics: Metrics) -> Iterator[Door]:
    """A door over the home of these settings; closing it writes what was acknowledged first."""
    with open_app(settings) as app, open_sandbox(settings) as sandbox:
        app.knowledge.refresh()  # opened here, by one thread; decoders start meanwhile
        sandbox.fingerprint(b"")  # a decoder is up, its kernels compiled, before anybody is let in
        signer = Signer(settings.home, settings.exchange.hub)
        with (
            closing(Waiting(app.memory)) as waiting,
            closing(Snapshots(app.memory, signer)) as snapshots,
            closing(
                Sender(app.courier(), settings.home / "delivery", on_attempt=metrics.attempted)
            ) as sender,
            closing(
                GroupCommit(app.memory, on_commit=_telling(metrics, waiting, sender))
            ) as commits,
            closing(Telling(app.node())) as telling,
            closing(Upkeep(app, sandbox, metrics, on_carried=sender.stir)) as upkeep,
            closing(Screener(_background(app, commits, metrics))) as screener,
            closing(Follower(app.node(), on_change=app.knowledge.refresh_now)),
        ):
            yield Door(
                app=app,
                sandbox=sandbox,
                commits=commits,
                metrics=metrics,
                rates=Rates(settings.server.requests_per_second),
                room=Room(settings.server.max_waiting),
                signer=signer,
                upkeep=upkeep,
                screener=screener,
                waiting=waiting,
                watching=Watching(app.memory, idle=settings.console.idle),
                snapshots=snapshots,
                telling=telling,
                listeners=Room(MOST_LISTENERS),
                opened_at=now(),
            )


def door_of(request: Request) -> Door:
    """The door this request came through."""
    door: Door = request.app.state.door
    return door


def _background(app: App, commits: GroupCommit, metrics: Metrics) -> Screened:
    """What screening in the background needs of what is open here."""
    settings = app.settings
    return Screened(
        memory=app.memory,
        spool=app.spool,
        knowledge=app.knowledge,
        safe=app.safe,
        commits=commits,
        keep_ledger=settings.screening.keep_ledger,
        at_once=settings.server.background,
        open_sandbox=lambda: open_sandbox(settings, workers=settings.server.background),
        on_verdict=metrics.screened,
        now=now,
    )


def _telling(metrics: Metrics, waiting: Waiting, sender: Sender) -> Callable[[int], None]:
    """Whom a commit concerns: the counts, members that wait for changes, and endpoints."""

    def told(stories: int) -> None:
        metrics.committed(stories)
        waiting.stir()
        sender.stir()

    return told
