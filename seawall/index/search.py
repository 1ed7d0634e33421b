"""
The two ways through a segment: look at every code, or only where a near one can be.

Both return the rows within the distance and their distances, in no particular order, each once.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from seawall.index.kernels import (
    CODES,
    HITS,
    NUMBERS,
    ROWS,
    WORDS,
    Rows,
    Words,
    apart,
    chunk,
    kernel,
    popcount,
)

Hits = tuple[Rows, NDArray[np.uint16]]


@kernel(HITS(CODES, WORDS, types.int64))
def scan(codes: Words, query: Words, distance: int) -> Hits:
    """Compare the query with every code."""
    rows = np.empty(codes.shape[0], np.uint32)
    distances = np.empty(codes.shape[0], np.uint16)
    found = 0
    for row in range(codes.shape[0]):
        between = apart(codes, row, query)
        if between <= distance:
            rows[found] = row
            distances[found] = between
            found += 1
    return rows[:found].copy(), distances[:found].copy()


@kernel(types.boolean(CODES, types.intp, CODES, NUMBERS, NUMBERS, types.int64))
def reached(
    codes: Words,
    row: int,
    asked: Words,
    cut: NDArray[np.int64],
    reach: NDArray[np.int64],
    step: int,
) -> bool:
    """Whether a step before this one has met the row already."""
    for earlier in range(step):
        number = reach[earlier, 0]
        start, width = cut[number, 0], cut[number, 1]
        here = chunk(codes, row, start, width) ^ chunk(asked, 0, start, width)
        if np.int64(popcount(here)) <= reach[earlier, 1]:
            return True
    return False


@kernel(HITS(CODES, ROWS, NUMBERS, NUMBERS, ROWS, types.int64, WORDS, types.int64))
def probe(
    codes: Words,
    buckets: Rows,
    cut: NDArray[np.int64],
    reach: NDArray[np.int64],
    masks: Rows,
    crowd: int,
    query: Words,
    distance: int,
) -> Hits:
    """
    Compare the query only with codes that share a nearly equal chunk with it.

    Works in phases, so that the loads of a phase do not wait for one another and the processor
    keeps many of them in flight: bounds of all buckets, then ids, then codes. A code reached
    through several chunks is reported for the first of them.
    """
    probes = 0
    for step in range(reach.shape[0]):
        probes += reach[step, 3] - reach[step, 2]
    begins = np.empty(probes, np.uint32)
    sizes = np.empty(probes, np.uint32)
    asked = query.reshape(1, query.size)

    total = np.int64(0)
    at = 0
    for step in range(reach.shape[0]):
        number = reach[step, 0]
        bucket = chunk(asked, 0, cut[number, 0], cut[number, 1])
        table = buckets[cut[number, 2] :]
        for mask in range(reach[step, 2], reach[step, 3]):
            place = bucket ^ np.uint64(masks[mask])
            begins[at] = table[place]
            sizes[at] = table[place + np.uint64(1)] - table[place]
            total += sizes[at]
            at += 1
    if total > crowd:
        return scan(codes, query, distance)

    rows = np.empty(total + 4, np.uint32)
    ends = np.empty(reach.shape[0], np.int64)
    at = 0
    filled = np.int64(0)
    for step in range(reach.shape[0]):
        first = filled
        for _ in range(reach[step, 2], reach[step, 3]):
            begin = begins[at]
            size = np.int64(sizes[at])
            # Most buckets hold fewer than four: write four, keep `size`, and never branch.
            rows[filled] = begin
            rows[filled + 1] = begin + np.uint32(1)
            rows[filled + 2] = begin + np.uint32(2)
            rows[filled + 3] = begin + np.uint32(3)
            for more in range(4, size):
                rows[filled + more] = begin + np.uint32(more)
            filled += size
            at += 1
        if reach[step, 0] > 0:  # the rows lie in the order of chunk 0, whose ids go without saying
            listed = buckets[cut[reach[step, 0], 3] :]
            for place in range(first, filled):
                rows[place] = listed[rows[place]]
        ends[step] = filled

    distances = np.empty(total, np.uint16)
    found = 0
    place = 0
    for step in range(reach.shape[0]):
        for candidate in range(place, ends[step]):
            row = rows[candidate]
            between = apart(codes, row, query)
            if between <= distance and not reached(codes, row, asked, cut, reach, step):
                rows[found] = row
                distances[found] = between
                found += 1
        place = ends[step]
    return rows[:found].copy(), distances[:found].copy()
