"""Keys are given out and taken back."""

from datetime import datetime, timedelta

from seawall.access.key import Key, Scope, allowed, new_key
from seawall.audit.event import Happening
from seawall.errors import NotAllowed
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


def renew_key(
    by: Key, *, overlap: timedelta, stores: Stores, now: datetime
) -> tuple[Key, str, datetime]:
    """
    A key like this one, its text, and when the old one ends; until then both open the same.

    The new one lasts as long as the old one was meant to.

    Raises:
        NotAllowed: The key was revoked meanwhile, or is an administrator's.

    """
    ends = stores.keys.end(by.id, by=now + overlap)
    old = allowed(stores.keys.find(by.id), Scope.EXCHANGE, at=now)
    if Scope.ADMIN in old.scopes:
        raise NotAllowed(
            "An administrator's key does not renew itself; make one with `seawall key create`."
        )
    lasts = by.expires_at - by.created_at if by.expires_at else None
    key, text = new_key(
        old.name,
        owner=old.owner,
        scopes=old.scopes,
        at=now,
        expires_at=now + lasts if lasts else None,
        requests_per_second=old.requests_per_second,
    )
    stores.keys.add(key)
    details = {"key": key.id, "owner": key.owner}
    stores.audit.record(
        Happening(action="key:renewed", subject=by.id, actor=by.id, at=now, details=details)
    )
    return key, text, ends
