"""
How soon a case should be looked at.

    deadline, then severity and confidence, then reach, then age ─▶ one number; the smallest is next
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from seawall.cases.case import Item
from seawall.exchange.organisation import Kind

# Severity and confidence as ThreatExchange's and Altitude's prioritisation know them; their sum is the score.
MOST_SEVERE, SEVERE, MODERATE, MILD = 7, 3, 2, 1
SURE, FAIRLY_SURE, UNSURE, UNKNOWN = 3, 2, 1, 0
MOST_SCORE = MOST_SEVERE + SURE

TRUSTED = frozenset({Kind.AUTHORITY, Kind.HOTLINE})
"""Organisations whose word alone is as good as that of several."""

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_MINUTES = 26  # bits: until the year 2147
_SCORE, _REACH = 4, 5  # bits


class Priority(StrEnum):
    """The score in a word, for people."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def score(severity: int, confidence: int) -> int:
    """What severity (0 to 7) and confidence (0 to 3) come to: 0 to 10."""
    return severity + confidence


def priority(points: int) -> Priority:
    """
    The score in a word.

    >>> [priority(score(severity, confidence)).value for severity, confidence in ((7, 3), (3, 1), (1, 1))]
    ['high', 'medium', 'low']
    """
    if points >= 5:
        return Priority.HIGH
    return Priority.MEDIUM if points >= 3 else Priority.LOW


def urgency(
    *, deadline: datetime | None, severity: int, confidence: int, reach: int, opened_at: datetime
) -> int:
    """
    Where the case stands in its queue: a number below 2^61, smaller is sooner.

    Reach counts in powers of two, moments in minutes, so that what comes later in the order has a say.
    """
    due = (1 << _MINUTES) - 1 if deadline is None else _minutes(deadline)
    calm = MOST_SCORE - min(score(severity, confidence), MOST_SCORE)
    seen = (1 << _REACH) - 1
    unseen = seen - min(max(reach, 0).bit_length(), seen)
    place = (due << _SCORE) | calm
    return ((place << _REACH) | unseen) << _MINUTES | _minutes(opened_at)


def confidence_of(items: Iterable[Item]) -> int:
    """
    How sure one may be; 0 where nothing was matched.

    Sure: several organisations say so, or one that is trusted. Fairly sure: another says so of exactly this.
    """
    best = UNKNOWN
    for item in items:
        for match in item.matches:
            if match.vouchers > 1 or TRUSTED.intersection(match.origins):
                return SURE
            best = max(best, UNSURE if match.distance else FAIRLY_SURE)
    return best


def severity_of(items: Iterable[Item]) -> int:
    """How bad it is where no policy says so: a known category is moderate, one that several vouch for severe."""
    matches = [match for item in items for match in item.matches if match.categories]
    if any(match.vouchers > 1 for match in matches):
        return SEVERE
    return MODERATE if matches else MILD


def _minutes(moment: datetime) -> int:
    minutes = int((moment - _EPOCH).total_seconds() // 60)
    return min(max(minutes, 0), (1 << _MINUTES) - 2)
