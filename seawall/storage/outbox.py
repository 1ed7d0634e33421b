"""Messages for the platform, written in the transaction of the change they tell of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from seawall.storage.deliveries import DeliveryStore
from seawall.storage.tables import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something the platform should hear of."""

    id: str
    topic: str  # "upload:review-wanted"
    subject: str
    body: dict[str, Any]
    at: datetime
    number: int = 0


class OutboxStore:
    """Messages in the order they were committed."""

    def __init__(self, connection: Connection, deliveries: DeliveryStore) -> None:
        self._connection = connection
        self._deliveries = deliveries
        self._waiting: list[dict[str, Any]] = []

    def add(self, message: Message) -> None:
        """Send this, if this transaction commits."""
        self._waiting.append(
            {
                "id": message.id,
                "topic": message.topic,
                "subject": message.subject,
                "body": message.body,
                "at": message.at,
            }
        )

    def flush(self) -> None:
        """Write the messages gathered so far, with a delivery for each endpoint that wants them."""
        if self._waiting:
            self._connection.execute(insert(outbox), self._waiting)
            self._deliveries.enqueue(self._waiting)
            self._waiting = []

    def after(self, number: int, *, limit: int, topic: str | None = None) -> list[Message]:
        """Messages that follow this one, of any topic or one, oldest first."""
        query = (
            select(outbox).where(outbox.c.number > number).order_by(outbox.c.number).limit(limit)
        )
        query = query if topic is None else query.where(outbox.c.topic == topic)
        rows = self._connection.execute(query)
        return [Message(**row._mapping) for row in rows]  # noqa: SLF001 - a row's public mapping, despite its name

    def count(self) -> int:
        """How many messages there are."""
        return self._connection.execute(select(func.count()).select_from(outbox)).scalar_one()
