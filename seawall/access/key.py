"""
Keys for programs: what they look like, what they may do.

    swl_<id>_<secret>

The secret is 256 bits of chance, so a plain SHA-256 of the key is kept and nothing else: there is no dictionary to try.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seawall.errors import InputError, NotAllowed
from seawall.ids import new_id

PREFIX = "swl"


class Scope(StrEnum):
    """What a key may do; `admin` may do everything."""

    HASH = "hash"
    MATCH = "match"
    SCREEN = "screen"
    BANKS_READ = "banks:read"
    BANKS_WRITE = "banks:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    UPLOADS_READ = "uploads:read"
    AUDIT_READ = "audit:read"
    STATUS = "status"
    EXCHANGE = "exchange"  # as a member of agreements; what it may do there is its roles' affair
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Who may do what, until when. The secret itself is not kept."""

    id: str
    name: str
    owner: str  # the organisation that answers for what is done with it
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    requests_per_second: int | None = None  # None: the server's setting
    digest: bytes = b""


def new_key(
    name: str,
    *,
    owner: str,
    scopes: frozenset[Scope],
    at: datetime,
    expires_at: datetime | None = None,
    requests_per_second: int | None = None,
) -> tuple[Key, str]:
    """A key and its text; the text is shown once and cannot be had again."""
    if not scopes:
        raise InputError("A key needs at least one scope; without one it opens nothing.")
    if expires_at is not None and expires_at <= at:
        raise InputError("This key would have expired already; give a moment in the future.")
    ident = new_id("key", at=at)
    text = f"{PREFIX}_{ident.removeprefix('key_')}_{secrets.token_urlsafe(32)}"
    key = Key(
        id=ident,
        name=name,
        owner=owner,
        scopes=scopes,
        created_at=at,
        expires_at=expires_at,
        requests_per_second=requests_per_second,
        digest=digest_of(text),
    )
    return key, text


def digest_of(text: str) -> bytes:
    """What is kept of a key: 32 bytes."""
    return hashlib.sha256(text.encode()).digest()


def parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """
    Scopes by name; `banks`, `rules`, `uploads` and `audit` stand for all their kinds.

    Raises:
        InputError: There is no such scope.

    """
    found: set[Scope] = set()
    for name in (part.strip().lower() for text in names for part in text.split(",")):
        meant = {scope for scope in Scope if scope == name or scope.startswith(f"{name}:")}
        if not name or not meant:
            raise InputError(f"There is no scope '{name}'; the scopes are {', '.join(Scope)}.")
        found |= meant
    return frozenset(found)


def allowed(key: Key, scope: Scope, *, at: datetime) -> Key:
    """
    The key, if it may do this now.

    Raises:
        NotAllowed: It has expired, was revoked, or lacks the scope; the sentence says which.

    """
    if key.revoked_at is not None:
        raise NotAllowed("This key was revoked; ask its owner for a new one.")
    if key.expires_at is not None and key.expires_at <= at:
        raise NotAllowed("This key has expired; ask its owner for a new one.")
    if not key.scopes & {scope, Scope.ADMIN}:
        raise NotAllowed(f"This key may not do this: it lacks the scope '{scope}'.")
    return key
