"""
Guessing passwords is slow: the longer one has failed, the longer the next try waits.

Counted by login, whether there is such a person or not, and by address.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_FOR_LOGIN = 5  # tries before the first wait
FREE_FOR_ADDRESS = 30  # an office may have one address
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """How often signing in was tried, and when last."""

    subject: str
    tries: int
    last_at: datetime


def another(before: Attempts, *, at: datetime) -> Attempts:
    """The count with one more try, begun anew when the last is long ago."""
    stale = at - before.last_at >= FORGOTTEN_AFTER
    return Attempts(subject=before.subject, tries=1 if stale else before.tries + 1, last_at=at)


def must_wait(attempts: Attempts, *, free: int, at: datetime) -> timedelta:
    """
    How long until the next try: 1, 2, 4 … seconds and at most 15 minutes, once the free ones are used.

    >>> noon = datetime(2026, 1, 1, 12)
    >>> must_wait(Attempts(subject="login:a", tries=7, last_at=noon), free=5, at=noon)
    datetime.timedelta(seconds=4)

    """
    beyond = attempts.tries - free
    if beyond < 0:
        return timedelta(0)
    wait = min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST_WAIT)
    return max(timedelta(0), attempts.last_at + wait - at)
