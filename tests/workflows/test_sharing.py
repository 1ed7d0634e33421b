"""What becomes of an organisation's word, on both databases."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from seawall.errors import InputError, NotAllowed
from seawall.exchange.agreement import Status, Terms
from seawall.exchange.delta import delta_from, delta_line, record_document
from seawall.exchange.opinion import Word
from seawall.exchange.record import Standing, standing
from seawall.signals.signal import Signal
from seawall.storage.memory import Memory
from seawall.workflows.contributing import BadLine, Given, contribute_lines, share_signals
from seawall.workflows.sharing import (
    ENOUGH,
    Shared,
    Told,
    release_held,
    share,
    tell,
    withdraw_source,
)
from tests.made import NOON, pdq
from tests.sharing import TAXONOMY, agree, key_of, member, opinion, record_now, said

A = "terror"
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def memory(database_url: str) -> Iterator[Memory]:
    """Two contributors under one agreement."""
    opened = Memory(database_url)
    agree(opened, A, acme="contribute,consume", beta="contribute,consume")
    yield opened
    opened.close()


def history(memory: Memory) -> list:
    """Every delta, read back."""
    with memory.reading() as stores:
        return [delta_from(line) for line in stores.deltas.lines_after(A, 0, limit=1_000)]


def change(memory: Memory, **fields: object) -> None:
    """Other terms."""
    with memory.transaction() as stores:
        terms = stores.organisations.agreement(A).terms
        stores.organisations.save_terms(A, replace(terms, **fields))


def test_words_follow_words_and_history_keeps_them(memory: Memory):
    """Confirmed, disputed, withdrawn: what the record comes to each time, and every step in the log."""
    steps = [
        (opinion("acme"), Standing.ACTIVE),
        (opinion("beta", "dispute"), Standing.DISPUTED),
        (opinion("beta", "withdraw"), Standing.ACTIVE),
        (opinion("acme", "withdraw"), Standing.WITHDRAWN),
        (opinion("beta"), Standing.ACTIVE),
    ]
    for word, expected in steps:
        (result,) = said(memory, A, (pdq(), word))
        assert result.changed
        assert standing(record_now(memory, A, pdq()), now=NOON) is expected

    deltas = history(memory)
    assert [(each.number, each.by) for each in deltas] == [
        (1, "acme"),
        (2, "beta"),
        (3, "beta"),
        (4, "acme"),
        (5, "beta"),
    ]
    assert [standing(each.record, now=NOON) for each in deltas] == [each for _, each in steps]
    assert replace(deltas[-1].record, number=record_now(memory, A, pdq()).number) == record_now(
        memory, A, pdq()
    )


def test_a_delta_reads_back_and_is_written_the_same(memory: Memory):
    """With every field an opinion can have; a document says what the line says."""
    full = opinion(
        severity=3,
        incident="attack",
        entity="group",
        context="news",
        confidence=0,
        quality=100,
        order="A-1",
        reason="why",
        expires_at=LATER,
    )
    said(memory, A, (pdq(), full), (Signal("md5", "0" * 32), opinion()))
    with memory.reading() as stores:
        lines = list(stores.deltas.lines_after(A, 0, limit=10))

    for line in lines:
        delta = delta_from(line)
        assert delta_line(delta) == line
        assert orjson.loads(line)["record"] == orjson.loads(
            orjson.dumps(record_document(delta.record))
        )
    assert delta_from(lines[0]).record.opinions == (full,)


def test_the_same_word_again_changes_nothing(memory: Memory):
    """In the same list, later, or with nothing to withdraw."""
    first, second = said(memory, A, (pdq(), opinion()), (pdq(), opinion()))
    (later,) = said(memory, A, (pdq(), opinion(at=LATER)), now=LATER)
    (nothing,) = said(memory, A, (pdq(1), opinion("beta", "withdraw")))

    assert (first.changed, second.changed, later.changed) == (True, False, False)
    assert nothing == Shared(record=None, changed=False)
    assert len(history(memory)) == 1


def test_other_fields_are_another_word(memory: Memory):
    """And the record has only the newer one."""
    said(memory, A, (pdq(), opinion(severity=1)), (pdq(), opinion(severity=2)))

    assert [each.severity for each in record_now(memory, A, pdq()).opinions] == [2]
    assert len(history(memory)) == 2


def test_retention_ends_a_record_and_a_later_word_renews_it(memory: Memory):
    """But not with every repetition: a tenth of the retention must have passed."""
    change(memory, retention=timedelta(days=10))
    said(memory, A, (pdq(), opinion()))
    soon, late = NOON + timedelta(hours=23), NOON + timedelta(hours=25)

    (same,) = said(memory, A, (pdq(), opinion(at=soon)), now=soon)
    (renewed,) = said(memory, A, (pdq(), opinion(at=late)), now=late)

    assert (same.changed, renewed.changed) == (False, True)
    ends = late + timedelta(days=10)
    record = record_now(memory, A, pdq())
    assert record.opinions[0].expires_at == ends
    assert standing(record, now=ends - timedelta(seconds=1)) is Standing.ACTIVE
    assert standing(record, now=ends) is Standing.EXPIRED
    with memory.reading() as stores:
        for moment, expected in ((NOON, Standing.ACTIVE), (ends, Standing.EXPIRED)):
            for each in Standing:
                found = stores.records.page(A, stands=(each, moment))
                assert bool(found) is (each is expected)


def test_records_are_counted_as_they_stand_then(memory: Memory):
    """Nothing is written when a confirmation ends, and yet what has expired is not counted as active."""
    day = timedelta(days=1)
    said(memory, A, *((pdq(number), opinion(expires_at=LATER)) for number in (1, 2, 3, 4)))
    said(memory, A, (pdq(5), opinion()), (pdq(5), opinion(word="withdraw")))
    said(
        memory,
        A,
        (pdq(2), opinion("beta", "dispute")),
        (pdq(3), opinion("beta")),
        (pdq(4), opinion("beta", expires_at=LATER + day)),
    )
    usual = {"active": 0, "disputed": 0, "withdrawn": 1, "expired": 0, "pieces": 5}

    with memory.reading() as stores:
        counts = [
            stores.records.counts(A, now=moment)
            for moment in (LATER - timedelta(seconds=1), LATER, LATER + day)
        ]
    assert counts == [
        usual | {"active": 3, "disputed": 1},
        usual | {"active": 2, "expired": 2},
        usual | {"active": 1, "expired": 3},
    ]


def test_beyond_the_quota_words_wait_and_repetitions_cost_nothing(memory: Memory):
    """Until they are released; what was said again in between used nothing up."""
    change(memory, quota=2)
    words = [(pdq(n), opinion()) for n in (1, 1, 2, 3)]
    results = said(memory, A, *words)

    assert [(each.changed, each.held) for each in results] == [
        (True, False),
        (False, False),
        (True, False),
        (False, True),
    ]
    assert said(memory, A, (pdq(4), opinion()))[0].held
    tomorrow = NOON + timedelta(days=1)
    assert said(memory, A, (pdq(5), opinion(at=tomorrow)), now=tomorrow)[0].changed
    with memory.transaction() as stores:
        assert stores.records.held(A) == {"acme": 2}
        given = {"taxonomy": TAXONOMY, "stores": stores, "now": tomorrow, "actor": "test"}
        assert release_held(A, "acme", **given) == (2, 0)
    assert len(history(memory)) == 5
    assert record_now(memory, A, pdq(3)).opinions == (opinion(),)


def test_everything_of_a_held_member_waits(memory: Memory):
    """Its words are nowhere to be seen, and it can take them back."""
    with memory.transaction() as stores:
        acme = stores.organisations.member(A, "acme")
        stores.organisations.save_member(replace(acme, held=True))

    assert [each.held for each in said(memory, A, (pdq(1), opinion()), (pdq(2), opinion()))] == [
        True,
        True,
    ]
    assert history(memory) == []
    assert not said(memory, A, (pdq(1), opinion(word="withdraw")))[0].held
    with memory.reading() as stores:
        assert stores.records.held(A) == {"acme": 1}


def test_what_waited_is_checked_against_the_terms_as_they_are(memory: Memory):
    """They may have changed while it waited; what does not fit is dropped, and counted."""
    change(memory, quota=0)
    said(memory, A, (pdq(1), opinion()), (Signal("md5", "0" * 32), opinion()))
    change(memory, quota=None, signal_types=("pdq",))
    with memory.transaction() as stores:
        given = {"taxonomy": TAXONOMY, "stores": stores, "now": LATER, "actor": "test"}
        assert release_held(A, "acme", **given) == (2, 1)
        assert stores.records.held(A) == {}

    assert [each.record.signal for each in history(memory)] == [pdq(1)]


def test_what_repeats_a_word_is_no_change_whatever_the_terms_say_now(memory: Memory):
    """Said alone or in a list; what would change something must fit them, also after it in the same request."""
    said(memory, A, (pdq(1), opinion()))
    change(memory, signal_types=("md5",))
    key, _ = key_of(memory, "acme")
    row = {"signal_type": "pdq", "value": pdq(1).value, "categories": ["terrorist-content"]}
    lines = [orjson.dumps(row | more).decode() for more in ({}, {"severity": 3})]
    size = len(history(memory))

    (again,) = said(memory, A, (pdq(1), opinion(at=LATER)), now=LATER)
    (batch,) = contribute_lines(
        A,
        lines,
        ndjson=True,
        by=key,
        taxonomy=TAXONOMY,
        memory=memory,
        now=lambda: LATER,
    )

    assert (again.changed, again.refused) == (False, None)
    assert (batch.added, batch.unchanged, batch.held) == (0, 1, 0)
    assert [(each.line, "shares md5" in each.error) for each in batch.bad] == [(2, True)]
    for words in (
        [opinion(severity=3)],
        [opinion(word="dispute")],
        [opinion(), opinion(order="A")],
    ):
        with pytest.raises(InputError, match="shares md5"):
            said(memory, A, *((pdq(1), word) for word in words))
    assert len(history(memory)) == size
    (taken_back,) = said(memory, A, (pdq(1), opinion(word="withdraw")))
    assert taken_back.changed


def test_a_withdrawal_told_again_takes_back_nothing_newer_that_waits(memory: Memory):
    """What was confirmed since it was first said stays in quarantine; what waited before it does not."""
    acme = member(memory, A, "acme")
    with memory.transaction() as stores:
        stores.organisations.save_member(replace(acme, held=True))
    newer, withdrawal = LATER + timedelta(hours=1), Given(word=Word.WITHDRAW)
    said(memory, A, (pdq(1), opinion()), (pdq(2), opinion()))
    said(memory, A, (pdq(1), opinion(at=newer)), now=newer)
    key, _ = key_of(memory, "acme")
    usual = {"piece": None, "by": key, "taxonomy": TAXONOMY, "now": newer + timedelta(hours=1)}
    with memory.transaction() as stores:
        signals = [pdq(1), pdq(2)]
        share_signals(A, signals, withdrawal, said_at=LATER, stores=stores, **usual)

    with memory.transaction() as stores:
        (waiting,) = stores.records.take_held(A, "acme", limit=10)
    assert (waiting[0], waiting[1].at) == (pdq(1), newer)


@pytest.mark.parametrize("held", [True, False])
def test_who_is_over_its_quota_or_held_can_take_back_its_word(memory: Memory, held: bool):
    """Who is only over its quota can dispute what is there too; new junk waits whatever it is called."""
    said(memory, A, (pdq(1), opinion()), (pdq(2), opinion()))
    said(memory, A, (pdq(3), opinion("beta")))
    with memory.transaction() as stores:
        acme = stores.organisations.member(A, "acme")
        stores.organisations.save_member(replace(acme, held=held, quota=0))

    withdrawn, disputed, new = said(
        memory,
        A,
        (pdq(1), opinion(word="withdraw", at=LATER)),
        (pdq(3), opinion(word="dispute", at=LATER)),
        (pdq(4), opinion(word="dispute", at=LATER)),
    )

    assert (withdrawn.changed, withdrawn.held) == (True, False)
    assert (disputed.changed, disputed.held) == (not held, held)
    assert new.held


def test_a_member_is_what_it_is_once_the_agreement_is_locked(memory: Memory):
    """Not what it was when somebody read it: who was suspended meanwhile adds nothing."""
    acme, beta = (member(memory, A, ident) for ident in ("acme", "beta"))
    with memory.transaction() as stores:
        stores.organisations.save_member(replace(acme, status=Status.SUSPENDED))
        stores.organisations.save_member(replace(beta, held=True))
    given = {"taxonomy": TAXONOMY, "now": NOON, "actor": "test"}
    with memory.transaction() as stores, pytest.raises(NotAllowed):
        share(A, [(pdq(), opinion(), None)], by=acme, stores=stores, **given)
    with memory.transaction() as stores:
        (waits,) = share(A, [(pdq(), opinion("beta"), None)], by=beta, stores=stores, **given)
    assert waits.held


POSTGRESQL = (
    pytest.mark.parametrize(  # SQLite has one writer: nothing changes between two of its reads
        "database_url", ["postgresql"], indirect=True
    )
)


@POSTGRESQL
def test_locking_an_agreement_forgets_what_was_read_of_it(memory: Memory):
    """In the same transaction, as when one commit holds many stories."""
    with memory.transaction() as ours:
        assert ours.organisations.member(A, "acme").status is Status.ACTIVE
        with memory.transaction() as theirs:
            theirs.deltas.lock(A)
            acme = theirs.organisations.member(A, "acme")
            theirs.organisations.save_member(replace(acme, status=Status.SUSPENDED))
            theirs.organisations.save_terms(A, Terms(title="new"))
        ours.deltas.lock(A)
        assert ours.organisations.member(A, "acme").status is Status.SUSPENDED
        assert ours.organisations.known_agreement(A).terms.title == "new"


@POSTGRESQL
@pytest.mark.parametrize("batches", [1, 4])
def test_nothing_lands_after_a_suspension(memory: Memory, batches: int):
    """A contribution that waits for the suspension to commit is refused, though it began before."""
    key, _ = key_of(memory, "acme")
    given = Given(word=Word.CONFIRM, categories=("terrorist-content",))

    def contribute(number: int) -> None:
        with memory.transaction() as stores:
            share_signals(
                A,
                [pdq(number)],
                given,
                piece=None,
                by=key,
                taxonomy=TAXONOMY,
                stores=stores,
                now=NOON,
            )

    with ThreadPoolExecutor(batches) as pool:
        with memory.transaction() as stores:
            stores.deltas.lock(A)
            acme = stores.organisations.member(A, "acme")
            stores.organisations.save_member(replace(acme, status=Status.SUSPENDED))
            stores.organisations.agreement(A)
            waiting = [pool.submit(contribute, number) for number in range(batches)]
            time.sleep(0.2)
        for each in waiting:
            with pytest.raises(NotAllowed, match="suspended"):
                each.result()
    assert history(memory) == []


def test_outcomes_are_not_for_everybody_to_tell(memory: Memory):
    """Not for who is held back, not on one's own words, not without end."""
    said(memory, A, (pdq(1), opinion()), (pdq(2), opinion("beta")))
    mine, other = (record_now(memory, A, pdq(number)).id for number in (1, 2))
    acme = member(memory, A, "acme")
    given = {"by": acme, "now": NOON, "actor": "test"}
    with memory.transaction() as stores:
        told = {mine: Told(sightings=2, right=5), other: Told(wrong=1)}
        assert tell(A, told, stores=stores, **given) == 2
    first, second = record_now(memory, A, pdq(1)), record_now(memory, A, pdq(2))
    assert (first.sightings, first.right, second.wrong) == (2, 0, 1)

    for much in (Told(right=1_001), Told(wrong=1_001), Told(sightings=1_000_001)):
        with memory.transaction() as stores, pytest.raises(InputError, match="at most"):
            tell(A, {other: much}, stores=stores, **given)
    with memory.transaction() as stores:
        stores.organisations.save_member(replace(acme, held=True))
    with memory.transaction() as stores, pytest.raises(NotAllowed, match="held back"):
        tell(A, {other: Told(right=1)}, stores=stores, **given)
    with memory.transaction() as stores:
        assert tell(A, {other: Told(sightings=1)}, stores=stores, **given) == 1


