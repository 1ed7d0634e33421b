"""
Secrets this home keeps for itself: the key a hub signs with, and the key that seals others' keys.

Each is a file that only the owner of the process can read, made when it is first needed.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from seawall.errors import StorageError


def kept(home: Path, name: str, make: Callable[[], str]) -> str:
    """
    The secret of this name, made now if there is none; processes that ask at once get the same.

    Raises:
        StorageError: It cannot be read or written.

    """
    path = home / "secrets" / name
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(path, make())
        return path.read_text("utf-8").strip()
    except OSError as broken:
        raise StorageError(
            f"The secret {path} cannot be read or made: {broken.strerror}. Nothing was changed."
        ) from broken


class Vault:
    """Seals texts that must be given out again, such as the key a hub gave us (Fernet: AES-128-CBC and HMAC)."""

    def __init__(self, home: Path) -> None:
        self._key = kept(home, "vault.key", lambda: Fernet.generate_key().decode())
        self._fernet = Fernet(self._key)

    def seal(self, text: str) -> bytes:
        """The text, as it may lie in a database."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """
        The text that was sealed.

        Raises:
            StorageError: It was sealed with another home's key.

        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as wrong:
            raise StorageError(
                "A sealed secret was sealed by another home: bring back its secrets/vault.key, or join the hub again."
            ) from wrong

    def derive(self, *about: str, size: int) -> bytes:
        """
        So many bytes that only this home can make, always the same for the same words (HKDF-SHA256, RFC 5869).

        Nobody who has the words, or bytes derived from others, comes nearer to these or to what is sealed.
        """
        info = json.dumps(["seawall", *about]).encode()
        return HKDF(SHA256(), size, salt=None, info=info).derive(self._key.encode())


def _create(path: Path, text: str) -> None:
    own = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(own, path)  # fails where another process was first
        except FileExistsError:
            return
    finally:
        own.unlink()
