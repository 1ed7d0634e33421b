"""What a member makes of a hub, or a line, that misbehaves."""

import time

import pytest

from seawall.exchange.membership import State
from seawall.workflows.following import follow
from seawall.workflows.membership import membership_documents, start_over
from tests.made import pdq
from tests.poisoned_hub import AGREEMENT
from tests.workflows.members import Member, home, named


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


def test_evidence_of_a_second_history_is_kept(member, hub):
    """A checkpoint that contradicts ours, signed with the hub's own key, proves what the hub did."""
    hub.give([pdq(4)])
    hub.faults = {"forked"}
    member.ask()
    with member.app.memory.reading() as stores:
        told = stores.audit.after(0, limit=100, subject=member.id)[-1].happening.details

    assert told["state"] == "distrusted"
    assert told["checkpoint"] == hub.note(4)


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
