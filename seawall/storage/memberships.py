"""The hubs this home follows, and what is still to be told to them."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from seawall.errors import InputError, NotFound
from seawall.exchange.membership import Membership, Message, State
from seawall.exchange.merkle import Frontier
from seawall.storage.tables import memberships, outgoing

_ROOT_LESS = frozenset(Membership.__dataclass_fields__) - {"frontier"}


class MembershipStore:
    """Memberships and their outgoing messages."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, membership: Membership) -> None:
        """Remember a new membership."""
        self._connection.execute(insert(memberships).values(_values(membership)))

    def all(self) -> list[Membership]:
        """Every membership, oldest first."""
        query = select(memberships).order_by(memberships.c.joined_at, memberships.c.id)
        return [_membership(row) for row in self._connection.execute(query)]

    def find(self, name: str) -> Membership:
        """
        The membership of this id, or under this agreement, or that fills this bank.

        Raises:
            NotFound: There is none.
            InputError: There are several.

        """
        every = self.all()
        found = (
            [each for each in every if each.id == name]
            or [each for each in every if each.agreement == name]
            or [each for each in every if each.bank == name]
        )
        if not found:
            raise NotFound(
                f"This home follows no agreement '{name}'; `seawall memberships` lists them."
            )
        if len(found) > 1:
            ids = ", ".join(each.id for each in found)
            raise InputError(
                f"Several hubs have an agreement '{name}'; name one of these instead: {ids}."
            )
        return found[0]

    def of_bank(self, bank: str) -> Membership | None:
        """The membership that fills this bank, if one does."""
        query = select(memberships).where(memberships.c.bank == bank)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _membership(row)

    def lock(self, ident: str) -> Membership | None:
        """The membership as it stands, unchanged by others until this transaction ends; None when it is gone."""
        query = select(memberships).where(memberships.c.id == ident).with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _membership(row)

    def save(self, membership: Membership) -> None:
        """Write a membership as it has become."""
        self._connection.execute(
            update(memberships).where(memberships.c.id == membership.id).values(_values(membership))
        )

    def remove(self, ident: str) -> None:
        """Forget a membership and what was still to be told."""
        self._connection.execute(delete(outgoing).where(outgoing.c.membership == ident))
        self._connection.execute(delete(memberships).where(memberships.c.id == ident))

    # What is still to be told.

    def send(self, messages: Sequence[Message]) -> None:
        """Keep messages until the hub has taken them."""
        if messages:
            rows = [
                {name: getattr(each, name) for name in ("id", "membership", "path", "body", "at")}
                for each in messages
            ]
            self._connection.execute(insert(outgoing), rows)

    def put_back(self, membership: str, messages: Sequence[Message]) -> bool:
        """Keep those of a membership's messages that wait no longer once more; whether there were any."""
        query = select(outgoing.c.id).where(outgoing.c.membership == membership)
        waiting = set(self._connection.execute(query).scalars())
        lost = [each for each in messages if each.id not in waiting]
        self.send(lost)
        return bool(lost)

    def waiting(
        self, membership: str, *, limit: int, without: Collection[str] = ()
    ) -> list[Message]:
        """The oldest messages that a hub has not taken yet, without those for some paths."""
        query = (
            select(outgoing)
            .where(outgoing.c.membership == membership, outgoing.c.path.not_in(without))
            .order_by(outgoing.c.number)
            .limit(limit)
        )
        return [Message(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - a row's public mapping, despite its name

    def told(self, message: Message) -> bool:
        """Forget a message that was answered; whether it was still there."""
        query = delete(outgoing).where(outgoing.c.id == message.id)
        return self._connection.execute(query).rowcount > 0

    def backlog(self) -> dict[str, int]:
        """How many messages wait, by membership; one without any is left out."""
        query = select(outgoing.c.membership, func.count()).group_by(outgoing.c.membership)
        return {row[0]: row[1] for row in self._connection.execute(query)}


def _values(membership: Membership) -> dict[str, Any]:
    values = {name: getattr(membership, name) for name in _ROOT_LESS}
    peaks = [peak.hex() for peak in membership.frontier.peaks]
    return values | {"position": membership.position, "root": orjson.dumps(peaks)}


def _membership(row: Row[Any]) -> Membership:
    values = {name: getattr(row, name) for name in _ROOT_LESS}
    peaks = [bytes.fromhex(peak) for peak in orjson.loads(bytes(row.root))]
    return Membership(
        **values
        | {
            "key": bytes(row.key),
            "state": State(row.state),
            "frontier": Frontier(size=row.position, peaks=peaks),
        }
    )
