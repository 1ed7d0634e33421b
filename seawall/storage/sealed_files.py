"""
Bytes kept for cases: one file each, encrypted (AES-256-GCM) under a key of its own that only this home's vault opens.

    bytes ─▶ encrypted ─▶ .name.part, fsync ─▶ name ─▶ the transaction that names it
                                                 └─ never committed ─▶ swept an hour later

The files of one database lie in a folder named after it, so that a home tried with another database sweeps nothing.
"""

import base64
import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from seawall.errors import StorageError
from seawall.storage.secrets import Vault
from seawall.storage.whole_files import NoRoom, unnamed, write_whole

NONCE = 12  # bytes, as NIST SP 800-38D recommends
KEY = 32  # bytes


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
        key, nonce = secrets.token_bytes(KEY), secrets.token_bytes(NONCE)
        sealed = Vault(self._home).seal(base64.b64encode(key).decode())
        encrypted = AESGCM(key).encrypt(nonce, data, ident.encode())
        try:
            write_whole(self._folder, name, (nonce, encrypted))
        except NoRoom as full:
            raise StorageError("The disk has no room to keep the media for a reviewer.") from full
        except OSError as broken:
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
        removed = 0
        for names in unnamed(self._folder, named, before=before):
            self.remove(names)
            removed += len(names)
        return removed

    def _key(self, sealed: bytes) -> bytes:
        try:
            return base64.b64decode(Vault(self._home).open(sealed))
        except StorageError:
            raise StorageError(
                "This media was sealed with another secrets/vault.key: bring that file back from the backup it "
                "belongs to. Without it nobody can open what was kept."
            ) from None