def test_reports_use_the_days_quota(memory: Memory):
    """A record each; what is beyond is refused whole."""
    said(memory, A, (pdq(1), opinion()), (pdq(2), opinion()))
    idents = [record_now(memory, A, pdq(number)).id for number in (1, 2)]
    change(memory, quota=3)
    given = {"by": member(memory, A, "beta"), "now": NOON, "actor": "test"}
    told = dict.fromkeys(idents, Told(sightings=1))
    with memory.transaction() as stores:
        assert tell(A, told, stores=stores, **given) == 2
    with pytest.raises(NotAllowed, match="quota"), memory.transaction() as stores:
        tell(A, told, stores=stores, **given)
    with memory.transaction() as stores:
        tell(A, {idents[0]: Told(sightings=1)}, stores=stores, **given)
    assert [record_now(memory, A, pdq(number)).sightings for number in (1, 2)] == [2, 1]


def test_what_was_said_since_is_not_undone_by_a_release(memory: Memory):
    """A confirmation that waited does not replace a newer dispute."""
    change(memory, quota=0)
    said(memory, A, (pdq(), opinion()))
    change(memory, quota=None)
    said(memory, A, (pdq(), opinion(word="dispute", at=LATER)), now=LATER)
    with memory.transaction() as stores:
        release_held(A, "acme", taxonomy=TAXONOMY, stores=stores, now=LATER, actor="test")

    assert [each.word for each in record_now(memory, A, pdq()).opinions] == [Word.DISPUTE]


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        ({"signal_types": ("md5",)}, {}),
        ({"categories": ("copyright",)}, {}),
        ({"min_quality": 50}, {"quality": 49}),
        ({}, {"word": "dispute", "reason": " "}),
        ({}, {"categories": ()}),
    ],
)
def test_what_the_terms_do_not_allow_is_refused_whole(
    memory: Memory, terms: dict[str, object], word: dict[str, object]
):
    """All contributions given together are kept, or none."""
    change(memory, **terms)
    good = opinion(word="dispute")
    with pytest.raises(InputError):
        said(memory, A, (Signal("md5", "0" * 32), good), (pdq(), opinion(**word)))
    assert history(memory) == []


