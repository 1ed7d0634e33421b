"""A log is told again, and every way to bend it is noticed."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from seawall.banks.entry import Entry, Shared
from seawall.errors import InputError
from seawall.exchange.copies import bank_faults, snapshot_faults
from seawall.exchange.delta import delta_from, delta_line, record_document
from seawall.exchange.note import SigningKey
from seawall.exchange.opinion import Word
from seawall.exchange.organisation import Kind
from seawall.exchange.replay import Seen, told_by
from tests.exchange.logs import HUB, NOON, PICS, Log, confirm, honest, replayed, sentences, signal

ZOE = SigningKey("hub.example", bytes(reversed(range(32))))


def only(faults) -> str:
    """The one sentence there is."""
    (sentence,) = sentences(faults)
    return sentence


def rewritten(line: bytes, **changes) -> bytes:
    """The line with other fields."""
    return orjson.dumps(orjson.loads(line) | changes, option=orjson.OPT_SORT_KEYS)


def entry(record, **changes) -> Entry:
    """The entry a member's bank has of this record."""
    confirming = [each for each in record.opinions if each.word is Word.CONFIRM]
    made = Entry(
        id="en_1",
        bank="pics",
        signal=record.signal,
        categories=tuple(sorted({name for each in confirming for name in each.categories})),
        vouchers=tuple(each.organisation for each in confirming),
        created_at=NOON,
        shared=Shared(
            record=record.id,
            piece=record.piece,
            disputed=any(each.word is Word.DISPUTE for each in record.opinions),
            right=record.right,
            wrong=record.wrong,
        ),
    )
    return replace(made, **changes)


# The lines.


def test_an_honest_log_has_no_fault():
    """Opinions, counts, disputes, withdrawals, members, terms; signed as they are."""
    log = honest()

    replay, faults = replayed(log.lines)

    assert faults == []
    assert (replay.size, replay.records, replay.unknown) == (log.size, 3, 0)
    assert replay.against(log.checkpoint(), HUB.verifier) == []


def test_a_rewritten_line_is_not_what_was_signed():
    """Even where the line alone looks fine."""
    log = honest()
    note = log.checkpoint()
    delta = delta_from(log.lines[3])
    log.lines[3] = delta_line(replace(delta, at=delta.at + timedelta(seconds=1)))

    replay, faults = replayed(log.lines)

    assert faults == []
    (fault,) = replay.against(note, HUB.verifier)
    assert "signed another log" in fault.says
    assert fault.proof == (note,)


def test_a_dropped_line_leaves_a_gap():
    """Numbers have none, and one gap is one fault."""
    log = honest()
    gone = log.lines.pop(4)

    _, faults = replayed(log.lines)

    assert "stands where delta 5 belongs" in faults[0].says
    assert gone.decode() not in faults[0].proof
    assert sum("stands where" in each for each in sentences(faults)) == 1


def test_an_inserted_line_is_out_of_place():
    """Whatever number it gives itself."""
    log = honest()
    log.lines.insert(5, log.lines[3])

    _, faults = replayed(log.lines)

    assert sum("stands where" in each for each in sentences(faults)) == 2


def test_reordered_lines_are_out_of_place():
    """Both of them."""
    log = honest()
    log.lines[6], log.lines[7] = log.lines[7], log.lines[6]

    _, faults = replayed(log.lines)

    assert any("Delta 8 stands where delta 7 belongs" in each for each in sentences(faults))


def test_what_another_organisation_says_cannot_be_changed():
    """An opinion by one changes what this one says."""
    log = honest()
    record = log.record(1)
    others = tuple(
        replace(each, severity=7) if each.organisation == "acme" else each
        for each in record.opinions
    )
    log.put(replace(record, opinions=others), what="opinion", by="beta", of=signal(1))

    _, faults = replayed(log.lines)

    assert "is by 'beta' and changes what others say" in only(faults)
    assert faults[0].proof == (log.lines[-1].decode(),)


def test_the_word_of_another_cannot_be_taken_away():
    """Nor exchanged for one's own."""
    log = honest()
    record = log.record(3)
    log.put(replace(record, opinions=(confirm("beta"),)), what="opinion", by="beta", of=signal(3))

    _, faults = replayed(log.lines)

    assert "changes what others say" in only(faults)


def test_counts_do_not_change_what_is_said():
    """A count is nobody's, so nobody's word comes with it."""
    log = honest()
    record = log.record(3)
    counted = replace(record, opinions=(confirm("acme", severity=7),), sightings=1)
    log.put(counted, what="sightings", by=None, of=signal(3))

    _, faults = replayed(log.lines)

    assert "counts, and changes what organisations say" in only(faults)


