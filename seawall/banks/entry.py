"""
One known signal in a bank: what it is filed under, who vouches for it, until when, and what an exchange says of it.

Adding what is already there adds to it: categories and vouchers are united, nothing is doubled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from seawall.policy.interval import Share
from seawall.signals.signal import Signal

ENTRY = "en_"  # what an entry's id begins with


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What an exchange says of an entry that came from it."""

    record: str  # its record's id there
    piece: str  # the distinct content it is one signal of
    disputed: bool = False  # confirmed by some and disputed by others
    authority_only: bool = False  # only authorities confirm it, and none names a legal order
    authority_only_from: datetime | None = (
        None  # when the last other confirmation ends, if one does
    )
    origins: tuple[str, ...] = ()  # the kinds of the organisations that confirm it
    # Until when those of the vouchers and of the origins count that end before the entry does.
    vouched_until: Mapping[str, datetime] = field(default_factory=dict)
    origins_until: Mapping[str, datetime] = field(default_factory=dict)
    right: int = 0  # reviews that found a match to be what the record says
    wrong: int = 0

    def only_authorities(self, *, at: datetime) -> bool:
        """Whether only authorities confirm it at that moment, and none names a legal order."""
        return self.authority_only or (
            self.authority_only_from is not None and at >= self.authority_only_from
        )

    def origins_at(self, at: datetime) -> tuple[str, ...]:
        """The kinds of the organisations that confirm it at that moment."""
        return _lasting(self.origins, self.origins_until, at)

    @property
    def precision(self) -> Share:
        """Of the reviewed matches, the share that was right."""
        return Share(self.right, self.right + self.wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A known signal. `number` is its key in the index; `change` the last committed change that touched it."""

    id: str
    bank: str
    signal: Signal
    categories: tuple[str, ...] = ()
    vouchers: tuple[str, ...] = ()  # organisations that say it belongs here
    note: str = ""
    source: str = ""  # where it came from: a file, an exchange, a person
    expires_at: datetime | None = None
    enabled: bool = True
    shared: Shared | None = None  # None for one of our own
    created_at: datetime
    number: int = 0
    change: int = 0

    def vouchers_at(self, at: datetime) -> tuple[str, ...]:
        """The organisations that say so at that moment."""
        until = self.shared.vouched_until if self.shared else {}
        return _lasting(self.vouchers, until, at)


class Change(NamedTuple):
    """What an index must know of changed signals."""

    number: int  # what they are found by: in a bank, the entry's number
    signals: tuple[Signal, ...]  # of an entry one; of an upload all it was known by
    gone: bool


def counts(entry: Entry, *, at: datetime) -> bool:
    """Whether a match with this entry means anything at that moment."""
    return entry.enabled and (entry.expires_at is None or at < entry.expires_at)


def joined(known: Entry, added: Entry) -> Entry:
    """The entry once somebody has added the same signal to the same bank again."""
    return replace(
        known,
        categories=tuple(sorted({*known.categories, *added.categories})),
        vouchers=tuple(sorted({*known.vouchers, *added.vouchers})),
        note=added.note or known.note,
        source=known.source or added.source,
        expires_at=_later(known.expires_at, added.expires_at),
        shared=added.shared or known.shared,
    )


def _lasting(
    names: tuple[str, ...], until: Mapping[str, datetime], at: datetime
) -> tuple[str, ...]:
    if not until:
        return names
    return tuple(name for name in names if name not in until or at < until[name])


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    # Whoever names no end means for ever, and nobody shortens what another has vouched for.
    return max(one, other) if one is not None and other is not None else None
