"""
Bytes that were accepted and wait to be screened: one file each, durable before anybody is told so.

    pieces ─▶ .name.part, fsync ─▶ name ─▶ the transaction that names it
                                     └─ never committed, or finished ─▶ swept

They lie as they came, readable by the owner of the process alone: a worker reads them where they are.
"""

import hashlib
import os
import shutil
import socket
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seawall.errors import StorageError
from seawall.index.files import sync_folder
from seawall.storage.sealed_files import SPARE

_PART = ".part"


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
        part = self.folder / f".{name}.{os.getpid()}{_PART}"
        size, digest = 0, hashlib.sha256()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                for piece in pieces:
                    self._check_room(len(piece))
                    file.write(piece)
                    size += len(piece)
                    digest.update(piece)
                file.flush()
                os.fsync(file.fileno())
            part.rename(self.folder / name)
            sync_folder(self.folder)
        except BaseException as broken:
            with suppress(OSError):
                part.unlink()
            if not isinstance(broken, OSError):
                raise
            raise StorageError(f"The upload could not be put aside: {broken.strerror}.") from broken
        return Spooled(home=self.home, name=name, size=size, digest=digest.digest())

    def path(self, name: str) -> Path:
        """Where the file of this name lies."""
        return self.folder / name

    def names(self) -> set[str]:
        """Every whole file."""
        if not self.folder.exists():
            return set()
        return {entry.name for entry in os.scandir(self.folder) if not entry.name.endswith(_PART)}

    def remove(self, name: str) -> None:
        """This file is gone, if it was there; where the disk refuses, the next sweep tries again."""
        with suppress(OSError):
            self.path(name).unlink(missing_ok=True)

    def sweep(
        self, named: Callable[[Collection[str]], Collection[str]], *, before: datetime
    ) -> int:
        """Remove what was written before this moment and is not among those `named`; how many that were."""
        if not self.folder.exists():
            return 0
        old = []
        for entry in os.scandir(self.folder):
            with suppress(FileNotFoundError):
                if entry.stat().st_mtime < before.timestamp():
                    old.append(entry.name)
        kept = set(named(old)) if old else set()
        orphans = [name for name in old if name not in kept]
        for name in orphans:
            self.remove(name)
        return len(orphans)

    def _check_room(self, size: int) -> None:
        if shutil.disk_usage(self.folder).free < SPARE + size:
            raise StorageError("The disk has no room to put the upload aside.")
