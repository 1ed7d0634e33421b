"""
Records drawn for review, and what the reviewers found.

    root of the log ──rank──▶ the same records for everybody who draws so many
    two findings a record, neither reviewer seeing the other's ──tally──▶ exceptions, rate, agreement

Which records are drawn follows from the log alone: each record's id is hashed together with the root, and the lowest
ones are taken. Nobody picks them, and everybody who reads the log can draw them again.
"""

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from seawall.errors import InputError
from seawall.policy.confusion import Confusion
from seawall.policy.interval import Share

REVIEWERS = 2  # independent findings a record
MOST = 100_000  # records in a sample
_NONE = ""  # no exception; no reason is empty
_REASON = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Records of an agreement, drawn from the log as it was at this size."""

    id: str
    agreement: str
    size: int  # deltas in the log it was drawn from
    records: tuple[str, ...]  # in the order they were drawn
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one reviewer found of one record."""

    sample: str
    record: str
    organisation: str
    reviewer: str
    exception: str | None  # why the record should not be there; None when it should
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the records come to that have been reviewed twice."""

    records: int  # in the sample
    reviewed: int  # of them, by both
    exceptions: Share  # both say that the record should not be there
    doubted: Share  # at least one says so
    reasons: dict[str, int]  # records by reason, most frequent first; two reasons count twice
    agreed: Share  # both found the same, reason included
    beyond_chance: (
        float | None
    )  # 1: always agree, 0: as dice would; None where all findings are one


def draw(root: bytes, idents: Iterable[str], count: int) -> tuple[str, ...]:
    """
    So many of these records, as this root has it, whatever order they come in; all of them when there are fewer.

    Raises:
        InputError: A sample has 1 to 100 000 records.

    """
    if not 1 <= count <= MOST:
        raise InputError(f"A sample has 1 to {MOST} records; this is {count}.")

    def rank(ident: str) -> bytes:
        return hashlib.sha256(b"seawall-sample/1\n" + root + ident.encode()).digest()

    return tuple(heapq.nsmallest(count, idents, key=rank))


def checked_reason(text: str | None) -> str | None:
    """
    The reason of an exception, if it is one; none is none.

    Raises:
        InputError: It is no short word.

    """
    if text is not None and not _REASON.fullmatch(text):
        raise InputError(
            "A reason is 1 to 63 small letters, digits and hyphens, such as not-in-scope, damaged, undeterminable;"
            f" this is '{text[:80]}'."
        )
    return text


def tally(records: int, findings: Iterable[Finding]) -> Tally:
    """What these findings on a sample of so many records come to; a record with one finding does not count yet."""
    by_record: dict[str, list[str | None]] = {}
    for each in findings:
        by_record.setdefault(each.record, []).append(each.exception)
    pairs = [found for found in by_record.values() if len(found) == REVIEWERS]
    reviewed = len(pairs)
    reasons = Counter(reason for pair in pairs for reason in set(pair) if reason is not None)
    both_ways = Confusion.of(
        (one or _NONE, other or _NONE) for pair in pairs for one, other in (pair, pair[::-1])
    )
    return Tally(
        records=records,
        reviewed=reviewed,
        exceptions=Share(sum(None not in pair for pair in pairs), reviewed),
        doubted=Share(sum(set(pair) != {None} for pair in pairs), reviewed),
        reasons=dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
        agreed=Share(sum(len(set(pair)) == 1 for pair in pairs), reviewed),
        beyond_chance=both_ways.kappa.value if both_ways.kappa else None,
    )
