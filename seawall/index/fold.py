"""
Changes folded over segments: what is in the index at one moment.

    segments + added, removed, added … ──fold──▶ Moment

The writer appends to arrays and dictionaries that earlier moments share; a moment knows how many
tail rows are its own, and every death carries the number of the moment it happened in, so a
reader never sees half of a change, nor a later one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.index.kernels import Words
from seawall.index.search import Hits, scan_tail
from seawall.index.segment import Segment

Deaths = dict[int, int]  # row → number of the moment it died in
ALWAYS, NEVER = -1, 1 << 62


@dataclass(frozen=True, slots=True)
class Added:
    """These codes were added under these keys. codes: uint64 (n, words); keys: uint64 (n)."""

    codes: Words
    keys: Words


@dataclass(frozen=True, slots=True)
class Removed:
    """These keys were removed. keys: uint64 (n)."""

    keys: Words


Change = Added | Removed


@dataclass(frozen=True, slots=True)
class Held:
    """A segment and which of its rows are dead."""

    segment: Segment
    deaths: Deaths


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything a query needs, unchanging. `live` counts the keys in it."""

    number: int
    live: int
    held: tuple[Held, ...]
    codes: Words
    keys: Words
    deaths: Deaths

    def near(self, query: Words, distance: int) -> Iterator[tuple[int, int]]:
        """Distance and key of every live code within `distance` of the query, unordered."""
        for part in self.held:
            hits = part.segment.near(query, distance)
            yield from self._living(hits, part.segment.keys, part.deaths)
        if len(self.codes):
            yield from self._living(scan_tail(self.codes, query, distance), self.keys, self.deaths)

    def _living(
        self, hits: Hits, keys: NDArray[np.integer], deaths: Deaths
    ) -> Iterable[tuple[int, int]]:
        rows, distances = hits
        if not len(rows):
            return ()
        found = zip(distances.tolist(), keys[rows].tolist(), strict=True)
        if not deaths:
            return found
        return (
            one
            for row, one in zip(rows.tolist(), found, strict=True)
            if deaths.get(row, NEVER) > self.number
        )

    def living_rows(self) -> list[NDArray[np.int64]]:
        """The live rows of every segment, and last of the tail, ascending."""
        counts = [(len(part.segment.keys), part.deaths) for part in self.held]
        return [
            np.delete(np.arange(count), list(deaths))
            for count, deaths in [*counts, (len(self.keys), self.deaths)]
        ]


class Fold:
    """
    The one writer of moments. Not for several threads at once; its moments are.

    A live key is in exactly one place: adding it again changes nothing, and removing it kills
    its row, so that adding it once more makes a new row.
    """

    def __init__(self, words: int, held: Sequence[Held]) -> None:
        self._number = 0
        self._held = tuple(held)
        self._codes = np.empty((16, words), np.uint64)
        self._keys = np.empty(16, np.uint64)
        self._count = 0
        self._tail: dict[int, int] = {}  # live key → tail row
        self._deaths: Deaths = {}
        self._live = sum(len(part.segment.keys) - len(part.deaths) for part in held)

    def take_in(self, changes: Iterable[Change]) -> None:
        """Fold these changes, in their order."""
        for change in changes:
            self._number += 1
            match change:
                case Added(codes, keys):
                    self._add(codes, keys)
                case Removed(keys):
                    self._remove(keys)

    def moment(self) -> Moment:
        """What is in the index now."""
        return Moment(
            self._number,
            self._live,
            self._held,
            self._codes[: self._count],
            self._keys[: self._count],
            self._deaths,
        )

    def _add(self, codes: Words, keys: Words) -> None:
        known = np.zeros(len(keys), np.bool_)
        for part in self._held:
            rows = part.segment.rows_of(keys)
            for place in np.flatnonzero(rows >= 0).tolist():
                known[place] |= int(rows[place]) not in part.deaths
        self._make_room(len(keys))
        for place, key in enumerate(keys.tolist()):
            if known[place] or key in self._tail:
                continue
            self._codes[self._count] = codes[place]
            self._keys[self._count] = key
            self._tail[key] = self._count
            self._count += 1
            self._live += 1

    def _make_room(self, more: int) -> None:
        """Grow by doubling into new arrays; earlier moments keep the old ones."""
        room = len(self._keys)
        if self._count + more <= room:
            return
        room = max(2 * room, self._count + more)
        codes, keys = np.empty((room, self._codes.shape[1]), np.uint64), np.empty(room, np.uint64)
        codes[: self._count] = self._codes[: self._count]
        keys[: self._count] = self._keys[: self._count]
        self._codes, self._keys = codes, keys

    def _remove(self, keys: Words) -> None:
        for part in self._held:
            rows = part.segment.rows_of(keys)
            for row in rows[rows >= 0].tolist():
                if row not in part.deaths:
                    part.deaths[row] = self._number
                    self._live -= 1
        for key in keys.tolist():
            row = self._tail.pop(key, None)
            if row is not None:
                self._deaths[row] = self._number
                self._live -= 1
