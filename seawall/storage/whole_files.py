"""
Files that are whole or not there, durable before a transaction names them.

    pieces ─▶ .name.part, fsync ─▶ name ─▶ the transaction that names it
                                     └─ never committed ─▶ swept later
"""

import errno
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from seawall.index.files import sync_folder

SPARE = 1024 * 1024 * 1024  # bytes of the disk that are left to the database, which must never stop
GRACE = timedelta(hours=1)  # from a file's last byte to its transaction's commit, and much to spare
SWEPT_AT_ONCE = 400  # names in one question to the database
PART = ".part"


class NoRoom(OSError):
    """The disk has room for little more than the database."""


def write_whole(folder: Path, name: str, pieces: Iterable[bytes]) -> None:
    """
    A new file of this name, durable on disk.

    Raises:
        NoRoom: There is none for it; no file is left.
        OSError: The disk refuses; no file is left.

    """
    part = folder / f".{name}.{os.getpid()}{PART}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                if shutil.disk_usage(folder).free < SPARE + len(piece):
                    raise NoRoom(errno.ENOSPC, os.strerror(errno.ENOSPC))
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        part.rename(folder / name)
        sync_folder(folder)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def unnamed(
    folder: Path, named: Callable[[Collection[str]], Collection[str]], *, before: datetime
) -> Iterator[list[str]]:
    """What was written before this moment and is not among those `named`, some names at a time."""
    written = _written(folder, before)
    while names := list(islice(written, SWEPT_AT_ONCE)):
        kept = set(named([name for name in names if not name.endswith(PART)]))
        yield [name for name in names if name not in kept]


def _written(folder: Path, before: datetime) -> Iterator[str]:
    if not folder.exists():
        return
    for entry in os.scandir(folder):
        try:
            changed = entry.stat().st_mtime
        except FileNotFoundError:  # another process removed it meanwhile
            continue
        if changed < before.timestamp():
            yield entry.name
