"""
People at the console: who they are, what they may do, and where.

    person ── roles ──▶ permissions ──┐
       └───── limits (categories, queues, territories) ──▶ may, or may not
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from seawall.access.preferences import Preferences
from seawall.errors import InputError

LOGIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._@+-")
LONGEST_NAME = 100  # characters


class Role(StrEnum):
    """What somebody is here for; one person may have several."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that may be done."""

    CASES_SEE = "cases:see"
    CASES_RULE = "cases:rule"
    CASES_ASSIGN = "cases:assign"
    QUALITY_REVIEW = "quality:review"
    POLICIES_WRITE = "policies:write"
    PEOPLE_MANAGE = "people:manage"
    BANKS_SEE = "banks:see"
    BANKS_WRITE = "banks:write"
    RULES_SEE = "rules:see"
    RULES_WRITE = "rules:write"
    ENDPOINTS_WRITE = "endpoints:write"
    EXCHANGE_SEE = "exchange:see"
    AUDIT_SEE = "audit:see"
    HEALTH_SEE = "health:see"
    MEDIA_REVEAL = "media:reveal"
    SHARE_OUTSIDE = "share:outside"


_REVIEWER = frozenset({Permission.CASES_SEE, Permission.CASES_RULE, Permission.MEDIA_REVEAL})
_WATCHING = frozenset(
    {
        Permission.BANKS_SEE,
        Permission.RULES_SEE,
        Permission.EXCHANGE_SEE,
        Permission.HEALTH_SEE,
    }
)
GRANTS: Mapping[Role, frozenset[Permission]] = MappingProxyType(  # the access table
    {
        Role.REVIEWER: _REVIEWER,
        Role.LEAD: _REVIEWER
        | {
            Permission.CASES_ASSIGN,
            Permission.QUALITY_REVIEW,
            Permission.POLICIES_WRITE,
            Permission.SHARE_OUTSIDE,
        }
        | _WATCHING,
        Role.OPERATOR: frozenset(
            {
                Permission.BANKS_WRITE,
                Permission.RULES_WRITE,
                Permission.ENDPOINTS_WRITE,
            }
        )
        | _WATCHING,
        Role.AUDITOR: frozenset({Permission.CASES_SEE, Permission.AUDIT_SEE}) | _WATCHING,
        Role.ADMIN: frozenset(Permission),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where a person may act; None is everywhere. Categories are spelled out, sub-categories too."""

    categories: frozenset[str] | None = None
    queues: frozenset[str] | None = None
    territories: frozenset[str] | None = None

    def allow(self, *, queue: str, category: str | None, territory: str | None = None) -> bool:
        """Whether a case in this queue, of this category, from this territory is within the limits; None: not said."""
        return (
            (self.queues is None or queue in self.queues)
            and (self.categories is None or category in self.categories)
            and self.cover(territory)
        )

    def cover(self, territory: str | None) -> bool:
        """Whether what is from this territory is within the limits, as far as it says where it is from."""
        return self.territories is None or territory is None or territory in self.territories

    def document(self) -> dict[str, list[str] | None]:
        """The same as it is kept and sent."""
        return {
            "categories": _listed(self.categories),
            "queues": _listed(self.queues),
            "territories": _listed(self.territories),
        }

    @classmethod
    def read(cls, document: Mapping[str, Iterable[str] | None]) -> Self:
        """The limits of such a document."""
        return cls(
            **{
                name: None if names is None else frozenset(names)
                for name, names in document.items()
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who signs in. The repr shows no secret."""

    id: str
    login: str
    name: str
    pseudonym: str  # what others than the team see
    roles: frozenset[Role]
    created_at: datetime
    limits: Limits = Limits()
    preferences: Preferences = Preferences()  # noqa: RUF009 - it is frozen
    password: str | None = field(default=None, repr=False)  # Argon2's own text, no password
    totp: bytes | None = field(default=None, repr=False)  # the secret, sealed
    totp_at: datetime | None = None  # since when a code is asked for; None: not confirmed yet
    totp_step: int = 0  # the last code that was used, as the number of its half minute
    oidc: str | None = None
    disabled_at: datetime | None = None
    seen_at: datetime | None = None

    @property
    def enrolled(self) -> bool:
        """Whether signing in asks for a code."""
        return self.totp is not None and self.totp_at is not None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the roles give together, before any limit."""
        return permissions_of(self.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInvitation:
    """Somebody may set a password, once; `person` is who is there already and starts over."""

    id: str
    digest: bytes
    login: str
    roles: frozenset[Role]
    limits: Limits
    by: str
    created_at: datetime
    expires_at: datetime
    person: str | None = None
    used_at: datetime | None = None


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """What these roles give together."""
    return frozenset().union(*(GRANTS[role] for role in roles))


def may(
    person: Person,
    permission: Permission,
    *,
    category: str | None = None,
    queue: str | None = None,
    territory: str | None = None,
) -> bool:
    """Whether this person may do this, there; what is not named is not asked about."""
    if person.disabled_at is not None or permission not in person.permissions:
        return False
    asked = (
        (person.limits.categories, category),
        (person.limits.queues, queue),
        (person.limits.territories, territory),
    )
    return all(within is None or named is None or named in within for within, named in asked)


def parse_roles(names: Iterable[str]) -> frozenset[Role]:
    """
    Roles by name; several may stand in one text, between commas.

    Raises:
        InputError: There is no such role, or none is named.

    """
    words = [part.strip().lower() for text in names for part in text.split(",") if part.strip()]
    for word in words:
        if word not in tuple(Role):
            raise InputError(f"There is no role '{word}'; the roles are {', '.join(Role)}.")
    if not words:
        raise InputError(f"Name at least one role: {', '.join(Role)}.")
    return frozenset(map(Role, words))


def parse_login(text: str) -> str:
    """
    What somebody signs in with, as it is kept: small letters.

    Raises:
        InputError: It is too short, too long, or has other signs.

    """
    login = text.strip().casefold()
    if not 2 <= len(login) <= 64 or not LOGIN_LETTERS.issuperset(login):
        raise InputError("A login has 2 to 64 letters a to z, digits, and . _ @ + - only.")
    return login


def parse_name(text: str) -> str:
    """
    What somebody is called.

    Raises:
        InputError: It is empty, too long, or holds signs that cannot be seen.

    """
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InputError(f"A name has 1 to {LONGEST_NAME} letters that can be seen.")
    return name


def access_mark(person: Person) -> str:
    """What changes when, and only when, somebody's roles or limits do, or they are disabled or enabled."""
    said = [sorted(person.roles), person.limits.document(), person.disabled_at is None]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _listed(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)
