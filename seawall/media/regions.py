"""
Where else in an upload a known picture may be: within a border, a screenshot, a collage, another picture.

    luma ──bands of one colour along the rim──▶ without-border
      └──straight edges ─▶ rectangles of them ─▶ the likeliest, without their gutters ─▶ named

Found in the luma that was decoded for the whole picture: a picture is reduced to 256 pixels or more, and half a side
of that is enough for a code that is 10 bits away on average. An ordinary photo costs 0.45 ms.
What cannot be found this way is a crop, for what was cut away is gone: `crops` are what a known picture is filed by.
"""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.media.media import Crop, Image, Luma, Media, Part, Region

SMALLEST = 56  # pixels of a side; a code of fewer is not that of the picture any more
KEPT = (90, 80, 70)  # percent of each side: the crops of a known picture
FRAMES = 2  # whose regions are looked for: a still on white and on black, an animation's beginning
LINES = 14  # straight edges each way that are combined
TRIED = 48  # rectangles
FAINT = 0.12  # of a line that is edge, where its counterpart is too
SAME = 0.985  # of their common area that two rectangles share: a fiftieth more is another code
GUTTER = 0.06  # of a side, at most, between the tiles of a collage
MARGIN = 0.97  # of what is outside has one colour: a border
PAGE = 0.5  # the same of an app's screen, which writing stands on
FLAT = 8  # of 255: deviation of what is no picture but a coloured card
ALIKE = 8  # of 255: what counts as one colour
STEP = 8  # pixels between those looked at for it

Lines = NDArray[np.int64]
Shares = NDArray[np.float64]  # of each line that is edge


class RegionKind(StrEnum):
    """Why a part of a picture was looked at by itself."""

    WITHOUT_BORDER = "without-border"
    WITHOUT_CAPTION = "without-caption"
    IN_SCREENSHOT = "in-screenshot"
    IN_COLLAGE = "in-collage"
    INNER_PICTURE = "inner-picture"


class Box(NamedTuple):
    """A rectangle in pixels of the luma; right and bottom are the first outside."""

    left: int
    top: int
    right: int
    bottom: int


def parts(image: Image, most: int) -> tuple[Part, ...]:
    """At most so many parts of a picture that may be pictures of their own, likeliest first."""
    found = (
        Part(frame=number, region=_in_pixels(kind, box, luma, image), luma=_cut(luma, box))
        for number, luma in enumerate(image.frames[:FRAMES])
        for kind, box in regions(luma, most)
    )
    return tuple(islice(found, most))


def regions(luma: Luma, most: int) -> list[tuple[RegionKind, Box]]:
    """At most so many rectangles of the luma that may be pictures of their own, likeliest first."""
    if most == 0 or min(luma.shape) < SMALLEST:
        return []
    whole = Box(0, 0, luma.shape[1], luma.shape[0])
    found: list[tuple[RegionKind, Box]] = []
    for box in _without_border(luma):
        _add(found, RegionKind.WITHOUT_BORDER, box, whole)
    for box in _rectangles(luma):
        if len(found) >= most:
            break
        _add(found, _kind(luma, box), box, whole)
    return found[:most]


def with_crops(media: Media) -> Media:
    """The same picture, together with its crops; other media as they are."""
    if media.image is None:
        return media
    return replace(media, image=replace(media.image, crops=tuple(crops(media.image.frames[0]))))


def crops(luma: Luma) -> Iterator[Crop]:
    """
    The centre and the corners of a known picture, at each of `KEPT`: what a copy of it that was cropped may be.

    A code forgives a crop of 2 % more or less; for a crop from anywhere see docs/decisions/0008.
    """
    height, width = luma.shape
    for side in KEPT:
        rest = 100 - side
        high, wide = round(height * side / 100), round(width * side / 100)
        middle = rest // 2
        for left, top in ((middle, middle), (0, 0), (rest, 0), (0, rest), (rest, rest)):
            down = round((height - high) * top / rest)
            across = round((width - wide) * left / rest)
            part = np.ascontiguousarray(luma[down : down + high, across : across + wide])
            yield Crop(left=left, top=top, side=side, luma=part)


def _add(found: list[tuple[RegionKind, Box]], kind: RegionKind, box: Box, whole: Box) -> None:
    if all(_overlap(box, other) < SAME for other in (whole, *(each for _, each in found))):
        found.append((kind, box))


def _without_border(luma: Luma) -> Iterator[Box]:
    """The luma without bands of one colour, and with bands as wide as the opposite: dark ones may run into a night."""
    from seawall.media.regions_kernel import without_bands  # noqa: PLC0415 - Numba takes a second to load

    height, width = luma.shape
    inner = Box(*without_bands(luma, 0.9))
    across, down = min(inner.left, width - inner.right), min(inner.top, height - inner.bottom)
    even = Box(across, down, width - across, height - down)
    for box in (inner, even):
        if _sides(box) >= SMALLEST:
            yield box


