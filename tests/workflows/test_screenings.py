"""Screening in the background: what was accepted has one end, whatever happens in between."""

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from seawall.access.key import Key, Scope
from seawall.app import App, open_app
from seawall.clock import now
from seawall.decoders import open_sandbox
from seawall.errors import InputError, NotFound, OutsideError, StorageError, WrongState
from seawall.policy.measure import Measure
from seawall.sandbox.sandbox import Sandbox
from seawall.screening.verdict import Verdict
from seawall.settings import Secrets, Settings
from seawall.storage.group_commit import GroupCommit
from seawall.storage.screenings import Screening, State
from seawall.storage.spool import Spool
from seawall.storage.whole_files import GRACE
from seawall.workflows import screener
from seawall.workflows.pictures import jpeg, landscape
from seawall.workflows.screener import Screened, Screener
from seawall.workflows.screenings import (
    AWAY,
    KEPT,
    LOST,
    MOST_TRIES,
    Bounds,
    accept,
    context_of,
    finish,
    sweep,
    take_up,
)
from seawall.workflows.upload import Context, screen_upload
from tests.made import fingerprint, pdq

PHOTO = jpeg(landscape(1, width=400, height=300))
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


def accepted(
    app: App,
    data: bytes = b"bytes",
    *,
    bounds: Bounds = ENOUGH,
    spool: Spool | None = None,
    by: Key = KEY,
) -> Screening:
    """These bytes, put aside and accepted."""
    aside = spool or app.spool
    spooled = aside.write(f"scr_{time.monotonic_ns()}", [data[:2], data[2:]])
    with app.memory.transaction() as stores:
        return accept(
            spooled,
            Context(item="post-1", territory="de"),
            bounds=bounds,
            stores=stores,
            by=by,
            now=now(),
        )


def take(app: App, *besides: str) -> list[Screening]:
    """What may begin now."""
    return take_up(app.memory, spool=app.spool, most=9, besides=besides, now=now())


def screened(
    app: App,
    *,
    opening: Callable[[], Sandbox] | None = None,
    moment: Callable[[], datetime] = now,
) -> None:
    """The background at work until there is a verdict."""
    verdicts: list[Verdict] = []
    with closing(GroupCommit(app.memory)) as commits:
        given = Screened(
            memory=app.memory,
            spool=app.spool,
            knowledge=app.knowledge,
            safe=app.safe,
            commits=commits,
            keep_ledger=True,
            at_once=1,
            open_sandbox=opening or (lambda: open_sandbox(app.settings, workers=1)),
            on_verdict=verdicts.append,
            now=moment,
        )
        with closing(Screener(given)):
            patience = time.monotonic() + 60
            while not verdicts and time.monotonic() < patience:
                time.sleep(0.02)


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
        assert stores.screenings.held(app.spool.home) == (1, 4)
        assert stores.screenings.held("elsewhere:/home") == (0, 0)


def test_one_key_leaves_room_for_others(app: App):
    """It has half; a single file that is larger finds its place all the same."""
    bounds = Bounds(screenings=4, size=10)
    accepted(app, b"1234567", bounds=bounds)

    with pytest.raises(OutsideError, match="of this key wait"):
        accepted(app, b"1", bounds=bounds)
    other = accepted(app, b"1", bounds=bounds, by=replace(KEY, id="key_2"))

    with app.memory.reading() as stores:
        assert stores.screenings.backlog()[:2] == (2, 8)
        assert stores.screenings.held(app.spool.home, key=other.key) == (1, 1)


def test_what_a_fault_of_ours_brought_to_nothing_was_not_begun(app: App):
    """Else ten of them would be taken for ten deaths; what somebody else has begun since is left to them."""
    accepted(app)
    (first,) = take(app)
    (second,) = take(app)
    with app.memory.transaction() as stores:
        stores.screenings.give_back(first, at=now())
        assert stores.screenings.find(first.id) == second
        stores.screenings.give_back(second, at=now())

    back = found(app, first.id)
    assert (back.state, back.begun) == (State.WAITING, 1)


