"""
Opening the database: SQLite in write-ahead mode by default, PostgreSQL by URL.

Both are asked for the strictest durability: once a commit returns, a power cut does not take it back.
"""

import sqlite3
import time
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from seawall.errors import SettingsError, StorageError

BUSY_MILLISECONDS = 60_000  # how long a process waits for another's write on one SQLite
CACHE_KIB = (
    64 * 1024
)  # for each connection to SQLite that needs it: indexes over hashes are read all over
CHECKPOINT_PAGES = (
    32_000  # of SQLite's log before they are moved: 128 MB, so that bulk moves a page once
)
NEWEST = "0005"  # the last migration; a test holds it to the folder
RESTED = 1  # seconds after which a connection is asked whether it still leads to the database
UPGRADE_LOCK = 7_305_811  # any number, the same in every process: PostgreSQL's advisory lock


def open_database(url: str) -> Engine:
    """
    Connect, and bring the tables up to date.

    Raises:
        SettingsError: The URL is of no database we know.
        StorageError: The database cannot be reached or refuses; nothing was changed.

    """
    parsed = _parsed(url)
    try:
        engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
        with engine.connect() as connection:
            if not _up_to_date(connection):
                _upgrade(connection)
    except (SQLAlchemyError, OSError) as broken:
        raise StorageError(
            f"The database at {parsed.render_as_string(hide_password=True)} cannot be used: "
            f"{_first_line(broken)}. Check that it runs, that the address is right and the disk has room."
        ) from broken
    return engine


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(
            "The database URL cannot be read; write sqlite:///file or postgresql://…"
        ) from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise SettingsError(
            f"'{parsed.get_backend_name()}' is no database we know; use sqlite or postgresql."
        )
    return parsed


def _sqlite(url: URL) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False},
        json_serializer=_json,
        json_deserializer=orjson.loads,
        pool_size=16,
    )

    @event.listens_for(engine, "connect")
    def _durable(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # in WAL mode: every commit reaches the disk
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its place at once; a reader that later writes could find it had read the past.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=16,
        max_overflow=16,
        json_serializer=_json,
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine, "connect")
    def _planned_anew(connection: Any, _record: object) -> None:  # noqa: ANN401 - psycopg's connection
        # A plan kept from when a table was empty reads all of it once it is full.
        connection.execute("SET plan_cache_mode = force_custom_plan")
        connection.commit()

    @event.listens_for(engine, "checkin")
    def _rests(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _alive(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401 - the same
        rested = time.monotonic() - record.info.get("rests_since", time.monotonic())
        if rested < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise DisconnectionError from gone

    return engine


def _json(document: object) -> str:
    return orjson.dumps(document).decode()


def _up_to_date(connection: Connection) -> bool:
    with connection.begin():
        if not inspect(connection).has_table("alembic_version"):
            return False
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found == NEWEST


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - half a second that only the first start after an update pays
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    writing = connection.execution_options(writing=True)
    with writing.begin():  # on SQLite this waits for any other process; on PostgreSQL the lock does
        if writing.dialect.name == "postgresql":
            writing.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
        command.upgrade(config, "head")


def _first_line(broken: Exception) -> str:
    cause = getattr(broken, "orig", None) or broken
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
