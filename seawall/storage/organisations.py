"""Organisations, the agreements they are members of, and the invitations that bring them there."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from seawall.errors import NotFound, WrongState
from seawall.exchange.agreement import (
    Agreement,
    Invitation,
    Leaving,
    Member,
    Role,
    Status,
    Terms,
)
from seawall.exchange.organisation import Kind, Organisation
from seawall.storage.bulk import insert_many
from seawall.storage.tables import about, agreements, invitations, members, organisations

_HUB_KEY = "hub-key"  # its row in the table `about`


class OrganisationStore:
    """Who takes part, in what, and as what."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[str, Organisation] = {}  # they never change
        self._members: dict[tuple[str, str], Member] = {}  # as this transaction has read them
        self._agreements: dict[str, Agreement] = {}  # the same

    def add(self, organisation: Organisation) -> None:
        """
        Remember a new organisation.

        Raises:
            WrongState: There is one of that id.

        """
        values = {
            name: getattr(organisation, name) for name in ("id", "name", "kind", "created_at")
        }
        self._insert(
            organisations, values, f"There is an organisation '{organisation.id}' already."
        )

    def find(self, ident: str) -> Organisation:
        """
        The organisation of this id.

        Raises:
            NotFound: There is none.

        """
        if ident not in self._found:
            query = select(organisations).where(organisations.c.id == ident)
            row = self._connection.execute(query).one_or_none()
            if row is None:
                raise NotFound(f"There is no organisation '{ident}'.")
            self._found[ident] = _organisation(row)
        return self._found[ident]

    def all(self) -> list[Organisation]:
        """Every organisation, by id."""
        query = select(organisations).order_by(organisations.c.id)
        return [_organisation(row) for row in self._connection.execute(query)]

    # The hub itself.

    def hub_key(self) -> str | None:
        """The public key that this database's hub signs with, if it has signed."""
        query = select(about.c.value).where(about.c.name == _HUB_KEY)
        key: str | None = self._connection.execute(query).scalar_one_or_none()
        return key

    def keep_hub_key(self, key: str) -> None:
        """Remember the public key that this database's hub signs with, unless there is one."""
        insert_many(self._connection, about, [{"name": _HUB_KEY, "value": key}], skip_known=True)

    # Agreements.

    def add_agreement(self, agreement: Agreement) -> None:
        """
        Remember a new agreement.

        Raises:
            WrongState: There is one of that id.

        """
        values = {
            "id": agreement.id,
            "terms": terms_document(agreement.terms),
            "created_at": agreement.created_at,
            "size": agreement.size,
        }
        self._insert(agreements, values, f"There is an agreement '{agreement.id}' already.")

    def agreement(self, ident: str) -> Agreement:
        """
        The agreement of this id.

        Raises:
            NotFound: There is none.

        """
        row = self._connection.execute(
            select(agreements).where(agreements.c.id == ident)
        ).one_or_none()
        if row is None:
            raise NotFound(f"There is no agreement '{ident}'.")
        return _agreement(row)

    def known_agreement(self, ident: str) -> Agreement:
        """
        The same, read once a transaction: its terms are right, its size may be what it was.

        Raises:
            NotFound: There is none.

        """
        if ident not in self._agreements:
            self._agreements[ident] = self.agreement(ident)
        return self._agreements[ident]

    def agreements(self) -> list[Agreement]:
        """Every agreement, by id."""
        query = select(agreements).order_by(agreements.c.id)
        return [_agreement(row) for row in self._connection.execute(query)]

    def look_again(self, agreement: str) -> None:
        """Forget what was read of an agreement and its members: it was locked, and others changed it before."""
        self._agreements.pop(agreement, None)
        for known in [each for each in self._members if each[0] == agreement]:
            del self._members[known]

    def save_terms(self, ident: str, terms: Terms) -> None:
        """Write other terms."""
        self._agreements.pop(ident, None)
        self._connection.execute(
            update(agreements).where(agreements.c.id == ident).values(terms=terms_document(terms))
        )

    # Members.

    def add_member(self, member: Member) -> None:
        """
        Let an organisation into an agreement, or back into one it has left.

        Raises:
            WrongState: It is a member.

        """
        before = self.member_or_none(member.agreement, member.organisation)
        if before is None:
            self._connection.execute(insert(members).values(_member_values(member)))
        elif before.status is Status.LEFT:
            self.save_member(member)
        else:
            raise WrongState(
                f"'{member.organisation}' is a member of '{member.agreement}' already ({before.status})."
            )

    def member(self, agreement: str, organisation: str) -> Member:
        """
        The organisation's membership.

        Raises:
            NotFound: It is not, and never was, a member.

        """
        member = self.member_or_none(agreement, organisation)
        if member is None:
            raise NotFound(f"'{organisation}' is no member of an agreement '{agreement}'.")
        return member

    def member_or_none(self, agreement: str, organisation: str) -> Member | None:
        """The organisation's membership, if there is one."""
        known = self._members.get((agreement, organisation))
        if known is not None:
            return known
        query = select(members).where(
            members.c.agreement == agreement, members.c.organisation == organisation
        )
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        self._members[agreement, organisation] = _member(row)
        return self._members[agreement, organisation]

    def members(
        self, *, agreement: str | None = None, organisation: str | None = None
    ) -> list[Member]:
        """Memberships, perhaps only of one agreement or one organisation."""
        query = select(members).order_by(members.c.agreement, members.c.organisation)
        if agreement is not None:
            query = query.where(members.c.agreement == agreement)
        if organisation is not None:
            query = query.where(members.c.organisation == organisation)
        return [_member(row) for row in self._connection.execute(query)]

    def save_member(self, member: Member) -> None:
        """Write a membership as it has become."""
        self._members.pop((member.agreement, member.organisation), None)
        self._connection.execute(
            update(members)
            .where(
                members.c.agreement == member.agreement,
                members.c.organisation == member.organisation,
            )
            .values(_member_values(member))
        )

    # Invitations.

    def add_invitation(self, invitation: Invitation) -> None:
        """Remember an invitation, by its token's digest."""
        values = {name: getattr(invitation, name) for name in Invitation.__dataclass_fields__}
        self._connection.execute(
            insert(invitations).values(values | {"roles": sorted(invitation.roles)})
        )

    def invitation(self, digest: bytes) -> Invitation | None:
        """The invitation of the token with this digest."""
        query = select(invitations).where(invitations.c.digest == digest)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _invitation(row)

    def open_invitations(self, agreement: str, *, at: datetime) -> list[Invitation]:
        """The agreement's invitations that can still be used, newest first."""
        query = (
            select(invitations)
            .where(
                invitations.c.agreement == agreement,
                invitations.c.key.is_(None),
                invitations.c.expires_at > at,
            )
            .order_by(invitations.c.created_at.desc())
        )
        return [_invitation(row) for row in self._connection.execute(query)]

    def use_invitation(self, ident: str, *, key: str) -> None:
        """Write for which key it was used."""
        self._connection.execute(
            update(invitations).where(invitations.c.id == ident).values(key=key)
        )

    def remove_invitation(self, agreement: str, ident: str) -> Invitation:
        """
        Forget an invitation that nobody has used; what it was.

        Raises:
            NotFound: There is none of this id.

        """
        row = self._connection.execute(
            delete(invitations)
            .where(
                invitations.c.agreement == agreement,
                invitations.c.id == ident,
                invitations.c.key.is_(None),
            )
            .returning(invitations)
        ).one_or_none()
        if row is None:
            raise NotFound(f"No invitation '{ident[:80]}' to '{agreement}' is open.")
        return _invitation(row)

    def _insert(self, table: Any, values: dict[str, Any], taken: str) -> None:  # noqa: ANN401 - any table
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(table).values(values))
        except IntegrityError:
            raise WrongState(taken) from None


