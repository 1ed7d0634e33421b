"""Screening in the background: what was accepted has one end, whatever happens in between."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from seawall.access.key import Key, Scope
from seawall.app import App, open_app
from seawall.clock import now
from seawall.decoders import open_sandbox
from seawall.errors import InputError, NotFound, OutsideError, WrongState
from seawall.settings import Secrets, Settings
from seawall.storage.group_commit import GroupCommit
from seawall.storage.screenings import Screening, State
from seawall.workflows.pictures import jpeg, landscape
from seawall.workflows.screener import Screened, Screener
from seawall.workflows.screenings import (
    GRACE,
    KEPT,
    LOST,
    MOST_TRIES,
    Bounds,
    accept,
    context_of,
    fail,
    finish,
    is_hopeless,
    sweep,
    take_up,
)
from seawall.workflows.upload import Context, screen_upload
from tests.made import fingerprint, pdq

ENOUGH = Bounds(screenings=10, size=1_000_000)
KEY = Key(
    id="key_1",
    name="test",
    owner="alpha",
    scopes=frozenset({Scope.SCREEN}),
    created_at=now(),
)


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[App]:
    """A home on either database."""
    settings = Settings(home=tmp_path / "home", secrets=Secrets(database_url))
    settings.home.mkdir()
    with open_app(settings) as opened:
        yield opened


def accepted(app: App, data: bytes = b"bytes", *, bounds: Bounds = ENOUGH) -> Screening:
    """These bytes, put aside and accepted."""
    spooled = app.spool.write(f"scr_{time.monotonic_ns()}", [data[:2], data[2:]])
    with app.memory.transaction() as stores:
        return accept(
            spooled,
            Context(item="post-1", territory="de"),
            bounds=bounds,
            stores=stores,
            by=KEY,
            now=now(),
        )


def take(app: App, *besides: str) -> list[Screening]:
    """What may begin now."""
    return take_up(app.memory, spool=app.spool, most=9, besides=besides, now=now())


def end(app: App, screening: Screening) -> str:
    """A verdict on it, remembered; the upload's id."""
    upload = screen_upload(
        fingerprint(pdq(1)),
        context_of(screening),
        knowledge=app.knowledge,
        chance=0.5,
        now=now(),
    )
    with app.memory.transaction() as stores:
        finish(screening, upload, None, keep_ledger=True, stores=stores, now=now())
    return upload.id


def found(app: App, ident: str) -> Screening:
    """The screening as it stands."""
    with app.memory.reading() as stores:
        return stores.screenings.find(ident)


def told(app: App) -> list[tuple[str, str]]:
    """Topics and subjects of the messages."""
    with app.memory.reading() as stores:
        return [(each.topic, each.subject) for each in stores.outbox.after(0, limit=99)]


def test_what_a_dead_process_had_begun_is_begun_anew_and_has_one_verdict(app: App):
    """Whoever began it first and comes late changes nothing."""
    screening = accepted(app)
    (late,) = take(app)
    assert take(app, late.id) == []

    (again,) = take(app)
    upload = end(app, again)
    with pytest.raises(WrongState):
        end(app, late)

    ended = found(app, screening.id)
    assert (ended.state, ended.upload, ended.begun) == (State.DONE, upload, 2)
    assert told(app) == [("upload:screened", upload)]
    with app.memory.reading() as stores:
        assert stores.uploads.count() == 1
        assert stores.uploads.find(upload).territory == "DE"
        actions = [event.happening.action for event in stores.audit.all()]
    assert actions[-2:] == ["screening:accepted", "upload:screened"]


def test_more_than_may_wait_is_refused_and_leaves_no_row(app: App):
    """By their number, and by their bytes."""
    accepted(app, b"1234")

    for bounds in (replace(ENOUGH, screenings=1), replace(ENOUGH, size=7)):
        with pytest.raises(OutsideError, match="wait in the background already"):
            accepted(app, b"1234", bounds=bounds)

    with app.memory.reading() as stores:
        assert stores.screenings.held() == (1, 4)


def test_what_cannot_be_screened_fails_once_and_says_why(app: App):
    """Its sender hears of it as of a verdict."""
    screening = accepted(app)
    for _ in range(2):
        with app.memory.transaction() as stores:
            fail(screening, "It is gone.", stores=stores, now=now())

    assert found(app, screening.id).reason == "It is gone."
    assert told(app) == [("screening:failed", screening.id)]
    assert is_hopeless(replace(screening, begun=MOST_TRIES + 1))


def test_files_that_nobody_wants_go_and_what_lost_its_file_fails(app: App):
    """What waits keeps its file, however old it is."""
    kept, lost, done = accepted(app), accepted(app), accepted(app)
    app.spool.remove(lost.path)
    end(app, next(each for each in take(app) if each.id == done.id))
    app.spool.write("orphan", [b"never committed"])

    sweep(app.memory, spool=app.spool, now=now() + LOST + GRACE)

    assert app.spool.names() == {kept.path}
    assert found(app, lost.id).state is State.FAILED
    sweep(app.memory, spool=app.spool, now=now() + KEPT + timedelta(days=2))
    with pytest.raises(NotFound):
        found(app, done.id)


def test_a_country_that_is_none_is_refused_before_anything_is_accepted(app: App):
    """Later nobody could correct it."""
    spooled = app.spool.write("scr_1", [b"x"])
    with pytest.raises(InputError), app.memory.transaction() as stores:
        accept(
            spooled, Context(territory="Nowhere"), bounds=ENOUGH, stores=stores, by=KEY, now=now()
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_screener_goes_on_where_a_dead_one_was(app: App):
    """With workers of its own, and the file is gone when the verdict is there."""
    screening = accepted(app, jpeg(landscape(1, width=400, height=300)))
    take(app)
    verdicts: list[object] = []
    with closing(GroupCommit(app.memory)) as commits:
        given = Screened(
            memory=app.memory,
            spool=app.spool,
            knowledge=app.knowledge,
            safe=app.safe,
            commits=commits,
            keep_ledger=True,
            at_once=1,
            open_sandbox=lambda: open_sandbox(app.settings, workers=1),
            on_verdict=verdicts.append,
            now=now,
        )
        with closing(Screener(given)):
            patience = time.monotonic() + 60
            while not verdicts and time.monotonic() < patience:
                time.sleep(0.05)

    ended = found(app, screening.id)
    assert (ended.state, ended.begun) == (State.DONE, 2)
    assert app.spool.names() == set()
    assert told(app) == [("upload:screened", ended.upload)]
