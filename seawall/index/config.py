"""The knobs of an index, with the figures behind their defaults."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfConfig:
    """
    When changes move from memory to disk, and how segments grow together.

    tail_limit   keys; `wants_merge` turns true when this many changes wait in memory.
                 Scanning a full tail costs about 0.03 ms a query.
    scan_limit   codes; a segment this small has no tables, because a scan is as fast.
    fanout       a merge also takes in every segment up to this many times its own size, so
                 n codes lie in about log(n / tail_limit) / log(fanout) segments.
    dead_share   when more than this share of all rows is dead, a merge rewrites everything.
    """

    tail_limit: int = 16_384
    scan_limit: int = 4_096
    fanout: int = 4
    dead_share: float = 1 / 16


DEFAULTS = ShelfConfig()
