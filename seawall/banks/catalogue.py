"""
Signals by number, indexed as they are at one moment: every bank, as screening sees it, or the ledger.

The database is the truth; a catalogue follows it by the numbers of its changes:

    entries changed since `position` ──take_in──▶ tail, visible to the next query ──merge──▶ segments
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seawall.banks.entry import Change
from seawall.index.digest import digest
from seawall.signals.registry import SIGNAL_TYPES
from seawall.signals.signal import Reading

if TYPE_CHECKING:
    from seawall.index.exact import ExactIndex
    from seawall.index.hamming import HammingIndex


class Hit(NamedTuple):
    """A reading near an indexed code: that one's key and how many bits apart."""

    reading: Reading
    distance: int
    key: int


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

        near = {
            name: HammingIndex.open(folder / name, bits=kind.bits)
            for name, kind in SIGNAL_TYPES.items()
            if kind.bits
        }
        return cls(near, ExactIndex.open(folder / "exact"))

    def __len__(self) -> int:
        """How many signals are indexed."""
        return sum(len(index) for index in self._indexes())

    @property
    def position(self) -> int:
        """The last change every index here has taken in."""
        return min(index.position for index in self._indexes())

    def take_in(self, changes: Sequence[Change], *, position: int) -> None:
        """Bring the indexes up to this change; the next query sees it."""
        for name, index in self.near.items():
            mine = [change for change in changes if change.signal.type == name]
            kept = [change for change in mine if not change.gone]
            index.add(
                [bytes.fromhex(change.signal.value) for change in kept], [c.number for c in kept]
            )
            index.remove([change.number for change in mine if change.gone])
        mine = [change for change in changes if change.signal.type not in self.near]
        kept = [change for change in mine if not change.gone]
        self.exact.add([digest(str(change.signal)) for change in kept], [c.number for c in kept])
        self.exact.remove([change.number for change in mine if change.gone])
        for each in self._indexes():
            each.advance(position)

    def look_up(self, readings: Iterable[Reading], *, radius: dict[str, int]) -> list[Hit]:
        """Every known code within each type's radius of these readings, in bits."""
        hits: list[Hit] = []
        by_type: dict[str, list[Reading]] = {}
        exact: list[Reading] = []
        for reading in readings:
            if reading.signal.type in self.near:
                by_type.setdefault(reading.signal.type, []).append(reading)
            else:
                exact.append(reading)
        for name, asked in by_type.items():
            codes = [bytes.fromhex(reading.signal.value) for reading in asked]
            found = self.near[name].within_many(codes, radius[name])
            for reading, neighbours in zip(asked, found, strict=True):
                hits.extend(Hit(reading, distance, key) for distance, key in neighbours)
        if exact:
            same = self.exact.find_many([digest(str(reading.signal)) for reading in exact])
            for reading, keys in zip(exact, same, strict=True):
                hits.extend(Hit(reading, 0, key) for key in keys)
        return hits

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
