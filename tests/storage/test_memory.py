"""What is remembered, on both databases."""

import json
import random
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from seawall.access.key import Scope, imprint_of, new_key, new_text
from seawall.audit.event import Happening
from seawall.banks.bank import Bank
from seawall.banks.entry import Change, Shared, joined
from seawall.errors import NotFound, SettingsError, StorageError, WrongState
from seawall.ids import new_id
from seawall.policy.ground import Basis, Ground
from seawall.policy.measure import Measure
from seawall.policy.rule import STARTING_RULES, Rules
from seawall.policy.taxonomy import taxonomy
from seawall.screening.recognise import Known
from seawall.screening.screen import screen
from seawall.screening.verdict import Withheld
from seawall.signals.signal import Cause, NoSignal, Signal
from seawall.storage import migrations
from seawall.storage.database import NEWEST, open_database
from seawall.storage.documents import verdict_document, verdict_from
from seawall.storage.group_commit import GroupCommit
from seawall.storage.memory import Memory
from seawall.storage.outbox import Message
from seawall.storage.tables import metadata
from seawall.storage.uploads import Upload
from seawall.workflows.audit import verify_audit
from tests.made import NOON, entry, fingerprint, flipped, pdq, reading

BANK = Bank(name="known", owner="alpha", description="what we know", created_at=NOON)
DISPUTED = Shared(
    record="rec_1", piece="pc_1", disputed=True, origins=("authority", "platform"), right=3, wrong=1
)


@pytest.fixture
def memory(database_url):
    """An empty memory."""
    opened = Memory(database_url)
    yield opened
    opened.close()


def upload(number=0, **fields):
    """An upload with one near match and something unscreened."""
    near = flipped(pdq(), 3)
    found = fingerprint(
        near,
        Signal("md5", "0" * 32),
        missing=(NoSignal(type="pdq", reason="frames", cause=Cause.FAILED),),
    )
    verdict = screen(
        [Known(reading=reading(near), distance=3, entry=entry(pdq()))],
        found.missing,
        rules=Rules(rules=STARTING_RULES),
        taxonomy=taxonomy(),
        territory=None,
        chance=1.0,
        now=NOON,
    )
    usual = {
        "id": f"up_{number}",
        "item": "post 1",
        "surface": "chat",
        "uploader": "u1",
        "territory": "DE",
        "at": NOON,
        "key": "key_1",
        "fingerprint": found,
        "verdict": verdict,
    }
    return Upload(**(usual | fields))


def happening(number=0):
    """Something to write into the audit log."""
    return Happening(
        action="test:done", subject=f"s{number}", actor="me", at=NOON, details={"ü": [1, 2.5, None]}
    )


def test_everything_comes_back_as_it_was(memory):
    """Whole values, on both databases: banks, entries, rules, keys, uploads, messages, events."""
    key = new_key(
        "k",
        imprint=imprint_of(new_text(at=NOON)),
        owner="alpha",
        scopes=frozenset({Scope.MATCH}),
        at=NOON,
        expires_at=NOON + timedelta(days=1),
    )
    ground = Ground(basis=Basis.ILLEGAL, provision="Article 2(7)")
    rule = replace(STARTING_RULES[0], territories=("DE", "FR"), ground=ground)
    message = Message(id="msg_1", topic="t", subject="s", body={"n": [1]}, at=NOON)
    full = entry(
        pdq(),
        expires_at=NOON + timedelta(days=1),
        note="n",
        source="s",
        vouchers=("a", "b"),
        shared=replace(
            DISPUTED,
            authority_only_from=NOON,
            vouched_until={"a": NOON},
            origins_until={"platform": NOON},
        ),
    )
    with memory.transaction() as stores:
        stores.banks.add(BANK)
        stores.keys.add(key)
        stores.rules.put(rule, at=NOON)
        (kept,) = stores.entries.add([full])
        stores.uploads.add(upload())
        stores.outbox.add(message)
        stores.audit.record(happening())

    with memory.reading() as stores:
        assert stores.banks.all() == [BANK]
        assert stores.keys.all() == [key]
        assert stores.rules.all() == (rule,)
        assert (
            stores.entries.find("known", full.id)
            == kept
            == replace(full, number=kept.number, change=kept.change)
        )
        assert (
            stores.uploads.find("up_0") == upload(number=1, id="up_0")
            or stores.uploads.find("up_0").number == 1
        )
        assert replace(stores.uploads.find("up_0"), number=0) == upload()
        assert [replace(each, number=0) for each in stores.outbox.after(0, limit=9)] == [message]
        assert [event.happening for event in stores.audit.all()] == [happening()]


