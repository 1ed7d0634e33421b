"""What a few hits in many trials allow us to say."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import InputError
from seawall.policy.interval import Share, wilson

Z = 1.959963984540054  # of the normal distribution, 2.5 % lie above


def test_rare_hits_have_uneven_bounds():
    """59 of 538 922: the textbook's normal approximation would be even, and too low above."""
    low, high = wilson(59, 538_922)

    assert (round(low * 100, 4), round(high * 100, 4)) == (0.0085, 0.0141)


@given(st.integers(1, 10**7), st.data())
def test_a_bound_is_as_far_away_as_its_own_spread(trials, data):
    """Wilson's definition: the bounds p with |seen - p| = z * sqrt(p * (1 - p) / n)."""
    hits = data.draw(st.integers(0, trials))

    low, high = wilson(hits, trials)

    assert 0 <= low <= hits / trials <= high <= 1
    for bound in (low, high):
        away = abs(hits / trials - bound)
        assert away == pytest.approx(Z * sqrt(bound * (1 - bound) / trials), rel=1e-6, abs=1e-9)


def test_the_ends_are_exact():
    """Nothing seen does not rule out a little; always seen does not rule out a miss."""
    assert wilson(0, 100) == (0.0, pytest.approx(0.0370, abs=5e-5))
    assert wilson(100, 100) == (pytest.approx(0.9630, abs=5e-5), 1.0)
    assert wilson(0, 0) == (0.0, 1.0)


def test_more_confidence_is_a_wider_interval():
    """99 in 100 asks for more room than 90 in 100."""
    (low90, high90), (low99, high99) = (wilson(5, 50, confidence=c) for c in (0.9, 0.99))

    assert low99 < low90 < 0.1 < high90 < high99


def test_a_share_knows_its_bounds():
    """Without trials there is no share, and anything is possible."""
    share = Share(59, 538_922)
    assert (share.value, share.low, share.high) == (59 / 538_922, *wilson(59, 538_922))

    nothing = Share(0, 0)
    assert (nothing.value, nothing.low, nothing.high) == (None, 0.0, 1.0)


def test_counts_that_cannot_be_are_refused():
    """More hits than trials, less than none, or certainty."""
    for hits, trials in ((2, 1), (-1, 1), (0, -1)):
        with pytest.raises(InputError, match=f"cannot be {hits} hits"):
            Share(hits, trials)
    for confidence in (0.0, 1.0, float("nan")):
        with pytest.raises(InputError, match="between 0 and 1"):
            wilson(1, 2, confidence=confidence)
