"""
One signal shared under one agreement, with everybody's current word on it.

    opinions ──fold──▶ active · disputed · withdrawn · expired
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.organisation import Kind
from seawall.policy.interval import Share
from seawall.signals.signal import Signal

LONGEST_NAME = 64  # characters of an id


class Standing(StrEnum):
    """What the opinions on a record come to."""

    ACTIVE = "active"
    DISPUTED = "disputed"  # confirmed by some and disputed by others: never enforced by itself
    WITHDRAWN = "withdrawn"  # nobody confirms it any more
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A shared signal. The counts say how often, never by whom."""

    id: str
    agreement: str
    signal: Signal
    piece: str  # the distinct content this is one signal of
    opinions: tuple[Opinion, ...]  # one an organisation, by its id
    sightings: int = 0  # times it was matched somewhere
    right: int = 0  # reviews that found the match to be what the record says
    wrong: int = 0
    delta: int = 0  # the last change of the agreement that touched it
    number: int = 0

    @property
    def precision(self) -> Share:
        """Of the reviewed matches, the share that was right."""
        return Share(self.right, self.right + self.wrong)


def record_id(agreement: str, signal: Signal) -> str:
    """The id of a signal's record under an agreement: the same wherever it is worked out."""
    return f"rec_{hashlib.sha256(f'{agreement} {signal}'.encode()).hexdigest()[:24]}"


def own_piece(record: str) -> str:
    """The piece named after a record, by the record's id: its own, unless it was shared as one of another."""
    return "pc" + record.removeprefix("rec")


def is_piece(name: str) -> bool:
    """Whether this is the id of a piece, and not a name that an organisation gave one."""
    return re.fullmatch("pc_[0-9a-f]{24}", name) is not None


def with_opinion(record: Record, opinion: Opinion) -> Record:
    """The record once this organisation has said this; its earlier word is replaced."""
    others = [each for each in record.opinions if each.organisation != opinion.organisation]
    return replace(
        record, opinions=tuple(sorted((*others, opinion), key=lambda each: each.organisation))
    )


def living(record: Record, *, now: datetime) -> list[Opinion]:
    """The confirmations that count now."""
    return [
        each
        for each in record.opinions
        if each.word is Word.CONFIRM and (each.expires_at is None or now < each.expires_at)
    ]


def standing(record: Record, *, now: datetime) -> Standing:
    """What the opinions come to at this moment."""
    words = {each.word for each in record.opinions}
    if not living(record, now=now):
        return Standing.EXPIRED if Word.CONFIRM in words else Standing.WITHDRAWN
    return Standing.DISPUTED if Word.DISPUTE in words else Standing.ACTIVE


def expires_at(record: Record, *, now: datetime) -> datetime | None:
    """When the last living confirmation ends; None for never."""
    ends = [each.expires_at for each in living(record, now=now)]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def from_authorities_only(record: Record, *, now: datetime) -> bool:
    """Whether only authorities confirm it, and none of them names a legal order."""
    confirming = living(record, now=now)
    return bool(confirming) and all(map(_without_order, confirming))


def from_authorities_only_after(record: Record, *, now: datetime) -> datetime | None:
    """When the last other confirmation ends and authorities' alone, without an order, live on; None for never."""
    confirming = living(record, now=now)
    ends = [each.expires_at for each in confirming if not _without_order(each)]
    known = [end for end in ends if end is not None]
    if not known or len(known) < len(ends):
        return None
    last, end = max(known), expires_at(record, now=now)
    return last if end is None or last < end else None


def _without_order(opinion: Opinion) -> bool:
    return opinion.kind is Kind.AUTHORITY and not opinion.order


def until(opinion: Opinion, retention: timedelta | None) -> Opinion:
    """The opinion, ending when the agreement's retention does if it would last longer."""
    if retention is None or opinion.word is not Word.CONFIRM:
        return opinion
    latest = opinion.at + retention
    end = latest if opinion.expires_at is None else min(latest, opinion.expires_at)
    return replace(opinion, expires_at=end)
