"""The follower of a home follows every hub all the time."""

import time
from datetime import timedelta

from seawall.exchange.membership import State
from seawall.workflows.follower import Follower
from tests.made import pdq
from tests.workflows.members import Member, home


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
