"""
When two items are about the same content, or nearly.

Each is filed under marks: its own names, each of its signals, and each entry its picture matched. Two items share a
case when they share a mark; an entry's mark only counts where their own signals are near each other too, since two
things that are near the same entry may still be far apart. Videos, sounds and texts are near each other where each is a
copy of the same entry from end to end, at half the distance; whoever rules on one has not ruled on the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from seawall.cases.case import Item
from seawall.index.digest import digest
from seawall.signals.pdq import Pdq
from seawall.signals.registry import SEQUENCE_TYPES

NEAR = 31  # bits between two signals of nearly the same content


@dataclass(frozen=True, slots=True)
class Mark:
    """What an item is filed under; `signal` where it counts only with a signal near this one."""

    digest: bytes
    signal: str | None = None


def marks_of(item: Item) -> list[Mark]:
    """Everything this item is filed under."""
    names = (own_mark(item), Mark(digest(item.name)))
    return list(dict.fromkeys((*names, *content_marks(item), *_copy_marks(item))))


def own_mark(item: Item) -> Mark:
    """What only the very same item is filed under."""
    return Mark(digest(item.key))


def content_marks(item: Item) -> list[Mark]:
    """What another item with the same content is filed under too."""
    signals = [Mark(digest(signal)) for signal in item.signals]
    entries = [
        Mark(digest(f"entry:{match.entry}"), match.signal)
        for match in item.matches
        if _type(match.signal) == Pdq.name
    ]
    return list(dict.fromkeys((*signals, *entries)))


def alike(one: Iterable[Mark], other: Iterable[Mark]) -> bool:
    """Whether two items with these marks are about the same content, or nearly."""
    known: dict[bytes, list[str | None]] = {}
    for mark in other:
        known.setdefault(mark.digest, []).append(mark.signal)
    return any(_near(mark.signal, signal) for mark in one for signal in known.get(mark.digest, ()))


def _copy_marks(item: Item) -> list[Mark]:
    """What other copies of the same known ones are filed under, where every row of codes of the item is such a copy."""
    rows = {_type(signal) for signal in item.signals}.intersection(SEQUENCE_TYPES)
    known: dict[str, str] = {}
    for match in item.matches:
        kind = _type(match.signal)
        if kind in rows and match.whole and match.distance <= NEAR // 2:
            known[kind] = min(match.entry, known.get(kind, match.entry))
    if not rows or rows != known.keys():
        return []
    return [Mark(digest("copy:" + ",".join(known[kind] for kind in sorted(known))))]


def _type(signal: str) -> str:
    return signal.partition(":")[0]


def _near(one: str | None, other: str | None) -> bool:
    if one is None or other is None or one == other:
        return True
    if {_type(one), _type(other)} != {Pdq.name}:
        return False
    codes = [int(signal.removeprefix(f"{Pdq.name}:"), 16) for signal in (one, other)]
    return (codes[0] ^ codes[1]).bit_count() <= NEAR
