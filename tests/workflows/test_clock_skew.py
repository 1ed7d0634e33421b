"""A hub's clock that differs from ours is noticed, told, and harms nothing."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from seawall.exchange.membership import State, clock_skew
from seawall.workflows.membership import membership_documents
from tests.made import NOON, pdq
from tests.workflows.members import Member, home, named


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
