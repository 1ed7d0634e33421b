"""
The lines of a snapshot in the order in which their entries will lie, with little of them in memory.

    lines ─▶ runs by the first bits of the signal's digest, in a file without a name ─▶ run after run

Entries are named after the digests of their signals, and two of the database's indexes hold those: written in this
order, a million of them fill each page once.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile

from seawall.index.digest import digest

BLOCK = 64 << 10  # bytes of a run that wait in memory
MOST_RUNS = 512
MOST_BYTES = 32 << 20  # of a batch, whatever the length of its lines
_SIGNAL = re.compile(rb'"signal": ?"([^"\\]*)"')


def by_digest(
    lines: Iterable[bytes], *, count: int, most: int, folder: Path
) -> Iterator[list[bytes]]:
    """
    The same lines, about `count`, in batches of at most so many: each batch after the one before, in itself unordered.

    What has no signal comes in any place: this decides only the order. The file is gone with the process.
    """
    runs = 1 + count * 4 // (most * 3)  # so that a run is rarely more than a batch
    runs = min(runs, MOST_RUNS)
    waiting: list[list[bytes]] = [[] for _ in range(runs)]
    sizes = [0] * runs
    places: list[list[tuple[int, int]]] = [[] for _ in range(runs)]
    with TemporaryFile(dir=folder) as file:
        end = 0
        for line in lines:
            found = _SIGNAL.search(line)
            key = digest(found[1].decode("utf-8", "replace")) if found else b""
            run = int.from_bytes(key[:4]) * runs >> 32
            waiting[run].append(line)
            sizes[run] += len(line) + 1
            if sizes[run] >= BLOCK:
                size = file.write(b"\n".join(waiting[run]))
                places[run].append((end, size))
                end += size
                waiting[run].clear()
                sizes[run] = 0
        for run in range(runs):
            batch: list[bytes] = []
            held = 0
            for place, size in places[run]:
                file.seek(place)
                batch += file.read(size).split(b"\n")
                held += size
                while len(batch) >= most:
                    yield batch[:most]
                    del batch[:most]
                    held = size
                if held >= MOST_BYTES and batch:
                    yield batch
                    batch, held = [], 0
            batch += waiting[run]
            waiting[run].clear()
            for start in range(0, len(batch), most):
                yield batch[start : start + most]
