"""
Segments: immutable, sorted, memory-mapped files of codes and their keys.

A file is a page of JSON (bits, count, key size, chunk widths), then these arrays, each from a
page boundary on, little-endian:

    codes    uint64 (n, bits / 64)   in the order of chunk 0
    keys     uint32 or uint64 (n)    the number each row is known by outside
    by_key   uint32 (n)              rows by ascending key
    buckets  uint32                  per chunk, where each of its 2^w buckets begins, and then,
                                     for chunks after the first, the rows by bucket

Ten million 256-bit codes with 32-bit keys take 127 bytes each.
"""

import json
import mmap
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from seawall.index.cut import Cut
from seawall.index.files import TEMPORARY, put_in_place
from seawall.index.kernels import Rows, Words
from seawall.index.manifest import SegmentEntry, damaged
from seawall.index.plan import Plan, planned
from seawall.index.search import Hits, probe, scan, scan_tail
from seawall.index.sorting import bucket_offsets, bucket_order, rows_of, rows_of_few

PAGE = 4096  # bytes; the header's size, and what every array is aligned to
FEW = 256  # keys that are found in less than 0.2 ms


@dataclass(frozen=True, slots=True)
class Segment:
    """An open segment; its arrays are views of the file."""

    name: str
    codes: Words
    keys: Rows | Words
    by_key: Rows
    buckets: Rows
    cut: Cut
    places: NDArray[np.int64]
    plans: dict[int, Plan | None] = field(default_factory=dict)

    def near(self, query: Words, distance: int) -> Hits:
        """Rows within `distance` bits of the query, and their distances; unordered."""
        if not self.cut.widths:
            return scan_tail(self.codes, query, distance)
        if distance not in self.plans:
            self.plans[distance] = planned(self.cut, len(self.codes), distance)
        plan = self.plans[distance]
        if plan is None:
            return scan(self.codes, query, distance)
        return probe(
            self.codes,
            self.buckets,
            self.places,
            plan.reach,
            plan.masks,
            plan.crowd,
            query,
            distance,
        )

    def rows_of(self, keys: Words) -> NDArray[np.int64]:
        """The row of each key, -1 for keys that are not here."""
        find = rows_of_few if len(keys) <= FEW else rows_of
        return find(self.keys, self.by_key, keys)


def write_segment(folder: Path, codes: Words, keys: Words, cut: Cut) -> SegmentEntry:
    """
    A new segment file with these rows lies in the folder, durably, named by its checksum.

    codes: uint64 (n, words); keys: uint64 (n), each once. The file belongs to the index once a
    manifest names it; until then it is an orphan.
    """
    temporary = folder / f"segment{TEMPORARY}"
    hashed = xxhash.xxh3_128()
    with temporary.open("wb") as file:
        for array in _arrays(codes, keys, cut):
            size = 0
            for piece in array:
                file.write(piece.data)
                hashed.update(piece.data)
                size += piece.nbytes
            file.write(bytes(-size % PAGE))
            hashed.update(bytes(-size % PAGE))
        file.flush()
        os.fsync(file.fileno())
    checksum = hashed.hexdigest()
    name = f"{checksum}.segment"
    put_in_place(temporary, folder / name)
    return SegmentEntry(name=name, count=len(codes), checksum=checksum)


def _arrays(codes: Words, keys: Words, cut: Cut) -> Iterator[Iterable[NDArray[Any]]]:
    """The header and the arrays in pieces, each made only when it is its turn to be written."""
    narrow = not len(keys) or int(keys.max()) < 1 << 32
    header = {
        "bits": codes.shape[1] * 64,
        "count": len(codes),
        "key_bytes": 4 if narrow else 8,
        "widths": cut.widths,
    }
    yield [np.frombuffer(json.dumps(header).encode(), np.uint8)]
    if cut.widths:
        order = bucket_order(codes, 0, cut.widths[0], bucket_offsets(codes, 0, cut.widths[0]))
        codes, keys = np.take(codes, order, axis=0), np.take(keys, order)
    keys = keys.astype("<u4") if narrow else keys
    yield [codes]
    yield [keys]
    yield [np.argsort(keys).astype("<u4")]
    yield _buckets(codes, cut)


def _buckets(codes: Words, cut: Cut) -> Iterator[Rows]:
    for chunk, (start, width, _, _) in enumerate(cut.places(len(codes)).tolist()):
        offsets = bucket_offsets(codes, start, width)
        yield offsets
        if chunk:
            yield bucket_order(codes, start, width, offsets)


def open_segment(folder: Path, entry: SegmentEntry, *, bits: int) -> Segment:
    """
    Map the segment, after reading all of it once to verify its checksum.

    Raises:
        StorageError: the file is not what the manifest says; nothing was changed.
        FileNotFoundError: the file is not there.
    """
    path = folder / entry.name
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < PAGE:
            raise damaged(folder, f"{entry.name} is cut short")
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if xxhash.xxh3_128(content).hexdigest() != entry.checksum:
        raise damaged(folder, f"{entry.name} does not have the checksum of its manifest")
    header = json.loads(content[:PAGE].rstrip(b"\0"))
    count, cut = header["count"], Cut(tuple(header["widths"]))
    if (header["bits"], count) != (bits, entry.count):
        raise damaged(folder, f"{entry.name} is not the segment its manifest means")
    at = PAGE

    def array(kind: str, *shape: int) -> NDArray[Any]:
        nonlocal at
        size = int(np.prod(shape))
        values = np.frombuffer(content, kind, size, at).reshape(shape)
        at += -(-values.nbytes // PAGE) * PAGE
        return values

    return Segment(
        name=entry.name,
        codes=array("<u8", count, bits // 64),
        keys=array(f"<u{header['key_bytes']}", count),
        by_key=array("<u4", count),
        buckets=array("<u4", cut.size(count)),
        cut=cut,
        places=cut.places(count),
    )
