"""Which segments are merged with the tail, so that segments stay few and merges stay rare."""

from collections.abc import Sequence

from seawall.index.config import ShelfConfig


def absorbed(live: Sequence[int], dead: int, waiting: int, config: ShelfConfig) -> list[int]:
    """
    The places in `live` of the segments that the next segment takes in.

    live: live rows of each segment; dead: dead rows in all of them; waiting: rows in the tail.
    """
    if dead > config.dead_share * (sum(live) + dead):
        return list(range(len(live)))
    if not waiting:
        return []
    taken, size = [], max(waiting, config.tail_limit)
    for place in sorted(range(len(live)), key=live.__getitem__):
        if live[place] > config.fanout * size:
            break
        taken.append(place)
        size += live[place]
    return taken
