"""
Where else in an upload a known picture may be: what is left without its border, and rectangles with straight edges.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from seawall.media.media import Luma

MOST = 12
LINES = 14
SMALLEST = 56
GUTTER = 0.06
RIM, SAME = 0.5, 0.985
MIN, MEAN = 0.35, 0.5

class RegionKind(StrEnum):
    BORDER = "border"
    RECT = "rect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    kind: RegionKind
    left: int
    top: int
    width: int
    height: int
    support: tuple = ()


def regions(luma: Luma) -> tuple[Region, ...]:
    from seawall.media.regions_kernel import without_bands

    height, width = luma.shape
    if min(height, width) < SMALLEST:
        return ()
    boxes = []
    inner = without_bands(luma, 0.9)
    if inner != (0, 0, width, height) and large(inner, width, height):
        boxes.append((RegionKind.BORDER, inner, ()))
        x = min(inner[0], width - inner[2]); y = min(inner[1], height - inner[3])
        even = (x, y, width - x, height - y)
        if (x or y) and overlap(even, inner) < SAME:
            boxes.append((RegionKind.BORDER, even, ()))
    for box, s in candidates(luma):
        if len(boxes) >= MOST:
            break
        if all(overlap(box, other) < SAME for _, other, _ in boxes):
            boxes.append((RegionKind.RECT, box, s))
    return tuple(
        Region(kind=k, left=l, top=t, width=r - l, height=b - t, support=s) for k, (l, t, r, b), s in boxes
    )


def large(box, width, height):
    w, h = box[2] - box[0], box[3] - box[1]
    return min(w, h) >= SMALLEST and w * h >= 0.04 * width * height


def overlap(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    both = w * h
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def lines(flags):
    from seawall.media.regions_kernel import strengths

    strong = strengths(flags, max(SMALLEST // 2, flags.shape[1] // 6))
    peak = strong.copy()
    peak[1:] = np.where(strong[:-1] >= strong[1:], 0, peak[1:])
    peak[:-1] = np.where(strong[1:] > strong[:-1], 0, peak[:-1])
    best = np.argsort(-peak, kind="stable")[:LINES]
    best = best[peak[best] > 0]
    return np.sort(np.concatenate([[0], best, [len(flags) - 1]])).astype(np.int64)


def candidates(luma):
    from seawall.media.regions_kernel import edges, running_sums, rectangles, without_bands

    height, width = luma.shape
    er, ec = edges(luma), edges(np.ascontiguousarray(luma.T))
    tops, lefts = lines(er), lines(ec)
    if len(tops) == 2 and len(lefts) == 2:
        return
    rs, cs = running_sums(er), running_sums(ec)
    found = rectangles(rs, tops, cs, lefts, SMALLEST, SMALLEST)
    if not len(found):
        return
    w, h = found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]
    sides = found[:, 4:]
    area = w * h / (width * height)
    aspect = w / h
    inner = np.where(sides == 1, 0, sides)
    ok = (area >= 0.06) & (area < 0.985) & (aspect > .31) & (aspect < 3.2) & (sides.min(1) >= MIN) & (inner.sum(1) >= 0.62 * np.maximum(1, (sides < 1).sum(1)))
    found, area = found[ok], area[ok]
    score = np.where(found[:, 4:] == 1, RIM, found[:, 4:]).mean(1) + 0.2 * np.sqrt(area)
    order = np.argsort(-score, kind="stable")[:100]
    top_set, left_set = set(tops.tolist()), set(lefts.tolist())
    for row in found[order]:
        l, t, r, b = map(int, row[:4])
        inside = luma[t:b, l:r]
        if inside[::8, ::8].std() < 8:
            continue
        dl, dt, dr, db = without_bands(inside, GUTTER)
        nl, nt, nr, nb = l + dl, t + dt, l + dr, t + db
        snap = lambda new, old, ls: next((x for x in (new, new - 1, new + 1) if x in ls), old) if new != old else old
        l2, t2, r2, b2 = snap(nl, l, left_set), snap(nt, t, top_set), snap(nr, r, left_set), snap(nb, b, top_set)
        if min(r2 - l2, b2 - t2) < SMALLEST:
            continue
        yield (l2, t2, r2, b2), tuple(row[4:].round(2).tolist())
