"""When a message is sent again."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from seawall.delivery.schedule import (
    LONGEST_QUIET,
    LONGEST_RETRY_AFTER,
    PAUSES,
    Meaning,
    meaning,
    next_attempt,
    quiet_until,
    retry_after,
)
from seawall.delivery.webhook import Answer
from tests.made import NOON

FIVE_DAYS = timedelta(days=5)


@pytest.mark.parametrize(
    ("status", "meant"),
    [
        (200, Meaning.TAKEN),
        (204, Meaning.TAKEN),
        (301, Meaning.REFUSED),
        (400, Meaning.REFUSED),
        (404, Meaning.REFUSED),
        (410, Meaning.GONE),
        (429, Meaning.DOWN),
        (500, Meaning.REFUSED),
        (503, Meaning.DOWN),
        (None, Meaning.DOWN),
    ],
)
def test_what_an_answer_means(status, meant):
    """Only what says something of every message stops every message."""
    assert meaning(Answer(status=status)) is meant


def test_pauses_grow_for_days_and_then_it_is_over():
    """The last attempt is when the period ends."""
    at, moments = NOON, []
    for attempt in range(1, 100):
        again = next_attempt(attempt, first=NOON, at=at, give_up=FIVE_DAYS, chance=0.5)
        if again is None:
            break
        moments.append(again - at)
        at = again

    assert [moment / 1.1 for moment in moments[: len(PAUSES)]] == list(PAUSES)
    assert at == NOON + FIVE_DAYS
    assert 9 < len(moments) < 14


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_chance_moves_a_pause_by_a_fifth_at_most(chance):
    """So that a thousand messages do not come back at once."""
    again = next_attempt(2, first=NOON, at=NOON, give_up=FIVE_DAYS, chance=chance)

    assert timedelta(minutes=5) <= again - NOON <= timedelta(minutes=6)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 90 ", 90),
        (format_datetime(NOON + timedelta(minutes=2)), 120),
        (format_datetime(NOON - timedelta(minutes=2)), 0),
        ("Thu, 01 Jan 2026 13:00:00 GMT", 3600),
        ("99999999999999999999", LONGEST_RETRY_AFTER.total_seconds()),
        (format_datetime(NOON + timedelta(days=700)), LONGEST_RETRY_AFTER.total_seconds()),
    ],
)
def test_a_retry_after_is_read_as_seconds_or_as_a_date(text, seconds):
    """And never keeps us away for more than a day."""
    assert retry_after(text, at=NOON) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", [None, "", "soon", "-5", "1.5", "Thu, 99 Jan 2026 13:00:00 GMT"])
def test_nonsense_is_no_retry_after(text):
    """Whoever receives chooses what stands there."""
    assert retry_after(text, at=NOON) is None


def test_an_endpoint_that_is_down_is_left_alone_for_a_minute_at_most():
    """Unless it asks for more."""
    down, busy = Answer(status=None), Answer(status=429, retry_after="600")
    waits = [quiet_until(n, down, at=NOON, chance=0.0) - NOON for n in (1, 2, 3, 7, 400)]

    assert waits == [*(timedelta(seconds=n) for n in (1, 2, 4)), LONGEST_QUIET, LONGEST_QUIET]
    assert quiet_until(1, busy, at=NOON, chance=0.0) - NOON == timedelta(minutes=10)
