"""What an operator may choose about cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from seawall.cases.golden import FEWEST
from seawall.cases.second_review import Rates
from seawall.errors import InputError


class Act(StrEnum):
    """What may need a second person."""

    SHARE = "share"  # say something to other organisations
    REMOVE_ACCOUNT = "remove-account"
    RESTORE = "restore"  # give back what was removed


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesConfig:
    """Cases that people rule on."""

    undo: timedelta = timedelta(seconds=60)  # how long a ruling can be undone; 0: not at all
    claim: timedelta = timedelta(minutes=10)  # how long a claim lasts without a sign of its holder
    two_persons: frozenset[Act] = frozenset(Act)  # what a second person must approve
    one_key_for_two: bool = False  # whether one program's key may say both words of two persons
    bank: str = "own-rulings"  # where the signals of what was removed are kept
    strike_lasts: timedelta = timedelta(days=90)  # how long a strike counts
    warn_at: int = 3  # strikes at which a user is warned; 0: never
    suspend_at: int = 6  # strikes at which a user is suspended; 0: never
    restored_for: timedelta = timedelta(days=180)  # how long what was restored is let through
    keep_media: timedelta = timedelta(days=30)  # after a case closed; 0: nothing is ever kept
    keep_media_at_most: timedelta = timedelta(days=90)  # after the upload, whatever its case does
    exposure_budget: int = 400  # points a person may look at in a day, by severity; 0: no limit
    second_review: float = 0.0  # the share of rulings that a second person gives blindly; 0: none
    second_review_queues: Mapping[str, float] = field(default_factory=dict)
    golden_every: int = 50  # one of so many cases of a person has a known answer; 0: none

    def __post_init__(self) -> None:
        self.rates()
        if self.golden_every != 0 and self.golden_every < FEWEST:
            raise InputError(
                f"cases.golden_every is 0, or {FEWEST} and more; not {self.golden_every}."
            )

    def rates(self) -> Rates:
        """How much of each queue is decided twice."""
        return Rates(usual=self.second_review, queues=self.second_review_queues)
