"""What screening says about an upload."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from seawall.media.media import Region
from seawall.policy.measure import Measure
from seawall.signals.sequence import Likeness
from seawall.signals.signal import Cause, Orientation, Signal


class Withheld(StrEnum):
    """Why a match by itself never labels, restricts, holds or blocks."""

    DISPUTED = "disputed"  # a member of its exchange says that it does not belong there
    RESTORED = "restored"  # a person gave this very content back after it was removed
    AUTHORITY_ONLY = "authority-only"  # only authorities share it, and none names a legal order


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One known entry near the upload, at its nearest."""

    signal: Signal  # the upload's own, in brief
    known: Signal  # the entry's, in brief
    distance: int  # bits; 0 for exact types
    orientation: Orientation
    frame: int
    bank: str
    entry: str
    categories: tuple[str, ...]
    vouchers: int
    rule: str | None  # the strictest rule that wants this match; None when none does
    threshold: int | None  # that rule's distance, in bits
    rules: tuple[str, ...]  # every rule that wants it
    shadow_rules: tuple[str, ...]  # rules on trial that would
    origins: tuple[str, ...] = ()  # kinds of the organisations that share it; none: one of our own
    region: Region | None = None  # the part of the upload that is near; None: all of it
    likeness: Likeness | None = None  # where and how much, for what is many codes in a row
    withheld: Withheld | None = None  # why those rules are not enforced; None: they are


@dataclass(frozen=True, slots=True, kw_only=True)
class NotScreened:
    """What could not be looked at, and why."""

    what: str  # a signal type
    reason: str
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What the rules make of an upload, and why.

    `measure` is the one that counts where the upload was made, or, asked without a territory, the strictest anywhere,
    where what is stricter in some territories only counts as `restrict` at most.
    """

    measure: Measure
    measures_by_territory: Mapping[str, Measure]  # "*" is everywhere else
    matches: tuple[Match, ...]
    not_screened: tuple[NotScreened, ...]
    review: bool  # a person should look
    rules: tuple[str, ...]  # every rule that applied
    shadow_measure: (
        Measure | None
    )  # what it would be if the rules on trial counted; None when no different
    sampled: bool = False  # a person should look only because chance chose this upload
