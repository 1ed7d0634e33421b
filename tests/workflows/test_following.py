"""A member follows its hub, and what it does when the hub, the line or its own disk misbehaves."""

import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import orjson
import pytest

from seawall.access.key import imprint_of
from seawall.app import open_app
from seawall.errors import InputError, NotFound, OutsideError, WrongState
from seawall.exchange.membership import State, clock_skew
from seawall.exchange.opinion import Word
from seawall.exchange.organisation import Kind
from seawall.partners.hub import Hub
from seawall.settings import ExchangeConfig, Secrets, Settings
from seawall.workflows import first_copy, following, shared_entries
from seawall.workflows.bank import Filing, add_entries, change_entry, create_bank, remove_entry
from seawall.workflows.follower import Follower
from seawall.workflows.following import follow
from seawall.workflows.membership import join, leave, membership_documents, start_over
from seawall.workflows.telling import deliver, renew_key, report_outcome, report_sightings, say
from seawall.workflows.upload import Context, remember_upload, screen_upload
from tests.made import NOON, fingerprint, pdq
from tests.poisoned_hub import AGREEMENT, PoisonedHub, poisoned_hub

ROOT = Path(__file__).parents[2]


class Member:
    """A home that has joined the hub, and asks it when told to."""

    def __init__(self, app, hub):
        self.app = app
        self.node = app.node()
        self.id = join(
            hub.url, "token", name="Beta", bank=None, hub_key=None, node=self.node, by="test"
        ).id

    def ask(self, times=1):
        """The membership after so many questions."""
        for _ in range(times):
            with self.node.hub_of(self.here) as client:
                after = follow(self.id, hub=client, wait=0, node=self.node)
        return after

    @property
    def here(self):
        """The membership as it is kept."""
        with self.app.memory.reading() as stores:
            return stores.memberships.find(self.id)

    def entries(self):
        """Signal → entry, of the bank."""
        with self.app.memory.reading() as stores:
            return {str(each.signal): each for each in stores.entries.all(AGREEMENT)}

    def known(self, number):
        """How many entries an upload with this signal meets, as soon as the change is taken in."""
        self.app.knowledge.refresh_now()
        return len(self.app.knowledge.known(fingerprint(pdq(number)).readings))

    def events(self):
        """What the audit log says of this membership."""
        with self.app.memory.reading() as stores:
            events = stores.audit.after(0, limit=1000, subject=self.id)
        return [event.happening.action.removeprefix("membership:") for event in events]

    def said(self, action):
        """What the events of this kind say."""
        with self.app.memory.reading() as stores:
            events = stores.audit.after(0, limit=1000, subject=self.id)
        return [
            event.happening.details
            for event in events
            if event.happening.action == f"membership:{action}"
        ]


@contextmanager
def home(folder, *, database_url=None, **exchange):
    """A member's home."""
    settings = Settings(
        home=folder,
        exchange=replace(ExchangeConfig(), **exchange),
        secrets=Secrets(database_url),
    )
    folder.mkdir(exist_ok=True)
    with open_app(settings) as app:
        yield app


@pytest.fixture
def hub(tmp_path):
    """A hub with three records."""
    with poisoned_hub(tmp_path / "hub") as opened:
        opened.give([pdq(1), pdq(2), pdq(3)])
        yield opened


@pytest.fixture
def member(tmp_path, database_url, hub):
    """A member that has read them, on either database."""
    with home(tmp_path / "home", database_url=database_url) as app:
        joined = Member(app, hub)
        joined.ask()
        yield joined


def named(*numbers):
    """These signals as text."""
    return {str(pdq(number)) for number in numbers}


# What is read.


def test_records_become_entries_that_say_who_vouches(member):
    """As if somebody had added them to the bank, and with what the exchange says."""
    entries = member.entries()

    assert entries.keys() == named(1, 2, 3)
    entry = entries[str(pdq(1))]
    assert (entry.categories, entry.vouchers) == (("terrorist-content",), ("alpha",))
    assert entry.source == "hub.example/pact"
    assert entry.shared.origins == ("platform",)
    assert member.here.state is State.FOLLOWING
    assert member.here.position == 3


def test_a_page_applied_twice_changes_nothing(member, hub):
    """Whoever starts over ends where he was, entry by entry, without a single write to them."""
    before = member.entries()
    start_over(member.id, node=member.node, by="test")
    member.ask()

    assert member.entries() == before
    assert "snapshot" in hub.asked[-1]


def test_a_dispute_is_counted_until_it_is_withdrawn(member, hub):
    """The figure is that of the bank, kept without counting it anew."""
    hub.give([pdq(1)], by="beta", word=Word.DISPUTE, reason="news")
    assert member.ask().disputed == 1
    assert member.entries()[str(pdq(1))].shared.disputed

    hub.give([pdq(1)], by="beta", word=Word.WITHDRAW)
    assert member.ask().disputed == 0
    assert not member.entries()[str(pdq(1))].shared.disputed


