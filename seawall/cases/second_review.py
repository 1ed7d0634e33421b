"""
A share of the cases is decided by two people, neither of whom sees the other's word; where they differ, by a third.

    first ──drawn──▶ second ─┬─ the same ──▶ settled
                             └─ another ───▶ third, whose word stands

The second and the third decide a *look*: a case that looks like any other, on which nothing is carried out.

Which cases are drawn follows from the case and a secret of the home: nobody who decides can tell beforehand, and
whoever has the secret can show afterwards that nobody picked them.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from seawall.errors import InputError, NotAllowed, WrongState


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How much of each queue is decided twice."""

    usual: float
    queues: Mapping[str, float] = field(default_factory=dict)  # queue → its own rate

    def __post_init__(self) -> None:
        for rate in (self.usual, *self.queues.values()):
            if not 0 <= rate <= 1:
                raise InputError(f"A rate of second reviews lies between 0 and 1; {rate} does not.")

    def of(self, queue: str) -> float:
        """The rate of this queue."""
        return self.queues.get(queue, self.usual)


class Stage(StrEnum):
    """How far the review of one case has come."""

    FIRST = "first"  # nobody has decided yet
    SECOND = "second"  # somebody else decides, without seeing what was said
    THIRD = "third"  # two differ
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one person has said of a case."""

    person: str
    decision: str  # "remove", or with what else must be the same: "remove:hate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything that was said of one case, in the order it was said."""

    twice: bool  # it was drawn for a second review
    answers: tuple[Answer, ...] = ()

    @property
    def stage(self) -> Stage:
        """Who is to say something next."""
        match self.answers:
            case ():
                return Stage.FIRST
            case (_,) if self.twice:
                return Stage.SECOND
            case (first, second) if first.decision != second.decision:
                return Stage.THIRD
        return Stage.SETTLED

    @property
    def stands(self) -> str | None:
        """The decision that stands; None while somebody is still to say something."""
        return self.answers[-1].decision if self.stage is Stage.SETTLED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A case that is there to compare what is said: of another case, or of a golden item."""

    case: str
    review: str | None = None  # the case that was decided before
    golden: str | None = None
    person: str | None = None  # for whom a golden item was laid out
    blind_from: datetime  # what was ruled on the same content since then is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A look that waits for somebody's word, with what would tell them another's."""

    look: Look
    source: str | None  # the case that was decided before, or that the golden item was made of
    others: frozenset[str] = frozenset()  # looks at the same that are closed
    holder: str | None = None  # who decides it now, or just has
    ruled: bool = False  # it waits out its undo window
    said: frozenset[str] = frozenset()  # who has said a word on the same
    rulers: frozenset[str] = frozenset()  # who has ruled on the source
    contested: bool = False  # somebody wants the source restored, and a second person must see it

    def hides(self, case: str, person: str) -> bool:
        """Whether this person must not see that case now: it tells what was said, or that this one is a look."""
        if case == self.look.case:
            return person != self.holder and (self.ruled or person in self.said)
        if case == self.source and (self.contested or person in self.rulers):
            return False
        return person not in self.said and (case == self.source or case in self.others)


def is_drawn(case: str, *, rate: float, secret: bytes) -> bool:
    """
    Whether this case is decided twice: so many of 100, always the same ones; a higher rate adds cases and drops none.

    >>> sum(is_drawn(f"case_{number}", rate=0.05, secret=b"ours") for number in range(1_000))
    49
    """
    drawn = hmac.digest(secret, f"seawall-second-review/1\n{case}".encode(), hashlib.sha256)
    return int.from_bytes(drawn[:8]) < rate * (1 << 64)


def answered(review: Review, answer: Answer) -> Review:
    """
    The review with one more word.

    Raises:
        NotAllowed: This person has decided the case already.
        WrongState: The case is settled.

    """
    if any(each.person == answer.person for each in review.answers):
        raise NotAllowed("You have decided this case already; another person decides it now.")
    if review.stage is Stage.SETTLED:
        raise WrongState("This case is settled; a new decision needs a new case.")
    return Review(twice=review.twice, answers=(*review.answers, answer))
