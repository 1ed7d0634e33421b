"""
The tables of a new database, made by the migrations once in each process and copied from then on.

The migrations take 0.1 to 0.3 s of a processor, and a thousand tests begin with an empty database. Processes of their
own that tests start open it as anybody does. A PostgreSQL schema is lent to one test after another, emptied in between.
"""

import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from seawall.storage.database import open_database
from tests.postgres import Schema, fresh_schema, server_url

NEW_ID = "UPDATE about SET value = '{}' WHERE name = 'database'"
WRITING = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE")

Statement = tuple[str, Any]  # SQL, parameters

_IDLE: list[Schema] = []


def open_quickly(url: str) -> Engine:
    """As `open_database`, on an empty database without running the migrations."""
    with suppress(OSError, SQLAlchemyError):  # whoever opens it says why
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            _fill_schema(url)
        elif parsed.drivername == "sqlite" and parsed.database:
            _copy_file(Path(parsed.database))
    engine = open_database(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _lightly)
        engine.dispose()
    return engine


@contextmanager
def lent_schema() -> Iterator[str]:
    """The URL of a PostgreSQL schema with the tables of a new database, which the next test gets emptied."""
    schema = _IDLE.pop() if _IDLE else _furnished()
    try:
        yield schema.url
    except BaseException:
        schema.drop()
        raise
    try:
        schema.restore()
    except SQLAlchemyError:  # the test has changed the tables themselves
        schema.drop()
    else:
        _IDLE.append(schema)


def drop_idle_schemas() -> None:
    """Nobody wants them any more."""
    while _IDLE:
        _IDLE.pop().drop()


def _furnished() -> Schema:
    schema = Schema(server_url())
    _fill_schema(schema.url)
    schema.keep()
    return schema


def _lightly(connection: sqlite3.Connection, _record: object) -> None:
    """Commits are not waited for until they are on the disk: tests kill processes, not the machine."""
    connection.execute("PRAGMA synchronous = OFF")


def _copy_file(wanted: Path) -> None:
    if wanted.exists():
        return
    wanted.parent.mkdir(parents=True, exist_ok=True)
    unnamed = wanted.with_name(secrets.token_hex(8))
    shutil.copyfile(_file(), unnamed)
    connection = sqlite3.connect(unnamed)
    with connection:
        connection.execute(NEW_ID.format(secrets.token_hex(8)))
    connection.close()
    unnamed.rename(wanted)


@cache
def _file() -> Path:
    folder = Path(mkdtemp(prefix="seawall-template-"))
    open_database(f"sqlite:///{folder / 'made.db'}").dispose()
    return folder / "made.db"


def _fill_schema(url: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        if not inspect(connection).get_table_names():
            for statement, parameters in _statements():
                connection.exec_driver_sql(statement, parameters)
            connection.exec_driver_sql(NEW_ID.format(secrets.token_hex(8)))
    engine.dispose()


@cache
def _statements() -> list[Statement]:
    """What the migrations write; what has no parameters together, as one statement."""
    said: list[Statement] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.strip().startswith(WRITING):
            said.append((statement, parameters or None))

    with fresh_schema(server_url()) as url:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            open_database(url).dispose()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    together: list[Statement] = []
    for plain, part in groupby(said, key=lambda each: each[1] is None):
        if plain:
            together.append((";\n".join(statement for statement, _ in part), None))
        else:
            together += part
    return together
