"""
PDQ's arithmetic: luma becomes 64 by 64 averages, 16 by 16 frequencies, and 256 bits for each of eight turns.

    luma ──blur, blur, decimate──▶ 64 by 64 ──DCT──▶ 16 by 16 ──which are above the median──▶ 8 times 256 bits
                                     └──gradients──▶ quality

Source: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook, 2019.

Every sum is a float32 running sum in the published order, so the bits equal the reference's bit for bit. A running sum
cannot be vectorised along itself, so each pass runs down the rows of an array with all columns abreast; for sums along
rows, strips of the picture are laid on their side. Only 64 columns of the last two passes are ever written.
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

Float = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Pixels = NDArray[np.uint8]  # one row
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

SIDE = 64  # averages along each side
FREQUENCIES = 16  # along each side, the constant one left out
STRIP = 64  # rows laid on their side together: a strip 2000 columns wide stays in the second-level cache
INT = np.int32
NARROW = (2, 3, 4, 5, 6)  # windows that are summed afresh: rows of 129 to 768 pixels
MEDIAN = FREQUENCIES * FREQUENCIES // 2 - 1  # the lower of the two middle ones

# How each turn changes the frequencies: transposed?, odd rows negated?, odd columns negated?
# In the order of `Orientation`. Turning a picture transposes and mirrors it, and mirroring an axis negates
# its odd frequencies; the constant one is left out, so those sit at even positions.
TURNS = np.array(
    [
        [False, False, False],  # upright
        [True, False, True],  # a quarter clockwise
        [False, True, True],  # half
        [True, True, False],  # a quarter anticlockwise
        [False, False, True],  # mirrored left to right
        [True, True, True],  # mirrored, then a quarter clockwise
        [False, True, False],  # mirrored, then half
        [True, False, False],  # mirrored, then a quarter anticlockwise
    ]
)

COSINES = np.array(
    [
        [
            float(np.float32(math.sqrt(2 / SIDE)))
            * math.cos(math.pi / 2 / SIDE * (wave + 1) * (2 * place + 1))
            for place in range(SIDE)
        ]
        for wave in range(FREQUENCIES)
    ],
    dtype=np.float32,
)  # (16, 64): the discrete cosine transform, type II, rows 1 to 16

F = TypeVar("F", bound=Callable[..., Any])

# A read-only parameter accepts arrays that may be written too.
PIXELS = types.Array(types.uint8, 2, "C", readonly=True)
VALUES = types.Array(types.float32, 2, "C", readonly=True)
PLACES = types.Array(types.int64, 1, "C", readonly=True)
LINE = types.Array(types.uint8, 1, "C", readonly=True)
FLAGS = types.Array(types.boolean, 2, "C", readonly=True)
FRESH = types.float32[:, ::1]


def kernel(*signatures: Any) -> Callable[[F], F]:  # noqa: ANN401  # numba has no types
    """Compile the function for exactly these signatures, ahead of its first call, to run without the lock."""

    def compiled(function: F) -> F:
        return cast("F", njit(list(signatures), nogil=True, cache=True)(function))

    return compiled


@kernel(FRESH(PIXELS, PLACES), FRESH(VALUES, PLACES))
def averaged(values: NDArray[Any], wanted: Places) -> Float:
    """
    Box averages down each column, of which only the wanted rows (ascending, perhaps repeated) are kept.

    The window is half of one of the 64 blocks, rounded up; at both ends it holds what there is.
    """
    length, width = values.shape
    window = (length + 2 * SIDE - 1) // (2 * SIDE)
    ahead = (window + 2) // 2 - 1  # rows of the window below the row it belongs to
    sums = np.zeros(width, np.float32)
    averages = np.empty((len(wanted), width), np.float32)
    written = 0
    for row in range(-ahead, length):
        entering = row + ahead
        leaving = entering - window
        if entering < length and leaving >= 0:
            for column in range(width):
                wider = sums[column] + np.float32(values[entering, column])
                sums[column] = wider - np.float32(values[leaving, column])
        elif entering < length:
            for column in range(width):
                sums[column] += np.float32(values[entering, column])
        else:
            for column in range(width):
                sums[column] -= np.float32(values[leaving, column])
        while written < len(wanted) and row == wanted[written]:
            held = np.float32(min(entering, length - 1) - max(leaving, -1))
            for column in range(width):
                averages[written, column] = sums[column] / held
            written += 1
    return averages


@kernel(types.int64[::1](types.int64))
def centres(length: int) -> Places:
    """The 64 places along a side whose averages are kept: the middles of 64 equal blocks."""
    places = np.empty(SIDE, np.int64)
    for block in range(SIDE):
        places[block] = int(((block + 0.5) * length) / SIDE)
    return places


@kernel(types.void(FRESH, FRESH))
def stand_up(lying: Float, standing: Float) -> None:
    """Write the transpose of one array into the other, by squares of 8: one vector register a row."""
    height, width = standing.shape
    for top in range(0, height - 7, 8):
        for left in range(0, width - 7, 8):
            for row in range(8):
                for column in range(8):
                    standing[top + row, left + column] = lying[left + column, top + row]
    standing[height - height % 8 :] = lying[:, height - height % 8 :].T
    standing[:, width - width % 8 :] = lying[width - width % 8 :].T


@kernel(types.float32(LINE))
def mean(values: Pixels) -> np.float32:
    """Of a few pixels at an edge."""
    total = 0
    for value in values:
        total += value
    return np.float32(total) / np.float32(len(values))


@kernel(types.void(LINE, types.float32[::1], types.int64))
def average_windows(line: Pixels, averages: NDArray[np.float32], window: int) -> None:
    """The average of every `window` neighbours; a loop for each width, so that each is unrolled."""
    if window == 2:
        for c in range(len(averages)):
            averages[c] = np.float32(INT(line[c]) + INT(line[c + 1])) / np.float32(2)
    elif window == 3:
        for c in range(len(averages)):
            averages[c] = np.float32(
                INT(line[c]) + INT(line[c + 1]) + INT(line[c + 2])
            ) / np.float32(3)
    elif window == 4:
        for c in range(len(averages)):
            total = INT(line[c]) + INT(line[c + 1]) + INT(line[c + 2]) + INT(line[c + 3])
            averages[c] = np.float32(total) / np.float32(4)
    elif window == 5:
        for c in range(len(averages)):
            total = (
                INT(line[c])
                + INT(line[c + 1])
                + INT(line[c + 2])
                + INT(line[c + 3])
                + INT(line[c + 4])
            )
            averages[c] = np.float32(total) / np.float32(5)
    else:
        for c in range(len(averages)):
            total = INT(line[c]) + INT(line[c + 1]) + INT(line[c + 2])
            total += INT(line[c + 3]) + INT(line[c + 4]) + INT(line[c + 5])
            averages[c] = np.float32(total) / np.float32(6)


@kernel(FRESH(PIXELS, PLACES), FRESH(VALUES, PLACES))
def averaged_across(values: NDArray[Any], wanted: Places) -> Float:
    """Box averages along each row, of which only the wanted columns are kept; a strip of rows at a time."""
    height = values.shape[0]
    averages = np.empty((height, len(wanted)), np.float32)
    for top in range(0, height, STRIP):
        lying = np.ascontiguousarray(values[top : top + STRIP].T)
        stand_up(averaged(lying, wanted), averages[top : top + STRIP])
    return averages


@kernel(FRESH(PIXELS))
def summed_across(luma: Bytes) -> Float:
    """
    Box averages along each row, of every column.

    Whole numbers may be summed in any order, so a narrow window is summed afresh for each column, many columns abreast.
    """
    height, width = luma.shape
    window = (width + 2 * SIDE - 1) // (2 * SIDE)
    if not NARROW[0] <= window <= NARROW[-1]:
        return averaged_across(luma, np.arange(width))
    ahead = (window + 2) // 2 - 1
    behind = window - 1 - ahead
    averages = np.empty((height, width), np.float32)
    for row in range(height):
        average_windows(luma[row], averages[row, behind : width - ahead], window)
        for column in range(behind):
            averages[row, column] = mean(luma[row, : column + ahead + 1])
        for column in range(width - ahead, width):
            averages[row, column] = mean(luma[row, column - behind :])
    return averages


@kernel(FRESH(VALUES))
def blocks(across: Float) -> Float:
    """The first averages along rows, averaged along columns, then once more both ways: 64 by 64 values."""
    height, width = across.shape
    once = averaged(across, np.arange(height))
    return averaged(averaged_across(once, centres(width)), centres(height))


@kernel(types.int64(VALUES))
def steepness(averages: Float) -> int:
    """The published quality, 0 (flat) to 100: the sum of the steps between neighbours, in hundredths of white."""
    total = 0
    for row in range(SIDE):
        for column in range(SIDE):
            here = averages[row, column]
            if row + 1 < SIDE:
                total += abs(
                    int((here - averages[row + 1, column]) * np.float32(100) / np.float32(255))
                )
            if column + 1 < SIDE:
                total += abs(
                    int((here - averages[row, column + 1]) * np.float32(100) / np.float32(255))
                )
    return min(total // 90, 100)


@kernel(FRESH(VALUES, VALUES))
def frequencies(averages: Float, cosines: Float) -> Float:
    """The 16 by 16 lowest frequencies in both directions, summed in order: cosines · averages · cosinesᵀ."""
    down = np.zeros((FREQUENCIES, SIDE), np.float32)
    for wave in range(FREQUENCIES):
        for place in range(SIDE):
            for column in range(SIDE):
                down[wave, column] += cosines[wave, place] * averages[place, column]
    across = np.zeros((FREQUENCIES, FREQUENCIES), np.float32)
    sideways = np.ascontiguousarray(cosines.T)
    for wave in range(FREQUENCIES):
        for place in range(SIDE):
            for column in range(FREQUENCIES):
                across[wave, column] += down[wave, place] * sideways[place, column]
    return across


@kernel(types.uint8[:, ::1](VALUES, FLAGS))
def codes(waves: Float, turns: Flags) -> Bytes:
    """One 32-byte code a turn, last frequency first: a bit is set where that frequency lies above the median."""
    found = np.zeros((len(turns), FREQUENCIES * FREQUENCIES // 8), np.uint8)
    turned = np.empty(FREQUENCIES * FREQUENCIES, np.float32)
    for turn in range(len(turns)):
        for row in range(FREQUENCIES):
            for column in range(FREQUENCIES):
                value = waves[column, row] if turns[turn, 0] else waves[row, column]
                negated = (turns[turn, 1] and row % 2 == 0) != (turns[turn, 2] and column % 2 == 0)
                turned[row * FREQUENCIES + column] = -value if negated else value
        median = np.partition(turned, MEDIAN)[MEDIAN]
        for bit in range(len(turned)):
            if turned[bit] > median:
                found[turn, found.shape[1] - 1 - bit // 8] |= np.uint8(1 << (bit % 8))
    return found


def pdq(luma: Bytes | Float, turns: Flags = TURNS) -> tuple[Bytes, int]:
    """
    The codes of a picture for each of the turns, (turns, 32) bytes, and its quality, 0 to 100.

    The luma, (height, width) and contiguous, runs from 0 to 255.
    """
    whole = luma.dtype == np.uint8
    across = (
        summed_across(cast("Bytes", luma))
        if whole
        else averaged_across(luma, np.arange(luma.shape[1]))
    )
    averages = blocks(across)
    return codes(frequencies(averages, COSINES), turns), steepness(averages)
