"""
Everything a request needs, opened once for each worker process.

    open_door ─▶ app, sandbox, one writer for all, upkeep ─▶ requests ─▶ what was acknowledged is written, then closed
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from seawall.app import App, open_app
from seawall.clock import now
from seawall.decoders import open_sandbox
from seawall.sandbox.sandbox import Sandbox
from seawall.settings import Settings
from seawall.storage.group_commit import GroupCommit
from seawall.web.metrics import Metrics
from seawall.web.rates import Rates, Room
from seawall.web.upkeep import Upkeep


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One worker's app, its decoders, its writer and its counts."""

    app: App
    sandbox: Sandbox
    commits: GroupCommit
    metrics: Metrics
    rates: Rates
    room: Room
    opened_at: datetime

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
        with (
            closing(GroupCommit(app.memory, on_commit=metrics.committed)) as commits,
            closing(Upkeep(app, sandbox, metrics)),
        ):
            yield _door(app, sandbox, commits, metrics)


def door_of(request: Request) -> Door:
    """The door this request came through."""
    door: Door = request.app.state.door
    return door


def _door(app: App, sandbox: Sandbox, commits: GroupCommit, metrics: Metrics) -> Door:
    return Door(
        app=app,
        sandbox=sandbox,
        commits=commits,
        metrics=metrics,
        rates=Rates(app.settings.server.requests_per_second),
        room=Room(app.settings.server.max_waiting),
        opened_at=now(),
    )
