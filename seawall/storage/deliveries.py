"""
Where messages go, and how each is on its way there.

    message, endpoint ──(with the outbox)──▶ waiting ──▶ delivered
                                               ▲  └────▶ dead
                                               └─replayed─┘

An endpoint is lent to one process at a time; what it takes are the oldest waiting messages of different subjects.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from seawall.errors import NotFound
from seawall.storage.tables import DEAD_ONLY, WAITING_ONLY, deliveries, endpoints, outbox

ALL_TOPICS = "*"
WAITING = text(
    f"deliveries.{WAITING_ONLY}"
)  # spelled out, since a partial index is not found for a parameter
DEAD = text(f"deliveries.{DEAD_ONLY}")


class Progress(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where messages of some topics go."""

    id: str
    url: str
    secrets: bytes  # sealed
    topics: tuple[str, ...]  # "*" for all of them
    created_at: datetime
    paused_at: datetime | None = None  # by an operator
    disabled_at: datetime | None = None  # by itself: it answered that it is gone
    failing_since: datetime | None = None
    failures: int = 0  # in a row
    quiet_until: datetime | None = None  # left alone, since it is down or asked for it
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one endpoint."""

    number: int
    message: str
    endpoint: str
    subject: str
    state: Progress
    attempts: int
    next_at: datetime
    first_at: datetime | None  # when it was first tried
    last_status: int | None
    last_error: str | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A delivery with what is to be delivered."""

    delivery: Delivery
    topic: str
    body: dict[str, Any]
    at: datetime
    order: int  # the message's number in the outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How much has not arrived."""

    waiting: int = 0
    dead: int = 0
    oldest_at: datetime | None = None  # of the waiting messages


_ENDPOINT = [each.name for each in fields(Endpoint)]
_DELIVERY = [each.name for each in fields(Delivery)]