def test_what_is_withdrawn_goes_and_comes_back_as_itself(member, hub):
    """Past verdicts name the entry by its id."""
    before = member.entries()[str(pdq(2))]
    hub.give([pdq(2)], word=Word.WITHDRAW)
    member.ask()
    assert member.entries().keys() == named(1, 3)
    assert member.known(2) == 0

    hub.give([pdq(2)])
    member.ask()
    assert member.entries()[str(pdq(2))].id == before.id
    assert member.known(2) == 1


def test_an_entry_switched_off_here_stays_off(member, hub):
    """What an operator has decided is not undone by a change somewhere else."""
    entry = member.entries()[str(pdq(1))]
    with member.app.memory.transaction() as stores:
        change_entry(
            AGREEMENT,
            entry.id,
            {"enabled": False},
            taxonomy=member.app.taxonomy,
            stores=stores,
            by="test",
            now=NOON,
        )
    hub.give([pdq(1)], by="beta")
    member.ask()

    after = member.entries()[str(pdq(1))]
    assert (after.enabled, after.vouchers) == (False, ("alpha", "beta"))


def test_an_entry_of_a_hub_is_not_removed_here(member):
    """The next delta would bring it back; the refusal says what stays."""
    entry = member.entries()[str(pdq(1))]
    with (
        member.app.memory.transaction() as stores,
        pytest.raises(WrongState, match="enabled=false"),
    ):
        remove_entry(AGREEMENT, entry.id, stores=stores, by="test", now=NOON)

    assert member.entries()[str(pdq(1))] == entry


def test_what_has_expired_is_not_an_entry(member, hub):
    """By this home's clock, whatever the hub's says."""
    soon = datetime.now(UTC) + timedelta(days=1)
    hub.give([pdq(4)], expires_at=soon, at=datetime(2099, 1, 1, tzinfo=UTC))
    hub.give([pdq(5)], expires_at=NOON, at=datetime(1999, 1, 1, tzinfo=UTC))
    after = member.ask()

    assert member.entries().keys() == named(1, 2, 3, 4)
    assert member.entries()[str(pdq(4))].expires_at == soon
    assert abs(after.last_delta_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_first_copy_comes_as_a_snapshot(tmp_path, hub, monkeypatch):
    """From there on, deltas are followed as if all had been read one by one."""
    monkeypatch.setattr(following, "FIRST_COPY", 10)
    monkeypatch.setattr(first_copy, "BATCH", 7)
    hub.give([pdq(number) for number in range(10, 40)])
    hub.give([pdq(10)], by="beta", word=Word.DISPUTE, reason="news")
    with home(tmp_path / "home") as app:
        member = Member(app, hub)
        after = member.ask()
        assert (after.position, after.disputed, after.state) == (34, 1, State.FOLLOWING)
        assert member.events() == ["joined", "copied"]
        hub.give([pdq(99)])
        assert member.ask().position == 35
        assert len(member.entries()) == 34
    assert list((tmp_path / "home" / "exchange").iterdir()) == []


def test_starting_over_removes_what_the_hub_has_no_more(member, hub, tmp_path):
    """A hub that lost its newest records for good is followed as it is now."""
    hub.give([pdq(4)])
    member.ask()
    other = PoisonedHub(tmp_path / "other", key=hub.key)
    other.give([pdq(1), pdq(7)])
    hub.memory, lost = other.memory, hub.memory
    try:
        assert member.ask().state is State.ROLLED_BACK
        start_over(AGREEMENT, node=member.node, by="test")
        assert member.entries().keys() == named(1, 2, 3, 4)  # in force until the new copy is whole
        assert member.ask().state is State.FOLLOWING
        assert member.entries().keys() == named(1, 7)
    finally:
        lost.close()


# What goes wrong at the hub.


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("altered", State.DISTRUSTED),
        ("replayed", State.DISTRUSTED),
        ("reordered", State.DISTRUSTED),
        ("forked", State.DISTRUSTED),
        ("unsigned", State.DISTRUSTED),
        ("cut", State.UNREACHABLE),
        ("endless", State.UNREACHABLE),
        ("broken", State.UNREACHABLE),
        ("packed", State.UNREACHABLE),
        ("busy", State.UNREACHABLE),
        ("odd", State.UNREACHABLE),
        ("locked", State.LOCKED_OUT),
    ],
)
def test_a_fault_is_reported_and_nothing_of_it_is_applied(tmp_path, hub, fault, state):
    """What was read stays in force; when the fault is gone, following goes on by itself."""
    with home(tmp_path / "home") as app:
        member = Member(app, hub)
        member.ask()
        before = member.entries()
        hub.give([pdq(4), pdq(5)])
        hub.faults = {fault}

        after = member.ask()
        assert (after.state, after.position) == (state, 3)
        assert after.error
        assert member.entries() == before
        with app.memory.reading() as stores:
            (document,) = membership_documents(stores)
        assert (document["state"], document["error"]) == (state, after.error)
        assert member.events()[-1] == "troubled"

        hub.faults = set()
        assert member.ask().state is State.FOLLOWING
        assert member.entries().keys() == named(1, 2, 3, 4, 5)