def test_who_is_suspended_says_nothing(memory: Memory):
    """What it said before stays."""
    said(memory, A, (pdq(), opinion()))
    with memory.transaction() as stores:
        acme = stores.organisations.member(A, "acme")
        stores.organisations.save_member(replace(acme, status=Status.SUSPENDED))

    with pytest.raises(NotAllowed):
        said(memory, A, (pdq(1), opinion()))
    assert len(history(memory)) == 1


def test_counts_tell_how_often_and_never_who(memory: Memory):
    """In a delta without a name; the sources that confirmed it are right or wrong with it."""
    said(memory, A, (pdq(), opinion()))
    record = record_now(memory, A, pdq())
    told = {record.id: Told(sightings=2, right=3, wrong=1), "rec_0": Told(sightings=1)}
    with memory.transaction() as stores:
        beta = stores.organisations.member(A, "beta")
        assert tell(A, told, by=beta, stores=stores, now=NOON, actor="test") == 1
        nothing = {record.id: Told()}
        assert tell(A, nothing, by=beta, stores=stores, now=NOON, actor="test") == 1

    after = record_now(memory, A, pdq())
    assert (after.sightings, after.right, after.wrong) == (2, 3, 1)
    delta = history(memory)[-1]
    assert (delta.number, delta.by, delta.what) == (2, None, "outcomes")
    with memory.reading() as stores:
        share = stores.records.precisions(A)
        line = next(stores.deltas.lines_after(A, 1, limit=1))
    assert {name: (each.hits, each.trials) for name, each in share.items()} == {"acme": (3, 4)}
    assert b"beta" not in line


