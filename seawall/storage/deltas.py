"""Deltas: every change of an agreement, numbered without gaps, hashed into its tree; appended to, never rewritten."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from seawall.errors import NotFound
from seawall.exchange import merkle
from seawall.storage.bulk import insert_many
from seawall.storage.tables import agreements, blocks, deltas

LINES_AT_ONCE = 250  # read in one piece


@dataclass(frozen=True, slots=True)
class Line:
    """A delta as it was hashed."""

    number: int
    at: datetime
    text: bytes


class DeltaStore:
    """The logs of the agreements, and the trees over them."""

    def __init__(
        self, connection: Connection, *, on_lock: Callable[[str], None] | None = None
    ) -> None:
        """`on_lock` is told of each agreement that becomes ours: what was read of it before may be old."""
        self._connection = connection
        self._on_lock = on_lock
        self._locked: dict[
            str, int
        ] = {}  # agreements that are ours until the commit, as they are in the database
        self._waiting: dict[str, list[dict[str, Any]]] = {}  # what was added to them

    def lock(self, agreement: str) -> int:
        """
        The number of the last delta; nobody else adds one until this transaction ends.

        Raises:
            NotFound: There is no such agreement.

        """
        if agreement not in self._locked:
            size = self._connection.execute(
                update(agreements)
                .where(agreements.c.id == agreement)
                .values(size=agreements.c.size)
                .returning(agreements.c.size)
            ).scalar_one_or_none()
            if size is None:
                raise NotFound(f"There is no agreement '{agreement}'.")
            self._locked[agreement] = size
            if self._on_lock is not None:
                self._on_lock(agreement)
        return self._locked[agreement] + len(self._waiting.get(agreement, ()))

    def append(
        self, agreement: str, lines: Sequence[tuple[bytes, int | None]], *, size: int, at: datetime
    ) -> None:
        """
        Add lines to an agreement locked at this size, each with the number of its record's previous delta, if any.

        The leaf of the delta with number n is at position n - 1. They are written at the end of the transaction, or
        when something here is read.
        """
        self._waiting.setdefault(agreement, []).extend(
            {
                "agreement": agreement,
                "number": number,
                "at": at,
                "previous": previous,
                "line": line.decode(),
                "leaf": merkle.leaf_hash(line),
            }
            for number, (line, previous) in enumerate(lines, start=size + 1)
        )

    def flush(self) -> None:
        """Write what was added, and the blocks it completes."""
        waiting, self._waiting = self._waiting, {}
        for agreement, rows in waiting.items():
            size = self._locked[agreement]
            complete = merkle.completed(size, [row["leaf"] for row in rows], self.hashes(agreement))
            insert_many(self._connection, deltas, rows)
            insert_many(
                self._connection,
                blocks,
                [
                    {"agreement": agreement, "level": level, "position": position, "hash": block}
                    for level, position, block in complete
                ],
            )
            self._locked[agreement] = size + len(rows)
            self._connection.execute(
                update(agreements)
                .where(agreements.c.id == agreement)
                .values(size=self._locked[agreement])
            )

    def lines_after(self, agreement: str, number: int, *, limit: int) -> Iterator[bytes]:
        """The bare lines of the deltas that follow this one, in order, a few in memory at a time."""
        self.flush()
        query = (
            select(deltas.c.line)
            .where(deltas.c.agreement == agreement, deltas.c.number > number)
            .order_by(deltas.c.number)
            .limit(limit)
        )
        if limit > LINES_AT_ONCE:
            query = query.execution_options(yield_per=LINES_AT_ONCE)
        found = self._connection.execute(query)
        for line in found.scalars():
            yield line.encode()

    def leaf(self, agreement: str, number: int) -> bytes:
        """
        The leaf's hash of the delta of this number.

        Raises:
            NotFound: There is no such delta.

        """
        found = self.hashes(agreement)(0, number - 1, number)
        if not found:
            raise NotFound(f"The agreement '{agreement}' has no delta {number}.")
        return found[0]

    def sizes(self, wanted: Collection[str] | None = None) -> dict[str, int]:
        """The number of the last delta of each agreement, or of these."""
        self.flush()
        query = select(agreements.c.id, agreements.c.size)
        if wanted is not None:
            query = query.where(agreements.c.id.in_(wanted))
        return {row.id: row.size for row in self._connection.execute(query)}

    def history(self, agreement: str, number: int) -> list[Line]:
        """This delta and all before it of the same record, oldest first."""
        self.flush()
        columns = (deltas.c.number, deltas.c.at, deltas.c.line, deltas.c.previous)
        ours = select(*columns).where(deltas.c.agreement == agreement)
        chain = ours.where(deltas.c.number == number).cte(recursive=True)
        chain = chain.union_all(ours.where(deltas.c.number == chain.c.previous))
        query = select(chain.c.number, chain.c.at, chain.c.line).order_by(chain.c.number)
        return [
            Line(number, at, line.encode()) for number, at, line in self._connection.execute(query)
        ]

    def size(self, agreement: str) -> int:
        """
        The number of the last delta.

        Raises:
            NotFound: There is no such agreement.

        """
        self.flush()
        query = select(agreements.c.size).where(agreements.c.id == agreement)
        size: int | None = self._connection.execute(query).scalar_one_or_none()
        if size is None:
            raise NotFound(f"There is no agreement '{agreement}'.")
        return size

    def root(self, agreement: str, size: int) -> bytes:
        """The root of the tree over the first `size` deltas."""
        self.flush()
        return merkle.root(size, self.hashes(agreement))

    def hashes(self, agreement: str) -> merkle.Hashes:
        """What is kept of the agreement's tree; what was added in this transaction only once it was written."""

        def read(level: int, start: int, stop: int, /) -> list[bytes]:
            if level == 0:
                query = (
                    select(deltas.c.leaf)
                    .where(
                        deltas.c.agreement == agreement,
                        deltas.c.number > start,
                        deltas.c.number <= stop,
                    )
                    .order_by(deltas.c.number)
                )
            else:
                query = (
                    select(blocks.c.hash)
                    .where(
                        blocks.c.agreement == agreement,
                        blocks.c.level == level,
                        blocks.c.position >= start,
                        blocks.c.position < stop,
                    )
                    .order_by(blocks.c.position)
                )
            return [bytes(each) for each in self._connection.execute(query).scalars()]

        return read
