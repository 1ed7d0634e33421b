"""
Bytes that were accepted and wait to be screened: one file each, durable before anybody is told so.

    pieces ─▶ .name.part, fsync ─▶ name ─▶ the transaction that names it
                                     └─ never committed, or finished ─▶ swept

They lie as they came, readable by the owner of the process alone: a worker reads them where they are.
"""

import hashlib
import os
import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seawall.errors import StorageError
from seawall.storage.whole_files import PART, NoRoom, unnamed, write_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """A file that lies in the spool."""

    home: str  # whose spool it is
    name: str
    size: int  # bytes
    digest: bytes  # SHA-256


class Spool:
    """A folder of them; those of one database lie apart from those of another."""

    def __init__(self, home: Path, database: str) -> None:
        self.folder = home / "spool" / database
        self.home = f"{socket.gethostname()}:{home.absolute()}"  # as its screenings name it

    def write(self, name: str, pieces: Iterable[bytes]) -> Spooled:
        """
        A new file of this name, durable on disk.

        Raises:
            StorageError: There is no room, or the disk refuses; no file is left.

        """
        size, digest = 0, hashlib.sha256()

        def counted() -> Iterator[bytes]:
            nonlocal size
            for piece in pieces:
                size += len(piece)
                digest.update(piece)
                yield piece

        try:
            write_whole(self.folder, name, counted())
        except NoRoom as full:
            raise StorageError("The disk has no room to put the upload aside.") from full
        except OSError as broken:
            raise StorageError(f"The upload could not be put aside: {broken.strerror}.") from broken
        return Spooled(home=self.home, name=name, size=size, digest=digest.digest())

    def path(self, name: str) -> Path:
        """Where the file of this name lies."""
        return self.folder / name

    def names(self) -> set[str]:
        """Every whole file."""
        if not self.folder.exists():
            return set()
        return {entry.name for entry in os.scandir(self.folder) if not entry.name.endswith(PART)}

    def remove(self, name: str) -> None:
        """This file is gone, if it was there; where the disk refuses, the next sweep tries again."""
        with suppress(OSError):
            self.path(name).unlink(missing_ok=True)

    def sweep(
        self, named: Callable[[Collection[str]], Collection[str]], *, before: datetime
    ) -> int:
        """Remove what was written before this moment and is not among those `named`; how many that were."""
        removed = 0
        for names in unnamed(self.folder, named, before=before):
            for name in names:
                self.remove(name)
            removed += len(names)
        return removed