@pytest.mark.parametrize("name", ["sightings", "right", "wrong"])
def test_counts_only_grow(name):
    """Nobody can take back what was matched, or found wrong."""
    log = honest()
    record = log.record(1)
    lowered = replace(record, **{name: getattr(record, name) - 1})
    log.put(lowered, what="outcomes", by=None, of=signal(1))

    _, faults = replayed(log.lines)

    assert "lowers a count" in only(faults)


def test_counts_name_nobody():
    """Who matched what is not told."""
    log = honest()
    log.put(replace(log.record(1), sightings=9), what="sightings", by="acme", of=signal(1))

    _, faults = replayed(log.lines)

    assert "says that 'acme' did" in only(faults)


def test_an_opinion_does_not_count():
    """Counts come in deltas of their own."""
    log = honest()
    log.put(
        replace(log.record(3), opinions=(confirm("acme", severity=1),), right=100),
        what="opinion",
        by="acme",
        of=signal(3),
    )

    _, faults = replayed(log.lines)

    assert "changes the counts" in only(faults)


def test_sightings_are_not_outcomes():
    """A delta does what it says."""
    log = honest()
    log.put(replace(log.record(1), right=99), what="sightings", by=None, of=signal(1))

    _, faults = replayed(log.lines)

    assert "changes outcomes" in only(faults)


def test_nobody_counts_what_nobody_shared():
    """A record begins with an opinion."""
    log = honest()
    log.count(9, sightings=1)

    _, faults = replayed(log.lines)

    assert "nobody had shared" in only(faults)


def test_a_record_has_the_id_of_its_signal():
    """So nobody can hide one under another name."""
    log = honest()
    said = replace(log.record(4), id="rec_" + "0" * 24, opinions=(confirm("acme"),))
    log.put(said, what="opinion", by="acme", of=signal(4))

    _, faults = replayed(log.lines)

    assert "has a record 'rec_000000000000000000000000'" in only(faults)


def test_a_record_stays_in_its_piece():
    """Otherwise the number of distinct contents could be made to measure."""
    log = honest()
    moved = replace(log.record(3), piece="pc_other", opinions=(confirm("acme", severity=2),))
    log.put(moved, what="opinion", by="acme", of=signal(3))

    _, faults = replayed(log.lines)

    assert "moves its record to another piece; see delta 10" in only(faults)


def test_an_organisation_stays_of_its_kind():
    """A platform's word must not pass for an authority's, or the other way round."""
    log = honest()
    log.say(5, replace(confirm("police"), kind=Kind.PLATFORM))

    _, faults = replayed(log.lines)

    assert "calls 'police' platform; it joined as authority" in only(faults)


def test_nobody_speaks_who_never_joined():
    """An invented member would have to join in sight of all."""
    log = honest()
    log.say(5, replace(confirm("acme"), organisation="zeta"))

    _, faults = replayed(log.lines)

    assert "the log never said that it joined" in only(faults)


def test_an_opinion_is_somebodys():
    """And stands in the record."""
    log = honest()
    log.put(replace(log.record(3)), what="opinion", by=None, of=signal(3))

    _, faults = replayed(log.lines)

    assert "that is nobody's" in only(faults)


def test_a_line_of_another_agreement_does_not_belong():
    """Replayed from elsewhere, signature and all."""
    log = honest()
    log.lines.append(rewritten(Log("other").lines[0], number=log.size + 1))

    _, faults = replayed(log.lines)

    assert "is of the agreement 'other'" in only(faults)


def test_a_line_can_be_read_in_one_way_only():
    """Two parsers that differ would see two logs."""
    log = honest()
    log.lines[-1] = log.lines[-1].replace(b'{"agreement"', b'{ "agreement"')

    _, faults = replayed(log.lines)

    assert "not written in the one way" in only(faults)


def test_junk_is_a_fault_and_a_newer_format_is_not():
    """What this version cannot judge is counted, so that the audit does not pass for complete."""
    log = honest()
    log.lines.append(b"{}")
    log.lines.append(rewritten(log.lines[0], format="seawall-delta/2", number=log.size + 1))
    log.lines.append(rewritten(log.lines[0], what="feast", number=log.size + 1))

    replay, faults = replayed(log.lines)

    assert "cannot be read" in only(faults)
    assert replay.unknown == 2


# The tree.