def _rectangles(luma: Luma) -> Iterator[Box]:
    """Rectangles bounded by straight edges, without what is flat, likeliest first."""
    from seawall.media.regions_kernel import (  # noqa: PLC0415 - the same
        edges,
        rectangles,
        running_sums,
        totals,
        without_bands,
    )

    across, upright = edges(luma), edges(np.ascontiguousarray(luma.T))
    height, width = luma.shape
    yield from _centred(totals(across) / width, totals(upright) / height)
    tops, lefts = _lines(across), _lines(upright)
    if len(tops) + len(lefts) == 4:  # nothing but the rim
        return
    rows, columns = running_sums(across, tops), running_sums(upright, lefts)
    found = rectangles(rows, tops, columns, lefts, SMALLEST)
    for row in found[np.argsort(-found[:, 4], kind="stable")[:TRIED]]:
        box = Box(*(int(place) for place in row[:4]))
        inside = luma[box.top : box.bottom, box.left : box.right]
        if inside[::STEP, ::STEP].std() < FLAT:
            continue
        narrower = Box(*without_bands(inside, GUTTER))
        box = Box(
            _line_at(box.left, narrower.left, lefts),
            _line_at(box.top, narrower.top, tops),
            _line_at(box.right, narrower.right - inside.shape[1], lefts),
            _line_at(box.bottom, narrower.bottom - inside.shape[0], tops),
        )
        if _sides(box) >= SMALLEST:
            yield box


def _centred(rows: Shares, columns: Shares) -> Iterator[Box]:
    """What lies between two faint edges as far from the rim: a picture before a blurred copy of itself."""
    height, width = len(rows) - 1, len(columns) - 1
    down, across = _faint_pair(rows), _faint_pair(columns)
    box = Box(across, down, width - across, height - down)
    if (down or across) and _sides(box) >= SMALLEST:
        yield box


def _faint_pair(shares: Shares) -> int:
    """How far from both ends a line and its counterpart are edges for a part of their length; 0 where none are."""
    counterpart = shares[::-1]
    near = np.maximum(counterpart, np.maximum(np.roll(counterpart, 1), np.roll(counterpart, -1)))
    pairs = np.minimum(shares, near)[: len(shares) // 2]
    place = int(np.argmax(pairs))
    return place if pairs[place] >= FAINT else 0


def _lines(edges: NDArray[np.uint8]) -> Lines:
    """The places of the longest straight edges and of both ends, ascending."""
    from seawall.media.regions_kernel import strengths  # noqa: PLC0415 - the same

    strong = strengths(edges, max(SMALLEST // 2, edges.shape[1] // 6))
    peaks = strong.copy()
    peaks[1:][strong[:-1] >= strong[1:]] = 0
    peaks[:-1][strong[1:] > strong[:-1]] = 0
    best = np.argsort(-peaks, kind="stable")[:LINES]
    return np.sort(np.concatenate([[0], best[peaks[best] > 0], [len(edges) - 1]])).astype(np.int64)


def _line_at(side: int, moved: int, lines: Lines) -> int:
    """The side moved past a gutter, if a straight edge is there; a sky is as even as a gutter, and ends anywhere."""
    if moved == 0:
        return side
    near = lines[np.abs(lines - (side + moved)) <= 1]
    return int(near[0]) if len(near) else side


def _kind(luma: Luma, box: Box) -> RegionKind:
    """What the rest of the picture looks like from this part of it."""
    height, width = luma.shape
    rims = (box.left == 0, box.top == 0, box.right == width, box.bottom == height)
    outside = np.ones(luma[::STEP, ::STEP].shape, np.bool_)
    outside[
        -(-box.top // STEP) : -(-box.bottom // STEP), -(-box.left // STEP) : -(-box.right // STEP)
    ] = False
    rest = luma[::STEP, ::STEP][outside]
    plain = _of_one_colour(rest) if len(rest) else 1.0
    if plain >= MARGIN:
        return RegionKind.WITHOUT_BORDER
    if plain >= PAGE:
        band = sum(rims) == 3 and rims[0] and rims[2]
        return RegionKind.WITHOUT_CAPTION if band else RegionKind.IN_SCREENSHOT
    return RegionKind.IN_COLLAGE if sum(rims) >= 2 else RegionKind.INNER_PICTURE


def _of_one_colour(values: NDArray[np.uint8]) -> float:
    """The share of the values that are near the commonest."""
    counts = np.bincount(values, minlength=256)
    near = np.convolve(counts, np.ones(2 * ALIKE + 1), "same")
    return float(near.max()) / len(values)


def _sides(box: Box) -> int:
    return min(box.right - box.left, box.bottom - box.top)


def _overlap(one: Box, other: Box) -> float:
    """Their common area as a share of all that either covers."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    both = max(0, across) * max(0, down)
    return both / (_area(one) + _area(other) - both)


def _area(box: Box) -> int:
    return (box.right - box.left) * (box.bottom - box.top)


def _cut(luma: Luma, box: Box) -> Luma:
    return np.ascontiguousarray(luma[box.top : box.bottom, box.left : box.right])


def _in_pixels(kind: RegionKind, box: Box, luma: Luma, image: Image) -> Region:
    """The box in pixels of the upright picture."""
    across, down = image.width / luma.shape[1], image.height / luma.shape[0]
    left, top = round(box.left * across), round(box.top * down)
    return Region(
        kind=kind,
        left=left,
        top=top,
        width=min(image.width, round(box.right * across)) - left,
        height=min(image.height, round(box.bottom * down)) - top,
    )