class DeliveryStore:
    """Endpoints and their deliveries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_endpoint(self, endpoint: Endpoint) -> None:
        """Send this endpoint what is written from now on."""
        self._connection.execute(insert(endpoints).values(_values(endpoint)))

    def endpoints(self) -> list[Endpoint]:
        """Every endpoint, oldest first."""
        query = select(endpoints).order_by(endpoints.c.created_at, endpoints.c.id)
        return [_endpoint(row) for row in self._connection.execute(query)]

    def endpoint(self, ident: str, *, lock: bool = False) -> Endpoint:
        """
        The endpoint of this id; with `lock` nobody else changes it until this transaction ends.

        Raises:
            NotFound: There is none.

        """
        query = select(endpoints).where(endpoints.c.id == ident)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFound(f"There is no endpoint '{ident}'; `seawall endpoint list` shows them.")
        return _endpoint(row)

    def save_endpoint(self, endpoint: Endpoint) -> None:
        """Write an endpoint as it has become."""
        self._connection.execute(
            update(endpoints).where(endpoints.c.id == endpoint.id).values(_values(endpoint))
        )

    def remove_endpoint(self, ident: str) -> None:
        """Forget an endpoint and its deliveries."""
        self._connection.execute(delete(deliveries).where(deliveries.c.endpoint == ident))
        self._connection.execute(delete(endpoints).where(endpoints.c.id == ident))

    def enqueue(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """
        A delivery of each of these rows of the outbox for every endpoint that wants its topic.

        For one that has switched itself off it is dead at once: it can be sent again when it was off by mistake.
        """
        columns = (endpoints.c.id, endpoints.c.topics, endpoints.c.disabled_at)
        wanted = self._connection.execute(select(*columns, endpoints.c.last_error)).all()
        rows = [
            {
                "message": each["id"],
                "endpoint": endpoint.id,
                "subject": each["subject"],
                "state": Progress.DEAD if endpoint.disabled_at else Progress.WAITING,
                "attempts": 0,
                "next_at": each["at"],
                "last_error": endpoint.last_error if endpoint.disabled_at else None,
            }
            for each in messages
            for endpoint in wanted
            if {each["topic"], ALL_TOPICS}.intersection(endpoint.topics)
        ]
        if rows:
            self._connection.execute(insert(deliveries), rows)

    # Taking what is due.

    def due_endpoints(self, *, owner: str, now: datetime) -> list[str]:
        """Endpoints that a delivery is due for, and that nobody else has been lent."""
        query = select(endpoints.c.id).where(
            _open(now),
            _lendable(owner, now),
            exists().where(
                deliveries.c.endpoint == endpoints.c.id,
                WAITING,
                or_(endpoints.c.failing_since.is_not(None), deliveries.c.next_at <= now),
            ),
        )
        return list(self._connection.execute(query).scalars())

    def lend(self, ident: str, *, owner: str, until: datetime, now: datetime) -> bool:
        """Whether this endpoint is its borrower's alone until then; `owner` may borrow anew what it has."""
        query = (
            update(endpoints)
            .where(endpoints.c.id == ident, _open(now), _lendable(owner, now))
            .values(lent_to=owner, lent_until=until)
        )
        return self._connection.execute(query).rowcount > 0

    def give_back(self, ident: str, *, owner: str) -> None:
        """Let others have the endpoint, if it is still this borrower's."""
        query = update(endpoints).where(endpoints.c.id == ident, endpoints.c.lent_to == owner)
        self._connection.execute(query.values(lent_to=None, lent_until=None))

    def due(self, ident: str, *, now: datetime, limit: int, early: bool = False) -> list[Parcel]:
        """
        What an endpoint is to be sent next, longest due first: of each subject only its oldest waiting message.

        With `early` also what is not due yet, for an endpoint that is to be tried at all.
        """
        earlier = deliveries.alias("earlier")
        query = (
            select(*_parcel())
            .join(outbox, outbox.c.id == deliveries.c.message)
            .where(
                deliveries.c.endpoint == ident,
                WAITING,
                ~exists().where(
                    earlier.c.endpoint == deliveries.c.endpoint,
                    earlier.c.subject == deliveries.c.subject,
                    text(f"earlier.{WAITING_ONLY}"),
                    earlier.c.number < deliveries.c.number,
                ),
            )
            .order_by(deliveries.c.next_at, deliveries.c.number)
            .limit(limit)
        )
        query = query if early else query.where(deliveries.c.next_at <= now)
        return [_parcel_of(row) for row in self._connection.execute(query)]

    # What became of it.

    def save(self, changed: Iterable[Delivery]) -> None:
        """Write deliveries that were waiting as they have become; what others have settled meanwhile stays so."""
        for each in changed:
            values = {name: getattr(each, name) for name in _DELIVERY if name != "number"}
            self._connection.execute(
                update(deliveries).where(deliveries.c.number == each.number, WAITING).values(values)
            )

    def wake(self, ident: str, *, now: datetime) -> None:
        """Everything that waits for this endpoint is due now."""
        self._connection.execute(
            update(deliveries)
            .where(deliveries.c.endpoint == ident, WAITING, deliveries.c.next_at > now)
            .values(next_at=now)
        )

    def bury(self, ident: str, *, error: str) -> int:
        """Everything that waits for this endpoint is dead; how many messages."""
        return self._connection.execute(
            update(deliveries)
            .where(deliveries.c.endpoint == ident, WAITING)
            .values(state=Progress.DEAD, last_error=error)
        ).rowcount

    def replay(self, ident: str, numbers: Sequence[int] | None, *, now: datetime) -> list[int]:
        """These dead deliveries of an endpoint, or all of them, wait again as if they had never been tried."""
        wanted = and_(deliveries.c.endpoint == ident, DEAD)
        if numbers is not None:
            wanted = and_(wanted, deliveries.c.number.in_(numbers))
        query = (
            update(deliveries)
            .where(wanted)
            .values(state=Progress.WAITING, attempts=0, next_at=now, first_at=None)
            .returning(deliveries.c.number)
        )
        return sorted(self._connection.execute(query).scalars())

    # Looking.

    def of_state(self, ident: str, *, state: Progress, after: int, limit: int) -> list[Parcel]:
        """Deliveries of an endpoint in this state, oldest first."""
        query = (
            select(*_parcel())
            .join(outbox, outbox.c.id == deliveries.c.message)
            .where(
                deliveries.c.endpoint == ident,
                deliveries.c.state == state,
                deliveries.c.number > after,
            )
            .order_by(deliveries.c.number)
            .limit(limit)
        )
        return [_parcel_of(row) for row in self._connection.execute(query)]

    def backlogs(self) -> dict[str, Backlog]:
        """How much has not arrived, by endpoint; one that has received everything is left out."""
        query = (
            select(
                deliveries.c.endpoint,
                func.count().filter(WAITING).label("waiting"),
                func.count().filter(DEAD).label("dead"),
                func.min(outbox.c.at).filter(WAITING).label("oldest_at"),
            )
            .join(outbox, outbox.c.id == deliveries.c.message)
            .where(or_(WAITING, DEAD))
            .group_by(deliveries.c.endpoint)
        )
        return {
            row.endpoint: Backlog(waiting=row.waiting, dead=row.dead, oldest_at=row.oldest_at)
            for row in self._connection.execute(query)
        }


def _open(now: datetime) -> ColumnElement[bool]:
    """Endpoints that may be sent something."""
    return and_(
        endpoints.c.paused_at.is_(None),
        endpoints.c.disabled_at.is_(None),
        or_(endpoints.c.quiet_until.is_(None), endpoints.c.quiet_until <= now),
    )


def _lendable(owner: str, now: datetime) -> ColumnElement[bool]:
    return or_(
        endpoints.c.lent_until.is_(None),
        endpoints.c.lent_until <= now,
        endpoints.c.lent_to == owner,
    )


def _parcel() -> list[ColumnElement[Any]]:
    message = (outbox.c.topic, outbox.c.body, outbox.c.at, outbox.c.number.label("order"))
    return [*(deliveries.c[name] for name in _DELIVERY), *message]


def _parcel_of(row: Row[Any]) -> Parcel:
    values = {name: getattr(row, name) for name in _DELIVERY}
    delivery = Delivery(**values | {"state": Progress(row.state)})
    return Parcel(delivery=delivery, topic=row.topic, body=row.body, at=row.at, order=row.order)


def _values(endpoint: Endpoint) -> dict[str, Any]:
    values = {name: getattr(endpoint, name) for name in _ENDPOINT}
    return values | {"topics": list(endpoint.topics)}


def _endpoint(row: Row[Any]) -> Endpoint:
    values = {name: getattr(row, name) for name in _ENDPOINT}
    return Endpoint(**values | {"topics": tuple(row.topics), "secrets": bytes(row.secrets)})
