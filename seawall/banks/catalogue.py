"""
Signals by number, indexed as they are at one moment: every bank, as screening sees it, or the ledger.

The database is the truth; a catalogue follows it by the numbers of its changes:

    entries changed since `position` ──take_in──▶ tail, visible to the next query ──merge──▶ segments
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seawall.banks.entry import Change
from seawall.index.digest import digest
from seawall.signals.registry import SEQUENCE_TYPES, SIGNAL_TYPES
from seawall.signals.sequence import EXACT, PARTS, Filed
from seawall.signals.signal import Reading, Signal

if TYPE_CHECKING:
    from seawall.index.exact import ExactIndex
    from seawall.index.hamming import HammingIndex


ASKED_AT_ONCE = 256  # codes whose neighbours are in memory together
MOST_OF_ONE = 64  # codes under one number that one code is compared with


class Hit(NamedTuple):
    """A reading near an indexed signal: that one's number, how many bits apart, and which part of each it is."""

    reading: Reading
    distance: int
    number: int
    asked_part: int
    part: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Two kinds of index: near codes by Hamming distance, everything else by equality."""

    near: dict[str, "HammingIndex"]
    exact: "ExactIndex"

    @classmethod
    def open(cls, folder: Path) -> "Catalogue":
        """
        Open the index folder, or start an empty one that knows nothing yet.

        Raises:
            StorageError: A file is damaged; the sentence says to delete the folder, and nothing is lost by it.

        """
        # Numba takes a second to load, and many a command looks nothing up.
        from seawall.index.exact import ExactIndex  # noqa: PLC0415 - see above
        from seawall.index.hamming import HammingIndex  # noqa: PLC0415 - see above

        bits = {kind.index: kind.bits for kind in SIGNAL_TYPES.values() if kind.bits}
        near = {name: HammingIndex.open(folder / name, bits=width) for name, width in bits.items()}
        return cls(near, ExactIndex.open(folder / EXACT))

    def __len__(self) -> int:
        """How many codes are indexed."""
        return sum(len(index) for index in self._indexes())

    @property
    def position(self) -> int:
        """The last change every index here has taken in."""
        return min(index.position for index in self._indexes())

    def take_in(self, changes: Sequence[Change], *, position: int) -> None:
        """Bring the indexes up to this change; the next query sees it."""
        kept: dict[str, _Codes] = defaultdict(_Codes)
        gone: dict[str, _Codes] = defaultdict(_Codes)
        for change in changes:
            target = gone if change.gone else kept
            key = change.number * PARTS
            for signal in change.signals:
                last = 0
                for name, codes, parts in _filed(signal):
                    target[name].codes.extend(codes)
                    target[name].keys.extend(key + part for part in parts)
                    last = max(last, *parts)
                key += last + 1
        for name, index in self._named():
            index.add(kept[name].codes, kept[name].keys)
            index.remove(gone[name].keys)
            index.advance(position)

    def look_up(self, readings: Iterable[Reading], *, radius: Mapping[str, int]) -> list[Hit]:
        """Every known code within each index's radius of these readings, in bits."""
        wanted: dict[str, _Asked] = defaultdict(_Asked)
        for reading in readings:
            for name, codes, parts in _asked(reading.signal):
                wanted[name].codes.extend(codes)
                wanted[name].of.extend((reading, part) for part in parts)
        hits: list[Hit] = []
        for name, asked in wanted.items():
            for start in range(0, len(asked.codes), ASKED_AT_ONCE):
                codes = asked.codes[start : start + ASKED_AT_ONCE]
                of = asked.of[start : start + ASKED_AT_ONCE]
                found = self._near(name, codes, radius)
                for (reading, part), neighbours in zip(of, found, strict=True):
                    hits.extend(
                        Hit(reading, distance, key // PARTS, part, key % PARTS)
                        for distance, key in _few_of_each(neighbours)
                    )
        return hits

    def _near(
        self, name: str, codes: Sequence[bytes], radius: Mapping[str, int]
    ) -> Sequence[Sequence[tuple[int, int]]]:
        """For each code the keys that are near it in this index, nearest first."""
        if name == EXACT:
            return [[(0, key) for key in keys] for keys in self.exact.find_many(codes)]
        return self.near[name].within_many(codes, radius[name])

    def refresh(self) -> None:
        """Take over what another process has merged."""
        for index in self._indexes():
            index.refresh()

    def merge(self, *, always: bool = False) -> bool:
        """
        Write grown tails to disk; whether anything was written.

        One that has nothing new still writes how far it has followed: a catalogue is opened as far back as the
        index that was written longest ago.
        """
        if not always and not any(index.wants_merge for index in self._indexes()):
            return False
        written = [index.merge() for index in self._indexes()]
        return any(written)

    def close(self) -> None:
        """Let go of the mapped files."""
        for index in self._indexes():
            index.close()

    def _indexes(self) -> tuple["HammingIndex | ExactIndex", ...]:
        return (*self.near.values(), self.exact)

    def _named(self) -> Iterator[tuple[str, "HammingIndex | ExactIndex"]]:
        yield from self.near.items()
        yield EXACT, self.exact


def radii(within: Mapping[str, int]) -> dict[str, int]:
    """How far to search each index for what its types ask for; a type that has a reach of its own asks for that."""
    furthest: dict[str, int] = {}
    for kind in SIGNAL_TYPES.values():
        if kind.index:
            wanted = within[kind.name] if kind.reach is None else kind.reach
            furthest[kind.index] = max(wanted, furthest.get(kind.index, 0))
    return furthest


def _few_of_each(neighbours: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """The nearest of each number: what repeats itself for an hour is near itself a thousand times."""
    if len(neighbours) <= MOST_OF_ONE:
        return neighbours
    counts: Counter[int] = Counter()
    kept = []
    for distance, key in neighbours:
        counts[key // PARTS] += 1
        if counts[key // PARTS] <= MOST_OF_ONE:
            kept.append((distance, key))
    return kept


@dataclass(slots=True)
class _Codes:
    codes: list[bytes] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Asked:
    codes: list[bytes] = field(default_factory=list)
    of: list[tuple[Reading, int]] = field(default_factory=list)  # a reading and the part of it


_Row = tuple[str, Sequence[bytes], Sequence[int]]  # an index, codes, and which part each is


def _filed(signal: Signal) -> Iterable[_Row]:
    kind = SEQUENCE_TYPES.get(signal.type)
    return _rows(kind.filed(signal)) if kind else (_single(signal),)


def _asked(signal: Signal) -> Iterable[_Row]:
    kind = SEQUENCE_TYPES.get(signal.type)
    return _rows(kind.asked(signal)) if kind else (_single(signal),)


def _single(signal: Signal) -> _Row:
    index = SIGNAL_TYPES[signal.type].index
    if not index:
        return EXACT, (digest(str(signal)),), (0,)
    return index, (bytes.fromhex(signal.value),), (0,)


def _rows(filed: Iterable[Filed]) -> Iterator[_Row]:
    for index, codes, parts in filed:
        yield index, [code.tobytes() for code in codes], parts.tolist()
