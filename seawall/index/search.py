"""
The two ways through a segment: look at every code, or only where a near one can be.

Both return the rows within the distance and their distances, in no particular order, each once.
The second works in phases, so that the loads of a phase do not wait for one another and the
processor keeps many in flight:

    query ─▶ bounds of buckets ─▶ candidate rows ─▶ distances ─▶ hits
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
Numbers = NDArray[np.int64]

FEW = 65_536  # codes that are scanned in less than 0.2 ms

FIRST_BIT, WIDTH, TABLE, LIST = range(4)  # columns of Cut.places
CHUNK, RADIUS, MASK, END = range(4)  # columns of Plan.reach


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


@kernel(HITS(CODES, WORDS, types.int64), brief=True)
def _scan_few(codes: Words, query: Words, distance: int) -> Hits:
    return scan(codes, query, distance)


def scan_tail(codes: Words, query: Words, distance: int) -> Hits:
    """Compare the query with every code of a tail or a small segment."""
    return (_scan_few if len(codes) <= FEW else scan)(codes, query, distance)


@kernel(
    types.Tuple((types.uint32[::1], types.uint32[::1]))(ROWS, NUMBERS, NUMBERS, ROWS, CODES)  # type: ignore[no-untyped-call]  # numba has no types
)
def bounds(
    buckets: Rows, places: Numbers, reach: Numbers, masks: Rows, asked: Words
) -> tuple[Rows, Rows]:
    """Where each bucket in reach of the query begins, and how many rows it has."""
    probes = 0
    for step in range(reach.shape[0]):
        probes += reach[step, END] - reach[step, MASK]
    begins = np.empty(probes, np.uint32)
    sizes = np.empty(probes, np.uint32)
    at = 0
    for step in range(reach.shape[0]):
        place = places[reach[step, CHUNK]]
        table = buckets[place[TABLE] :]
        own = chunk(asked, 0, place[FIRST_BIT], place[WIDTH])
        for mask in range(reach[step, MASK], reach[step, END]):
            bucket = own ^ np.uint64(masks[mask])
            begins[at] = table[bucket]
            sizes[at] = table[bucket + np.uint64(1)] - table[bucket]
            at += 1
    return begins, sizes


@kernel(types.uint32[::1](ROWS, ROWS, ROWS, NUMBERS, NUMBERS, types.int64, types.int64[::1]))
def candidates(
    begins: Rows,
    sizes: Rows,
    buckets: Rows,
    places: Numbers,
    reach: Numbers,
    total: int,
    ends: Numbers,
) -> Rows:
    """The rows of those buckets, and in `ends` where those of each step of the plan end."""
    rows = np.empty(total + 4, np.uint32)
    at = 0
    filled = np.int64(0)
    for step in range(reach.shape[0]):
        start = filled
        for _ in range(reach[step, MASK], reach[step, END]):
            begin, size = begins[at], np.int64(sizes[at])
            # Few buckets hold more than four: write four, keep `size`, and do not branch.
            for more in range(4):
                rows[filled + more] = begin + np.uint32(more)
            for more in range(4, size):
                rows[filled + more] = begin + np.uint32(more)
            filled += size
            at += 1
        if reach[step, CHUNK] > 0:  # the rows lie in the order of chunk 0: it needs no list
            listed = buckets[places[reach[step, CHUNK], LIST] :]
            for row in range(start, filled):
                rows[row] = listed[rows[row]]
        ends[step] = filled
    return rows


@kernel(types.boolean(CODES, types.intp, CODES, NUMBERS, NUMBERS, types.int64))
def met_before(
    codes: Words, row: int, asked: Words, places: Numbers, reach: Numbers, step: int
) -> bool:
    """Whether a step of the plan before this one has met the row already."""
    for earlier in range(step):
        place = places[reach[earlier, CHUNK]]
        here = chunk(codes, row, place[FIRST_BIT], place[WIDTH])
        there = chunk(asked, 0, place[FIRST_BIT], place[WIDTH])
        if np.int64(popcount(here ^ there)) <= reach[earlier, RADIUS]:
            return True
    return False


@kernel(HITS(CODES, ROWS, NUMBERS, NUMBERS, ROWS, types.int64, WORDS, types.int64))
def probe(
    codes: Words,
    buckets: Rows,
    places: Numbers,
    reach: Numbers,
    masks: Rows,
    crowd: int,
    query: Words,
    distance: int,
) -> Hits:
    """
    Compare the query only with codes that share a nearly equal chunk with it.

    A code reached through several chunks is reported for the first. More than `crowd`
    candidates, because many codes share a chunk, make a scan the cheaper way.
    """
    asked = query.reshape(1, query.size)
    begins, sizes = bounds(buckets, places, reach, masks, asked)
    total = 0
    for size in sizes:
        total += size
    if total > crowd:
        return scan(codes, query, distance)
    ends = np.empty(reach.shape[0], np.int64)
    rows = candidates(begins, sizes, buckets, places, reach, total, ends)

    distances = np.empty(total, np.uint16)
    found = 0
    start = np.int64(0)
    for step in range(reach.shape[0]):
        for candidate in range(start, ends[step]):
            row = rows[candidate]
            between = apart(codes, row, query)
            if between <= distance and not met_before(codes, row, asked, places, reach, step):
                rows[found] = row  # never ahead of the candidate read next
                distances[found] = between
                found += 1
        start = ends[step]
    return rows[:found].copy(), distances[:found].copy()
