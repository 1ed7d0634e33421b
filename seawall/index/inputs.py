"""What callers hand in, checked and turned into arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError
from seawall.index.kernels import Words

Codes = Sequence[bytes] | NDArray[np.uint8]
Keys = Sequence[int] | NDArray[np.integer]

HIGHEST = (1 << 64) - 1


def as_words(codes: Codes, bits: int) -> Words:
    """
    Codes as uint64 (n, bits / 64); a view where that is possible.

    Raises:
        InputError: a code does not have `bits` / 8 bytes.
    """
    size = bits // 8
    if isinstance(codes, np.ndarray):
        if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != size:
            raise InputError(
                f"Codes are an array of n by {size} bytes; this is {_described(codes)}."
            )
        octets = np.ascontiguousarray(codes)
    else:
        for code in codes:
            if len(code) != size:
                raise InputError(f"A code of this index is {size} bytes; this one has {len(code)}.")
        octets = np.frombuffer(b"".join(codes), np.uint8).reshape(len(codes), size)
    return octets.view("<u8")


def as_keys(keys: Keys) -> Words:
    """
    Keys as uint64 (n).

    Raises:
        InputError: a key is not a number from 0 to 2^64 - 1.
    """
    if isinstance(keys, np.ndarray):
        if keys.ndim != 1 or keys.dtype.kind not in "ui":
            raise InputError(f"Keys are one row of whole numbers; this is {_described(keys)}.")
        lowest = int(keys.min(initial=0))
    else:
        lowest = min(keys, default=0)
        if max(keys, default=0) > HIGHEST:
            raise InputError(f"A key is at most 2^64 - 1; this one is {max(keys)}.")
    if lowest < 0:
        raise InputError(f"A key is at least 0; this one is {lowest}.")
    return np.array(keys, np.uint64)


def as_pairs(codes: Codes, keys: Keys, bits: int) -> tuple[Words, Words]:
    """
    Codes and their keys, as above.

    Raises:
        InputError: as above, or there are not as many keys as codes.
    """
    words, numbers = as_words(codes, bits), as_keys(keys)
    if len(words) != len(numbers):
        raise InputError(f"Every code has one key; there are {len(words)} and {len(numbers)}.")
    return words, numbers


def _described(array: NDArray[np.generic]) -> str:
    return f"{array.dtype} of {' by '.join(map(str, array.shape))}"
