"""Keys are given out and taken back."""

from datetime import datetime

from seawall.access.key import Key, Scope, new_key
from seawall.audit.event import Happening
from seawall.storage.memory import Stores


def create_key(
    name: str,
    *,
    owner: str,
    scopes: frozenset[Scope],
    expires_at: datetime | None = None,
    requests_per_second: int | None = None,
    stores: Stores,
    by: str,
    now: datetime,
) -> tuple[Key, str]:
    """
    A key and its text, which cannot be had again.

    Raises:
        InputError: It would open nothing, or has expired already.

    """
    key, text = new_key(
        name,
        owner=owner,
        scopes=scopes,
        at=now,
        expires_at=expires_at,
        requests_per_second=requests_per_second,
    )
    stores.keys.add(key)
    details = {"name": name, "owner": owner, "scopes": sorted(scopes)}
    stores.audit.record(
        Happening(action="key:created", subject=key.id, actor=by, at=now, details=details)
    )
    return key, text


def revoke_key(ident: str, *, stores: Stores, by: str, now: datetime) -> None:
    """
    From now on the key opens nothing.

    Raises:
        NotFound: There is no such key.

    """
    stores.keys.revoke(ident, at=now)
    stores.audit.record(
        Happening(action="key:revoked", subject=ident, actor=by, at=now, details={})
    )
