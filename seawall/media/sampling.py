"""
Which packets of a video must be decoded so that every stretch of it is seen, told from their headers alone.

    K b b P b b P b b P │ K b b P b b P      K: a key frame, from which on nothing earlier is needed
    └──────────▶ fed    │ └▶ fed             fed: up to the last stretch that no key frame falls into

A packet as large as a key frame where none is expected is a cut the encoder did not start anew at; it is seen too.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]  # (packets,)
Sizes = NDArray[np.int64]
Flags = NDArray[np.bool_]

CUT_OF_KEY: Final = 0.4  # a cut inside a run is at least this share of the run's key frame
CUT_OF_USUAL: Final = 5  # and so many times the run's median packet
CLOSEST: Final = 4  # key frames and cuts are shown at most so many times a stretch
MOST_MARKS: Final = (
    21_600  # key frames and cuts; in six hours one a second, or the answer grows too long
)
MOST_SKIPPED: Final = 16  # frames in a row that a decoder may skip; H.264 allows 16 out of order
_ROUNDING: Final = 1e-4  # seconds; time bases are coarser


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is decoded: which packets are fed to the decoder, and which frames are wanted for their own sake."""

    fed: Flags
    marked: Flags
    needed: Flags  # packets the decoder is not to skip, though no other needs them: nothing else shows their stretch


def stretch_of(seconds: float, stretch: float) -> int:
    """Which stretch a moment falls into, counted from 0."""
    return int((seconds + _ROUNDING) // stretch)


def plan(times: Numbers, sizes: Sizes, keys: Flags, stretch: float) -> Plan:
    """
    The fewest packets that show every `stretch` seconds of a video, and its cuts.

    times: when each packet's frame is shown, in seconds from the first, in the order they are decoded in;
    sizes: bytes; keys: which are key frames.
    """
    fed, marked = np.zeros(len(times), bool), np.zeros(len(times), bool)
    shown = -np.inf  # the last mark
    closest = max(stretch / CLOSEST, float(np.ptp(times)) / MOST_MARKS)
    starts = np.flatnonzero(keys).tolist()
    for start, end in pairwise([*sorted({0, *starts}), len(times)]):
        run = times[start:end]
        following = float(times[end]) if end < len(times) else float(run.max()) + stretch
        cuts = _cuts(sizes[start:end])
        last = max(_reached(run, following, stretch), int(cuts.max(initial=0)))
        apart = run[0] - shown >= closest
        if apart or last:
            fed[start : start + last + 1] = True
        for at in (0, *cuts.tolist()):
            if run[at] - shown >= closest:
                marked[start + at], shown = True, run[at]
    needed = _needed(times, fed, starts, stretch)
    return Plan(fed=fed, marked=marked, needed=needed)


def stretches_of(times: Numbers, stretch: float) -> NDArray[np.int64]:
    """Which stretch each of these moments falls into."""
    return ((times + _ROUNDING) // stretch).astype(np.int64)


def _reached(run: Numbers, following: float, stretch: float) -> int:
    """The packet of a run up to which it is fed, for its last stretch; 0: key frames show all of it."""
    last = stretch_of(following, stretch) - 1  # the next key frame shows the stretch it falls into
    if last <= stretch_of(run[0], stretch):
        return 0
    late = np.flatnonzero(run >= last * stretch - _ROUNDING)
    return int(late[0]) if len(late) else len(run) - 1


def _needed(times: Numbers, fed: Flags, starts: list[int], stretch: float) -> Flags:
    """
    The packets the decoder is not to skip; a run with stretches that would not be seen is `fed` as far as it takes.

    It skips frames that come out of order. Where none does, as in formats that do not say, any of a few may be skipped.
    """
    within = stretches_of(times, stretch)
    in_order = times >= np.maximum.accumulate(times)
    missed = np.flatnonzero(~np.isin(within, within[fed & in_order]))
    few = np.bincount(within)[within] <= MOST_SKIPPED
    needed: Flags = few & in_order.all()
    bounds = np.array([*sorted({0, *starts}), len(times)])
    for run in np.unique(np.searchsorted(bounds, missed, side="right") - 1).tolist():
        start, end = bounds[run : run + 2].tolist()
        last = missed[np.searchsorted(missed, end) - 1]
        leads = (
            run > 0 and times[start : last + 1].min() < times[start]
        )  # what is shown before the key frame
        fed[bounds[run - 1] if leads else start : last + 1] = True  # needs the run before
        needed[start:end] = True
    return needed


def _cuts(sizes: Sizes) -> NDArray[np.int64]:
    """The packets of a run, but its first, that are too large to be small changes of the picture before."""
    least = max(CUT_OF_KEY * float(sizes[0]), CUT_OF_USUAL * float(np.median(sizes)))
    return np.flatnonzero(sizes[1:] >= least) + 1