def terms_document(terms: Terms) -> dict[str, Any]:
    """The terms as JSON; retention in seconds."""
    return {
        "title": terms.title,
        "purpose": terms.purpose,
        "categories": list(terms.categories),
        "signal_types": list(terms.signal_types),
        "min_quality": terms.min_quality,
        "retention": terms.retention.total_seconds() if terms.retention else None,
        "quota": terms.quota,
        "leaving": list(terms.leaving),
    }


def terms_from(document: dict[str, Any]) -> Terms:
    """The terms of such a document."""
    retention = document["retention"]
    return Terms(
        **document
        | {
            "categories": tuple(document["categories"]),
            "signal_types": tuple(document["signal_types"]),
            "retention": timedelta(seconds=retention) if retention else None,
            "leaving": tuple(map(Leaving, document["leaving"])),
        }
    )


def _organisation(row: Row[Any]) -> Organisation:
    return Organisation(id=row.id, name=row.name, kind=Kind(row.kind), created_at=row.created_at)


def _agreement(row: Row[Any]) -> Agreement:
    return Agreement(
        id=row.id, terms=terms_from(row.terms), created_at=row.created_at, size=row.size
    )


def _member_values(member: Member) -> dict[str, Any]:
    values = {name: getattr(member, name) for name in Member.__dataclass_fields__}
    return values | {"roles": sorted(member.roles)}


def _member(row: Row[Any]) -> Member:
    return Member(
        agreement=row.agreement,
        organisation=row.organisation,
        roles=frozenset(map(Role, row.roles)),
        joined_at=row.joined_at,
        status=Status(row.status),
        quota=row.quota,
        held=row.held,
    )


def _invitation(row: Row[Any]) -> Invitation:
    fields = {name: getattr(row, name) for name in Invitation.__dataclass_fields__}
    roles = frozenset(map(Role, row.roles))
    return Invitation(**fields | {"roles": roles, "digest": bytes(row.digest)})
