"""
A hub's snapshot, as it lies in a file: unpacked a block at a time, and no further than its size can hold.

Nothing of it is believed here; `seawall.exchange.proof` says what must hold.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import zstandard

from seawall.errors import InputError

LONGEST_LINE = 8 << 20  # bytes
MOST_GROWTH = 200  # times; JSON shrinks to a fifth, a bomb to a thousandth
BLOCK = 1 << 20  # bytes unpacked at once
LARGEST_WINDOW = 1 << 27  # bytes that unpacking may look back: zstd's own limit without --long
TOO_MUCH = "The snapshot unpacks to far more than one would."


@contextmanager
def snapshot_lines(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a snapshot, none too long."""
    with snapshot_blocks(path) as blocks:
        yield _lines(blocks)


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise InputError(TOO_MUCH)
        yield from whole
    if rest:
        yield rest


@contextmanager
def snapshot_blocks(path: Path) -> Iterator[Iterator[bytes]]:
    """The bytes of a snapshot, not more than its size can hold."""
    most = MOST_GROWTH * path.stat().st_size + LONGEST_LINE
    with (
        path.open("rb") as file,
        zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).stream_reader(file) as reader,
    ):
        yield _blocks(reader, most)


def _blocks(reader: zstandard.ZstdDecompressionReader, most: int) -> Iterator[bytes]:
    try:
        while block := reader.read(BLOCK):
            most -= len(block)
            if most < 0:
                raise InputError(TOO_MUCH)
            yield block
    except zstandard.ZstdError as broken:
        raise InputError(f"The snapshot cannot be unpacked: {broken}.") from broken
