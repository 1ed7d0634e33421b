"""Cases are decided twice without anybody picking them, and a third person settles what two see differently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.cases.second_review import Answer, Rates, Review, Stage, answered, is_drawn
from seawall.errors import InputError, NotAllowed, WrongState

SECRET = b"the home's own"
CASES = [f"case_{number}" for number in range(20_000)]


def said(*decisions, twice=True):
    """A review in which Ann, Ben, Cay … said this."""
    review = Review(twice=twice)
    for person, decision in zip(("ann", "ben", "cay"), decisions, strict=False):
        review = answered(review, Answer(person=person, decision=decision))
    return review


def test_as_many_are_drawn_as_the_rate_says_and_another_secret_draws_others():
    """Within four standard errors of the rate."""
    drawn = {case for case in CASES if is_drawn(case, rate=0.05, secret=SECRET)}
    others = {case for case in CASES if is_drawn(case, rate=0.05, secret=b"another")}

    assert abs(len(drawn) - 1_000) < 4 * (20_000 * 0.05 * 0.95) ** 0.5
    assert len(drawn & others) < 100


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_rate_adds_cases_and_drops_none(case, one, other):
    """What was drawn stays drawn; at 0 none is, at 1 all are."""
    low, high = sorted((one, other))

    assert is_drawn(case, rate=low, secret=SECRET) <= is_drawn(case, rate=high, secret=SECRET)
    assert not is_drawn(case, rate=0, secret=SECRET)
    assert is_drawn(case, rate=1, secret=SECRET)


def test_each_queue_can_have_a_rate_of_its_own():
    """Where mistakes cost most, more is decided twice."""
    rates = Rates(usual=0.02, queues={"terror": 0.5})

    assert (rates.of("terror"), rates.of("spam")) == (0.5, 0.02)
    with pytest.raises(InputError, match="between 0 and 1"):
        Rates(usual=0, queues={"terror": 2})


@pytest.mark.parametrize(
    ("review", "stage", "stands"),
    [
        (said(), Stage.FIRST, None),
        (said("keep", twice=False), Stage.SETTLED, "keep"),
        (said("keep"), Stage.SECOND, None),
        (said("keep", "keep"), Stage.SETTLED, "keep"),
        (said("keep", "remove"), Stage.THIRD, None),
        (said("keep", "remove", "keep"), Stage.SETTLED, "keep"),
        (said("keep", "remove", "remove"), Stage.SETTLED, "remove"),
        (said("keep", "remove", "label"), Stage.SETTLED, "label"),
    ],
)
def test_two_agree_or_a_third_decides(review, stage, stands):
    """Also when the third sees it as neither did."""
    assert (review.stage, review.stands) == (stage, stands)


def test_nobody_speaks_twice_and_nobody_after_the_last():
    """The one who was first cannot be their own second."""
    first = said("keep")
    with pytest.raises(NotAllowed, match="already"):
        answered(first, Answer(person="ann", decision="keep"))
    settled = said("keep", "keep")
    with pytest.raises(WrongState, match="settled"):
        answered(settled, Answer(person="cay", decision="remove"))
