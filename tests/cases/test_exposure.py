"""Levels, budgets and rotation: what a person is spared."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from seawall.cases.exposure import Viewer, check_look, day_of, room, rotation, spent
from seawall.errors import InputError, NotAllowed

ANA = Viewer(id="ana")


def test_a_look_costs_its_severity():
    """And what is not severe at all costs a little still."""
    assert spent({}) == 0
    assert spent({0: 4, 1: 2, 3: 1, 7: 2}) == 4 + 2 + 3 + 14


def test_the_smallest_preview_is_never_refused():
    """Whoever has looked at enough must still see what a case is about, barely."""
    check_look(Viewer(id="ana", nothing_graphic=True), 0, severity=7, looks={7: 99}, budget=10)


def test_a_look_fits_the_budget_or_is_refused_with_what_to_do():
    """To the point: exactly the budget is allowed, one more is not, and the sentence names the rotation."""
    check_look(ANA, 1, severity=3, looks={7: 1}, budget=10)
    with pytest.raises(NotAllowed, match=r"7 of 10 points .* would cost 7\. .* severity 3 or less"):
        check_look(ANA, 1, severity=7, looks={7: 1}, budget=10)
    with pytest.raises(NotAllowed, match=r"work that shows no media.* anew at 00:00 UTC"):
        check_look(ANA, 1, severity=1, looks={1: 10}, budget=10)


def test_no_budget_is_no_limit():
    """A home may choose 0."""
    check_look(ANA, 4, severity=7, looks={7: 10_000}, budget=0)
    assert rotation({7: 10_000}, budget=0) == 7


def test_nothing_graphic_today_means_blurred_at_most():
    """Levels 0 and 1 are blurred; every clearer one stays closed, whatever the budget."""
    spared = Viewer(id="ana", nothing_graphic=True)
    check_look(spared, 1, severity=1, looks={}, budget=10)
    for level in (2, 3, 4):
        with pytest.raises(NotAllowed, match="nothing graphic today"):
            check_look(spared, level, severity=1, looks={}, budget=10)


@pytest.mark.parametrize("level", [-1, 5])
def test_there_is_no_other_level(level: int):
    """Nor one below the least."""
    with pytest.raises(InputError, match="levels 0 to 4"):
        check_look(ANA, level, severity=1, looks={}, budget=10)


def test_rotation_is_the_highest_severity_that_still_fits():
    """So a queue can offer what somebody may still look at."""
    assert [rotation({1: used}, budget=10) for used in (0, 4, 8, 9, 10)] == [7, 3, 2, 1, None]


def test_a_day_is_utc():
    """As the log is, wherever the reviewer sits."""
    evening = datetime(2026, 1, 1, 20, tzinfo=timezone(-timedelta(hours=5)))
    assert day_of(evening) == "2026-01-02"


def test_a_case_is_offered_while_the_day_has_room_for_it():
    """What is left of the budget; and on a day without graphic things the moderate at most, whatever is in it."""
    assert [room({7: 1}, budget=each) for each in (0, 20, 11, 7)] == [7, 7, 4, 0]
    assert [Viewer(id="ann", nothing_graphic=each).at_most for each in (False, True)] == [7, 2]


@pytest.mark.parametrize(
    ("blur", "grey", "least", "first"), [(1, 1, 0, 1), (1, 0, 5, 1), (0, 1, 6, 2), (0, 0, 7, 4)]
)
def test_the_least_and_the_first_level_follow_the_preferences(
    blur: int, grey: int, least: int, first: int
):
    """And on a day without graphic things they are the gentlest, whatever is preferred."""
    viewer = Viewer(id="ann", blur=bool(blur), grey=bool(grey))
    assert (viewer.least, viewer.first, viewer.least_costs) == (least, first, not blur)
    calm = replace(viewer, nothing_graphic=True)
    assert (calm.least, calm.first, calm.least_costs) == (0, 1, False)
