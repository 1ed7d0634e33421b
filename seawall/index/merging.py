"""From what memory knows to what the disk says: the next segment and the next manifest."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from seawall.index.config import ShelfConfig
from seawall.index.cut import Cut
from seawall.index.fold import Moment
from seawall.index.manifest import Manifest
from seawall.index.segment import write_segment
from seawall.index.tiers import absorbed


def merged(
    folder: Path,
    manifest: Manifest,
    moment: Moment,
    position: int,
    *,
    cut: Callable[[int], Cut],
    config: ShelfConfig,
) -> Manifest:
    """
    The manifest that says on disk what `moment` says in memory; its new segment is written.

    `moment` is the manifest's segments with every change up to `position` folded over them. Its
    tail and the segments worth merging become one segment without dead rows; the others stay,
    their dead rows listed. `cut` says how to cut a segment of so many codes.
    """
    *living, waiting = moment.living_rows()
    dead = sum(len(part.deaths) for part in moment.held)
    taken = absorbed([len(rows) for rows in living], dead, len(waiting), config)

    codes, keys = [moment.codes[waiting]], [moment.keys[waiting]]
    kept = []
    for place, (entry, part) in enumerate(zip(manifest.segments, moment.held, strict=True)):
        if place in taken:
            codes.append(np.take(part.segment.codes, living[place], axis=0))
            keys.append(np.take(part.segment.keys, living[place]).astype(np.uint64))
        else:
            kept.append(replace(entry, dead=tuple(sorted(part.deaths))))
    count = sum(len(part) for part in keys)
    if count:
        kept.append(write_segment(folder, np.concatenate(codes), np.concatenate(keys), cut(count)))
    return replace(manifest, position=position, segments=tuple(kept))
