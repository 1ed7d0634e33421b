"""Keys are given out and taken back."""

from datetime import datetime, timedelta

from seawall.access.key import Imprint, Key, Scope, allowed, imprint_of, new_key, new_text
from seawall.audit.event import Happening
from seawall.errors import NotAllowed, WrongState
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
    text = new_text(at=now)
    key = admit_key(
        name,
        imprint=imprint_of(text),
        owner=owner,
        scopes=scopes,
        expires_at=expires_at,
        requests_per_second=requests_per_second,
        stores=stores,
        by=by,
        now=now,
    )
    return key, text


def admit_key(
    name: str,
    *,
    imprint: Imprint,
    owner: str,
    scopes: frozenset[Scope],
    expires_at: datetime | None = None,
    requests_per_second: int | None = None,
    stores: Stores,
    by: str,
    now: datetime,
) -> Key:
    """
    A key that opens from now on, whose text only its bearer has.

    Raises:
        InputError: It would open nothing, or has expired already.
        WrongState: There is a key with this id or digest.

    """
    key = new_key(
        name,
        imprint=imprint,
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
    return key


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
    by: Key, *, imprint: Imprint, overlap: timedelta, stores: Stores, now: datetime
) -> tuple[Key, datetime]:
    """
    A key like this one, whose text only its bearer has, and when the old one ends; until then both open the same.

    The new one lasts as long as the old one was meant to. A key is renewed once: asked again for the same new key, the
    answer is the same and nothing is done, so that an answer that was lost can be asked for again.

    Raises:
        NotAllowed: The key was revoked meanwhile, or is an administrator's.
        WrongState: It was renewed to another key, or there is a key with this id or digest.

    """
    old = allowed(stores.keys.hold(by.id), Scope.EXCHANGE, at=now)
    if Scope.ADMIN in old.scopes:
        raise NotAllowed(
            "An administrator's key does not renew itself; make one with `seawall key create`."
        )
    if old.successor is not None:
        return _renewed_before(old, imprint, stores, now)
    lasts = old.expires_at - old.created_at if old.expires_at else None
    key = new_key(
        old.name,
        imprint=imprint,
        owner=old.owner,
        scopes=old.scopes,
        at=now,
        expires_at=now + lasts if lasts else None,
        requests_per_second=old.requests_per_second,
    )
    stores.keys.add(key)
    ends = min(now + overlap, old.expires_at or now + overlap)
    stores.keys.supersede(old.id, successor=key.id, ends=ends)
    details = {"key": key.id, "owner": key.owner}
    stores.audit.record(
        Happening(action="key:renewed", subject=by.id, actor=by.id, at=now, details=details)
    )
    return key, ends


def _renewed_before(
    old: Key, imprint: Imprint, stores: Stores, now: datetime
) -> tuple[Key, datetime]:
    """What was answered when the key was renewed to the one with this imprint."""
    key = stores.keys.find(str(old.successor))
    if old.expires_at is None or not imprint.of(key):
        raise WrongState(f"This key was renewed before; use the one it was renewed to, {key.id}.")
    return allowed(key, Scope.EXCHANGE, at=now), old.expires_at
