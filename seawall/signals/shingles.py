"""
Overlapping pieces of a text: what two texts that share a passage have in common.

    normalised ──shingles──▶ a hash for each place ──simhash──▶ 256 bits of the whole
                                                └──winnow──▶ the passages: every 3rd hash or so, and its place

A shingle has the weight of twelve letters; a Chinese character or a kana, which says as much as two letters, weighs
two. So scripts with and without spaces are alike. Winnowing keeps the least hash of each window of neighbours: of
whatever two texts share over a shingle and a window, at least one hash is kept in both. Sources: M. Charikar,
"Similarity estimation techniques from rounding algorithms", 2002; S. Schleimer, D. Wilkerson, A. Aiken, "Winnowing:
local algorithms for document fingerprinting", 2003.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

PASSAGE = 12  # letters of a shingle that is kept: about two words
WINDOW = 4  # neighbouring shingles of which one is kept
SIMHASH = 6  # letters of a shingle that SimHash counts: about one word
BITS = 256

Hashes = NDArray[np.uint64]

_HASH_BITS: Final = 48  # of a kept hash: among 10⁹ of them, one in 280 000 lookups meets a stranger
_BASE: Final = 0x9E3779B97F4A7C15  # odd, and so invertible modulo 2^64
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_HEAVY: Final = (
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0x20000, 0x3FFFF),
)  # kana and Chinese characters
_CHUNK: Final = 16_384  # shingles whose bits are counted at once


class Passages(NamedTuple):
    """The hashes that stand for a text, the place of each in its normalised form, and how many characters it spans."""

    hashes: Hashes  # (n,), of 48 bits
    starts: NDArray[np.int64]
    spans: NDArray[np.int64]

    @property
    def extent(self) -> int:
        """How many characters lie between the beginning of the first and the end of the last; at least one exists."""
        return int((self.starts + self.spans).max() - self.starts[0])


def weight(text: str) -> int:
    """How much a normalised text says, in letters."""
    return int(_weights(_codes(text)).sum())


def passages(text: str) -> Passages:
    """The passages of a normalised text of at least `PASSAGE` letters."""
    hashes, spans = _shingles(text, PASSAGE)
    window = min(WINDOW, len(hashes))
    least = np.lib.stride_tricks.sliding_window_view(hashes, window).argmin(axis=1)
    starts = np.unique(least + np.arange(len(least)))
    kept = hashes[starts] >> np.uint64(64 - _HASH_BITS)
    return Passages(kept, starts, spans[starts])


def simhash(text: str) -> bytes:
    """The 256-bit SimHash of a normalised text of at least `SIMHASH` letters: each bit as in most shingles."""
    hashes = np.unique(_shingles(text, SIMHASH)[0])
    votes = np.zeros(BITS, np.int64)
    for start in range(0, len(hashes), _CHUNK):
        wide = spread(hashes[start : start + _CHUNK], BITS // 64)
        votes += np.unpackbits(wide, axis=1).sum(axis=0, dtype=np.int64)
    return np.packbits(2 * votes > len(hashes)).tobytes()


def spread(hashes: Hashes, words: int) -> NDArray[np.uint8]:
    """Each hash drawn out to this many times 64 bits: (n, 8 · words)."""
    numbers = np.arange(1, words + 1, dtype=np.uint64) * np.uint64(_BASE)
    return _mixed(hashes[:, None] + numbers).astype("<u8").view(np.uint8)


def _shingles(text: str, letters: int) -> tuple[Hashes, NDArray[np.int64]]:
    """The hash of the shingle that begins at each place, and how many characters it spans."""
    codes = _codes(text)
    reach = np.concatenate(([0], np.cumsum(_weights(codes))))
    count = int(np.searchsorted(reach, reach[-1] - letters, side="right"))
    starts = np.arange(count)
    ends = np.searchsorted(reach, reach[:count] + letters)

    powers = _powers(_BASE, len(codes))
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(_mixed(codes) * powers)))
    hashes = _mixed((sums[ends] - sums[starts]) * _powers(_INVERSE, count))
    return hashes, ends - starts


def _codes(text: str) -> Hashes:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)


def _weights(codes: Hashes) -> NDArray[np.int64]:
    weights = np.ones(len(codes), np.int64)
    for first, last in _HEAVY:
        weights[(codes >= first) & (codes <= last)] = 2
    return weights


def _powers(base: int, count: int) -> Hashes:
    """1, base, base², …, modulo 2^64."""
    factors = np.full(count, base, np.uint64)
    factors[:1] = 1
    return np.cumprod(factors)


def _mixed(hashes: Hashes) -> Hashes:
    """Each hash with its bits well mixed (SplitMix64, https://prng.di.unimi.it/splitmix64.c)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))
