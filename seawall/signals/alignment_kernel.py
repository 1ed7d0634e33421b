"""The arithmetic of time alignment: which codes are worth a vote, and the vote for an offset and a speed."""

import numpy as np
from numba import types
from numpy.typing import NDArray

from seawall.signals.pdq_kernel import kernel

Times = NDArray[np.float64]

TIMES = types.Array(types.float64, 1, "C", readonly=True)
CODES = types.Array(types.uint64, 2, "C", readonly=True)
VOTE = types.UniTuple(types.float64, 3)  # type: ignore[no-untyped-call]  # numba has no types


@kernel(VOTE(TIMES, TIMES, TIMES, TIMES, types.float64))
def elected(
    asked: Times, known: Times, weights: Times, speeds: Times, width: float
) -> tuple[float, float, float]:
    """
    The speed and offset that most weight agrees on, and that weight: asked = offset + speed * known.

    Offsets are counted in two neighbouring bins of `width` seconds at a time; the one given lies between them.
    """
    lowest = asked.min() - speeds.max() * known.max()
    bins = np.zeros(int((asked.max() - speeds.min() * known.min() - lowest) / width) + 3)
    best, best_speed, best_offset = 0.0, 1.0, 0.0
    for speed in speeds:
        bins[:] = 0
        for hit in range(len(asked)):
            bins[int((asked[hit] - speed * known[hit] - lowest) / width)] += weights[hit]
        for place in range(len(bins) - 1):
            agreed = bins[place] + bins[place + 1]
            if agreed > best:
                best, best_speed = agreed, speed
                best_offset = lowest + (place + 1) * width
    return best, best_speed, best_offset


@kernel(types.int64(CODES, types.int64, types.int64))
def apart(codes: NDArray[np.uint64], one: int, other: int) -> int:
    """In how many bits two of these codes differ."""
    distance = 0
    for word in range(codes.shape[1]):
        rest = codes[one, word] ^ codes[other, word]
        while rest:
            rest &= rest - np.uint64(1)
            distance += 1
    return distance


@kernel(types.boolean[::1](CODES, TIMES, types.int64, types.float64))
def moving(codes: NDArray[np.uint64], at: Times, still: int, seconds: float) -> NDArray[np.bool_]:
    """Which of these codes (n, words) differ from the last such one in more bits, or come so many seconds later."""
    kept = np.ones(len(codes), np.bool_)
    last = 0
    for code in range(1, len(codes)):
        kept[code] = at[code] - at[last] >= seconds or apart(codes, code, last) > still
        if kept[code]:
            last = code
    return kept


@kernel(types.int64[::1](CODES, types.int64, types.int64))
def grouped(codes: NDArray[np.uint64], alike: int, most: int) -> NDArray[np.int64]:
    """For each code (n, words) the group of the nearest earlier one: a new group where none of the last is near."""
    groups = np.zeros(len(codes), np.int64)
    leaders = np.zeros(len(codes), np.int64)
    count = 0
    for code in range(len(codes)):
        found = -1
        for group in range(count - 1, max(count - most, 0) - 1, -1):
            if apart(codes, code, leaders[group]) <= alike:
                found = group
                break
        if found < 0:
            found = count
            leaders[count] = code
            count += 1
        groups[code] = found
    return groups
