"""The audit log: appended to, read, never rewritten."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from seawall.audit.chain import linked
from seawall.audit.event import Event, Happening
from seawall.storage.tables import audit_head, events


class AuditStore:
    """Events of one transaction, written at its end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[Happening] = []
        self._held: tuple[int, bytes] | None = None  # the end of the log, once it is ours

    def record(self, happening: Happening) -> None:
        """Remember that this happened, in this transaction."""
        self._waiting.append(happening)

    @property
    def waiting(self) -> bool:
        """Whether this transaction has events to write."""
        return bool(self._waiting)

    def flush(self) -> None:
        """Chain the waiting events to the end of the log."""
        if not self._waiting:
            return
        number, digest = self.head(lock=True)
        rows = []
        for happening in self._waiting:
            event = linked(happening, number=number + 1, previous=digest)
            rows.append(_row(event))
            number, digest = event.number, event.digest
        self._connection.execute(insert(events), rows)
        self._connection.execute(update(audit_head).values(number=number, digest=digest))
        self._held = number, digest
        self._waiting.clear()

    def head(self, *, lock: bool = False) -> tuple[int, bytes]:
        """The number and digest of the last event; with `lock` nobody else can append until this transaction ends."""
        if self._held is not None:
            return self._held
        query = select(audit_head.c.number, audit_head.c.digest)
        row = self._connection.execute(query.with_for_update() if lock else query).one()
        end = row.number, bytes(row.digest)
        if lock:
            self._held = end
        return end

    def all(self) -> Iterator[Event]:
        """Every event, oldest first, a page in memory at a time."""
        query = select(events).order_by(events.c.number).execution_options(yield_per=1000)
        for row in self._connection.execute(query):
            yield _event(row)

    def after(self, number: int, *, limit: int, subject: str | None = None) -> list[Event]:
        """Events that follow this one, oldest first."""
        query = (
            select(events).where(events.c.number > number).order_by(events.c.number).limit(limit)
        )
        if subject is not None:
            query = query.where(events.c.subject == subject)
        return [_event(row) for row in self._connection.execute(query)]

    def before(self, number: int | None, *, limit: int, subject: str | None = None) -> list[Event]:
        """Events before the one of this number, newest first."""
        query = select(events).order_by(events.c.number.desc()).limit(limit)
        if number is not None:
            query = query.where(events.c.number < number)
        if subject is not None:
            query = query.where(events.c.subject == subject)
        return [_event(row) for row in self._connection.execute(query)]


def _row(event: Event) -> dict[str, Any]:
    happening = event.happening
    return {
        "number": event.number,
        "at": happening.at,
        "action": happening.action,
        "subject": happening.subject,
        "actor": happening.actor,
        "details": json.dumps(happening.details, sort_keys=True, ensure_ascii=False),
        "previous": event.previous,
        "digest": event.digest,
    }


def _event(row: Row[Any]) -> Event:
    return Event(
        number=row.number,
        happening=Happening(
            action=row.action,
            subject=row.subject,
            actor=row.actor,
            at=row.at,
            details=_details(row.details),
        ),
        previous=bytes(row.previous),
        digest=bytes(row.digest),
    )


def _details(text: str) -> dict[str, Any]:
    try:
        details: dict[str, Any] = json.loads(text)
    except ValueError:  # somebody has written over it; its digest will not fit
        return {"unreadable": text}
    return details
