"""The hubs this home follows, what is still to be told to them, and what they have acknowledged."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_sqlite

from seawall.errors import InputError, NotFound
from seawall.exchange.membership import Membership, Message, Said, State
from seawall.exchange.merkle import Frontier
from seawall.storage.tables import memberships, outgoing, said

_ROOT_LESS = frozenset(Membership.__dataclass_fields__) - {"frontier"}
_MESSAGE = [outgoing.c[name] for name in Message.__dataclass_fields__]


class MembershipStore:
    """Memberships, their outgoing messages, and the words their hubs have taken."""

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
        """Forget a membership, what was still to be told and what was said."""
        self._connection.execute(delete(said).where(said.c.membership == ident))
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

    def among_waiting(self, idents: Sequence[str]) -> set[str]:
        """Which of these messages a hub has not taken yet."""
        query = select(outgoing.c.id).where(outgoing.c.id.in_(idents), outgoing.c.told_at.is_(None))
        return set(self._connection.execute(query).scalars())

    def waiting(self, membership: str, *, limit: int, after: int = 0) -> list[Message]:
        """The oldest messages that a hub has not taken yet, after the one of this number."""
        query = (
            select(*_MESSAGE)
            .where(
                outgoing.c.membership == membership,
                outgoing.c.told_at.is_(None),
                outgoing.c.number > after,
            )
            .order_by(outgoing.c.number)
            .limit(limit)
        )
        return [Message(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - a row's public mapping, despite its name

    def take_waiting(self, membership: str) -> list[Message]:
        """Every message that a hub has not taken yet, oldest first; here they wait no more."""
        query = (
            delete(outgoing)
            .where(outgoing.c.membership == membership, outgoing.c.told_at.is_(None))
            .returning(*_MESSAGE)
        )
        taken = [Message(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - as above
        return sorted(taken, key=lambda each: each.number)

    def forget(self, message: Message) -> bool:
        """Forget a message that was answered; whether it was still there."""
        query = delete(outgoing).where(outgoing.c.id == message.id)
        return self._connection.execute(query).rowcount > 0

    def backlog(self) -> dict[str, int]:
        """How many messages wait, by membership; one without any is left out."""
        query = (
            select(outgoing.c.membership, func.count())
            .where(outgoing.c.told_at.is_(None))
            .group_by(outgoing.c.membership)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    # What a hub has taken, and is told again if it loses it.

    def put_aside(self, message: Message, *, at: datetime, forget: datetime) -> None:
        """Keep a message that was answered; what its membership was told before `forget` is forgotten."""
        self._connection.execute(
            update(outgoing).where(outgoing.c.id == message.id).values(told_at=at)
        )
        self._connection.execute(
            delete(outgoing).where(
                outgoing.c.membership == message.membership, outgoing.c.told_at < forget
            )
        )

    def take_up(self, membership: str, *, since: datetime) -> int:
        """Let what was put aside since then wait again; how many messages."""
        return self._connection.execute(
            update(outgoing)
            .where(outgoing.c.membership == membership, outgoing.c.told_at >= since)
            .values(told_at=None)
        ).rowcount

    def acknowledged(self, words: Sequence[Said]) -> None:
        """Keep words that a hub has taken, each in the place of an earlier one on its record."""
        upsert = upsert_sqlite if self._connection.dialect.name == "sqlite" else upsert_postgresql
        query = upsert(said)
        new = {name: query.excluded[name] for name in ("signal", "opinion", "at", "number")}
        if words:
            self._connection.execute(
                query.on_conflict_do_update(
                    index_elements=["membership", "record"],
                    set_=new,
                    where=said.c.number <= query.excluded.number,
                ),
                [asdict(each) for each in words],
            )

    def said(self, membership: str) -> list[Said]:
        """Our word on each record, in the order it was said."""
        query = (
            select(said)
            .where(said.c.membership == membership)
            .order_by(said.c.number, said.c.record)
        )
        return [Said(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - as above


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
