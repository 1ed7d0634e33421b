"""A whole log is audited over HTTP: honest hubs pass, lying ones are caught."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from seawall.errors import InputError, NotFound, OutsideError
from seawall.exchange.delta import delta_from, delta_line
from seawall.exchange.note import SigningKey
from seawall.exchange.replay import Seen, told_by
from seawall.exchange.sample import draw
from seawall.partners.hub import Hub
from seawall.workflows.auditing import Audit, Own, audit_exchange
from seawall.workflows.proving import prove_signal
from tests.cli.run import seawall
from tests.exchange.logs import HUB, NOON, PICS, confirm, honest, replayed, sentences, signal
from tests.workflows.hubs import LyingHub, answering

OTHER = SigningKey("hub.example", bytes(reversed(range(32))))


def audited(lying: LyingHub, **more) -> Audit:
    """What an audit of this hub comes to."""
    with answering(lying) as url, Hub(url, key="swl_a_b") as hub:
        return audit_exchange(hub, PICS, HUB.verifier, secret=b"secret", now=NOON, **more)


def sampled(log, size: int, count: int) -> dict:
    """A sample as an honest hub draws it."""
    replay, _ = replayed(log.lines[:size])
    records = draw(replay.root(), replay.confirmed(), count)
    return {"id": "sam_1", "size": size, "records": [{"record": each} for each in records]}


def test_an_honest_hub_passes():
    """Log, checkpoints, snapshot, samples, earlier checkpoints: all compared, nothing wrong."""
    log = honest()
    lying = LyingHub(log, samples=[sampled(log, 9, 1)])

    audit = audited(lying, earlier=[log.checkpoint(5), log.checkpoint(0)])

    assert (audit.faults, audit.gaps) == ([], [])
    assert (audit.size, audit.records, audit.root) == (12, 3, log.tree().root())
    assert audit.checkpoint == log.checkpoint()
    assert sorted(audit.compared) == [
        "earlier checkpoint at 0",
        "earlier checkpoint at 5",
        "newest checkpoint at 12",
        "sample sam_1 at 9",
        "snapshot at 12",
    ]


def test_a_line_it_rewrites_is_caught():
    """What it sends is not what it signed."""
    log = honest()
    delta = delta_from(log.lines[3])
    bent = [*log.lines]
    bent[3] = delta_line(replace(delta, at=delta.at + timedelta(seconds=1)))

    audit = audited(LyingHub(log, lines=bent))

    assert any("signed another log" in each for each in sentences(audit.faults))


def test_a_line_it_hides_at_the_end_is_caught():
    """It signed more than it gives."""
    log = honest()

    audit = audited(LyingHub(log, lines=log.lines[:-1], page=1))

    assert [*sentences(audit.faults)] == [
        "The hub speaks of 12 deltas and gives only 11: it hides the rest."
    ]


def test_a_rewritten_past_is_proven_by_two_notes():
    """Both signed by the hub, over logs that cannot both be."""
    log, before = honest(), honest()
    delta = delta_from(before.lines[1])
    before.lines[1] = delta_line(replace(delta, at=delta.at + timedelta(seconds=1)))
    note = before.checkpoint(7)

    audit = audited(LyingHub(log), earlier=[note])

    (fault,) = audit.faults
    assert "The past was rewritten" in fault.says
    assert fault.proof == (note, log.checkpoint())


def test_a_log_that_shrank_is_proven_by_two_notes():
    """Restored from a backup, it has forgotten what it signed."""
    log, longer = honest(), honest()
    longer.say(6, confirm("acme"))
    note = longer.checkpoint()

    audit = audited(LyingHub(log), earlier=[note])

    (fault,) = audit.faults
    assert "shorter than it was: the hub signed 13 deltas before, and 12 now" in fault.says
    assert fault.proof == (note, log.checkpoint())


def test_a_snapshot_that_hides_is_caught():
    """New members would never hear of the record."""
    log = honest()

    audit = audited(LyingHub(log, snapshot=log.snapshot([log.record(1)])))

    assert [*sentences(audit.faults)] == [
        f"The snapshot hides the record {log.record(3).id}; see delta 10."
    ]


def test_an_older_snapshot_is_compared_with_the_log_of_its_size():
    """Hubs may keep one for a while."""
    log = honest()
    older = log.snapshot()
    log.say(6, confirm("acme"))

    audit = audited(LyingHub(log, snapshot=older))

    assert (audit.faults, audit.gaps) == ([], [])
    assert "snapshot at 12" in audit.compared


def test_a_sample_that_was_picked_is_caught():
    """The log draws one, and the hub shows another."""
    log = honest()
    sample = sampled(log, 12, 1)
    (row,) = sample["records"]
    picked = next(each.id for each in (log.record(1), log.record(3)) if each.id != row["record"])

    audit = audited(LyingHub(log, samples=[sample | {"records": [{"record": picked}]}]))

    assert "are not those that the log draws" in next(sentences(audit.faults))


def test_who_may_not_see_samples_has_no_gap():
    """They are for those who audit."""
    audit = audited(LyingHub(honest(), refuses={"samples"}))

    assert (audit.faults, audit.gaps) == ([], [])


def test_what_cannot_be_read_is_a_gap():
    """A refusal proves nothing, and must not pass for a clean audit."""
    log = honest()
    unsigned = log.checkpoint(key=OTHER)

    for lying in (
        LyingHub(log, refuses={"snapshot"}),
        LyingHub(log, refuses={"deltas"}),
        LyingHub(log, refuses={"checkpoint"}),
        LyingHub(log, checkpoint=unsigned),
        LyingHub(log, snapshot=[b"{}"]),
    ):
        audit = audited(lying)
        assert audit.faults == []
        assert len(audit.gaps) == 1


def test_a_kind_of_delta_to_come_is_a_gap():
    """An older auditor cannot vouch for it."""
    log = honest()
    newer = orjson.loads(log.lines[0]) | {"format": "seawall-delta/2", "number": 13}
    log.lines.append(orjson.dumps(newer, option=orjson.OPT_SORT_KEYS))

    audit = audited(LyingHub(log))

    assert audit.faults == []
    assert ["upgrade Seawall" in gap for gap in audit.gaps] == [True]


def test_a_hub_that_lies_about_everything_fills_no_memory():
    """A hundred faults are enough to read."""
    log = honest()
    log.lines += [b"junk"] * 200

    audit = audited(LyingHub(log, page=100))

    assert (len(audit.faults), audit.more) == (100, 100)


def test_an_earlier_checkpoint_is_of_this_log():
    """Otherwise it could not show anything."""
    with pytest.raises(InputError, match="not signed by"):
        audited(LyingHub(honest()), earlier=[honest().checkpoint(key=OTHER)])


def test_a_member_compares_its_own_bank():
    """What the hub told it when it was followed, against what the hub tells now."""
    log = honest()
    told = told_by(log.checkpoint(9), HUB.verifier, PICS)
    seen = Seen(told.size, told.root, log.checkpoint(9))

    audit = audited(LyingHub(log), own=Own(seen=seen, entries=[], categories=frozenset()))

    assert [*sentences(audit.faults)] == [
        f"The bank lacks the record {log.record(1).id}; see delta 9.",
        f"The bank lacks the record {log.record(2).id}; see delta 5.",
    ]
    assert "own bank at 9" in audit.compared


# One record.


def test_a_record_is_proven_to_be_in_the_log():
    """Without reading the rest."""
    log = honest()
    with answering(LyingHub(log)) as url, Hub(url, key="swl_a_b") as hub:
        proven = prove_signal(hub, PICS, HUB.verifier, signal(1))
        with pytest.raises(NotFound, match="no record of"):
            prove_signal(hub, PICS, HUB.verifier, signal(99))

    assert (proven.record, proven.number, proven.size) == (log.record(1).id, 9, 12)
    assert proven.line == log.lines[8]


def test_a_proof_that_does_not_hold_is_refused():
    """The line was exchanged, or the path is of another tree."""
    log = honest()
    exchanged = [*log.lines]
    exchanged[8] = exchanged[8].replace(b"Satire.", b"Comedy.")
    for lying in (LyingHub(log, lines=exchanged), LyingHub(log, leaf=b"x" * 32)):
        with (
            answering(lying) as url,
            Hub(url, key="swl_a_b") as hub,
            pytest.raises(OutsideError, match="does not hold"),
        ):
            prove_signal(hub, PICS, HUB.verifier, signal(1))


def test_a_proof_of_something_else_is_refused():
    """The hub names another record's delta."""
    log = honest()
    log.records[signal(1)] = replace(log.record(1), delta=10)
    with (
        answering(LyingHub(log)) as url,
        Hub(url, key="swl_a_b") as hub,
        pytest.raises(OutsideError, match="is not of"),
    ):
        prove_signal(hub, PICS, HUB.verifier, signal(1))


