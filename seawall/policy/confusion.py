"""
How well people decide: what was said, against what is so, or against what somebody else said.

    (reference, said), counted ──▶ Confusion ─┬─▶ precision, recall and the rates of error for one decision, with bounds
                                              ├─▶ Cohen's kappa with its error: agreement beyond chance
                                              └─▶ Matthews' correlation

The reference is the known answer of a golden item, or what stands after a second review; for the agreement of two
people it is the first one's word. Where nobody is first, each pair is counted both ways: what comes of it is then
Scott's pi (W. A. Scott, "Reliability of Content Analysis", Public Opinion Quarterly 19 (1955),
https://doi.org/10.1086/266577).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import sqrt
from statistics import NormalDist
from typing import TypeVar

from seawall.errors import InputError
from seawall.policy.interval import Share

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """
    Agreement beyond chance: 1 is always, 0 as dice would, below 0 less than dice.

    J. Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological Measurement 20 (1960),
    https://doi.org/10.1177/001316446002000104
    """

    value: float
    error: float  # its standard error in large samples

    def bounds(self, *, confidence: float = 0.95) -> tuple[float, float]:
        """
        Between which the true agreement lies this often, where there were some dozens of cases or more.

        Raises:
            InputError: The confidence is not between 0 and 1.

        """
        if not 0 < confidence < 1:
            raise InputError(f"A confidence lies between 0 and 1; {confidence} does not.")
        reach = NormalDist().inv_cdf((1 + confidence) / 2) * self.error
        return max(-1.0, self.value - reach), min(1.0, self.value + reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What was said of one decision against all others: rightly said, missed, wrongly said, rightly not said."""

    right: int  # true positives
    missed: int  # false negatives
    wrong: int  # false positives
    passed: int  # true negatives

    @property
    def precision(self) -> Share:
        """Of all it was said of, those it was right for."""
        return Share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> Share:
        """Of all it was right for, those it was said of."""
        return Share(self.right, self.right + self.missed)

    @property
    def false_positives(self) -> Share:
        """Of all it was not right for, those it was said of."""
        return Share(self.wrong, self.wrong + self.passed)

    @property
    def false_negatives(self) -> Share:
        """Of all it was right for, those it was not said of."""
        return Share(self.missed, self.right + self.missed)


@dataclass(frozen=True)
class Confusion:
    """
    How often each decision was said where each was the reference.

    >>> table = Confusion.of([("remove", "remove"), ("remove", "keep"), ("keep", "keep")])
    >>> table.counts[("remove", "keep")], table.outcomes("remove").recall.value
    (1, 0.5)
    """

    counts: Mapping[tuple[str, str], int]  # (reference, said) → cases

    def __post_init__(self) -> None:
        if any(count < 0 for count in self.counts.values()):
            raise InputError("A confusion matrix counts cases; none of its counts is below 0.")

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Confusion":
        """The matrix of pairs of reference and what was said."""
        return cls(dict(Counter(pairs)))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every decision there was, by name."""
        seen = {label for pair, count in self.counts.items() if count for label in pair}
        return tuple(sorted(seen))

    @cached_property
    def total(self) -> int:
        """How many cases there were."""
        return sum(self.counts.values())

    @property
    def agreed(self) -> Share:
        """The cases where what was said is the reference."""
        return Share(sum(self._count(label, label) for label in self.labels), self.total)

    def outcomes(self, label: str) -> Outcomes:
        """What was said of this decision against all others."""
        right = self._count(label, label)
        missed = self._reference.get(label, 0) - right
        wrong = self._said.get(label, 0) - right
        return Outcomes(
            right=right, missed=missed, wrong=wrong, passed=self.total - right - missed - wrong
        )

    @property
    def kappa(self) -> Kappa | None:
        """
        Agreement beyond chance; None where nothing could have differed: no case, or one decision throughout.

        The error is that of J. L. Fleiss, J. Cohen and B. S. Everitt, "Large Sample Standard Errors of Kappa and
        Weighted Kappa", Psychological Bulletin 72 (1969), https://doi.org/10.1037/h0028106
        """
        if len(self.labels) < 2:
            return None
        total = self.total
        by_reference = {label: self._reference.get(label, 0) / total for label in self.labels}
        by_said = {label: self._said.get(label, 0) / total for label in self.labels}
        seen = self.agreed.hits / total
        chance = sum(by_reference[label] * by_said[label] for label in self.labels)
        spread = -((seen * chance - 2 * chance + seen) ** 2)
        for reference, said in product(self.labels, repeat=2):
            weight = by_said[reference] + by_reference[said]
            pull = (1 - chance if reference == said else 0) - weight * (1 - seen)
            spread += self._count(reference, said) / total * pull**2
        return Kappa(
            value=(seen - chance) / (1 - chance),
            error=sqrt(max(0.0, spread) / total) / (1 - chance) ** 2,  # rounding can pass below 0
        )

    @property
    def matthews(self) -> float | None:
        """
        Matthews' correlation of reference and what was said, from -1 to 1; None where either never varies.

        For more than two decisions it is J. Gorodkin's, "Comparing two K-category assignments by a K-category
        correlation coefficient", Computational Biology and Chemistry 28 (2004),
        https://doi.org/10.1016/j.compbiolchem.2004.09.006
        """
        square = self.total**2
        of_reference = square - sum(count**2 for count in self._reference.values())
        of_said = square - sum(count**2 for count in self._said.values())
        if not of_reference or not of_said:
            return None
        together = sum(
            self._reference.get(label, 0) * self._said.get(label, 0) for label in self.labels
        )
        return (self.agreed.hits * self.total - together) / sqrt(of_reference * of_said)

    @cached_property
    def _reference(self) -> Mapping[str, int]:
        return self._margin(0)

    @cached_property
    def _said(self) -> Mapping[str, int]:
        return self._margin(1)

    def _margin(self, side: int) -> Mapping[str, int]:
        margin: Counter[str] = Counter()
        for pair, count in self.counts.items():
            margin[pair[side]] += count
        return margin

    def _count(self, reference: str, said: str) -> int:
        return self.counts.get((reference, said), 0)


def confusion_by(
    things: Iterable[T], *, key: Callable[[T], Key], pair: Callable[[T], tuple[str, str]]
) -> dict[Key, Confusion]:
    """One matrix for each policy, queue, source, signal type or person, whichever the key names."""
    pairs: dict[Key, list[tuple[str, str]]] = {}
    for thing in things:
        pairs.setdefault(key(thing), []).append(pair(thing))
    return {each: Confusion.of(found) for each, found in pairs.items()}