def test_files_that_nobody_wants_go_and_what_lost_its_file_is_told(app: App):
    """What waits keeps its file, however old it is; what has ended is not begun again."""
    kept, lost, done = accepted(app), accepted(app), accepted(app)
    app.spool.remove(lost.path)
    end(app, next(each for each in take(app) if each.id == done.id))
    app.spool.write("orphan", [b"never committed"])

    told_lost = sweep(app.memory, spool=app.spool, now=now() + LOST + GRACE)

    assert app.spool.names() == {kept.path}
    assert [each.id for each in told_lost] == [lost.id]
    with app.memory.reading() as stores:
        backlog = stores.screenings.backlog()
    assert (backlog.held, backlog.oldest_at, backlog.failed) == (2, kept.at, 0)
    with app.memory.transaction() as stores:
        assert not stores.screenings.begin(done.id, at=now())
    sweep(app.memory, spool=app.spool, now=now() + KEPT + timedelta(days=2))
    with pytest.raises(NotFound):
        found(app, done.id)


def test_a_home_leaves_to_another_what_lies_there(app: App, tmp_path: Path):
    """It sees no file of the other's; one that was moved has the files, and goes on with them."""
    spool = Spool(tmp_path / "other", app.memory.database_id())
    screening = accepted(app, spool=spool)

    assert sweep(app.memory, spool=app.spool, now=now() + AWAY - GRACE) == []
    assert [each.id for each in sweep(app.memory, spool=app.spool, now=now() + AWAY + GRACE)] == [
        screening.id
    ]

    app.spool.folder.mkdir(parents=True, exist_ok=True)
    shutil.move(spool.path(screening.path), app.spool.folder)
    sweep(app.memory, spool=app.spool, now=now())
    assert found(app, screening.id).home == app.spool.home
    assert [each.id for each in take(app)] == [screening.id]


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
    screening = accepted(app, PHOTO)
    take(app)

    screened(app)

    ended = found(app, screening.id)
    assert (ended.state, ended.begun) == (State.DONE, 2)
    assert app.spool.names() == set()
    assert told(app) == [("upload:screened", ended.upload)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_faults_of_ours_use_up_no_try(app: App, monkeypatch: pytest.MonkeyPatch):
    """However often the workers cannot be opened or the index cannot be read, the verdict is that of one try."""
    monkeypatch.setattr(screener, "PAUSE", 0.001)
    monkeypatch.setattr(screener, "LONGEST_PAUSE", 0.001)
    monkeypatch.setattr(screener, "LOOK_EVERY", 0.01)
    screening = accepted(app, PHOTO)
    workers, index = [0], [0]

    def opening() -> Sandbox:
        workers[0] += 1
        if workers[0] <= MOST_TRIES + 1:
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        return open_sandbox(app.settings, workers=1)

    def looking_up() -> None:
        index[0] += 1
        if index[0] <= MOST_TRIES + 1:
            raise StorageError("The disk of the index is full.")

    monkeypatch.setattr(app.knowledge, "refresh", looking_up)
    screened(app, opening=opening)

    assert min(workers[0], index[0]) > MOST_TRIES + 1
    ended = found(app, screening.id)
    assert (ended.state, ended.begun) == (State.DONE, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("lost", [False, True])
def test_what_nobody_can_look_into_has_a_verdict_all_the_same(app: App, lost: bool):
    """By its digests, or by the one that was taken when it came, and the rule for failures."""
    screening = accepted(app, PHOTO)
    for _ in range(MOST_TRIES):
        take(app)
    moment = now
    if lost:
        app.spool.remove(screening.path)
        moment = lambda: now() + LOST + GRACE  # noqa: E731 - a clock

    screened(app, moment=moment)

    ended = found(app, screening.id)
    assert ended.state is (State.FAILED if lost else State.DONE)
    assert bool(ended.reason) == lost
    assert told(app)[-1] == (
        ("screening:failed", screening.id) if lost else ("upload:screened", ended.upload)
    )
    with app.memory.reading() as stores:
        upload = stores.uploads.find(ended.upload or "")
        media = stores.sealed.of_uploads([upload.id])[upload.id]
        (body,) = (
            each.body for each in stores.outbox.after(0, limit=9) if "screening" in each.body
        )
    assert upload.verdict.measure is Measure.HOLD
    digests = {each.signal.type for each in upload.fingerprint.readings}
    assert digests == ({"sha256"} if lost else {"md5", "sha1", "sha256"})
    assert bool(media.missing) == lost
    assert (body["measure"], "reason" in body) == ("hold", lost)
