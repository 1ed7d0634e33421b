"""
A hub's snapshot, as it lies in a file: unpacked a block at a time, and no further than its size can hold.

Nothing of it is believed here; `seawall.exchange.proof` says what must hold.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import SEEK_END
from typing import BinaryIO

import zstandard

from seawall.errors import InputError

LONGEST_LINE = 8 << 20  # bytes
MOST_GROWTH = 200  # times; JSON shrinks to a fifth, a bomb to a thousandth
BLOCK = 1 << 20  # bytes unpacked at once
LARGEST_WINDOW = 1 << 27  # bytes that unpacking may look back: zstd's own limit without --long
TOO_MUCH = "The snapshot unpacks to far more than one would."


@contextmanager
def snapshot_lines(file: BinaryIO) -> Iterator[Iterator[bytes]]:
    """The lines of a snapshot, none too long."""
    with snapshot_blocks(file) as blocks:
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
def snapshot_blocks(file: BinaryIO) -> Iterator[Iterator[bytes]]:
    """The bytes of a snapshot from its beginning, not more than its size can hold; the file stays open."""
    most = MOST_GROWTH * file.seek(0, SEEK_END) + LONGEST_LINE
    file.seek(0)
    unpacker = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
    with unpacker.stream_reader(file, closefd=False) as reader:
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
