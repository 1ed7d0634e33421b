"""
Who shares what with whom, for what use, kept how long.

    terms ─┬─ categories, signal types, quality ──▶ what may be contributed
           └─ members, each with roles ───────────▶ who may contribute, consume, administer, audit
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from seawall.errors import InputError, NotAllowed
from seawall.exchange.opinion import Opinion, Word
from seawall.policy.category import Taxonomy
from seawall.signals.signal import Signal


class Role(StrEnum):
    """What a member may do under an agreement."""

    CONTRIBUTE = "contribute"  # opinions, sightings, outcomes of reviews
    CONSUME = "consume"  # records, deltas, snapshots
    ADMINISTER = "administer"  # members, invitations, quarantine
    AUDIT = "audit"  # everything there is to read, and samples to review


class Status(StrEnum):
    """Where a member stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # neither reads nor writes; its opinions stay
    LEFT = "left"


class Leaving(StrEnum):
    """What happens to the contributions of a member that leaves."""

    KEEP = "keep"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the members have agreed on. Nothing named of categories or signal types is everything."""

    title: str
    purpose: str = ""  # the use that records may be put to
    categories: tuple[str, ...] = ()
    signal_types: tuple[str, ...] = ()
    min_quality: int = 0  # of a fingerprint, 0 to 100; a contributor that names none has not said
    retention: timedelta | None = None  # a record counts no longer after its latest confirmation
    quota: int | None = 100_000  # opinions a member may give a day before the rest is held back
    leaving: tuple[Leaving, ...] = (
        Leaving.KEEP,
        Leaving.WITHDRAW,
    )  # what a leaving member may choose


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One shared database: its terms, and how many changes it has seen."""

    id: str
    terms: Terms
    created_at: datetime
    size: int = 0  # deltas so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An organisation under an agreement."""

    agreement: str
    organisation: str
    roles: frozenset[Role]
    joined_at: datetime
    status: Status = Status.ACTIVE
    quota: int | None = None  # opinions a day; None: the agreement's
    held: bool = False  # everything it contributes waits in quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A token that lets its bearer join once; only a digest of the token is kept."""

    id: str
    agreement: str
    organisation: str  # who is invited, by the id it will have
    kind: str
    roles: frozenset[Role]
    digest: bytes
    invited_by: str  # the id of a key, or `cli`
    created_at: datetime
    expires_at: datetime
    key: str | None = None  # the one it was used for


def parse_roles(names: Iterable[str]) -> frozenset[Role]:
    """
    Roles by name.

    Raises:
        InputError: There is no such role, or none was named.

    """
    found = {part.strip().lower() for name in names for part in name.split(",")} - {""}
    unknown = found - set(Role)
    if unknown or not found:
        said = f"There is no role '{min(unknown)}'" if unknown else "A member needs a role"
        raise InputError(f"{said}; the roles are {', '.join(Role)}.")
    return frozenset(map(Role, found))


def check_role(member: Member, *roles: Role) -> None:
    """
    Whether the member may do what one of these roles may.

    Raises:
        NotAllowed: It is suspended, has left, or has none of them.

    """
    if member.status is not Status.ACTIVE:
        raise NotAllowed(
            f"'{member.organisation}' is {member.status} under '{member.agreement}'; ask its administrators."
        )
    if not member.roles & set(roles):
        raise NotAllowed(
            f"Under '{member.agreement}' this needs the role {' or '.join(roles)};"
            f" '{member.organisation}' has {', '.join(sorted(member.roles))}."
        )


def check_contribution(terms: Terms, signal: Signal, opinion: Opinion, taxonomy: Taxonomy) -> None:
    """
    Whether the terms allow this word on this signal; what was said can always be withdrawn.

    Raises:
        InputError: They do not; the sentence says which of them.

    """
    if opinion.word is Word.WITHDRAW:
        return
    if terms.signal_types and signal.type not in terms.signal_types:
        raise InputError(
            f"This agreement shares {', '.join(terms.signal_types)}; this signal is of the type '{signal.type}'."
        )
    if opinion.word is not Word.CONFIRM:
        return
    for name in opinion.categories:
        if terms.categories and not any(taxonomy.covers(mine, name) for mine in terms.categories):
            raise InputError(
                f"This agreement shares {', '.join(terms.categories)}; '{name}' is none of them."
            )
    if opinion.quality is not None and opinion.quality < terms.min_quality:
        raise InputError(
            f"This agreement wants a quality of {terms.min_quality}; this signal has {opinion.quality}."
        )