@pytest.mark.parametrize("minutes", [7, -7])
def test_a_clock_that_differs_is_told_once_and_following_goes_on(member, hub, minutes):
    """Confirmations end at other moments here than there; each side goes by its own clock."""
    assert member.here.clock_skew == 0
    for number in (7, 8):
        hub.date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
        hub.give([pdq(number)])
        after = member.ask()

    assert (after.state, after.position) == (State.FOLLOWING, 5)
    assert named(7, 8) <= member.entries().keys()
    (told,) = member.said("clock-differs")
    assert told == {"seconds": after.clock_skew}
    assert after.clock_skew == pytest.approx(minutes * 60, abs=10)
    with member.app.memory.reading() as stores:
        assert membership_documents(stores)[0]["clock_skew"] == after.clock_skew
    hub.date = None
    assert member.ask(2).clock_skew == 0
    assert member.said("clock-agrees") == [{"seconds": 0}]
    assert len(member.said("clock-differs")) == 1


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("", None),
        ("yesterday", None),
        ("Thu, 99 Jan 2026 00:00:00 GMT", None),
        ("Thu, 01 Jan 2026 00:00:00 -0000", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "ahead"),
        ("Mon, 01 Jan 0001 00:00:00 +1400", None),
    ],
)
def test_what_a_stranger_s_clock_says_breaks_nothing(tmp_path, database_url, hub, date, skew):
    """It may be no time at all, or one that is far beyond every other."""
    hub.date = date
    with home(tmp_path / "home", database_url=database_url) as app:
        after = Member(app, hub).ask()

    assert (after.state, after.position) == (State.FOLLOWING, 3)
    assert (after.clock_skew is not None and after.clock_skew > 1 << 31) is (skew == "ahead")


@pytest.mark.parametrize(
    ("told", "skew"),
    [(-301, -300), (-1.5, 0), (-0.5, 0), (0, 0), (25, 0), (30, 0), (30.9, 0), (331, 301)],
)
def test_a_clock_is_blamed_for_no_more_than_it_must_be(told, skew):
    """Its word is cut to the second, and was said at some time while the question was open."""
    answered = NOON + timedelta(seconds=30)

    assert clock_skew(NOON + timedelta(seconds=told), asked=NOON, answered=answered) == skew


def test_evidence_of_a_second_history_is_kept(member, hub):
    """A checkpoint that contradicts ours, signed with the hub's own key, proves what the hub did."""
    hub.give([pdq(4)])
    hub.faults = {"forked"}
    member.ask()
    with member.app.memory.reading() as stores:
        told = stores.audit.after(0, limit=100, subject=member.id)[-1].happening.details

    assert told["state"] == "distrusted"
    assert told["checkpoint"] == hub.note(4)


def test_a_line_that_means_nothing_is_left_out_and_told(member, hub):
    """It is signed like every other, so the rest of the page is good."""
    with hub.memory.reading() as stores:
        (line, *_) = stores.deltas.lines_after(AGREEMENT, 0, limit=1)
    hub.poison(b"not json")
    hub.poison(b'{"format": "seawall-delta/99"}')
    hub.poison(line.replace(b"rec_", b"rec_0").replace(b'"number":1', b'"number":6'))
    hub.poison(line.replace(b'"terrorist-content"', b'["a"]').replace(b'"number":1', b'"number":7'))
    hub.poison(line.replace(b"alpha", b"al\\u0000ha").replace(b'"number":1', b'"number":8'))
    hub.give([pdq(9)])
    after = member.ask()

    assert (after.state, after.position, after.skipped) == (State.FOLLOWING, 9, 5)
    assert member.entries().keys() == named(1, 2, 3, 9)


def test_a_moment_beyond_the_calendar_is_a_line_that_means_nothing(member, hub):
    """In UTC it is in the year 10000, which no database keeps; what follows is read all the same."""
    with hub.memory.reading() as stores:
        (line, *_) = stores.deltas.lines_after(AGREEMENT, 0, limit=1)
    document = orjson.loads(line) | {"number": 4}
    document["record"]["opinions"][0]["expires_at"] = "9999-12-31T23:59:59-12:00"
    hub.poison(orjson.dumps(document))
    hub.give([pdq(9)])
    after = member.ask()

    assert (after.state, after.position, after.skipped) == (State.FOLLOWING, 5, 1)
    assert member.entries().keys() == named(1, 2, 3, 9)


