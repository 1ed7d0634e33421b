"""Sorting rows into buckets, and finding keys: the kernels that build and update segments."""

import numpy as np
from numba import types
from numpy.typing import NDArray

from seawall.index.kernels import CODES, ROWS, WORDS, Rows, Words, chunk, kernel


@kernel(types.uint32[::1](CODES, types.int64, types.int64))
def bucket_offsets(codes: Words, start: int, width: int) -> Rows:
    """Where each bucket of this chunk begins: 2^width + 1 offsets, the last is the row count."""
    offsets = np.zeros((1 << width) + 1, np.uint32)
    for row in range(codes.shape[0]):
        offsets[chunk(codes, row, start, width) + np.uint64(1)] += np.uint32(1)
    for bucket in range(1, offsets.size):
        offsets[bucket] += offsets[bucket - 1]
    return offsets


@kernel(types.uint32[::1](CODES, types.int64, types.int64, ROWS))
def bucket_order(codes: Words, start: int, width: int, offsets: Rows) -> Rows:
    """The rows in the order of their bucket of this chunk; within a bucket, ascending."""
    rows = np.empty(codes.shape[0], np.uint32)
    nexts = offsets.copy()
    for row in range(codes.shape[0]):
        bucket = chunk(codes, row, start, width)
        rows[nexts[bucket]] = row
        nexts[bucket] += np.uint32(1)
    return rows


ROWS_OF = (types.int64[::1](ROWS, ROWS, WORDS), types.int64[::1](WORDS, ROWS, WORDS))


@kernel(*ROWS_OF)
def rows_of(keys: Rows | Words, by_key: Rows, wanted: Words) -> NDArray[np.int64]:
    """The row of each wanted key, or -1, where `by_key` lists the rows by ascending key."""
    rows = np.full(wanted.size, -1, np.int64)
    for place in range(wanted.size):
        low, high = 0, by_key.size
        while low < high:
            middle = (low + high) >> 1
            if keys[by_key[middle]] < wanted[place]:
                low = middle + 1
            else:
                high = middle
        if low < by_key.size and keys[by_key[low]] == wanted[place]:
            rows[place] = by_key[low]
    return rows


@kernel(*ROWS_OF, brief=True)
def rows_of_few(keys: Rows | Words, by_key: Rows, wanted: Words) -> NDArray[np.int64]:
    """As `rows_of`, for a few keys."""
    return rows_of(keys, by_key, wanted)
