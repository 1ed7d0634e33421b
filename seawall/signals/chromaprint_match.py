"""
Two rows of Chromaprint numbers laid alongside each other: where are they the same sound?

    hits ──▶ diagonals (known place less asked place) ──▶ bit errors of every 4 s along each ──▶ nearest diagonal
         ──▶ runs of near ones whose diagonal hardly moves ──▶ segments in seconds

A sound that plays at another speed drifts from one diagonal to the next; a run may, by 6 %. Numbers that hardly change
are silence or a steady tone, which all sound alike: they are neither looked up nor count as agreeing.

Bits of 256 in which 4 s of two sounds differ along the best diagonal of all: 99 of 100 of an excerpt in MP3 at
64 kbit/s with noise at 20 dB are within 24, unrelated tracks no nearer than 53.
"""

import numpy as np
from numpy.typing import NDArray

from seawall.media.media import SAMPLE_RATE
from seawall.signals.chromaprint_kernel import SHORTEST, STEP, Numbers
from seawall.signals.sequence import Hits, Likeness, Segment, covered, likeness, median

WORDS = 8  # numbers in a code
SPREAD = 2  # numbers from one of them to the next: neighbours share most of their sound
SPAN = (WORDS - 1) * SPREAD + 1  # numbers a code reaches over; a shorter sound has no code
HEARD = SHORTEST / SAMPLE_RATE  # seconds of sound in one number
SHORTEST_CODE = HEARD + (SPAN - 1) * STEP  # seconds of sound in one code
PLAINEST = 16  # bits that change within a code; in music it is 38 in 99 of 100

WINDOW = 32  # numbers that are compared together: 4 s
EVERY = 4  # numbers from one window to the next
NEAR = 48  # bits of 256: a window that differs in more is another sound
FOREIGN = 72  # bits of 256: eight numbers at an end that differ in more are not of it
MOST_DIAGONALS = 256  # that are tried: those with the most hits
LONGEST_GAP = 80  # numbers: 10 s that do not agree, as under somebody's voice, do not end a run
DRIFT = 0.06  # numbers by which a run may leave its diagonal, for each number it lasts
JITTER = 2  # numbers by which it may at any time

Bits = NDArray[np.int64]
Places = NDArray[np.int64]


def busy(numbers: Numbers) -> NDArray[np.bool_]:
    """Whether the code that begins at each number, (n - SPAN + 1), changes enough to tell sounds apart."""
    changes = np.bitwise_count(numbers[SPREAD:] ^ numbers[:-SPREAD]).astype(np.int64)
    return _sums(changes, SPAN - SPREAD) >= PLAINEST


def matched(asked: Numbers, known: Numbers, hits: Hits) -> Likeness | None:
    """Where the two run alongside each other; None where they do not."""
    window = min(WINDOW, len(asked), len(known))
    diagonals = _diagonals(hits)
    if not len(diagonals):
        return None
    last = len(asked) - window
    places = np.unique(np.append(np.arange(0, last, EVERY), last))
    errors, along = _nearest(asked, known, places, window, diagonals)
    could = places[_lively(asked, window)[places]]
    places, errors, along = (row[errors <= NEAR] for row in (places, errors, along))
    if not len(places):
        return None
    segments = tuple(
        _segment(asked, known, (places[run], errors[run], along[run]), could, window)
        for run in _runs(places, along)
    )
    return likeness(
        segments,
        distance=median(errors),
        asked_share=covered((each.start, each.end) for each in segments) / _seconds(asked),
        known_share=covered((each.known_start, each.known_end) for each in segments)
        / _seconds(known),
        same=np.array_equal(asked, known),
    )


def _diagonals(hits: Hits) -> Places:
    """The most frequent ones of the hits, and their neighbours."""
    values, counts = np.unique(hits.known - hits.asked, return_counts=True)
    often = values[np.argsort(-counts, kind="stable")[:MOST_DIAGONALS]]
    return np.unique(often[:, None] + np.arange(-JITTER, JITTER + 1))


def _nearest(
    asked: Numbers, known: Numbers, places: Places, window: int, diagonals: Places
) -> tuple[Bits, Places]:
    """Of each window: the fewest bits of 256 in which it differs from the known sound, and along which diagonal."""
    fewest = np.full(len(places), WINDOW * 32)
    along = np.zeros(len(places), np.int64)
    plain = ~(_lively(asked, window)[places])
    lively = _lively(known, window)
    for diagonal in diagonals:
        first, last = max(0, -diagonal), min(len(asked), len(known) - diagonal)
        if last - first < window:
            continue
        apart = np.bitwise_count(asked[first:last] ^ known[first + diagonal : last + diagonal])
        sums = _sums(apart.astype(np.int64), window) * 8 // window
        here = np.flatnonzero((places >= first) & (places <= last - window))
        here = here[lively[places[here] + diagonal]]
        nearer = here[sums[places[here] - first] < fewest[here]]
        fewest[nearer] = sums[places[nearer] - first]
        along[nearer] = diagonal
    fewest[plain] = WINDOW * 32
    return fewest, along


def _lively(numbers: Numbers, window: int) -> NDArray[np.bool_]:
    """Whether half the codes in each window, (n - window + 1), are busy."""
    codes = busy(numbers).astype(np.int64)
    return _sums(codes, window - SPAN + 1) * 2 >= window - SPAN + 1


def _runs(places: Places, along: Places) -> list[Places]:
    """The windows that belong together, as rows of their numbers."""
    gaps = np.diff(places)
    drifts = np.abs(np.diff(along))
    ends = (gaps > LONGEST_GAP) | (drifts > JITTER + DRIFT * gaps)
    return np.split(np.arange(len(places)), np.flatnonzero(ends) + 1)


def _segment(
    asked: Numbers, known: Numbers, run: tuple[Places, Bits, Places], could: Places, window: int
) -> Segment:
    """
    One run in seconds, less what does not agree at its ends: half a window of another sound may still be near.

    could: the places of all windows that can agree; silence cannot.
    """
    places, errors, along = run
    within = could[(could >= places[0]) & (could <= places[-1])]
    lead = _foreign(asked, known, places[0] + np.arange(window), along[0])
    trail = _foreign(asked, known, places[-1] + np.arange(window)[::-1], along[-1])
    first, last = int(places[0]) + lead, int(places[-1]) + window - 1 - trail
    return Segment(
        start=first * STEP,
        end=last * STEP + HEARD,
        known_start=(first + int(along[0])) * STEP,
        known_end=(last + int(along[-1])) * STEP + HEARD,
        share=round(len(places) / len(within), 4),
        distance=median(errors),
    )


def _foreign(asked: Numbers, known: Numbers, numbers: Places, diagonal: int) -> int:
    """How many of these numbers come before the first eight in a row that agree."""
    apart = np.bitwise_count(asked[numbers] ^ known[numbers + diagonal]).astype(np.int64)
    return int(np.argmax(_sums(apart, WORDS) <= FOREIGN))


def _seconds(numbers: Numbers) -> float:
    return (len(numbers) - 1) * STEP + HEARD


def _sums(values: Bits, width: int) -> Bits:
    """The sum of every `width` values in a row."""
    sums = np.concatenate([[0], np.cumsum(values)])
    found: Bits = sums[width:] - sums[:-width]
    return found
