"""
Every key filed under a text, looked up by a digest of it.

    index.find(digest("sha256:9f86…")) ─▶ [17, 23]

A digest is a code whose neighbours at distance 0 are wanted: the same segments, searched through
one chunk only.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seawall.index.config import DEFAULTS, ShelfConfig
from seawall.index.cut import Cut, first_chunk
from seawall.index.digest import BITS
from seawall.index.inputs import Codes, Keys, as_words
from seawall.index.shelf import Shelf


class ExactIndex(Shelf):
    """Keys by 16-byte digests, searched for equality."""

    @classmethod
    def open(cls, folder: Path, *, config: ShelfConfig = DEFAULTS) -> "ExactIndex":
        """
        The index in this folder, created empty if there is none; every file is verified.

        Raises:
            StorageError: a file is damaged, missing, or of another format.
        """
        return cls._open(folder, BITS, config)

    @classmethod
    def build(
        cls,
        folder: Path,
        digests: Codes,
        keys: Keys,
        position: int,
        *,
        config: ShelfConfig = DEFAULTS,
    ) -> "ExactIndex":
        """
        The folder holds exactly these keys, in one segment, whatever was there before.

        As `HammingIndex.build`, with digests: uint8 (n, 16).
        """
        return cls._build(folder, BITS, digests, keys, position, config)

    @staticmethod
    def _cut(_bits: int, count: int, config: ShelfConfig) -> Cut:
        return first_chunk(count, scan_limit=config.scan_limit)

    def find(self, digest: bytes) -> list[int]:
        """
        The keys filed under this digest, ascending.

        Raises:
            InputError: the digest does not have 16 bytes.
        """
        return self.find_many([digest])[0]

    def find_many(self, digests: Sequence[bytes] | NDArray[np.uint8]) -> list[list[int]]:
        """
        The keys filed under each digest, as `find` gives them, all from the same moment.

        Raises:
            InputError: a digest does not have 16 bytes.
        """
        moment = self._now()
        return [
            sorted(key for _, key in moment.near(query, 0)) for query in as_words(digests, BITS)
        ]
