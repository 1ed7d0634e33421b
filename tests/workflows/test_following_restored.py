"""A hub that was restored from a backup is followed again when its history is the same."""

from datetime import UTC, datetime

from seawall.exchange.membership import State
from seawall.workflows.membership import start_over
from tests.made import pdq
from tests.poisoned_hub import AGREEMENT, PoisonedHub
from tests.workflows.members import Member, back_up, home, named


def test_a_hub_restored_from_a_backup_is_followed_again_when_its_history_is_the_same(tmp_path, hub):
    """Until it is, what was read stays in force; another history is not followed by itself."""
    backup = tmp_path / "backup.db"
    back_up(hub, backup)
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
