"""
Bytes kept for cases: one file each, encrypted (AES-256-GCM) under a key of its own that only this home's vault opens.

    bytes ─▶ encrypted ─▶ .name.part, fsync ─▶ name ─▶ the transaction that names it
                                                 └─ never committed ─▶ swept an hour later

The files of one database lie in a folder named after it, so that a home tried with another database sweeps nothing.
"""

import base64
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from seawall.errors import StorageError
from seawall.index.files import sync_folder
from seawall.storage.secrets import Vault

SPARE = 1024 * 1024 * 1024  # bytes of the disk that are left to the database, which must never stop
NONCE = 12  # bytes, as NIST SP 800-38D recommends
KEY = 32  # bytes
SWEPT_AT_ONCE = 400  # names in one question to the database
_PART = ".part"


class SealedFiles:
    """A folder of sealed files."""

    def __init__(self, home: Path, database: str) -> None:
        """`database` is the id of the database that names these files."""
        self._home = home
        self._folder = home / "sealed" / database

    def write(self, ident: str, data: bytes) -> tuple[str, bytes]:
        """
        The name of a new file, durable on disk, and its sealed key; `ident` must be given again to read it.

        Raises:
            StorageError: There is no room, or the disk refuses; no file is left.

        """
        name = f"{ident}.sealed"
        part = self._folder / f".{name}.{os.getpid()}{_PART}"
        key, nonce = secrets.token_bytes(KEY), secrets.token_bytes(NONCE)
        sealed = Vault(self._home).seal(base64.b64encode(key).decode())
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(self._folder).free < SPARE + len(data):
                raise StorageError("The disk has no room to keep the media for a reviewer.")
            _write(part, nonce, AESGCM(key).encrypt(nonce, data, ident.encode()))
            part.rename(self._folder / name)
            sync_folder(self._folder)
        except OSError as broken:
            with suppress(OSError):
                part.unlink()
            raise StorageError(
                f"The media could not be kept for a reviewer: {broken.strerror}."
            ) from broken
        return name, sealed

    def read(self, ident: str, name: str, sealed: bytes) -> bytes:
        """
        The bytes as they came.

        Raises:
            StorageError: The file is gone or altered, or its key was sealed by another home.

        """
        key = self._key(sealed)
        try:
            content = (self._folder / name).read_bytes()
            return AESGCM(key).decrypt(content[:NONCE], content[NONCE:], ident.encode())
        except OSError as broken:
            raise StorageError(
                f"The kept media {ident} cannot be read: {broken.strerror}. It lies in the home of the machine that "
                "screened it; give all machines one home, or bring the folder 'sealed' back from the backup."
            ) from broken
        except (InvalidTag, ValueError):
            raise StorageError(
                f"The kept media {ident} was altered or damaged on disk, and is not shown."
            ) from None

    def remove(self, names: Collection[str]) -> None:
        """
        These files are gone, if they were there.

        Raises:
            StorageError: The disk refuses; the next sweep tries again.

        """
        try:
            for name in names:
                (self._folder / name).unlink(missing_ok=True)
        except OSError as broken:
            raise StorageError(f"Kept media cannot be removed: {broken.strerror}.") from broken

    def sweep(
        self, named: Callable[[Collection[str]], Collection[str]], *, before: datetime
    ) -> int:
        """Remove what was written before this moment and is not among those `named`; how many that were."""
        removed, written = 0, self._written(before)
        while names := list(islice(written, SWEPT_AT_ONCE)):
            kept = set(named([name for name in names if not name.endswith(_PART)]))
            orphans = [name for name in names if name not in kept]
            self.remove(orphans)
            removed += len(orphans)
        return removed

    def _written(self, before: datetime) -> Iterator[str]:
        if not self._folder.exists():
            return
        for entry in os.scandir(self._folder):
            try:
                changed = entry.stat().st_mtime
            except FileNotFoundError:  # another process removed it meanwhile
                continue
            if changed < before.timestamp():
                yield entry.name

    def _key(self, sealed: bytes) -> bytes:
        try:
            return base64.b64decode(Vault(self._home).open(sealed))
        except StorageError:
            raise StorageError(
                "This media was sealed with another secrets/vault.key: bring that file back from the backup it "
                "belongs to. Without it nobody can open what was kept."
            ) from None


def _write(path: Path, *parts: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
