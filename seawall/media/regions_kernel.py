"""
The arithmetic behind `regions`: where a picture is flat, and where straight edges run across it.

Compiled ahead of time, and run without the lock, as PDQ's is.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Flags = NDArray[np.uint8]  # (lines, places along them): 1 where an edge runs

F = TypeVar("F", bound=Callable[..., Any])
INT = np.int32
LEAST_STEP = 6  # of 255, between two neighbouring rows where an edge runs
STEEPER = 2  # times as steep as what lies around it
WEAKEST = np.float32(0.35)  # share of a side that is edge, of the weakest side
STRONG = np.float32(0.62)  # and of all sides within the picture on average; foliage reaches 0.5
RIM = np.float32(0.5)  # a side on the picture's rim, as such a share
SMALLEST_SHARE = 0.06  # of the picture's area
LONGEST = 3.2  # times as long as wide
LARGER = 0.2  # by how much size adds to likelihood
BAND = 5  # of 255, by which a band of one colour varies once compressed
_PIXELS = types.Array(types.uint8, 2, "C", readonly=True)
_VIEW = types.Array(types.uint8, 2, "A", readonly=True)
_BOX: Any = types.UniTuple(types.int64, 4)  # type: ignore[no-untyped-call]  # numba has no types
_SUMS = types.Array(types.int32, 2, "C", readonly=True)
_PLACES = types.Array(types.int64, 1, "C", readonly=True)


def _kernel(*signatures: Any) -> Callable[[F], F]:  # noqa: ANN401  # numba has no types
    """Compile the function for exactly these signatures, ahead of its first call, to run without the lock."""

    def compiled(function: F) -> F:
        return cast("F", njit(list(signatures), nogil=True, cache=True)(function))

    return compiled


@_kernel(types.uint8[:, ::1](_PIXELS))
def edges(luma: Luma) -> Flags:
    """
    Where the picture steps between a row and the one above it: (height + 1, width), 0 in the first and last rows.

    A step counts when it is steeper than the texture around it, so that the grain of a meadow is no edge.
    """
    height, width = luma.shape
    found = np.zeros((height + 1, width), np.uint8)
    steep = np.zeros(width + 3, np.uint8)
    begun = np.zeros(width + 3, np.uint8)
    for row in range(3, height - 2):
        for column in range(width):
            here = abs(INT(luma[row, column]) - INT(luma[row - 1, column]))
            above = abs(INT(luma[row - 2, column]) - INT(luma[row - 3, column]))
            below = abs(INT(luma[row + 2, column]) - INT(luma[row + 1, column]))
            enough = (here >= LEAST_STEP) & (here >= STEEPER * min(above, below) + 1)
            steep[column] = enough & (2 * here >= max(above, below))
        for column in range(width):  # where four in a row begin
            begun[column + 3] = (
                steep[column] & steep[column + 1] & steep[column + 2] & steep[column + 3]
            )
        for column in range(width):  # and all that are among such four
            found[row, column] = (
                begun[column] | begun[column + 1] | begun[column + 2] | begun[column + 3]
            )
    return found


@_kernel(types.int32[::1](_PIXELS))
def totals(flags: Flags) -> NDArray[np.int32]:
    """How many edges lie on each line."""
    lines, places = flags.shape
    found = np.zeros(lines, np.int32)
    for line in range(lines):
        total = 0
        for place in range(places):
            total += flags[line, place]
        found[line] = total
    return found


@_kernel(types.int32[:, ::1](_PIXELS, _PLACES))
def running_sums(flags: Flags, wanted: NDArray[np.int64]) -> NDArray[np.int32]:
    """How many edges lie before each place of the lines that are wanted; zeros for the others: (lines, places + 1)."""
    lines, places = flags.shape
    sums = np.zeros((lines, places + 1), np.int32)
    for line in wanted:
        total = 0
        for place in range(places):
            total += flags[line, place]
            sums[line, place + 1] = total
    return sums


@_kernel(types.float32[::1](types.Array(types.uint8, 2, "C", readonly=True), types.int64))
def strengths(flags: Flags, shortest: int) -> NDArray[np.float32]:
    """
    How long the longest straight edge on each line is: its edges less twice its gaps; 0 where none is `shortest`.

    The densest stretch is found in one pass (Kadane, 1984).
    """
    lines, places = flags.shape
    found = np.zeros(lines, np.float32)
    for line in range(lines):
        count = 0
        for place in range(places):
            count += flags[line, place]
        if count < shortest:
            continue
        best, now = 0, 0
        for place in range(places):
            now = max(0, now + (1 if flags[line, place] else -1))
            best = max(best, now)
        if best >= shortest // 2:
            found[line] = best
    return found


@_kernel(types.float32(_SUMS, types.int64, types.int64, types.int64))
def share(sums: NDArray[np.int32], line: int, start: int, end: int) -> np.float32:
    """Of this stretch of a line, how much is edge; less than 0 where the line is the picture's rim."""
    if line in (0, len(sums) - 1):
        return np.float32(-1)
    return np.float32((sums[line, end] - sums[line, start]) / (end - start))


