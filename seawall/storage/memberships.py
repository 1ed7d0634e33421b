"""The hubs this home follows, what is still to be told to them, and what they have acknowledged."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from seawall.exchange.membership import Membership, Message, Said, State, named
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
        return named(name, self.all(), getattr)

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
        """Keep messages until the hub has taken them; one that is kept already stays in its place."""
        if messages:
            rows = [
                {name: getattr(each, name) for name in ("id", "membership", "path", "body", "at")}
                for each in messages
            ]
            query = self._upsert(outgoing).on_conflict_do_nothing(index_elements=["id"])
            self._connection.execute(query, rows)

    def queued(self, ident: str) -> Message:
        """The message of this id, with its number."""
        query = select(*_MESSAGE).where(outgoing.c.id == ident)
        return Message(**self._connection.execute(query).one()._mapping)  # noqa: SLF001 - a row's public mapping, despite its name

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
        return [Message(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - as above

    def tell_last(self, messages: Sequence[Message]) -> None:
        """Of these, let those that still wait be told after all others, in this order."""
        gone = delete(outgoing).where(
            outgoing.c.id.in_([each.id for each in messages]), outgoing.c.told_at.is_(None)
        )
        found = set(self._connection.execute(gone.returning(outgoing.c.id)).scalars())
        self.send([each for each in messages if each.id in found])

    def last_waiting(self, membership: str) -> int:
        """The number of the youngest message that a hub has not taken yet; 0 when there is none."""
        query = select(func.max(outgoing.c.number)).where(
            outgoing.c.membership == membership, outgoing.c.told_at.is_(None)
        )
        return self._connection.execute(query).scalar() or 0

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
        """Let what was put aside wait again, if it was made and told since then; how many messages."""
        return self._connection.execute(
            update(outgoing)
            .where(
                outgoing.c.membership == membership,
                outgoing.c.told_at >= since,
                outgoing.c.at >= since,
            )
            .values(told_at=None)
        ).rowcount

    def acknowledged(self, words: Sequence[Said]) -> None:
        """Keep words that a hub has taken, each in the place of an earlier one on its record."""
        query = self._upsert(said)
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

    def said(self, membership: str, *, after: int, limit: int) -> list[Said]:
        """
        Our words in the order they were said, after those of the message of this number.

        About so many: all that one message said comes together.
        """
        ours = said.c.membership == membership, said.c.number > after
        last = select(said.c.number).where(*ours).order_by(said.c.number)
        until = self._connection.execute(last.offset(limit - 1).limit(1)).scalar()
        query = select(said).where(*ours).order_by(said.c.number, said.c.record)
        if until is not None:
            query = query.where(said.c.number <= until)
        return [Said(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - as above

    def last_said(self, membership: str) -> int | None:
        """The number of the message that told our latest word; None when there is none."""
        query = select(func.max(said.c.number)).where(said.c.membership == membership)
        return self._connection.execute(query).scalar()

    def unsay(self, membership: str, records: Sequence[str], *, until: int) -> None:
        """Keep our words on these records no more, up to those of the message of this number."""
        self._connection.execute(
            delete(said).where(
                said.c.membership == membership,
                said.c.record.in_(records),
                said.c.number <= until,
            )
        )

    def _upsert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        if self._connection.dialect.name == "sqlite":
            return sqlite.insert(table)
        return postgresql.insert(table)


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
            "previous_key": row.previous_key and bytes(row.previous_key),
            "state": State(row.state),
            "frontier": Frontier(size=row.position, peaks=peaks),
        }
    )
