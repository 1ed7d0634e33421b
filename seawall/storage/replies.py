"""What was answered to a request that may be repeated, so that repeating it changes nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, not_, or_, select

from seawall.errors import WrongState
from seawall.storage.tables import replies

LASTING = (
    "report:"  # how the key of answers begins that are kept longer: a count told twice counts twice
)


class ReplyStore:
    """Answers by the caller's key and its Idempotency-Key."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def remember(
        self, key: str, token: str, *, request: bytes, reply: dict[str, Any], at: datetime
    ) -> None:
        """Keep the answer, in the transaction of what it answers for."""
        row = {"key": key, "token": token, "request": request, "reply": reply, "at": at}
        self._connection.execute(insert(replies), [row])

    def recall(self, key: str, token: str, *, request: bytes) -> dict[str, Any] | None:
        """
        The answer given before to the same request; None when this is the first time.

        Raises:
            WrongState: The token was used for another request.

        """
        query = select(replies.c.request, replies.c.reply).where(
            replies.c.key == key, replies.c.token == token
        )
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        if bytes(row.request) != request:
            raise WrongState("This Idempotency-Key was used for another request; take a new one.")
        reply: dict[str, Any] = row.reply
        return reply

    def forget(self, *, before: datetime, lasting: datetime | None = None) -> int:
        """Drop answers nobody will ask for again; how many. Of those that are kept longer, what is before `lasting`."""
        old = replies.c.at < before
        if lasting is not None:
            long = replies.c.key.startswith(LASTING, autoescape=True)
            old = and_(old, or_(not_(long), replies.c.at < lasting))
        return self._connection.execute(delete(replies).where(old)).rowcount
