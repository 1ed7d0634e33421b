"""
The words our compiled functions are written in: counting bits, cutting chunks.

A code of `bits` bits is a row of `bits / 64` little-endian unsigned 64-bit words; bit 0 is the
lowest bit of word 0. Everything here is compiled once per machine and cached beside the source.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])

Words = NDArray[np.uint64]  # codes: one row each; a query: one row
Rows = NDArray[np.uint32]  # row numbers within a segment

# Memory-mapped arrays cannot be written; a read-only parameter accepts both kinds.
CODES = types.Array(types.uint64, 2, "C", readonly=True)
WORDS = types.Array(types.uint64, 1, "C", readonly=True)
ROWS = types.Array(types.uint32, 1, "C", readonly=True)
NUMBERS = types.Array(types.int64, 2, "C", readonly=True)
HITS = types.Tuple((types.uint32[::1], types.uint16[::1]))  # type: ignore[no-untyped-call]  # numba has no types


def kernel(*signatures: Any, brief: bool = False) -> Callable[[F], F]:  # noqa: ANN401  # as above
    """
    Compile the function for exactly these signatures, ahead of its first call.

    It lets other threads run meanwhile, unless it is brief: taking the interpreter's lock back
    from a busy thread takes up to 5 ms (`sys.getswitchinterval`), far more than a brief one does.
    """

    def compiled(function: F) -> F:
        return cast("F", njit(list(signatures), nogil=not brief, cache=True)(function))

    return compiled


def _popcount(_context: Any, _word: Any) -> Any:  # noqa: ANN401  # numba has no types
    def emit(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), emit


popcount = cast("Callable[[np.uint64], np.uint64]", intrinsic(_popcount))


@kernel(types.int64(CODES, types.intp, WORDS))
def apart(codes: Words, row: int, query: Words) -> int:
    """How many bits this row and the query differ in."""
    if codes.shape[1] == 4:  # the common 256 bits, unrolled
        return np.int64(  # type: ignore[return-value]  # numba counts in NumPy's integers
            popcount(codes[row, 0] ^ query[0])
            + popcount(codes[row, 1] ^ query[1])
            + popcount(codes[row, 2] ^ query[2])
            + popcount(codes[row, 3] ^ query[3])
        )
    total = np.uint64(0)
    for word in range(codes.shape[1]):
        total += popcount(codes[row, word] ^ query[word])
    return np.int64(total)  # type: ignore[return-value]  # as above


@kernel(types.uint64(CODES, types.intp, types.int64, types.int64))
def chunk(codes: Words, row: int, start: int, width: int) -> np.uint64:
    """The `width` bits of this row from bit `start` on, as a number."""
    word, shift = start >> 6, start & 63
    value = codes[row, word] >> np.uint64(shift)
    if shift + width > 64:
        value |= codes[row, word + 1] << np.uint64(64 - shift)
    return np.uint64(value & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)))