def test_a_failed_story_leaves_no_trace(memory):
    """Change, event and message commit together or not at all."""

    def fail_halfway():
        with memory.transaction() as stores:
            stores.banks.add(BANK)
            stores.audit.record(happening())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()

    with memory.reading() as stores:
        assert stores.banks.all() == []
        assert stores.audit.head()[0] == 0
        assert stores.last_change() == 0


def test_changes_are_followed_in_the_order_they_were_made(memory):
    """Adding, altering and removing each give a number; a catalogue asks for what came after the last it knows."""
    with memory.transaction() as stores:
        stores.banks.add(BANK)
        one, two = stores.entries.add([entry(pdq(1)), entry(pdq(2))])
    with memory.transaction() as stores:
        stores.entries.save(replace(one, note="altered"))
        stores.entries.remove(two, at=NOON)

    with memory.reading() as stores:
        changes = stores.entries.changes(after=0, limit=10)
        assert [change for _, change in changes] == [
            Change(one.number, (one.signal,), gone=False),
            Change(two.number, (two.signal,), gone=True),
        ]
        assert [number for number, _ in changes] == [4, 5]
        assert stores.entries.changes(after=5, limit=10) == []
        assert stores.last_change() == 5 == memory.last_change()


def test_the_same_signal_twice_is_one_entry(memory):
    """Categories and vouchers are united, also within one call; adding nothing new changes nothing."""
    again = entry(pdq(), categories=("hate-speech",), vouchers=("beta",), note="second")
    with memory.transaction() as stores:
        stores.banks.add(BANK)
        first, same = stores.entries.add([entry(pdq()), again])
        before = stores.last_change()
        stores.entries.add([again])
        assert stores.last_change() == before

    assert first == same
    assert (first.categories, first.vouchers) == (
        ("hate-speech", "terrorist-content"),
        ("alpha", "beta"),
    )
    with memory.reading() as stores:
        assert stores.entries.count() == 1 == stores.banks.sizes()["known"]


def test_what_an_exchange_says_is_rewritten_and_outlives_what_others_add(memory):
    """Its newest word replaces the one before; somebody's own word beside it takes nothing away."""
    settled = replace(DISPUTED, disputed=False, right=4)
    with memory.transaction() as stores:
        stores.banks.add(BANK)
        (own,) = stores.entries.add([entry(pdq())])
        (shared,) = stores.entries.add([entry(pdq(), shared=DISPUTED)])
        (newer,) = stores.entries.add([entry(pdq(), shared=settled)])
        (kept,) = stores.entries.add([entry(pdq(), vouchers=("beta",))])
        saved = stores.entries.save(replace(kept, shared=DISPUTED))

    assert [each.shared for each in (own, shared, newer, kept)] == [
        None,
        DISPUTED,
        settled,
        settled,
    ]
    with memory.reading() as stores:
        assert stores.entries.find("known", own.id) == saved
        assert saved.shared == DISPUTED


