"""
Passages that two texts share become stretches of the one that are stretches of the other.

    pairs of places ──by how far one is ahead──▶ runs ──longest first──▶ segments that do not overlap

In a copy, each passage is as far ahead of its original as the one before it, or a few letters more or less; between
strangers, the stock phrases they share stand anywhere.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.signals.sequence import Segment, covered
from seawall.signals.shingles import PASSAGE, Hashes, Passages

DRIFT: Final = (
    24  # characters that may be put in or left out between two shared passages of one stretch
)
GAP: Final = 120  # characters between two shared passages of one stretch
LEAST: Final = 3  # shared passages of a stretch; fewer are a phrase
MOST: Final = 64  # stretches that are told apart; what else two texts share adds nothing

Pairs = NDArray[np.int64]


class Shared(NamedTuple):
    """What two texts share: the stretches, the characters of each text within them, and the passages that agree."""

    segments: tuple[Segment, ...]  # in the order of the asked text
    asked: float
    known: float
    passages: int
    evidence: float  # those passages, one of Chinese characters counting as two, for it stands for as many letters
    share: float  # of the known passages within the stretches, those that agree


def shared(asked: Passages, known: Passages, pairs: Pairs) -> Shared:
    """What pairs of equal passages (n, 2: number in the asked text, number in the known one) make of two texts."""
    found: list[Segment] = []
    taken = np.zeros(len(known.starts), np.bool_)
    agreeing, evidence = 0, 0.0
    for run in _runs(asked.starts[pairs[:, 0]], known.starts[pairs[:, 1]]):
        fresh = pairs[run][~taken[pairs[run, 1]]]
        distinct = np.unique(fresh[:, 1])
        if len(distinct) < LEAST:
            continue
        found.append(_segment(asked, known, fresh, agreeing=len(distinct)))
        taken[fresh[:, 1].min() : fresh[:, 1].max() + 1] = True
        agreeing += len(distinct)
        evidence += float((PASSAGE / known.spans[distinct]).sum())
        if len(found) == MOST:
            break
    return Shared(
        segments=tuple(sorted(found, key=lambda each: each.start)),
        asked=covered((each.start, each.end) for each in found),
        known=covered((each.known_start, each.known_end) for each in found),
        passages=agreeing,
        evidence=evidence,
        share=agreeing / max(int(taken.sum()), 1),
    )


def equal(asked: Passages, known: Passages) -> Pairs:
    """
    The pairs of equal passages (n, 2): of one that repeats itself, its first with the other's first, and so on.

    A look-up brings few of the places of a passage that stands in one text hundreds of times.
    """
    _, mine, theirs = np.intersect1d(_numbered(asked), _numbered(known), return_indices=True)
    return np.stack((mine, theirs), axis=1)


def differing(share: float) -> int:
    """
    About how many of 256 characters differ where this share of the passages is the same, 0 to 256.

    A passage is the same while none of its characters differs.
    """
    return round(256 * (1 - float(share ** (1 / PASSAGE))))


def _numbered(passages: Passages) -> Hashes:
    """Each hash with how often it stood before, so that each is another number; beyond 65 535 times they are one."""
    order = np.argsort(passages.hashes, kind="stable")
    hashes = passages.hashes[order]
    first = np.searchsorted(hashes, hashes)
    before = np.minimum(np.arange(len(hashes)) - first, 0xFFFF).astype(np.uint64)
    numbered = np.empty_like(hashes)
    numbered[order] = hashes << np.uint64(16) | before
    return numbered


def _runs(asked: NDArray[np.int64], known: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The rows of the pairs that belong together, the longest run first."""
    ahead = asked - known
    by_lead = np.argsort(ahead, kind="stable")
    band = np.empty(len(ahead), np.int64)
    band[by_lead] = np.cumsum(np.diff(ahead[by_lead], prepend=ahead[by_lead[:1]]) > DRIFT)
    order = np.lexsort((known, band))
    breaks = (np.diff(band[order]) > 0) | (np.diff(known[order]) > GAP)
    runs = [run for run in np.split(order, np.flatnonzero(breaks) + 1) if len(run) >= LEAST]
    return sorted(runs, key=len, reverse=True)


def _segment(asked: Passages, known: Passages, pairs: Pairs, *, agreeing: int) -> Segment:
    """The stretch from the first of these pairs to the last."""
    mine, theirs = pairs[:, 0], pairs[:, 1]
    share = agreeing / (int(theirs.max() - theirs.min()) + 1)
    return Segment(
        start=float(asked.starts[mine].min()),
        end=float((asked.starts[mine] + asked.spans[mine]).max()),
        known_start=float(known.starts[theirs].min()),
        known_end=float((known.starts[theirs] + known.spans[theirs]).max()),
        share=share,
        distance=differing(share),
    )