def test_a_forked_log_is_shown_by_two_notes():
    """Whoever saw the other log can prove it to everybody."""
    log, other = honest(), honest()
    other.lines[-1] = rewritten(other.lines[-1], details={"title": "Other pictures"})
    note = other.checkpoint()
    told = told_by(note, HUB.verifier, PICS)
    log.say(6, confirm("acme"))

    replay, faults = replayed(log.lines[: other.size])

    assert faults == []
    seen = Seen(told.size, told.root, note)
    (fault,) = replay.after(seen, log.checkpoint())
    assert "rewritten, or the log forked" in fault.says
    assert fault.proof == (note, log.checkpoint())
    assert replay.after(replace(seen, root=replay.root()), log.checkpoint()) == []


def test_a_checkpoint_is_over_the_lines_that_came():
    """Neither more nor fewer."""
    log = honest()
    replay, _ = replayed(log.lines[:-1])

    assert "over 12 deltas and sent it with 11" in only(
        replay.against(log.checkpoint(), HUB.verifier)
    )


def test_what_the_hub_did_not_sign_proves_nothing():
    """Anybody could have written it."""
    log = honest()
    replay, _ = replayed(log.lines)

    with pytest.raises(InputError, match="not signed by"):
        replay.against(log.checkpoint(key=ZOE), HUB.verifier)
    with pytest.raises(InputError, match=r"of the log 'hub\.example/other'"):
        replay.against(Log("other").checkpoint(), HUB.verifier)


# The snapshot.


def test_an_honest_snapshot_has_no_fault():
    """Withdrawn records are not in it."""
    log = honest()
    replay, _ = replayed(log.lines)

    assert len(log.snapshot()) == 4
    assert [*snapshot_faults(log.snapshot(), replay, HUB.verifier)] == []


def test_a_snapshot_that_hides_a_record_is_noticed():
    """Though it is signed, and counts right."""
    log = honest()
    replay, _ = replayed(log.lines)
    hidden = [log.record(1), log.record(2)]

    says = only(snapshot_faults(log.snapshot(hidden), replay, HUB.verifier))

    assert says == f"The snapshot hides the record {log.record(3).id}; see delta 10."


def test_a_snapshot_that_slips_in_a_record_is_noticed():
    """One that nobody shared, or that was withdrawn."""
    log = honest()
    replay, _ = replayed(log.lines)
    slipped = replace(log.record(8), opinions=(confirm("acme"),), delta=7)
    back = replace(log.record(2), opinions=(confirm("police"),))

    says = [
        *sentences(
            snapshot_faults(
                log.snapshot([log.record(1), log.record(3), slipped, back]), replay, HUB.verifier
            )
        )
    ]

    assert says == [
        f"The snapshot slips in {slipped.id}, which the log has not.",
        f"The snapshot slips in {back.id}, which the log has not.",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"opinions": (confirm("acme"),)},
        {"sightings": 5},
        {"right": 3},
        {"piece": "pc"},
        {"delta": 8},
    ],
)
def test_a_snapshot_says_what_the_log_says(changes):
    """Of everything there is to say of a record."""
    log = honest()
    replay, _ = replayed(log.lines)
    bent = replace(log.record(1), **changes)

    says = only(snapshot_faults(log.snapshot([bent, log.record(3)]), replay, HUB.verifier))

    assert "what the log does not" in says


def test_a_snapshot_has_a_record_once():
    """The second could be read as the valid one."""
    log = honest()
    replay, _ = replayed(log.lines)
    twice = [log.record(1), log.record(3), log.record(3)]

    assert "twice" in next(sentences(snapshot_faults(log.snapshot(twice), replay, HUB.verifier)))


def test_a_snapshot_is_what_was_signed():
    """A line that was exchanged after signing, an end that is missing, a count that is wrong."""
    log = honest()
    replay, _ = replayed(log.lines)
    lines = log.snapshot()
    exchanged = [*lines[:1], lines[2], lines[1], *lines[3:]]
    end = orjson.loads(lines[-1])

    assert (
        only(snapshot_faults(exchanged, replay, HUB.verifier))
        == "The snapshot is not the one the hub signed."
    )
    assert "not closed" in only(snapshot_faults([*lines[:-1], b"{}"], replay, HUB.verifier))
    miscounted = [*lines[:-1], orjson.dumps(end | {"records": 7})]
    assert "has 2 records and claims 7" in only(snapshot_faults(miscounted, replay, HUB.verifier))
    peaks = [*lines[:-1], orjson.dumps(end | {"peaks": []})]
    assert "peaks" in only(snapshot_faults(peaks, replay, HUB.verifier))
    cut = [*sentences(snapshot_faults(lines[:-1], replay, HUB.verifier))]
    assert any("not closed" in each for each in cut)
    junk = [*lines[:1], b"junk", b"[]", b'{"number": 4, "record": null}', *lines[1:]]
    assert (
        sum("no record" in each for each in sentences(snapshot_faults(junk, replay, HUB.verifier)))
        >= 2
    )