def test_a_verdict_says_for_good_what_was_withheld_and_older_ones_can_be_read():
    """Origin and reason are kept with the verdict; those written before had neither."""
    known = entry(pdq(), shared=DISPUTED)
    verdict = screen(
        [Known(reading=reading(pdq()), distance=0, entry=known)],
        (),
        rules=Rules(rules=STARTING_RULES),
        taxonomy=taxonomy(),
        territory=None,
        chance=1.0,
        now=NOON,
    )
    written = json.loads(json.dumps(verdict_document(verdict)))
    older = {**written, "matches": [dict(written["matches"][0])]}
    del older["matches"][0]["origins"], older["matches"][0]["withheld"]

    assert verdict.matches[0].withheld is Withheld.DISPUTED
    assert verdict_from(written) == verdict
    assert verdict_from(older).matches == (replace(verdict.matches[0], origins=(), withheld=None),)


def test_a_removed_signal_can_come_back(memory):
    """With a new number: the old one is dead in every index for ever."""
    with memory.transaction() as stores:
        stores.banks.add(BANK)
        (old,) = stores.entries.add([entry(pdq(), id="en_old")])
        stores.entries.remove(old, at=NOON)
        (new,) = stores.entries.add([entry(pdq(), id="en_new")])
        with pytest.raises(NotFound):
            stores.entries.find("known", "en_old")

    assert new.number > old.number


def test_what_a_disabled_bank_holds_cannot_be_matched(memory):
    """Nor what was removed."""
    with memory.transaction() as stores:
        stores.banks.add(BANK)
        one, two = stores.entries.add([entry(pdq(1)), entry(pdq(2))])
        stores.entries.remove(two, at=NOON)
        assert stores.entries.by_number({one.number, two.number}) == {one.number: one}
        stores.banks.save(replace(BANK, enabled=False))
        assert stores.entries.by_number({one.number}) == {}


def test_entries_are_paged_and_searched(memory):
    """By signal, by a piece of value or note; a per cent sign is only a per cent sign."""
    with memory.transaction() as stores:
        stores.banks.add(BANK)
        added = stores.entries.add(
            [entry(pdq(n), id=f"en_{n}", note=f"note {n} 100%") for n in range(5)]
        )
        assert stores.entries.page("known", limit=2) == added[:2]
        assert stores.entries.page("known", after=added[1].number, limit=9) == added[2:]
        assert stores.entries.page("known", signal=pdq(3)) == [added[3]]
        assert stores.entries.page("known", text="Note 4 100%") == [added[4]]
        assert stores.entries.page("known", text="%0%0%") == []
        assert list(stores.entries.all("known")) == added


def test_only_what_was_let_through_upright_is_in_the_ledger(memory):
    """The eight turned readings serve to find copies; the ledger keeps the picture as it lay."""
    with memory.transaction() as stores:
        stores.uploads.enter_in_ledger(upload())
    with memory.reading() as stores:
        assert stores.uploads.ledger_size() == 2


def test_a_repeated_request_is_answered_as_before(memory):
    """And the same token for another request is refused."""
    with memory.transaction() as stores:
        assert stores.replies.recall("key_1", "t", request=b"a") is None
        stores.replies.remember("key_1", "t", request=b"a", reply={"upload": "up_1"}, at=NOON)
    with memory.reading() as stores:
        assert stores.replies.recall("key_1", "t", request=b"a") == {"upload": "up_1"}
        assert stores.replies.recall("key_2", "t", request=b"a") is None
        with pytest.raises(WrongState, match="another request"):
            stores.replies.recall("key_1", "t", request=b"b")
    with memory.transaction() as stores:
        assert stores.replies.forget(before=NOON) == 0
        assert stores.replies.forget(before=NOON + timedelta(seconds=1)) == 1


def test_answers_to_reports_are_kept_longer(memory: Memory):
    """A count that is told twice counts twice."""
    later, much_later = NOON + timedelta(hours=25), NOON + timedelta(days=31)
    with memory.transaction() as stores:
        for key in ("key_1", "exchange:acme", "report:acme"):
            stores.replies.remember(key, "t", request=b"r", reply={"key": key}, at=NOON)
        assert stores.replies.forget(before=later, lasting=NOON) == 2
        assert stores.replies.recall("report:acme", "t", request=b"r") == {"key": "report:acme"}
        assert stores.replies.forget(before=much_later, lasting=later) == 1


