"""
Keys for programs: what they look like, what they may do.

    swl_<id>_<secret>

The secret is 256 bits of chance, so a plain SHA-256 of the key is kept and nothing else: there is no dictionary to try.
Whoever makes its own key gives away no more of it than its imprint: the id and that digest.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seawall.errors import InputError, NotAllowed
from seawall.ids import derived_id, new_id

PREFIX = "swl"
SEED_BYTES = 44  # of what a derived key is made: 12 for its id, 32 for its secret


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
    CASES = "cases"  # see cases and policies, and rule; who the person is says the caller
    MEDIA = "media"  # what was kept for cases, and previews of it
    STATUS = "status"
    ENDPOINTS = "endpoints"
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
    successor: str | None = None  # the key it was renewed to


@dataclass(frozen=True, slots=True)
class Imprint:
    """What may be known of a key's text: enough to recognise it, too little to make it."""

    id: str
    digest: bytes

    def of(self, key: Key) -> bool:
        """Whether it is this key's."""
        return (self.id, self.digest) == (key.id, key.digest)

    def document(self) -> dict[str, str]:
        """The same as it is sent to a hub."""
        return {"id": self.id, "digest": self.digest.hex()}


def new_text(*, at: datetime) -> str:
    """The text of a key that nobody has yet."""
    return _text(new_id("key", at=at), secrets.token_bytes(32))


def derived_text(seed: bytes) -> str:
    """The text of the key that these secret bytes (`SEED_BYTES`) make: the same bytes, the same key."""
    return _text(derived_id("key", seed[:12]), seed[12:SEED_BYTES])


def imprint_of(text: str) -> Imprint:
    """What the text of a key, made by one of the two above, shows of itself."""
    return Imprint(f"key_{text.split('_')[1]}", digest_of(text))


def new_key(
    name: str,
    *,
    imprint: Imprint,
    owner: str,
    scopes: frozenset[Scope],
    at: datetime,
    expires_at: datetime | None = None,
    requests_per_second: int | None = None,
) -> Key:
    """
    The key of the text that has this imprint.

    Raises:
        InputError: It would open nothing, or has expired already.

    """
    if not scopes:
        raise InputError("A key needs at least one scope; without one it opens nothing.")
    if expires_at is not None and expires_at <= at:
        raise InputError("This key would have expired already; give a moment in the future.")
    return Key(
        id=imprint.id,
        name=name,
        owner=owner,
        scopes=scopes,
        created_at=at,
        expires_at=expires_at,
        requests_per_second=requests_per_second,
        digest=imprint.digest,
    )


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


def _text(ident: str, secret: bytes) -> str:
    coded = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    return f"{PREFIX}_{ident.removeprefix('key_')}_{coded}"
