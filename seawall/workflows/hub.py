"""What a hub signs with."""

from pathlib import Path

from seawall.errors import StorageError
from seawall.exchange.note import SigningKey
from seawall.storage.memory import Stores
from seawall.storage.secrets import kept


def hub_key(home: Path, name: str) -> SigningKey:
    """
    The key this home signs with as a hub, made under this name when it is first needed.

    Raises:
        InputError: The name cannot be a signer's.
        StorageError: The key cannot be read or written.

    """
    return SigningKey.from_text(kept(home, "hub.key", lambda: SigningKey.generate(name).to_text()))


def tie_hub_key(key: SigningKey, stores: Stores) -> None:
    """
    The database is this key's from now on, if it is nobody's yet; done when agreements are made and members join.

    Raises:
        StorageError: It is another key's.

    """
    if stores.organisations.hub_key() is None:
        stores.organisations.keep_hub_key(str(key.verifier))
    check_hub_key(key, stores)


def check_hub_key(key: SigningKey, stores: Stores) -> bool:
    """
    Whether the database says whose it is; what another key signs, members take for another hub's.

    Raises:
        StorageError: It is another key's.

    """
    known = stores.organisations.hub_key()
    if known is not None and known != str(key.verifier):
        raise StorageError(
            f"This database belongs to the hub key {known}, and this home has {key.verifier}; nothing was signed."
            " Bring back secrets/hub.key, and keep exchange.hub as it was."
        )
    return known is not None