@pytest.mark.parametrize("names", ["id", "signal"])
def test_what_a_newer_hub_says_of_a_record_withholds_it_until_it_is_understood(member, hub, names):
    """Perhaps it was withdrawn: nothing of it blocks by itself meanwhile, and the next word that is read holds."""
    record = member.entries()[str(pdq(1))].shared.record
    said = {"id": record} if names == "id" else {"signal": str(pdq(1))}
    hub.poison(orjson.dumps({"format": "seawall-delta/2", "record": said}))
    after = member.ask()

    assert (after.state, after.position, after.skipped) == (State.FOLLOWING, 4, 1)
    assert after.disputed == 1
    disputed = {text for text, each in member.entries().items() if each.shared.disputed}
    assert disputed == {str(pdq(1))}
    hub.give([pdq(1)], by="beta")
    assert member.ask().disputed == 0
    assert member.entries()[str(pdq(1))].vouchers == ("alpha", "beta")


def test_lines_of_a_snapshot_that_mean_nothing_are_counted_and_some_named(
    tmp_path, hub, monkeypatch
):
    """A million of them take no memory."""
    monkeypatch.setattr(following, "FIRST_COPY", 0)
    monkeypatch.setattr(first_copy, "MOST_SKIPPED", 1)
    monkeypatch.setattr(shared_entries, "parse_signal", None)  # no line is understood
    with home(tmp_path / "home") as app:
        member = Member(app, hub)
        after = member.ask()
        assert (after.state, after.skipped) == (State.FOLLOWING, 3)
        with app.memory.reading() as stores:
            told = stores.audit.after(0, limit=100, subject=member.id)[-1].happening.details
    assert len(told["skipped"]) == 1


