"""
Writing so that a crash at any instant leaves the old file or the new one, and one lock.

    temporary file ──write, fsync──▶ whole ──rename──▶ in place ──fsync folder──▶ durable
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".tmp"  # the suffix of files that are not whole yet; nothing reads them

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, wait: bool) -> None:
        """Lock the first byte; waiting gives up after ten seconds, as Windows has it."""
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

    def sync_folder(_folder: Path) -> None:
        """Windows keeps folder entries durable by itself."""

else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> None:
        """Lock the whole file; the kernel lets go when the process dies."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def sync_folder(folder: Path) -> None:
        """Make the names in this folder survive a power cut."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def only_writer(folder: Path, *, wait: bool) -> Iterator[bool]:
    """
    Hold the folder's write lock; yields False when someone else has it and we do not wait.

    Raises:
        OSError: waiting for the lock failed.
    """
    descriptor = os.open(folder / "LOCK", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            _lock(descriptor, wait=wait)
        except OSError:
            if wait:
                raise
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def put_in_place(temporary: Path, final: Path) -> None:
    """Give a written and synced file its final name, durably."""
    temporary.replace(final)
    sync_folder(final.parent)


def write_durably(final: Path, content: bytes) -> None:
    """The file holds this content, whole, or is as it was before."""
    temporary = final.with_name(final.name + TEMPORARY)
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    put_in_place(temporary, final)
