"""
What a list says takes the place of what was said singly before: of the same records, nothing older is told again.

    list ─▶ hub, and a file without a name ─▶ the hub has heard a batch ─▶ older words on its records are forgotten
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from tempfile import TemporaryFile
from typing import IO

from seawall.errors import Error, OutsideError, StorageError
from seawall.exchange.membership import Membership
from seawall.exchange.record import record_id
from seawall.partners.hub import Document
from seawall.workflows.contributing import COLUMNS
from seawall.workflows.membership import PAGE, Node
from seawall.workflows.rows import Row, lines_of, read_rows, signal_in

MOST_BAD = 1_000_000  # lines that a hub names before it says what became of the others


@contextmanager
def listed(membership: Membership, *, ndjson: bool, until: int, node: Node) -> Iterator["Listed"]:
    """
    A list on its way to a hub; our words up to those of the message `until` are older.

    Raises:
        StorageError: The disk refused.

    """
    try:
        node.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=node.folder) as file:
            yield Listed(membership, file, ndjson=ndjson, until=until, node=node)
    except OSError as broken:
        raise StorageError(
            f"The list cannot be kept in {node.folder} while it is sent: {broken.strerror}. Make room on the disk."
        ) from broken


class Listed:
    """A list on its way to a hub, and our older words on its records; the memory it takes does not grow with it."""

    def __init__(
        self, membership: Membership, file: IO[bytes], *, ndjson: bool, until: int, node: Node
    ) -> None:
        """`file` takes a copy of the list."""
        self._membership = membership
        self._file = file
        self._until = until
        self._node = node
        self._bad: set[int] = set()
        self._rows = self._read(ndjson=ndjson)

    def copied(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The list as it is sent."""
        for block in blocks:
            self._file.write(block)
            yield block

    def answered(self, told: Document) -> None:
        """
        The hub has refused a line, or heard a batch of lines: those that follow on the batch before.

        Raises:
            OutsideError: It names more lines than anybody could keep.

        """
        if "line" in told:
            self._bad.add(told["line"])
            if len(self._bad) > MOST_BAD:
                raise OutsideError("The hub refuses lines without end.")
            return
        heard = islice(self._rows, sum(told.values()) + len(self._bad))
        while rows := list(islice(heard, PAGE)):
            records = [
                record
                for line, row in rows
                if line not in self._bad and (record := self._record(row)) is not None
            ]
            with self._node.memory.transaction() as stores:
                stores.memberships.unsay(self._membership.id, records, until=self._until)
        self._bad.clear()

    def _read(self, *, ndjson: bool) -> Iterator[tuple[int, Row | Error]]:
        self._file.seek(0)
        yield from read_rows(lines_of(self._file), ndjson=ndjson, columns=COLUMNS)

    def _record(self, row: Row | Error) -> str | None:
        """The record of a row; None where there is none."""
        try:
            if isinstance(row, Error):
                return None
            return record_id(self._membership.agreement, signal_in(row))
        except Error:
            return None
