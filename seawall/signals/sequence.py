"""
Signals that are many codes in a row: the frames of a video, the moments of a sound, the passages of a text.

    signal ──filed──▶ codes by index and part ──looked up──▶ hits ──compare──▶ likeness: segments, coverage, distance

One such signal is one text and one entry; only the index knows its codes apart, as `part` 0, 1, 2, …
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from seawall.signals.signal import Signal, SignalType

PARTS = 1 << 22  # codes that all signals under one number may have
MOST_CODES = 1 << 19  # that one signal may have
EXACT = "exact"  # the index of 16-byte digests, of which only equal ones are found
WHOLE = (
    0.95  # share of both sides from which on two rows of codes are one and the same from end to end
)
_SHORTEST = 0.001  # seconds that a segment of one code counts as

Parts = NDArray[np.int64]  # (n,)


class Filed(NamedTuple):
    """Codes of one signal in one index."""

    name: str  # of the index: a type's `index`, or EXACT
    codes: NDArray[np.uint8]  # (n, bytes of a code)
    parts: Parts  # (n,): which part of the signal each is


class Hits(NamedTuple):
    """The parts of what was asked and of one known signal that are near each other; three arrays of one length."""

    asked: Parts
    known: Parts
    distance: NDArray[np.int64]  # bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of what was asked that is a stretch of what is known: in seconds, or in characters of a text."""

    start: float
    end: float
    known_start: float
    known_end: float
    share: float  # of the known codes in between, those that agree: 0 to 1
    distance: int  # median, in bits of 256; for a text the passages that differ, in 256ths


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """
    How alike two signals are, and where.

    `distance` is 0 only where all of the one is all of the other, bit for bit but for one code in twenty: a known
    second within an hour is no copy, nor what has the same title cards all along.
    """

    distance: int
    asked_share: float  # of what was asked, the share that is known: 0 to 1
    known_share: float  # of what is known, the share that was found
    segments: tuple[Segment, ...]

    @property
    def whole(self) -> bool:
        """Whether all of the one is all of the other."""
        return min(self.asked_share, self.known_share) >= WHOLE


def likeness(
    segments: tuple[Segment, ...],
    *,
    distance: int,
    asked_share: float,
    known_share: float,
    same: bool = False,
) -> Likeness:
    """The likeness these segments make, at distance 1 at least unless it is the `same`, or all of both sides agrees."""
    found = Likeness(
        distance=distance,
        asked_share=min(asked_share, 1.0),
        known_share=min(known_share, 1.0),
        segments=segments,
    )
    if same or (found.whole and _agreeing(segments) >= WHOLE):
        return found
    return replace(found, distance=max(distance, 1))


def median(distances: NDArray[np.int64]) -> int:
    """The median of how far codes are apart, but 1 at least unless nearly all of them are equal."""
    return int(np.median(distances)) or int(np.mean(distances == 0) < WHOLE)


def _agreeing(segments: tuple[Segment, ...]) -> float:
    """The share of what lies within these segments that agrees, the longer ones counting more."""
    lengths = [max(each.end - each.start, _SHORTEST) for each in segments]
    return float(np.average([each.share for each in segments], weights=lengths)) if segments else 1


class SequenceType(SignalType, Protocol):
    """A type of signal that is many codes in a row."""

    def filed(self, signal: Signal) -> tuple[Filed, ...]:
        """What of a known signal goes into which index."""
        ...

    def asked(self, signal: Signal) -> tuple[Filed, ...]:
        """What of an upload's signal is looked up in which index."""
        ...

    def compare(self, asked: Signal, known: Signal, hits: Hits) -> Likeness | None:
        """
        What these hits make of the two, one of which is of this type; None: they are chance.

        The other may be of a type that shares the index: a photo among the frames of a video.
        """
        ...


def covered(stretches: Iterable[tuple[float, float]]) -> float:
    """
    How many seconds or characters lie within at least one of the stretches.

    >>> covered([(5, 7), (0, 2), (1, 3)])
    5.0
    """
    total, reached = 0.0, 0.0
    for start, end in sorted(stretches):
        total += max(end - max(start, reached), 0.0)
        reached = max(reached, end)
    return total