# The command.


def ran(home, lying: LyingHub, *words: object):
    """`seawall audit exchange` of this hub."""
    with answering(lying) as url:
        known = ("--key", "swl_a_b", "--hub-key", HUB.verifier)
        return seawall(home, "audit", "exchange", url, PICS, *known, *words)


def test_the_command_keeps_what_it_saw_and_goes_on_from_there(tmp_path):
    """A file of its own state, or a checkpoint somebody else has kept."""
    log, state = honest(), tmp_path / "pics.note"

    first = ran(tmp_path, LyingHub(log), "--state", state)
    assert (first.code, state.read_text()) == (0, log.checkpoint())
    assert "Nothing hidden, nothing slipped in, nothing rewritten." in first.out

    log.say(6, confirm("acme"))
    second = ran(tmp_path, LyingHub(log), "--state", state, "--json")
    assert (second.code, state.read_text()) == (0, log.checkpoint())
    assert "earlier checkpoint at 12" in second.lines[-1]["compared"]

    rolled_back = ran(tmp_path, LyingHub(honest()), "--since", state, "--json")
    assert rolled_back.code == 1
    assert rolled_back.lines[0]["proof"] == [log.checkpoint(), honest().checkpoint()]
    assert state.read_text() == log.checkpoint()


def test_the_command_prints_the_proof(tmp_path):
    """Whole notes, to hand to others."""
    log = honest()
    fork = honest()
    fork.lines[-1] = fork.lines[-1].replace(b"Pictures", b"Pastures")
    (tmp_path / "theirs.note").write_text(fork.checkpoint())

    caught = ran(tmp_path, LyingHub(log), "--since", tmp_path / "theirs.note")

    assert caught.code == 1
    for note in (fork.checkpoint(), log.checkpoint()):
        assert note in caught.out