def test_one_source_is_withdrawn_and_nobody_elses_word(memory: Memory):
    """All it ever said, and what waits of it."""
    said(memory, A, (pdq(1), opinion()), (pdq(2), opinion()))
    said(memory, A, (pdq(2), opinion("beta")))
    change(memory, quota=0)
    waiting = [pdq(number) for number in range(10, 10 + ENOUGH + 1)]
    said(memory, A, *((signal, opinion()) for signal in waiting))
    said(memory, A, (pdq(3), opinion("beta")))
    with memory.transaction() as stores:
        gone, rest = withdraw_source(A, "acme", after=0, stores=stores, now=LATER, actor="test")

    assert (gone, rest) == (2, None)
    with memory.transaction() as stores:
        assert stores.records.held(A) == {"beta": 1}
        assert stores.records.take_held(A, "acme", limit=ENOUGH) == []
    assert said(memory, A, (pdq(4), opinion()))[0].held
    with memory.reading() as stores:
        assert stores.records.held(A) == {"acme": 1, "beta": 1}
    assert standing(record_now(memory, A, pdq(1)), now=LATER) is Standing.WITHDRAWN
    assert standing(record_now(memory, A, pdq(2)), now=LATER) is Standing.ACTIVE


def test_a_list_stops_where_its_giver_may_no_more(memory: Memory):
    """What was written before stays; lines are told by their number."""
    key, _ = key_of(memory, "acme")
    lines = [f'{{"signal_type":"pdq","value":"{pdq(n).value}","categories":["x"]}}' for n in (1, 2)]
    batches = list(
        contribute_lines(
            A,
            [*lines, '{"signal_type":"pdq"'],
            ndjson=True,
            by=key,
            taxonomy=TAXONOMY,
            memory=memory,
            now=lambda: NOON,
        )
    )

    (batch,) = batches
    assert [each.line for each in batch.bad] == [1, 2, 3]
    assert all(isinstance(each, BadLine) for each in batch.bad)
    with memory.transaction() as stores:
        acme = member(memory, A, "acme")
        stores.organisations.save_member(replace(acme, status=Status.SUSPENDED))
    with pytest.raises(NotAllowed):
        list(
            contribute_lines(
                A,
                lines,
                ndjson=True,
                by=key,
                taxonomy=TAXONOMY,
                memory=memory,
                now=lambda: NOON,
            )
        )