def test_an_entry_that_an_authority_alone_will_confirm_says_from_when(member, hub):
    """No delta comes when a confirmation ends; the entry knows already."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    hub.give([pdq(7)], kind=Kind.AUTHORITY)
    hub.give([pdq(7)], by="beta", expires_at=tomorrow)
    member.ask()

    shared = member.entries()[str(pdq(7))].shared
    assert (shared.authority_only, shared.authority_only_from) == (False, tomorrow)
    assert not shared.only_authorities(at=tomorrow - timedelta(seconds=1))
    assert shared.only_authorities(at=tomorrow)


@pytest.mark.parametrize("many", [True, False])
def test_an_entry_says_until_when_each_of_several_vouches(member, hub, monkeypatch, many):
    """In bulk as one by one; what ends together with the entry, or never, need not be said."""
    if many:
        monkeypatch.setattr(following, "FIRST_COPY", 0)
        start_over(member.id, node=member.node, by="test")
    day, week = (datetime.now(UTC) + timedelta(days=days) for days in (1, 7))
    hub.give([pdq(7), pdq(8)], expires_at=day)
    hub.give([pdq(7)], by="beta", kind=Kind.HOTLINE, expires_at=week)
    hub.give([pdq(8)], by="beta")
    hub.give([pdq(9)], expires_at=day)
    hub.give([pdq(9)], by="beta", expires_at=day)
    member.ask()
    entries = member.entries()
    seventh, eighth, ninth = (entries[str(pdq(number))] for number in (7, 8, 9))

    assert seventh.shared.vouched_until == eighth.shared.vouched_until == {"alpha": day}
    assert seventh.shared.origins_until == {"platform": day}
    assert (seventh.vouchers_at(day), seventh.shared.origins_at(day)) == (("beta",), ("hotline",))
    assert (eighth.vouchers_at(day), eighth.shared.origins_at(day)) == (("beta",), ("platform",))
    assert (eighth.shared.origins_until, seventh.vouchers_at(NOON)) == ({}, ("alpha", "beta"))
    assert ninth.shared.vouched_until == ninth.shared.origins_until == {}
    assert (seventh.expires_at, eighth.expires_at, ninth.expires_at) == (week, None, day)


def test_a_delta_that_is_another_is_not_believed_though_it_is_signed(member, hub):
    """A number out of order is no slip of the line: the hub has signed it."""
    with hub.memory.reading() as stores:
        (line, *_) = stores.deltas.lines_after(AGREEMENT, 0, limit=1)
    hub.poison(line)
    after = member.ask()

    assert (after.state, after.position) == (State.DISTRUSTED, 3)
    assert "number 1" in after.error


@pytest.mark.parametrize("fault", ["altered", "bomb", "forked", "unsigned", "cut-snapshot"])
def test_a_snapshot_is_taken_whole_and_checked_or_not_at_all(tmp_path, hub, fault):
    """A bomb takes no memory, a cut one leaves no file, an altered one no entry."""
    with home(tmp_path / "home") as app:
        member = Member(app, hub)
        member.ask()
        start_over(member.id, node=member.node, by="test")
        hub.faults = {fault}
        after = member.ask()

        assert after.state in (State.DISTRUSTED, State.UNREACHABLE)
        assert after.position == 0
        assert member.entries().keys() == named(1, 2, 3)
        assert list((tmp_path / "home").glob("exchange/*")) == []
        hub.faults = set()
        assert member.ask().state is State.FOLLOWING


class Overtaken(Hub):
    """A client whose first snapshot takes so long that another process of the home has its own meanwhile."""

    def __init__(self, member):
        super().__init__(member.here.hub, key=member.node.vault.open(member.here.key))
        self._member = member

    def snapshot(self, agreement, into):
        """The snapshot, when the other has applied it."""
        super().snapshot(agreement, into)
        assert self._member.ask().position == 3


def test_two_processes_may_take_the_first_copy_at_once(member):
    """Such as a server and `seawall sync --start-over`: neither disturbs the other, and it counts once."""
    before = member.entries()
    start_over(member.id, node=member.node, by="test")
    with Overtaken(member) as client:
        after = follow(member.id, hub=client, wait=0, node=member.node)

    assert (after.state, after.position) == (State.FOLLOWING, 3)
    assert member.entries() == before
    assert member.events().count("copied") == 1


def test_that_all_is_well_again_is_told_at_once(member, hub):
    """The hub is not left to keep the question open until it has something new."""
    hub.faults = {"broken"}
    assert member.ask().state is State.UNREACHABLE
    hub.faults = set()
    begun = time.monotonic()
    with member.node.hub_of(member.here) as client:
        after = follow(member.id, hub=client, wait=20, node=member.node)

    assert after.state is State.FOLLOWING
    assert time.monotonic() - begun < 10


def test_a_hub_restored_from_a_backup_is_followed_again_when_its_history_is_the_same(tmp_path, hub):
    """Until it is, what was read stays in force; another history is not followed by itself."""
    backup = tmp_path / "backup.db"
    subprocess.run(
        [sys.executable, "-c", COPY, str(hub.folder / "hub.db"), str(backup)], check=True
    )
    with home(tmp_path / "home") as app:
        member = Member(app, hub)
        moment = datetime.now(UTC)
        hub.give([pdq(4)], at=moment)
        member.ask()
        (tmp_path / "restored").mkdir()
        backup.rename(tmp_path / "restored" / "hub.db")
        current, hub.memory = hub.memory, PoisonedHub(tmp_path / "restored", key=hub.key).memory
        current.close()

        assert member.ask().state is State.ROLLED_BACK
        assert member.entries().keys() == named(1, 2, 3, 4)
        hub.give([pdq(4)], at=moment)  # its members have told it again, and it is as it was
        assert member.ask().state is State.FOLLOWING
        hub.give([pdq(5)])
        assert member.ask().position == 5


def test_a_hub_that_has_gone_on_from_a_backup_stays_explained(member, hub, tmp_path):
    """When it has more than we have again, what it has is another history, and the remedy is still named."""
    hub.give([pdq(4)])
    member.ask()
    other = PoisonedHub(tmp_path / "other", key=hub.key)
    other.give([pdq(1), pdq(7)])
    hub.memory, lost = other.memory, hub.memory
    lost.close()
    assert member.ask().state is State.ROLLED_BACK
    hub.give([pdq(number) for number in range(20, 30)])
    for fault in (set(), {"broken"}, set()):
        hub.faults = fault
        after = member.ask()

    assert after.state is State.ROLLED_BACK
    assert "fork" in after.error
    assert "--start-over" in after.error
    assert member.entries().keys() == named(1, 2, 3, 4)
    with member.app.memory.reading() as stores:
        told = [each.happening.details for each in stores.audit.after(0, limit=100)]
    assert hub.note(12) in [each.get("checkpoint") for each in told]
    start_over(AGREEMENT, node=member.node, by="test")
    assert member.ask().state is State.FOLLOWING


COPY = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as source, sqlite3.connect(sys.argv[2]) as target:
    source.backup(target)
"""


# What goes wrong here.


KILLED = """
import sys
from pathlib import Path
from seawall.access.key import imprint_of
from seawall.app import open_app
from seawall.settings import Settings
from seawall.workflows import first_copy
from seawall.workflows.following import follow

first_copy.BATCH = 50
with open_app(Settings(home=Path(sys.argv[1]))) as app:
    node = app.node()
    with app.memory.reading() as stores:
        (membership,) = stores.memberships.all()
    print("ready", flush=True)
    with node.hub_of(membership) as hub:
        while True:
            follow(membership.id, hub=hub, wait=0, node=node)
"""


def process(folder, **options):
    """A second process that follows until it is killed."""
    started = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        **options,
    )
    assert started.stdout.readline() == b"ready\n"
    return started


