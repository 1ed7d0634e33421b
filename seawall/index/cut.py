"""
How codes are cut into chunks.

The best chunk is about log2(n) bits wide: then its bucket table has about as many buckets as
there are codes, a probe finds about one code, and tables take about as much room as ids do.
256 bits and ten million codes make eleven chunks, eight of 23 bits and three of 24.

Source: Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space with Multi-Index
Hashing", IEEE TPAMI 36(6), 2014, section 3.2.
"""

from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

WIDEST = 24  # bits; a table of 2^24 offsets is 64 MiB, wider ones outgrow every cache


@dataclass(frozen=True, slots=True)
class Cut:
    """The widths of the chunks, in bits, from bit 0 upwards; no chunks means "scan"."""

    widths: tuple[int, ...]

    def places(self, count: int) -> NDArray[np.int64]:
        """
        One row per chunk: first bit, width, where its table and its list of rows begin.

        Tables and lists follow one another in one array of uint32, chunk by chunk; chunk 0 has
        no list, because the rows lie in its order.
        """
        places, bit, at = [], 0, 0
        for chunk, width in enumerate(self.widths):
            listed = at + (1 << width) + 1
            places.append((bit, width, at, listed))
            bit, at = bit + width, listed + (count if chunk else 0)
        return np.array(places, np.int64).reshape(-1, 4)

    def size(self, count: int) -> int:
        """How many numbers the tables and lists of all chunks hold together."""
        lists = max(len(self.widths) - 1, 0) * count
        return sum((1 << width) + 1 for width in self.widths) + lists


def into_chunks(bits: int, count: int, *, scan_limit: int) -> Cut:
    """Cut the whole code evenly, for searches at any distance among `count` codes."""
    if count <= max(scan_limit, 1):
        return Cut(())
    pieces = max(round(bits / log2(count)), -(-bits // WIDEST))
    short, wider = divmod(bits, pieces)
    return Cut((short + 1,) * wider + (short,) * (pieces - wider))


def first_chunk(count: int, *, scan_limit: int) -> Cut:
    """Cut off one chunk only, for looking up equal codes among `count` evenly spread ones."""
    return Cut(() if count <= max(scan_limit, 1) else (min(round(log2(count)), WIDEST),))
