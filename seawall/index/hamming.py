"""
Every key within a distance of a code, exactly.

    index.within(code, 31) ─▶ [Neighbour(distance=4, key=17), …]

Source: Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space with Multi-Index
Hashing", CVPR 2012 and IEEE TPAMI 36(6), 2014. See docs/decisions/0001.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError
from seawall.index.config import DEFAULTS, ShelfConfig
from seawall.index.cut import Cut, into_chunks
from seawall.index.inputs import Codes, Keys, as_words
from seawall.index.shelf import Shelf


class Neighbour(NamedTuple):
    """A key, and in how many bits its code differs from the one asked about."""

    distance: int
    key: int


class HammingIndex(Shelf):
    """Keys by codes of `bits` bits, searched by Hamming distance."""

    @classmethod
    def open(
        cls, folder: Path, *, bits: int = 256, config: ShelfConfig = DEFAULTS
    ) -> "HammingIndex":
        """
        The index in this folder, created empty if there is none; every file is verified.

        bits: the length of a code, a multiple of 64.

        Raises:
            InputError: the length is no multiple of 64.
            StorageError: a file is damaged, missing, or of another format or code length.
        """
        return cls._open(folder, _checked(bits), config)

    @classmethod
    def build(
        cls,
        folder: Path,
        codes: Codes,
        keys: Keys,
        position: int,
        *,
        bits: int = 256,
        config: ShelfConfig = DEFAULTS,
    ) -> "HammingIndex":
        """
        The folder holds exactly these keys, in one segment, whatever was there before.

        codes: uint8 (n, bits / 8); keys: whole numbers (n), the first of equal ones counts;
        position: the last change of the database they contain. Replaces the old index in one
        step; processes that have it open take this over when they refresh.

        Raises:
            InputError: a code or key is not one; the folder is as it was.
        """
        return cls._build(folder, _checked(bits), codes, keys, position, config)

    @staticmethod
    def _cut(bits: int, count: int, config: ShelfConfig) -> Cut:
        return into_chunks(bits, count, scan_limit=config.scan_limit)

    def within(self, code: bytes, distance: int) -> list[Neighbour]:
        """
        Every key whose code differs from `code` in at most `distance` bits, nearest first.

        Keys at the same distance come in ascending order.

        Raises:
            InputError: the code has another length.
        """
        return self.within_many([code], distance)[0]

    def within_many(
        self, codes: Sequence[bytes] | NDArray[np.uint8], distance: int
    ) -> list[list[Neighbour]]:
        """
        The neighbours of each code, as `within` gives them, all from the same moment.

        Raises:
            InputError: a code has another length.
        """
        moment, distance = self._now(), min(distance, self._bits)
        return [
            sorted(map(Neighbour._make, moment.near(query, distance)))
            for query in as_words(codes, self._bits)
        ]


def _checked(bits: int) -> int:
    if bits < 64 or bits % 64:
        raise InputError(f"A code's length is a multiple of 64 bits; {bits} is not.")
    return bits
