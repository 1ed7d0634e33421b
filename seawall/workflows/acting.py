"""
For whom a key acts under an agreement, and what it may do there.

    key ── its owner ──▶ membership ── its roles ──▶ may, or the sentence that says why not
     └─ scope admin: the hub's operator; reads and administers everything, and is no member

An agreement that the caller is not in answers exactly like one that does not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

from seawall.access.key import Key, Scope
from seawall.audit.event import Happening
from seawall.errors import NotAllowed, NotFound
from seawall.exchange.agreement import Member, Role, Status, check_role
from seawall.storage.memory import Stores

T = TypeVar("T")


class Commit(Protocol):
    """Runs a story in a transaction of its own, and gives back what it returned once that is committed."""

    def __call__(self, story: Callable[[Stores], T], /) -> T:
        """What the story returned."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """Who does something to an agreement, and when."""

    actor: str  # for the audit log: the id of a key, or `cli`
    organisation: str | None  # as the members are told; None is the hub's operator
    at: datetime

    @classmethod
    def with_key(cls, by: Key, *, at: datetime) -> Self:
        """What is done with this key."""
        return cls(actor=by.id, organisation=None if is_operator(by) else by.owner, at=at)

    def record(self, stores: Stores, *, action: str, subject: str, details: dict[str, Any]) -> None:
        """One more event in the audit log."""
        stores.audit.record(
            Happening(action=action, subject=subject, actor=self.actor, at=self.at, details=details)
        )


def looked(
    by: Key, agreement: str, what: str, *, at: datetime, **details: object
) -> Callable[[Stores], None]:
    """What is written down of somebody who looks at what is shared: who, at what, and how much of it."""

    def story(stores: Stores) -> None:
        told = {"what": what, "organisation": by.owner, **details}
        Doing.with_key(by, at=at).record(
            stores, action="exchange:read", subject=agreement, details=told
        )

    return story


def acting_member(by: Key, agreement: str, *roles: Role, stores: Stores) -> Member:
    """
    The membership the key acts for, which has one of these roles.

    Raises:
        NotFound: There is no such agreement, or the caller was never in it.
        NotAllowed: The member is suspended, has left, or has none of the roles; or the key is the operator's.

    """
    member = stores.organisations.member_or_none(agreement, by.owner)
    if member is None:
        stores.organisations.agreement(agreement)
        raise _stranger(by, agreement)
    if member.status is Status.LEFT:
        raise NotAllowed(f"'{by.owner}' has left '{agreement}'; a new invitation lets it back in.")
    check_role(member, *roles)
    return member


def may_administer(by: Key, agreement: str, stores: Stores) -> None:
    """
    Whether the key may change members, invitations, terms and quarantine of the agreement.

    Raises:
        NotFound: There is no such agreement, or the caller was never in it.
        NotAllowed: It may not.

    """
    _may(by, agreement, stores, Role.ADMINISTER)


def may_change(by: Key, agreement: str, stores: Stores) -> None:
    """
    The same in a transaction that writes: the agreement is locked first, so that a role lost meanwhile is lost.

    Raises:
        NotFound: There is no such agreement, or the caller was never in it.
        NotAllowed: It may not.

    """
    stores.deltas.lock(agreement)
    may_administer(by, agreement, stores)


def writing_member(by: Key, agreement: str, *roles: Role, stores: Stores) -> Member:
    """
    `acting_member` in a transaction that writes: the agreement is locked before the membership is read.

    Whoever suspends the member waits for this transaction, or is waited for.

    Raises:
        NotFound: There is no such agreement, or the caller was never in it.
        NotAllowed: The member is suspended, has left, or has none of the roles; or the key is the operator's.

    """
    stores.deltas.lock(agreement)
    return acting_member(by, agreement, *roles, stores=stores)


def may_read(by: Key, agreement: str, stores: Stores) -> None:
    """
    Whether the key may read what is shared under the agreement: who consumes or audits, and the operator.

    Raises:
        NotFound: There is no such agreement, or the caller was never in it.
        NotAllowed: It may not.

    """
    _may(by, agreement, stores, Role.CONSUME, Role.AUDIT)


def may_see(by: Key, agreement: str, stores: Stores) -> None:
    """
    Whether the key may read the terms and who the members are: every member may.

    Raises:
        NotFound: There is no such agreement, or the caller was never in it.
        NotAllowed: The member is suspended or has left.

    """
    _may(by, agreement, stores, *Role)


def may_leave(by: Key, agreement: str, organisation: str, stores: Stores) -> None:
    """
    Whether the key may end this membership: its own, also once more to finish what was cut short, or as administrator.

    Raises:
        NotFound: There is no such agreement, or the caller was never in it.
        NotAllowed: It may not.

    """
    stores.deltas.lock(agreement)  # whoever leaves writes
    own = stores.organisations.member_or_none(agreement, by.owner)
    if own is None or organisation != by.owner or own.status is Status.SUSPENDED:
        may_administer(by, agreement, stores)


def is_operator(by: Key) -> bool:
    """Whether the key is that of the hub's operator."""
    return Scope.ADMIN in by.scopes


def _may(by: Key, agreement: str, stores: Stores, *roles: Role) -> None:
    if is_operator(by):
        stores.organisations.agreement(agreement)
    else:
        acting_member(by, agreement, *roles, stores=stores)


def _stranger(by: Key, agreement: str) -> NotAllowed | NotFound:
    if is_operator(by):
        return NotAllowed(
            f"This key is the operator's, whose organisation is no member of '{agreement}';"
            " use the key of a member."
        )
    return NotFound(f"There is no agreement '{agreement}'.")