def test_a_snapshot_of_the_log_at_this_size():
    """Its checkpoint is compared too."""
    log = honest()
    replay, _ = replayed(log.lines)
    fork = honest()
    fork.lines[-1] = rewritten(fork.lines[-1], details={"title": "Other pictures"})

    assert "signed another log" in next(
        sentences(snapshot_faults(fork.snapshot(), replay, HUB.verifier))
    )


# A member's bank.


def test_a_bank_that_follows_has_no_fault():
    """One entry for each record somebody confirms."""
    log = honest()
    replay, _ = replayed(log.lines)

    assert [*bank_faults([entry(log.record(1)), entry(log.record(3))], replay, now=NOON)] == []


def test_a_bank_that_differs_is_noticed():
    """A missing record, one too many, another voucher, a dispute not seen."""
    log = honest()
    replay, _ = replayed(log.lines)
    first, third = entry(log.record(1)), entry(log.record(3))
    strange = replace(first, id="en_2", signal=signal(9))
    unseen = replace(first, shared=replace(first.shared, disputed=False))

    assert "lacks the record" in only(bank_faults([first], replay, now=NOON))
    assert "en_2" in only(bank_faults([first, third, strange], replay, now=NOON))
    assert "what the log does not; see delta 9" in only(
        bank_faults([unseen, third], replay, now=NOON)
    )
    vouched = replace(third, vouchers=("acme", "beta"))
    assert "what the log does not" in only(bank_faults([first, vouched], replay, now=NOON))
    own = replace(third, shared=None)
    assert "does not confirm" in next(sentences(bank_faults([first, own], replay, now=NOON)))


@pytest.mark.parametrize("names", ["id", "signal"])
def test_a_bank_may_withhold_what_it_could_not_read(names):
    """A member cannot know whether it was a withdrawal; what it had of the record until then it still has."""
    log = honest()
    third = log.record(3)
    said = {"id": third.id} if names == "id" else {"signal": str(third.signal)}
    log.lines.append(orjson.dumps({"format": "seawall-delta/2", "record": said}))
    replay, _ = replayed(log.lines)
    first, shown = entry(log.record(1)), entry(third)
    withheld = replace(shown, shared=replace(shown.shared, disputed=True))

    assert [*bank_faults([first, withheld], replay, now=NOON)] == []
    assert [*bank_faults([first], replay, now=NOON)] == []
    vouched = replace(withheld, vouchers=("acme", "beta"))
    assert "what the log does not" in only(bank_faults([first, vouched], replay, now=NOON))
    log.say(3, confirm("beta"))
    replay.take(log.lines[-1])
    assert "what the log does not" in only(bank_faults([first, withheld], replay, now=NOON))


def test_a_bank_withholds_nothing_that_the_log_says_plainly():
    """A dispute that nobody has given is a fault of the bank, whatever of other records could not be read."""
    log = honest()
    log.lines.append(orjson.dumps({"format": "seawall-delta/2", "record": {"id": "rec_0"}}))
    replay, _ = replayed(log.lines)
    third = entry(log.record(3))
    disputed = replace(third, shared=replace(third.shared, disputed=True))

    says = only(bank_faults([entry(log.record(1)), disputed], replay, now=NOON))
    assert "what the log does not" in says


def test_a_bank_need_not_have_what_has_expired():
    """Nor be blamed for having it still."""
    log = honest()
    replay, _ = replayed(log.lines)
    later = NOON + timedelta(days=31)

    assert [*bank_faults([entry(log.record(1))], replay, now=later)] == []
    assert [*bank_faults([entry(log.record(1)), entry(log.record(3))], replay, now=later)] == []


# What it costs.


def test_little_is_kept_of_a_record():
    """Opinions may be long; their digests are not."""
    log = honest()
    log.say(7, confirm("acme", context="x" * 2000, entity="y" * 2000))
    replay, _ = replayed(log.lines)

    assert max(map(len, replay._records.values())) < 150
    assert len(orjson.dumps(record_document(log.record(7)))) > 4000


def test_samples_are_drawn_from_what_somebody_confirms():
    """A withdrawn record is not in the database any more."""
    log = honest()
    replay, _ = replayed(log.lines)

    assert {*replay.confirmed()} == {log.record(1).id, log.record(3).id}
