"""A real PostgreSQL server, lent to one test at a time."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, make_url, text

VARIABLE = "SEAWALL_TEST_POSTGRESQL"


def server_url() -> str:
    """The database the tests may use; without one the test is skipped, or fails where CI says so."""
    url = os.environ.get(VARIABLE)
    if url:
        return url
    reason = f"{VARIABLE} names no database (postgresql+psycopg://user:password@host/database)"
    if os.environ.get("SEAWALL_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and SEAWALL_REQUIRE_ALL=1 wants every test to run.")
    pytest.skip(reason)


@contextmanager
def fresh_schema(url: str) -> Iterator[str]:
    """The URL of an empty schema that is the whole database to whoever connects with it; it goes with its tables."""
    schema = Schema(url)
    try:
        yield schema.url
    finally:
        schema.drop()


class Schema:
    """
    A schema of its own; it takes milliseconds where a database takes most of a second.

    Commits are not waited for until they are on the disk: tests kill processes, not the machine.
    """

    def __init__(self, url: str) -> None:
        self.name = f"test_{secrets.token_hex(8)}"
        options = (
            f"-csearch_path={self.name} -capplication_name={self.name} -csynchronous_commit=off"
        )
        lent = make_url(url).update_query_dict({"options": options})
        self.url = lent.render_as_string(hide_password=False)
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._connection = self._engine.connect()
        self._run(f"create schema {self.name}")
        self._tables: list[str] = []
        self._kept: list[str] = []
        self._counted: dict[str, int | None] = {}

    def keep(self) -> None:
        """Remember what is in its tables: `restore` goes back to it."""
        names = self._connection.execute(
            text("select tablename from pg_tables where schemaname = :name"), {"name": self.name}
        )
        self._tables = list(names.scalars())
        self._kept = self._filled()
        self._counted = self._sequences()
        self._run(f"create schema {self.name}_kept")
        for table in self._kept:
            self._run(f"create table {self.name}_kept.{table} as table {self.name}.{table}")

    def restore(self) -> None:
        """Forget what was written to its tables since `keep`, and end what is still connected."""
        self._disconnect()
        filled = ", ".join(f"{self.name}.{table}" for table in self._filled())
        self._run(f"truncate {filled} cascade")
        for table in self._kept:
            self._run(
                f"insert into {self.name}.{table} overriding system value table {self.name}_kept.{table}"
            )

        for sequence, last in self._sequences().items():
            before = self._counted[sequence]
            if last != before:
                called = "false" if before is None else "true"
                self._run(f"select setval('{self.name}.{sequence}', {before or 1}, {called})")

    def drop(self) -> None:
        """It is gone with its tables, and what was still connected, be it a process that a test killed, is not."""
        self._disconnect()
        self._run(f"drop schema if exists {self.name}, {self.name}_kept cascade")
        self._connection.close()
        self._engine.dispose()

    def _disconnect(self) -> None:
        self._connection.execute(
            text(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where application_name = :schema"
            ),
            {"schema": self.name},
        )

    def _filled(self) -> list[str]:
        asked = " union all ".join(
            f"select '{table}' where exists (select from {self.name}.{table})"  # noqa: S608 - ours
            for table in self._tables
        )
        return list(self._connection.execute(text(asked)).scalars())

    def _sequences(self) -> dict[str, int | None]:
        rows = self._connection.execute(
            text("select sequencename, last_value from pg_sequences where schemaname = :name"),
            {"name": self.name},
        )
        return {row.sequencename: row.last_value for row in rows}

    def _run(self, statement: str) -> None:
        self._connection.execute(text(statement))
