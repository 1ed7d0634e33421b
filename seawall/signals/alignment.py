"""
Which stretches of one row of codes are stretches of another, told from the codes that are near each other.

    hits ──vote for an offset and a speed──▶ a line ──on it, in a row──▶ segments ──the rest votes again──▶ …

A line holds however much was laid over the pictures in between, as long as enough different ones agree; a cut, an
insertion or a loop starts another line. Each moment of what was asked is explained once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seawall.signals.sequence import Segment, median

Times = NDArray[np.float64]
Numbers = NDArray[np.int64]

BIN = 1.0  # seconds; hits of one line may be as far apart as this in time
TOLERANCE = (
    BIN + 1e-6
)  # seconds a hit may be off its line: those that elected it are on it, however times round
GAP = 15.0  # seconds without a hit, after which a segment ends
LEAST = 4  # different codes that must agree; one still picture, a title card, a black frame are no segment
SPEEDS: Final = np.concatenate([[1.0], np.geomspace(0.8, 1.25, 45)])  # playing time asked / known
MOST_LINES = 64  # stretches found in one upload; a loop of more is known well enough
MOST_REFUSED = 8  # lines too weak, after which the rest is chance
STEADY = 20.0  # seconds; over less, a speed cannot be told from the times alone
BITS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The codes of one side: when each is, in seconds, ascending, and which look alike (a number for each group)."""

    at: Times
    looks: Numbers

    @property
    def moments(self) -> Times:
        """The different times of its codes."""
        return np.unique(self.at)

    @property
    def span(self) -> float:
        """Seconds from the first to the last."""
        return float(self.at[-1] - self.at[0])


def align(asked: Row, known: Row, hits: tuple[Numbers, Numbers, Numbers]) -> tuple[Segment, ...]:
    """
    The stretches of `asked` that are stretches of `known`, in the order they are asked about; none: chance.

    hits: which code of each side, and how many of 256 bits apart.
    """
    from seawall.signals.alignment_kernel import elected  # noqa: PLC0415 - Numba takes a second to load

    hits_asked, hits_known, distances = hits
    found: list[Segment] = []
    refused = 0
    while len(hits_asked) and len(found) < MOST_LINES and refused < MOST_REFUSED:
        asked_at, known_at = asked.at[hits_asked], known.at[hits_known]
        weights = _weights(hits_asked, hits_known, distances)
        _, speed, offset = elected(asked_at, known_at, weights, SPEEDS, BIN)
        on = _followed(asked_at, known_at, weights, (speed, offset))
        chosen = _nearest(hits_asked[on], distances[on])
        line = hits_asked[on][chosen], hits_known[on][chosen], distances[on][chosen]
        if _agreeing(asked, known, line) >= _least(asked, known):
            segments = _segments(asked, known, line)
            found += segments
            rest = ~_inside(asked_at, _spans(segments))
        else:
            refused += 1
            rest = ~on
        hits_asked, hits_known, distances = hits_asked[rest], hits_known[rest], distances[rest]
    return tuple(sorted(found, key=lambda segment: segment.start))


def shares(asked: Row, known: Row, segments: tuple[Segment, ...]) -> tuple[float, float]:
    """Of all moments of what was asked and of what is known, those that lie within segments."""
    theirs = [(each.known_start, each.known_end) for each in segments]
    asked_share = float(_inside(asked.moments, _spans(segments)).mean())
    return asked_share, float(_inside(known.moments, theirs).mean())


def _weights(asked: Numbers, known: Numbers, distances: Numbers) -> Times:
    """Nearer hits count more; a still scene, where everything is near everything, no more than its codes."""
    crowd = np.maximum(np.bincount(asked)[asked], np.bincount(known)[known])
    return (1.0 - distances / BITS * 4).clip(0.05) / crowd


def _followed(
    asked: Times, known: Times, weights: Times, line: tuple[float, float]
) -> NDArray[np.bool_]:
    """The hits on a line, which is bent to them while they lie on more than a few seconds of it."""
    speed, offset = line
    on = np.abs(asked - speed * known - offset) <= TOLERANCE
    for _ in range(4):
        if np.ptp(known[on]) < STEADY:
            break
        speed, offset = np.polyfit(known[on], asked[on], 1, w=np.sqrt(weights[on]))
        speed = float(np.clip(speed, SPEEDS.min(), SPEEDS.max()))
        offset = float(np.average(asked[on] - speed * known[on], weights=weights[on]))
        closer = np.abs(asked - speed * known - offset) <= TOLERANCE
        if not closer.any() or (closer == on).all():
            break
        on = closer
    return on


def _nearest(asked: Numbers, distances: Numbers) -> Numbers:
    """For each code that was asked about, the place of its nearest hit."""
    order = np.lexsort((distances, asked))
    first = np.ones(len(order), bool)
    first[1:] = asked[order][1:] != asked[order][:-1]
    return order[first]


def _agreeing(asked: Row, known: Row, line: tuple[Numbers, Numbers, Numbers]) -> int:
    """How many codes agree on a line that look different, and are of different moments on both sides."""
    each = known.looks[line[1]], known.at[line[1]], asked.at[line[0]]
    return min(len(np.unique(values)) for values in each)


def _least(asked: Row, known: Row) -> int:
    """How many must agree: LEAST, but no more than half of what the known one has, or could show of itself here."""
    looks = -(-len(np.unique(known.looks)) // 2)
    step = float(np.median(np.diff(asked.moments))) if len(asked.moments) > 1 else 1.0
    shown = int(known.span / step) + 1
    return max(1, min(LEAST, looks, shown))


def _segments(asked: Row, known: Row, line: tuple[Numbers, Numbers, Numbers]) -> list[Segment]:
    """The stretches of a line without a gap; single hits are left to the longer ones."""
    order = np.lexsort((known.at[line[1]], asked.at[line[0]]))
    at, known_at, distances = asked.at[line[0]][order], known.at[line[1]][order], line[2][order]
    cuts = np.flatnonzero(np.diff(at) > GAP) + 1
    runs = [run for run in np.split(np.arange(len(at)), cuts) if len(run)]
    longest = max(map(len, runs))
    return [
        _segment(asked, known, at[run], known_at[run], distances[run])
        for run in runs
        if len(run) > 1 or longest == 1
    ]


def _segment(asked: Row, known: Row, at: Times, known_at: Times, distances: Numbers) -> Segment:
    start, end = float(at.min()), float(at.max())
    known_start, known_end = float(known_at.min()), float(known_at.max())
    could = min(
        _between(asked.moments, start, end), _between(known.moments, known_start, known_end)
    )
    return Segment(
        start=start,
        end=end,
        known_start=known_start,
        known_end=known_end,
        share=min(len(np.unique(known_at)) / could, 1.0),
        distance=median(distances),
    )


def _between(moments: Times, start: float, end: float) -> int:
    return int(np.count_nonzero((moments >= start) & (moments <= end)))


def _spans(segments: Iterable[Segment]) -> list[tuple[float, float]]:
    return [(each.start, each.end) for each in segments]


def _inside(at: Times, spans: list[tuple[float, float]]) -> NDArray[np.bool_]:
    inside = np.zeros(len(at), bool)
    for start, end in spans:
        inside |= (at >= start) & (at <= end)
    return inside