@pytest.mark.parametrize("from_snapshot", [True, False])
def test_a_member_killed_while_it_applies_has_nothing_half_or_twice(
    tmp_path, hub, from_snapshot, monkeypatch
):
    """Wherever it was: what it reads afterwards is what it would have read anyway."""
    rng = random.Random(7)
    everything = {str(pdq(number)) for number in range(1, 3004)}
    hub.give([pdq(number) for number in range(4, 3004)])
    folder = tmp_path / "home"
    if not from_snapshot:
        monkeypatch.setattr(following, "MOST_DELTAS", 100)
    with home(folder) as app:
        member = Member(app, hub)
        if from_snapshot:  # a bank that has something is copied anew
            monkeypatch.setattr(following, "FIRST_COPY", 0)
            monkeypatch.setattr(first_copy, "BATCH", 100)
    sizes = set()
    for _ in range(4):
        running = process(folder)
        time.sleep(rng.uniform(0, 0.4))
        running.send_signal(signal.SIGKILL)
        running.wait()
        with home(folder) as app, app.memory.reading() as stores:
            (here,) = stores.memberships.all()
            sizes.add((here.position, stores.entries.count()))
            assert here.position == 0 or here.position <= stores.entries.count()
    with home(folder) as app:
        member.app, member.node = app, app.node()
        while member.ask().lag:
            pass
        entries = member.entries()
        assert entries.keys() == everything
        assert app.memory.last_change() >= len(everything)
        with app.memory.reading() as stores:
            assert stores.entries.count() == len(everything)
            assert stores.memberships.find(member.id).position == 3003


def test_a_full_disk_here_is_told_and_nothing_is_half_written(tmp_path, hub):
    """A real second process whose files may not grow; with room again it goes on."""
    folder = tmp_path / "home"
    with home(folder) as app:
        member = Member(app, hub)
        member.ask()
    hub.give([pdq(number) for number in range(4, 2000)])
    limit = 200 * 1024
    running = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), str(limit)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "StorageError" in running.stdout, running.stderr
    with home(folder) as app:
        member.app, member.node = app, app.node()
        position = member.here.position
        assert len(member.entries()) == position < 1999
        while member.ask().lag:
            pass
        assert len(member.entries()) == 1999


FULL = """
import resource, signal, sys
from pathlib import Path
from seawall.access.key import imprint_of
from seawall.app import open_app
from seawall.errors import StorageError
from seawall.settings import Settings
from seawall.workflows.following import follow

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open_app(Settings(home=Path(sys.argv[1]))) as app:
    node = app.node()
    with app.memory.reading() as stores:
        (membership,) = stores.memberships.all()
    size = max(each.stat().st_size for each in Path(sys.argv[1]).glob("seawall.db*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]),) * 2)
    with node.hub_of(membership) as hub:
        try:
            while follow(membership.id, hub=hub, wait=0, node=node).lag:
                pass
        except StorageError as full:
            print("StorageError", full)
"""


# What is told.


def test_a_word_that_reaches_nobody_is_told_later_and_once(member, hub):
    """Also when the hub has taken it and the answer was lost."""
    opinion = {"word": "confirm", "categories": ["terrorist-content"]}
    hub.faults = {"broken"}
    (kept,) = say(AGREEMENT, [([pdq(50)], opinion)], node=member.node)
    assert kept.kept
    assert "refused" in kept.error

    hub.faults = {"deaf"}
    assert [each.kept for each in deliver_all(member)] == [True]
    assert [each.error for each in deliver_all(member)] == [None]
    member.ask()

    assert member.here.position == 4
    assert member.entries()[str(pdq(50))].vouchers == ("beta",)
    assert list(deliver_all(member)) == []


def test_a_word_that_is_refused_does_not_keep_others_waiting(member, hub):
    """The refusal is an event, and what is right is told."""
    hub.faults = {"broken"}
    opinion = {"word": "confirm", "categories": ["terrorist-content"]}
    say(AGREEMENT, [([pdq(50)], opinion), ([pdq(51)], opinion)], node=member.node)
    hub.faults = {"odd"}
    assert [each.kept for each in deliver_all(member)] == [False, False]

    assert member.events()[-2:] == ["refused", "refused"]
    assert list(deliver_all(member)) == []


@pytest.mark.parametrize("fault", ["locked", "barred"])
def test_a_word_is_kept_while_we_may_not_speak(member, hub, fault):
    """A key is renewed, a suspension ends; what was said before is told then."""
    hub.faults = {fault}
    opinion = {"word": "confirm", "categories": ["terrorist-content"]}
    say(AGREEMENT, [([pdq(50)], opinion), ([pdq(51)], opinion)], node=member.node)
    screened(member, 1)
    report_sightings(member.here, node=member.node)
    assert [each.kept for each in deliver_all(member)] == [True, True]  # one of each kind is asked

    hub.faults = set()
    assert [each.error for each in deliver_all(member)] == [None, None, None]
    assert list(deliver_all(member)) == []


