"""
Which buckets to look into so that nothing within a distance can hide.

Pigeonhole: when chunk i is searched up to radius r_i and the sum of (r_i + 1) exceeds d, a code
that differs from the query in more than r_i bits of every chunk differs in more than d bits in
all. So d + 1 steps of radius must be bought, each where it is cheapest. The price of a step
only grows with the radius, so buying the cheapest next step each time buys the cheapest plan.

Source: Norouzi, Punjani and Fleet, "Fast Search in Hamming Space with Multi-Index Hashing",
CVPR 2012, proposition 1; the uneven radii are our own generalisation of it.
"""

from dataclasses import dataclass
from functools import cache
from math import comb, inf

import numpy as np
from numpy.typing import NDArray

from seawall.index.cut import Cut

# Nanoseconds, measured on a 2-core AMD EPYC virtual machine; only their ratios matter.
PROBE = 20.0  # reading one bucket's bounds
CANDIDATE = 40.0  # reading one id and its code
SCANNED = 1.2  # reading one code in order


@dataclass(frozen=True, slots=True)
class Plan:
    """
    One row of `reach` per chunk searched: chunk, radius, first mask, end of masks.

    `masks` are what to XOR a chunk with to get every bucket within its radius. When the buckets
    turn out to hold more than `crowd` candidates, a scan of the segment is cheaper.
    """

    reach: NDArray[np.int64]
    masks: NDArray[np.uint32]
    crowd: int


def planned(cut: Cut, count: int, distance: int) -> Plan | None:
    """The cheapest way to find everything within `distance` of a query; None means "scan"."""
    price, scan = 0.0, count * SCANNED
    radii = [-1] * len(cut.widths)
    for _ in range(distance + 1):
        steps = [_step(cut, count, chunk, radius + 1) for chunk, radius in enumerate(radii)]
        cheapest = min(steps, default=inf)
        price += cheapest
        if price > scan:
            return None
        radii[steps.index(cheapest)] += 1
    return _plan(cut, radii, crowd=int(scan / CANDIDATE))


def _step(cut: Cut, count: int, chunk: int, radius: int) -> float:
    """What widening this chunk's search to `radius` costs when codes are evenly spread."""
    width = cut.widths[chunk]
    if radius > width:
        return inf
    return comb(width, radius) * (PROBE + CANDIDATE * count / (1 << width))


def _plan(cut: Cut, radii: list[int], *, crowd: int) -> Plan:
    places: dict[tuple[int, int], int] = {}
    pieces: list[NDArray[np.uint32]] = []
    reach, end = [], 0
    for chunk, (width, radius) in enumerate(zip(cut.widths, radii, strict=True)):
        if radius < 0:
            continue
        masks = masks_within(width, radius)
        if (width, radius) not in places:
            places[width, radius] = end
            pieces.append(masks)
            end += len(masks)
        first = places[width, radius]
        reach.append((chunk, radius, first, first + len(masks)))
    return Plan(np.array(reach, np.int64), np.concatenate(pieces), crowd)


@cache
def masks_within(width: int, radius: int) -> NDArray[np.uint32]:
    """
    Every `width`-bit number with at most `radius` bits set, in ascending order.

    The order puts neighbouring buckets side by side, so that one cache line answers for several.
    """
    none_or_one = np.append(0, 1 << np.arange(width)).astype(np.uint32)
    masks = np.zeros(1, np.uint32)
    for _ in range(radius):
        masks = np.unique(masks[:, None] | none_or_one)
    return masks