@_kernel(types.float32(types.float32, types.float32, types.float32, types.float32))
def likelihood(one: np.float32, two: np.float32, three: np.float32, four: np.float32) -> np.float32:
    """How likely four sides bound a picture, 0 to 1, where 0 is not at all; the rim counts, but half."""
    cut, total, weakest = 0, np.float32(0), np.float32(1)
    for side in (one, two, three, four):
        if side >= 0:
            cut += 1
            total += side
            weakest = min(weakest, side)
    if not cut or weakest < WEAKEST or total < STRONG * cut:
        return np.float32(0)
    return np.float32((total + (4 - cut) * RIM) / 4)


@_kernel(types.float32[:, ::1](_SUMS, _PLACES, _SUMS, _PLACES, types.int64))
def rectangles(
    rows: NDArray[np.int32],
    tops: NDArray[np.int64],
    columns: NDArray[np.int32],
    lefts: NDArray[np.int64],
    smallest: int,
) -> NDArray[np.float32]:
    """Every rectangle of these lines that may be a picture's: left, top, right, bottom and its likelihood, (n, 5)."""
    area = (len(rows) - 1) * (len(columns) - 1)
    found = np.empty((len(tops) ** 2 * len(lefts) ** 2 // 4, 5), np.float32)
    count = 0
    for first in range(len(lefts)):
        for second in range(first + 1, len(lefts)):
            left, right = lefts[first], lefts[second]
            width = right - left
            if width < smallest:
                continue
            for one in range(len(tops)):
                on_top = share(rows, tops[one], left, right)
                if 0 <= on_top < WEAKEST:
                    continue
                for other in range(one + 1, len(tops)):
                    top, bottom = tops[one], tops[other]
                    height = bottom - top
                    if height < smallest or height * width < SMALLEST_SHARE * area:
                        continue
                    if max(height, width) > LONGEST * min(height, width):
                        continue
                    likely = likelihood(
                        share(columns, left, top, bottom),
                        on_top,
                        share(columns, right, top, bottom),
                        share(rows, bottom, left, right),
                    )
                    if likely > 0:
                        found[count, :4] = left, top, right, bottom
                        found[count, 4] = likely + LARGER * (height * width / area) ** 0.5
                        count += 1
    return found[:count]


@_kernel(types.int64(_VIEW, types.int64, types.int64, types.int64))
def first_other(luma: Luma, line: int, end: int, step: int) -> int:
    """The first line, going by `step` until `end`, that is not of the colour of the line it begins with."""
    places = luma.shape[1]
    colour = 0
    for place in range(places):
        colour += luma[line, place]
    colour //= max(1, places)
    while line != end:
        alike = 0
        for place in range(places):
            alike += abs(INT(luma[line, place]) - colour) <= BAND
        if alike < 0.98 * places:
            return line
        line += step
    return line


@_kernel(_BOX(_VIEW, types.float64))
def without_bands(luma: Luma, most: float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is left without bands of one colour, each at most this share of a side."""
    height, width = luma.shape
    down, across = int(height * most), int(width * most)
    top = first_other(luma, 0, down, 1)
    bottom = first_other(luma, height - 1, height - 1 - down, -1) + 1
    if bottom <= top:
        return 0, 0, 0, 0
    within = luma[top:bottom].T
    left = first_other(within, 0, across, 1)
    right = first_other(within, width - 1, width - 1 - across, -1) + 1
    return left, top, max(left, right), bottom