def deliver_all(member):
    """What becomes of everything that waits."""
    with member.node.hub_of(member.here) as client:
        return list(deliver(member.here, hub=client, node=member.node))


def test_every_match_is_reported_once(member, hub):
    """Counts come from what was written with the uploads, so none is lost and none told twice."""
    for number in (1, 1, 2, 70):
        screened(member, number)
    report_sightings(member.here, node=member.node)
    report_sightings(member.here, node=member.node)
    deliver_all(member)
    screened(member, 1)
    report_sightings(member.here, node=member.node)
    deliver_all(member)

    counts = [sorted(each["sightings"] for each in report.values()) for report in hub.reports]
    assert counts == [[1, 2], [1]]
    member.ask()
    assert member.here.state is State.FOLLOWING


@pytest.mark.parametrize("named_by", ["record", "signal", "entry"])
def test_what_reviews_have_found_becomes_the_record_s_precision(member, hub, named_by):
    """Also when the hub hears of it later; the count comes back to every member."""
    entry = member.entries()[str(pdq(1))]
    what = {"record": entry.shared.record, "signal": str(pdq(1)), "entry": entry.id}[named_by]
    hub.faults = {"broken"}
    assert report_outcome(AGREEMENT, what, right=3, wrong=1, node=member.node).kept
    hub.faults = set()
    assert [each.answer for each in deliver_all(member)] == [{"counted": 1}]
    member.ask()

    shared = member.entries()[str(pdq(1))].shared
    assert (shared.right, shared.wrong, shared.precision.value) == (3, 1, 0.75)


def test_an_outcome_of_no_review_is_refused(member):
    """It would say nothing, and nothing is sent."""
    with pytest.raises(InputError, match="how many"):
        report_outcome(AGREEMENT, str(pdq(1)), right=0, wrong=0, node=member.node)


def screened(member, number):
    """An upload of this picture, written."""
    knowledge = member.app.knowledge
    knowledge.refresh_now()
    upload = screen_upload(
        fingerprint(pdq(number)), Context(), knowledge=knowledge, chance=0.5, now=NOON
    )
    with member.app.memory.transaction() as stores:
        remember_upload(upload, stores=stores, keep_ledger=False)


def test_a_key_is_renewed_and_the_new_one_is_used(member, hub):
    """Before the old one ends; following goes on."""
    before = member.here
    with member.node.hub_of(before) as client:
        renew_key(before, hub=client, node=member.node)

    assert imprint_of(member.node.vault.open(member.here.key)) == hub.keys[-1] != hub.keys[0]
    assert member.here.key_at > before.key_at
    assert member.ask().state is State.FOLLOWING


def test_a_renewal_whose_answer_is_lost_asks_for_the_same_key_again(member, hub):
    """The hub has done it already; had the member made another key, it would be refused."""
    before = member.here
    hub.faults.add("deaf")
    for answered in (False, True):
        with member.node.hub_of(member.here) as client:
            if answered:
                renew_key(before, hub=client, node=member.node)
            else:
                with pytest.raises(OutsideError):
                    renew_key(before, hub=client, node=member.node)

    assert hub.keys[-1] == hub.keys[-2] != hub.keys[0]
    assert imprint_of(member.node.vault.open(member.here.key)) == hub.keys[-1]


# Joining and leaving.


def test_joining_again_gives_the_membership_its_new_key(member, hub):
    """After a key was lost or taken away, nothing need be read anew."""
    again = join(
        hub.url, "another", name="Beta", bank=None, hub_key=None, node=member.node, by="test"
    )

    assert (again.id, again.position) == (member.id, 3)
    assert imprint_of(member.node.vault.open(member.here.key)) == hub.keys[-1] != hub.keys[0]


def test_a_join_whose_answer_is_lost_is_run_again_with_the_same_key(tmp_path, database_url, hub):
    """Even by another process: the key follows from the token and what only this home has."""

    def joined(folder, token):
        with home(tmp_path / folder, database_url=database_url) as app:
            try:
                return app.node().vault.open(
                    join(
                        *(hub.url, token),
                        name="Beta",
                        bank=None,
                        hub_key=None,
                        node=app.node(),
                        by="test",
                    ).key
                )
            except OutsideError:
                return None

    hub.faults.add("deaf")
    assert joined("home", "token-1") is None
    again = joined("home", "token-1")

    assert imprint_of(again) == hub.keys[0] == hub.keys[1]
    assert again not in str(hub.answered)
    assert imprint_of(joined("home", "token-2")) != hub.keys[0]


