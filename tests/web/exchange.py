"""A hub with agreements and members of every standing, for tests that go through the HTTP door."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.exchange.agreement import Member, Role, Status, Terms
from seawall.exchange.organisation import Kind
from seawall.storage.memory import Stores
from seawall.workflows.acting import Doing
from seawall.workflows.agreements import found_organisation, make_agreement
from seawall.workflows.key import create_key
from tests.web.serving import Served

EXCHANGE = "/v1/exchange"


@dataclass(frozen=True, kw_only=True)
class Hub:
    """An agreement of its own on a server, and one that none of its members is in."""

    served: Served
    agreement: str
    other: str
    members: dict[str, str] = field(default_factory=dict)  # organisation → the text of its key

    @property
    def path(self) -> str:
        """Where the agreement is."""
        return f"{EXCHANGE}/agreements/{self.agreement}"

    def client(self, organisation: str) -> httpx.Client:
        """A client with the key of this member."""
        return self.served.stranger(Authorization=f"Bearer {self.members[organisation]}")

    def member(
        self,
        *roles: Role,
        status: Status = Status.ACTIVE,
        agreement: str | None = None,
        held: bool = False,
        kind: Kind = Kind.PLATFORM,
    ) -> str:
        """The id of a new organisation that is a member."""
        ident = f"org-{secrets.token_hex(4)}"
        with self.served.door.app.memory.transaction() as stores:
            found_organisation(ident, name="Somebody", kind=kind, stores=stores, doing=doing())
            stores.organisations.add_member(
                Member(
                    agreement=agreement or self.agreement,
                    organisation=ident,
                    roles=frozenset(roles or Role),
                    joined_at=now(),
                    status=status,
                    held=held,
                )
            )
            _, self.members[ident] = exchange_key(ident, stores)
        self.served.door.app.knowledge.refresh_now()
        return ident


def hub(served: Served, **terms: object) -> Hub:
    """A hub of two agreements that nobody is in yet."""
    names = [f"agreement-{secrets.token_hex(4)}" for _ in range(2)]
    with served.door.app.memory.transaction() as stores:
        for name in names:
            make_agreement(
                name,
                Terms(**({"title": "Known content"} | terms)),
                taxonomy=served.door.app.taxonomy,
                stores=stores,
                doing=doing(),
            )
    return Hub(served=served, agreement=names[0], other=names[1])


def exchange_key(
    organisation: str, stores: Stores, *, lasts: timedelta | None = None
) -> tuple[Key, str]:
    """A key with which this organisation acts."""
    return create_key(
        "exchange",
        owner=organisation,
        scopes=frozenset({Scope.EXCHANGE}),
        expires_at=now() + lasts if lasts else None,
        stores=stores,
        by="test",
        now=now(),
    )


def doing() -> Doing:
    """What the operator does now."""
    return Doing(actor="test", organisation=None, at=now())
