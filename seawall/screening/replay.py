"""
What would have changed, had a rule been different.

Both sets of rules judge the same readings against the same entries, so that the rule alone makes the difference.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from seawall.policy.measure import Measure
from seawall.screening.verdict import Match, Verdict

EXAMPLES_PER_CHANGE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """One past upload, judged by the rules in force and by the rules proposed."""

    upload: str
    item: str | None
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An upload whose measure would have been another."""

    upload: str
    item: str | None
    match: Match | None  # the nearest; None when something could not be screened


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Uploads that would have gone from one measure to another."""

    before: Measure
    after: Measure
    count: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How a change of rules would have turned out."""

    uploads: int
    unchanged: int
    more_reviews: int  # uploads a person would have seen in addition; negative when fewer
    shifts: tuple[Shift, ...]  # the most frequent first


def replay(retried: Iterable[Retried]) -> Replay:
    """Count what would have changed and keep a few examples of each kind."""
    uploads = more_reviews = 0
    counts: dict[tuple[Measure, Measure], int] = {}
    examples: dict[tuple[Measure, Measure], list[Example]] = {}
    for each in retried:
        uploads += 1
        more_reviews += each.after.review - each.before.review
        shift = (each.before.measure, each.after.measure)
        if each.before.measure is each.after.measure:
            continue
        counts[shift] = counts.get(shift, 0) + 1
        kept = examples.setdefault(shift, [])
        if len(kept) < EXAMPLES_PER_CHANGE:
            nearest = each.after.matches[0] if each.after.matches else None
            kept.append(Example(upload=each.upload, item=each.item, match=nearest))
    return Replay(
        uploads=uploads,
        unchanged=uploads - sum(counts.values()),
        more_reviews=more_reviews,
        shifts=tuple(
            Shift(before=shift[0], after=shift[1], count=count, examples=tuple(examples[shift]))
            for shift, count in sorted(counts.items(), key=lambda item: -item[1])
        ),
    )
