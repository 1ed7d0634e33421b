"""
When a message is sent again, and what an answer means.

    sent ─▶ 2xx        ─▶ delivered
         ─▶ 410        ─▶ the endpoint is switched off
         ─▶ anything else ─▶ again after 5 s, 5 min, 30 min, 2 h, … 24 h, 24 h ──days──▶ dead

Pure: moments and chance arrive as arguments.
"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from seawall.clock import in_utc
from seawall.delivery.webhook import Answer
from seawall.errors import InputError

PAUSES = tuple(  # after the first, second, … failed attempt; the last counts for all that follow
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
JITTER = 0.2  # of a pause, at most, so that not all come back at once
LONGEST_RETRY_AFTER = timedelta(days=1)
FIRST_QUIET = timedelta(seconds=1)  # how long an endpoint that is down is left alone at first
LONGEST_QUIET = timedelta(minutes=1)  # so that one that is up again is noticed soon
BUSY = frozenset({429, 502, 503, 504})  # says something of the endpoint, nothing of the message


class Meaning(StrEnum):
    """What an answer says."""

    TAKEN = "taken"
    REFUSED = "refused"  # this message, now
    DOWN = "down"  # any message, now
    GONE = "gone"  # any message, for good


def meaning(answer: Answer) -> Meaning:
    """What an answer says; a redirect is a refusal: whoever signs for an address does not send elsewhere."""
    if answer.status is None or answer.status in BUSY:
        return Meaning.DOWN
    if 200 <= answer.status < 300:
        return Meaning.TAKEN
    return Meaning.GONE if answer.status == 410 else Meaning.REFUSED


def next_attempt(
    attempts: int, *, first: datetime, at: datetime, give_up: timedelta, chance: float
) -> datetime | None:
    """
    When to try again what has failed so many `attempts` since `first`; None when it has been long enough.

    `chance` is 0 to 1. What fails in between is tried a last time when the period of `give_up` ends.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> next_attempt(2, first=noon, at=noon, give_up=timedelta(days=5), chance=0.0) - noon
    datetime.timedelta(seconds=300)
    """
    last = first + give_up
    if at >= last:
        return None
    pause = PAUSES[min(attempts, len(PAUSES)) - 1]
    return min(last, at + pause * (1 + JITTER * chance))


def quiet_until(failures: int, answer: Answer, *, at: datetime, chance: float) -> datetime:
    """Until when an endpoint that is down for the so-manieth time in a row is left alone, or asked to be."""
    doubled = min(LONGEST_QUIET, FIRST_QUIET * (1 << min(failures - 1, 10)))
    asked = retry_after(answer.retry_after, at=at) or timedelta(0)
    return at + max(asked, doubled * (1 - JITTER * chance))


def retry_after(text: str | None, *, at: datetime) -> timedelta | None:
    """
    How long a Retry-After asks us to wait, in seconds or until a date (RFC 9110, section 10.2.3); a day at most.

    >>> from datetime import UTC
    >>> retry_after("120", at=datetime(2026, 1, 1, tzinfo=UTC))
    datetime.timedelta(seconds=120)
    """
    text = (text or "").strip()
    if text.isdecimal():
        asked = timedelta(seconds=min(int(text[:9]), 10**8))
    else:
        try:
            asked = in_utc(parsedate_to_datetime(text)) - at
        except (ValueError, TypeError, IndexError, OverflowError, InputError):
            return None
    return max(timedelta(0), min(asked, LONGEST_RETRY_AFTER))