def test_a_hub_with_another_key_than_the_one_named_is_refused(tmp_path, hub):
    """Whoever was told the key another way is not fooled by who answers at the address."""
    with home(tmp_path / "home") as app:
        with pytest.raises(OutsideError, match="not the one you named"):
            join(hub.url, "t", name="B", bank=None, hub_key="x+1+y", node=app.node(), by="test")
        with app.memory.reading() as stores:
            assert stores.memberships.all() == []


def test_a_bank_of_our_own_is_not_filled_by_a_hub(tmp_path, hub):
    """Its entries would be taken for the hub's; nothing is sent before that is clear."""
    with home(tmp_path / "home") as app:
        node = app.node()
        for bank in ("mine", AGREEMENT):
            with app.memory.transaction() as stores:
                create_bank(bank, owner="us", stores=stores, by="test", now=NOON)
                add_entries(
                    bank,
                    [(pdq(1), Filing())],
                    taxonomy=app.taxonomy,
                    stores=stores,
                    by="test",
                    now=NOON,
                )
        with pytest.raises(WrongState, match="of your own"):
            join(hub.url, "t", name="B", bank="mine", hub_key=None, node=node, by="test")
        assert hub.asked == []
        joined = join(hub.url, "t", name="B", bank=None, hub_key=None, node=node, by="test")
        assert joined.bank == f"{AGREEMENT}-2"


@pytest.mark.parametrize("keep", [True, False])
def test_leaving_ends_following_and_takes_the_entries_unless_they_are_kept(member, hub, keep):
    """And a member that comes back finds its entries again."""
    before = member.entries()
    leave(
        AGREEMENT,
        contributions="withdraw",
        keep_entries=keep,
        tell_hub=True,
        node=member.node,
        by="test",
    )

    assert "members/beta?contributions=withdraw" in hub.asked[-1]
    assert member.entries().keys() == (named(1, 2, 3) if keep else set())
    assert member.known(2) == keep
    with pytest.raises(NotFound):
        leave(
            AGREEMENT,
            contributions="keep",
            keep_entries=False,
            tell_hub=True,
            node=member.node,
            by="test",
        )
    again = Member(member.app, hub)
    again.ask()
    assert {each.id for each in again.entries().values()} == {each.id for each in before.values()}


@pytest.mark.parametrize(
    "url", ["hub.example", "ftp://hub.example", "http://hub.example", "https://a:b@hub.example"]
)
def test_a_key_goes_nowhere_in_the_clear(url):
    """Without TLS only to this machine, and to hosts that were allowed by name."""
    with pytest.raises(InputError):
        Hub(url)


def test_a_host_allowed_by_name_is_spoken_to_without_tls():
    """Behind a proxy or in a laboratory."""
    assert Hub("http://hub.example/", plain_hosts=frozenset({"hub.example"})).url.endswith(
        "example"
    )


# All the time.


def eventually(what, seconds=10.0):
    """What becomes true before long."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_follower_takes_up_a_new_membership_and_every_change_at_once(tmp_path, hub):
    """And lets go of it when it is left; closing does not wait for the hub."""
    changes = []
    with home(tmp_path / "home", report_every=timedelta(0)) as app:
        follower = Follower(app.node(), on_change=lambda: changes.append(1))
        member = Member(app, hub)
        eventually(lambda: len(member.entries()) == 3)
        begun = time.monotonic()
        hub.give([pdq(4)])
        eventually(lambda: len(member.entries()) == 4)
        assert time.monotonic() - begun < 1
        assert len(changes) >= 2
        hub.faults = {"broken"}
        eventually(lambda: member.here.state is State.UNREACHABLE, 40)
        hub.faults = set()
        hub.give([pdq(5)])
        eventually(lambda: member.here.state is State.FOLLOWING)
        begun = time.monotonic()
        follower.close()
        assert time.monotonic() - begun < 5


def test_only_one_process_of_a_home_follows(tmp_path, hub):
    """The second waits, and takes over when the first is gone."""
    with home(tmp_path / "home") as app:
        first = Follower(app.node(), on_change=lambda: None)
        member = Member(app, hub)
        eventually(lambda: len(member.entries()) == 3)
        second = Follower(app.node(), on_change=lambda: None)
        time.sleep(0.7)
        assert second._threads == {}
        first.close()
        hub.give([pdq(4)])
        eventually(lambda: len(member.entries()) == 4)
        second.close()


def test_an_old_key_is_renewed_without_being_asked(tmp_path, hub):
    """Long before it ends."""
    with home(tmp_path / "home", renew_key=timedelta(0), wait=timedelta(0)) as app:
        member = Member(app, hub)
        follower = Follower(app.node(), on_change=lambda: None)
        eventually(lambda: len(hub.keys) > 1)
        follower.close()
        assert member.here.state is State.FOLLOWING