def test_the_command_says_when_it_could_not_see_all(tmp_path):
    """With a code of its own, so that no script takes it for a clean audit; and no state is kept."""
    state = tmp_path / "pics.note"
    partly = ran(tmp_path, LyingHub(honest(), refuses={"snapshot"}), "--state", state)

    assert partly.code == 3
    assert not state.exists()


def test_the_command_proves_one_record(tmp_path):
    """With the line and the signed root, in JSON also the path."""
    log = honest()
    told = ran(tmp_path, LyingHub(log), "--signal", signal(1))
    as_json = ran(tmp_path, LyingHub(log), "--signal", signal(1), "--json").lines[0]

    assert told.code == 0
    assert f"{log.record(1).id} is in the log as delta 9 of 12" in told.out
    assert (as_json["number"], as_json["line"]) == (9, log.lines[8].decode())


def test_the_command_wants_what_it_cannot_do_without(tmp_path):
    """A key to the hub, and the hub's."""
    for words in (
        ("http://127.0.0.1:9", PICS),
        ("http://127.0.0.1:9", PICS, "--key", "swl_a_b"),
        ("a", "b", "c"),
    ):
        assert isinstance(seawall(tmp_path, "audit", "exchange", *words).error, InputError)
    assert isinstance(seawall(tmp_path, "audit", "exchange", PICS).error, NotFound)
