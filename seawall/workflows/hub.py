"""What a hub signs with."""

from pathlib import Path

from seawall.exchange.note import SigningKey
from seawall.storage.secrets import kept


def hub_key(home: Path, name: str) -> SigningKey:
    """
    The key this home signs with as a hub, made under this name when it is first needed.

    Raises:
        InputError: The name cannot be a signer's.
        StorageError: The key cannot be read or written.

    """
    return SigningKey.from_text(kept(home, "hub.key", lambda: SigningKey.generate(name).to_text()))
