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
    """
    The URL of an empty schema that is the whole database to whoever connects with it.

    A schema takes milliseconds where a database takes most of a second. Commits are not waited for
    until they are on the disk: tests kill processes, not the machine. What is still connected at
    the end, be it a process that the test killed, is disconnected; the schema goes with its tables.
    """
    schema = f"test_{secrets.token_hex(8)}"
    options = f"-csearch_path={schema} -capplication_name={schema} -csynchronous_commit=off"
    lent = make_url(url).update_query_dict({"options": options})
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create schema {schema}"))
        try:
            yield lent.render_as_string(hide_password=False)
        finally:
            connection.execute(
                text(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                    " where application_name = :schema"
                ),
                {"schema": schema},
            )
            connection.execute(text(f"drop schema {schema} cascade"))
    engine.dispose()