def test_uploads_are_listed_newest_first(memory):
    """Filtered by item and measure, paged by number."""
    with memory.transaction() as stores:
        for number in range(4):
            stores.uploads.add(upload(number, item=f"post {number % 2}"))
    with memory.reading() as stores:
        ids = [each.id for each in stores.uploads.before(None, limit=9)]
        assert ids == ["up_3", "up_2", "up_1", "up_0"]
        second = stores.uploads.before(None, limit=2)[-1].number
        assert [each.id for each in stores.uploads.before(second, limit=9)] == ["up_1", "up_0"]
        assert [each.id for each in stores.uploads.before(None, limit=9, item="post 1")] == [
            "up_3",
            "up_1",
        ]
        assert stores.uploads.before(None, limit=9, measure=Measure.ALLOW) == []
        assert [each.id for each in stores.uploads.all(since=NOON)] == [
            "up_0",
            "up_1",
            "up_2",
            "up_3",
        ]


def test_many_writers_lose_nothing_and_break_no_chain(database_url):
    """Two memories, eight threads: every event is there once and the chain is whole; changes leave no gap."""
    memories = [Memory(database_url), Memory(database_url)]
    with memories[0].transaction() as stores:
        stores.banks.add(BANK)

    def write(thread):
        rng = random.Random(thread)
        for number in range(12):
            with memories[thread % 2].transaction() as stores:
                stores.entries.add([entry(pdq(rng.getrandbits(40)), id=f"en_{thread}_{number}")])
                stores.uploads.add(upload(id=f"up_{thread}_{number}"))
                stores.audit.record(happening(thread))

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert verify_audit(memories[0]).events == 96
    assert verify_audit(memories[0]).faults == ()
    with memories[1].reading() as stores:
        assert [number for number, _ in stores.entries.changes(after=0, limit=999)] == list(
            range(2, 98)
        )
        assert stores.uploads.count() == 96
    for memory in memories:
        memory.close()


