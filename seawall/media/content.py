"""A stranger's bytes as decoders read them, in memory or mapped from a file; and how far they have come."""

from collections.abc import Callable
from io import SEEK_CUR, SEEK_END, SEEK_SET, BytesIO
from mmap import mmap

Content = bytes | mmap  # slices of both are bytes
Tell = Callable[[float], None]  # is told the share that is done, 0 to 1


def nobody(_share: float) -> None:
    """For what nobody waits for."""


def between(tell: Tell, start: float, end: float) -> Tell:
    """What tells of one step of several: its own 0 to 1 is told on as `start` to `end`."""
    return lambda share: tell(start + share * (end - start))


def reader(content: Content) -> "BytesIO | Mapped":
    """The content as a file, at its beginning; several may be read at once."""
    return BytesIO(content) if isinstance(content, bytes) else Mapped(content)


class Mapped:
    """A file over a mapped one, whose bytes are in memory only while they are read."""

    def __init__(self, content: mmap) -> None:
        self._content = content
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or what is left of them."""
        end = len(self._content) if size < 0 else self._at + size
        some = self._content[self._at : end]
        self._at += len(some)
        return some

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Read on from there."""
        start = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: len(self._content)}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at
