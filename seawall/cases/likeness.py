"""
When two items are about the same content, or nearly.

Each is filed under marks: its own names, each of its signals, and each entry it matched. Two items share a case when
they share a mark; an entry's mark only counts where their own signals are near each other too, since two things that
are near the same entry may still be far apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from seawall.cases.case import Item, ItemKind
from seawall.index.digest import digest

NEAR = 31  # bits between two signals of nearly the same content
_PARTS: Final = {  # types of what others may have in them too: a sound track, a link
    ItemKind.IMAGE: {"url"},
    ItemKind.VIDEO: {"url", "chromaprint"},
    ItemKind.TEXT: {"url"},
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What an item is filed under; `signal` where it counts only with a signal near this one."""

    digest: bytes
    signal: str | None = None


def marks_of(item: Item) -> list[Mark]:
    """Everything this item is filed under."""
    return list(dict.fromkeys((own_mark(item), Mark(digest(item.name)), *content_marks(item))))


def own_mark(item: Item) -> Mark:
    """What only the very same item is filed under."""
    return Mark(digest(item.key))


def content_marks(item: Item) -> list[Mark]:
    """What another item with the same content is filed under too."""
    signals = [Mark(digest(signal)) for signal in item.signals if not _part(signal, item)]
    entries = [
        Mark(digest(f"entry:{match.entry}"), match.signal)
        for match in item.matches
        if not _part(match.signal, item)
    ]
    return list(dict.fromkeys((*signals, *entries)))


def alike(one: Iterable[Mark], other: Iterable[Mark]) -> bool:
    """Whether two items with these marks are about the same content, or nearly."""
    known: dict[bytes, list[str | None]] = {}
    for mark in other:
        known.setdefault(mark.digest, []).append(mark.signal)
    return any(_near(mark.signal, signal) for mark in one for signal in known.get(mark.digest, ()))


def _part(signal: str, item: Item) -> bool:
    """Whether a signal is of something within the item, and says little of all of it."""
    return signal.partition(":")[0] in _PARTS.get(item.kind, ())


def _near(one: str | None, other: str | None) -> bool:
    if one is None or other is None or one == other:
        return True
    (kind, _, value), (other_kind, _, other_value) = one.partition(":"), other.partition(":")
    if kind != other_kind or kind != "pdq":
        return False
    return (int(value, 16) ^ int(other_value, 16)).bit_count() <= NEAR
