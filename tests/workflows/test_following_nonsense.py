"""What a member cannot understand of what its hub has signed is left out, counted and told."""

import orjson
import pytest

from seawall.exchange.membership import State
from seawall.workflows import first_copy, following, shared_entries
from tests.made import pdq
from tests.poisoned_hub import AGREEMENT
from tests.workflows.members import Member, home, named


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