def test_what_two_add_to_one_entry_at_once_is_all_there(database_url):
    """Twenty processes' worth of vouchers on one signal: none overwrites another's, and the bank stays as it was."""
    memories = [Memory(database_url), Memory(database_url)]
    with memories[0].transaction() as stores:
        stores.banks.add(BANK)

    def vouch(number):
        with memories[number % 2].transaction() as stores:
            stores.entries.add([entry(pdq(), id=f"en_{number}", vouchers=(f"v{number:02}",))])

    threads = [threading.Thread(target=vouch, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with memories[0].reading() as stores:
        (only,) = stores.entries.page("known")
    assert only.vouchers == tuple(f"v{number:02}" for number in range(20))
    for memory in memories:
        memory.close()


def test_messages_are_numbered_in_the_order_they_can_be_seen(database_url):
    """Whoever has read up to a number has missed none before it, however many write."""
    memories = [Memory(database_url) for _ in range(3)]
    seen, done = [], threading.Event()

    def write(memory):
        for number in range(15):
            with memory.transaction() as stores:
                stores.outbox.add(
                    Message(id=new_id("msg", at=NOON), topic="t", subject="s", body={}, at=NOON)
                )
                stores.audit.record(happening(number))

    def read():
        last = 0
        while not (finished := done.is_set()) or last < 45:
            with memories[0].reading() as stores:
                for message in stores.outbox.after(last, limit=100):
                    seen.append(message.id)
                    last = message.number
            if finished:
                return

    threads = [threading.Thread(target=write, args=(memory,)) for memory in memories]
    reader = threading.Thread(target=read)
    for thread in (reader, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()

    with memories[0].reading() as stores:
        assert seen == [message.id for message in stores.outbox.after(0, limit=100)]
    for memory in memories:
        memory.close()


def test_an_expiry_is_only_ever_put_off():
    """Naming no end means for ever; nobody shortens what another has vouched for."""
    soon, later = NOON + timedelta(days=1), NOON + timedelta(days=2)
    ends = [(soon, later), (later, soon), (soon, None), (None, soon)]

    assert [
        joined(entry(pdq(), expires_at=known), entry(pdq(), expires_at=added)).expires_at
        for known, added in ends
    ] == [later, later, None, None]


def test_a_request_that_is_cancelled_stops_nobody_elses(memory):
    """What was submitted is written, and the writer lives on."""
    group = GroupCommit(memory)
    first = group.submit(lambda stores: stores.uploads.add(upload(1)))
    assert not first.cancel()
    first.result(30)
    group.submit(lambda stores: stores.uploads.add(upload(2))).result(30)
    group.close()

    with memory.reading() as stores:
        assert stores.uploads.count() == 2


def test_a_line_that_is_no_longer_json_is_a_fault_and_no_crash(memory):
    """The command that is meant to find it must survive it."""
    with memory.transaction() as stores:
        stores.audit.record(happening())
    with memory.transaction() as stores:
        stores.connection.execute(text("UPDATE events SET details = 'scribble'"))

    assert verify_audit(memory).faults == ("Event 1 was altered after it was written.",)


def test_small_stories_share_a_commit_and_fail_alone(memory):
    """A future is done after its commit; a story that fails spoils no other."""
    group = GroupCommit(memory)

    def add(number):
        def story(stores):
            stores.uploads.add(upload(number))
            if number == 3:
                raise WrongState("not this one")
            return number

        return story

    futures = [group.submit(add(number)) for number in range(20)]
    outcomes = [future.exception() or future.result() for future in futures]
    group.close()

    assert [str(each) for each in outcomes] == [
        str(n) if n != 3 else "not this one" for n in range(20)
    ]
    with memory.reading() as stores:
        assert stores.uploads.count() == 19
    with pytest.raises(StorageError, match="shutting down"):
        group.submit(add(20))


def test_the_migrations_build_the_tables_the_code_knows(memory):
    """Nothing is left for a migration to do."""
    with memory.reading() as stores:
        context = MigrationContext.configure(stores.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_index_of_a_banks_entries_leaves_out_what_was_removed(memory):
    """A bank that was emptied again and again is read as fast as a new one."""
    with memory.reading() as stores:
        dialect = stores.connection.dialect.name
        indexes = inspect(stores.connection).get_indexes("entries")
    (options,) = [each["dialect_options"] for each in indexes if each["name"] == "entries_by_bank"]
    assert "removed_at IS NULL" in str(options[f"{dialect}_where"])


def test_the_newest_migration_is_the_one_a_start_looks_for():
    """Otherwise an update would leave the tables as they were."""
    folder = Path(migrations.__file__).parent / "versions"
    assert max(file.name[:4] for file in folder.glob("0*.py")) == NEWEST


def test_opening_twice_changes_nothing(database_url):
    """An upgrade that is not needed leaves the database as it is."""
    first = Memory(database_url)
    ident = first.database_id()
    second = Memory(database_url)

    assert second.database_id() == ident
    first.close()
    second.close()


def test_sqlite_is_as_durable_as_it_can_be(tmp_path):
    """Write-ahead log, and every commit reaches the disk."""
    engine = open_database(f"sqlite:///{tmp_path / 'deep' / 'seawall.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "family", "says"),
    [
        ("mysql://root@localhost/x", SettingsError, "no database we know"),
        ("nonsense", SettingsError, "cannot be read"),
        ("postgresql://nobody:secret@127.0.0.1:1/x", StorageError, "Check that it runs"),
        ("sqlite:////proc/nowhere/seawall.db", StorageError, "the disk has room"),
    ],
)
def test_a_database_that_cannot_be_used_is_a_clear_error(url, family, says):
    """With what to do about it, and without the password."""
    with pytest.raises(family, match=says) as raised:
        Memory(url)
    assert "secret" not in str(raised.value)
