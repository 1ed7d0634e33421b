"""
Many rows in one statement, several times faster than a statement a row; written, or found by many values.

SQLite is given some hundred rows in a statement, and Python's lock is free while it writes them; PostgreSQL one JSON
document, which it takes apart itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol

import orjson
import sqlalchemy
from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Select,
    String,
    Table,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from seawall.signals.signal import Signal
from seawall.storage.tables import Moment

Row = dict[str, Any]


class Signed(Protocol):
    """What has a signal: an entry, a record."""

    @property
    def signal(self) -> Signal:
        """Its signal."""
        ...


PARAMETERS = 8_000  # in one statement to SQLite, a quarter of what it takes
PAGE_BYTES = 8 << 20  # of signals on one page, which a few long ones fill
ALL = 1 << 62  # bytes: no bound
ROWS_IN_HAND = 200  # asked for at a time where rows may be long


def insert_many(
    connection: Connection, table: Table, rows: Sequence[Row], *, skip_known: bool = False
) -> None:
    """Add these rows, perhaps but those that break a rule of uniqueness; all have the columns of the first."""
    if not rows:
        return
    columns = [table.c[name] for name in rows[0]]
    names = _names(connection.dialect, columns)
    ending = " ON CONFLICT DO NOTHING" if skip_known else ""
    if connection.dialect.name == "sqlite":
        insert_tuples(
            connection,
            f"INSERT INTO {table.name} ({names})",
            _tuples(connection.dialect, columns, rows),
            ending=ending,
        )
    else:
        given = _given(connection.dialect, columns)
        statement = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {given}{ending}"  # noqa: S608 - the same
        connection.exec_driver_sql(statement, (_json(rows),))


def insert_tuples(
    connection: Connection, into: str, ready: Sequence[tuple[Any, ...]], *, ending: str = ""
) -> None:
    """Add rows to SQLite that are as it keeps them: `into` is the statement up to its values."""
    most = PARAMETERS // len(ready[0])
    whole = len(ready) - len(ready) % most
    for start, end, count in ((0, whole, most), (whole, len(ready), len(ready) - whole)):
        if start < end:
            marks = ", ".join([f"({', '.join('?' * len(ready[0]))})"] * count)
            connection.exec_driver_sql(
                f"{into} VALUES {marks}{ending}",
                [
                    tuple(chain.from_iterable(ready[first : first + count]))
                    for first in range(start, end, count)
                ],
            )


def update_many(connection: Connection, table: Table, rows: Sequence[Row], *, key: str) -> None:
    """Write other columns of the rows with these keys; all have the columns of the first."""
    if not rows:
        return
    dialect = connection.dialect
    columns = [table.c[name] for name in rows[0] if name != key]
    if dialect.name == "sqlite":
        sets = ", ".join(f"{_names(dialect, [column])} = ?" for column in columns)
        statement = f"UPDATE {table.name} SET {sets} WHERE {key} = ?"  # noqa: S608 - names of our own tables
        connection.exec_driver_sql(statement, _tuples(dialect, [*columns, table.c[key]], rows))
    else:
        sets = ", ".join(f"{name} = given.{name}" for name in map(_name(dialect), columns))
        given = _given(dialect, [*columns, table.c[key]])
        statement = (
            f"UPDATE {table.name} SET {sets} FROM {given} WHERE {table.name}.{key} = given.{key}"  # noqa: S608 - the same
        )
        connection.exec_driver_sql(statement, (_json(rows),))


def until_full(
    connection: Connection, query: Select[Any], *, most: int, column: str = "value"
) -> Iterator[sqlalchemy.Row[Any]]:
    """The rows of this query up to the one with which this column has so many bytes, and few more in memory."""
    size = 0
    with connection.execute(query.execution_options(yield_per=ROWS_IN_HAND)) as rows:
        for row in rows:
            yield row
            size += len(getattr(row, column))
            if size >= most:
                return


def is_full(page: Iterable[Signed]) -> bool:
    """Whether a page ends because its signals fill it, so that more may follow."""
    return sum(len(each.signal.value) for each in page) >= PAGE_BYTES


def rows_among(
    connection: Connection, column: Column[str], values: Sequence[str]
) -> Sequence[sqlalchemy.Row[Any]]:
    """The rows of the column's table that have one of these values there."""
    if not values:
        return []
    postgresql = connection.dialect.name == "postgresql"
    wanted = list(values) if postgresql else orjson.dumps(values).decode()
    return connection.execute(_among(column, postgresql=postgresql), {"wanted": wanted}).all()


@lru_cache  # made once: a request to a hub asks it
def _among(column: Column[str], *, postgresql: bool) -> Select[Any]:
    """One parameter, however many values."""
    if postgresql:
        return select(column.table).where(column == any_(bindparam("wanted", type_=ARRAY(String))))
    listed = func.json_each(bindparam("wanted", type_=String)).table_valued("value")
    return select(column.table).where(column.in_(select(listed.c.value)))


def _tuples(
    dialect: Dialect, columns: Sequence[Column[Any]], rows: Sequence[Row]
) -> list[tuple[Any, ...]]:
    """The rows as SQLite keeps them, converted as SQLAlchemy would."""
    found: list[Iterable[Any]] = []
    for column in columns:
        name, convert = column.name, column.type.dialect_impl(dialect).bind_processor(dialect)
        values = [row[name] for row in rows]
        if convert is None:
            found.append(values)
        elif isinstance(column.type, Moment):  # what is written together has few moments
            known = {value: convert(value) for value in set(values)}
            found.append(map(known.__getitem__, values))
        else:
            found.append(map(convert, values))
    return list(zip(*found, strict=True))


def _given(dialect: Dialect, columns: Sequence[Column[Any]]) -> str:
    """The parameter as rows of these columns."""
    name = _name(dialect)
    typed = ", ".join(f"{name(column)} {column.type.compile(dialect)}" for column in columns)
    return f"json_to_recordset(CAST(%s AS json)) AS given({typed})"


def _names(dialect: Dialect, columns: Sequence[Column[Any]]) -> str:
    return ", ".join(map(_name(dialect), columns))


def _name(dialect: Dialect) -> Callable[[Column[Any]], str]:
    return dialect.identifier_preparer.format_column


def _json(rows: Sequence[Row]) -> str:
    return orjson.dumps(rows, default=_as_text, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _as_text(value: object) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a row.")
