"""The rows that are kept beside the events of cases, on both databases."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, insert, make_url, text

from seawall.access.person import Limits
from seawall.cases.case import Item, ItemKind, Source, Step, fold, happened, opened
from seawall.clock import rfc3339
from seawall.storage import database, migrations
from seawall.storage.case_rows import row_of
from seawall.storage.memory import Memory
from seawall.storage.tables import cases
from tests.made import NOON
from tests.postgres import fresh_schema, server_url


@pytest.fixture
def memory(database_url):
    """An empty memory."""
    kept = Memory(database_url)
    yield kept
    kept.close()


def opening(ident, *, queue="matches", category=None, territory=None):
    """How a case of a text opens."""
    item = Item(id=ident, kind=ItemKind.TEXT, signals=(f"md5:{ident}",), territory=territory)
    return opened(
        ident,
        item,
        source=Source.HAND,
        queue=queue,
        category=category,
        severity=1,
        confidence=1,
        deadline=None,
        by="cli",
        at=NOON,
    )


def check_counted(memory, *limits):
    """What is counted is what is listed, however far somebody sees; how many that are."""
    with memory.reading() as stores:
        for each in (Limits(), *limits):
            listed = stores.cases.page(limit=99, limits=each)
            groups = Counter((case.queue, case.category, case.status) for case in listed)
            assert stores.cases.waiting(each) == groups
        return sum(stores.cases.waiting().values())


def test_what_waits_is_counted_as_it_changes(memory):
    """Whatever happens to a case, and however it is written, the count follows."""
    german = Limits(territories=frozenset({"DE"}))
    with memory.transaction() as stores:
        first = stores.cases.open(opening("one", category="scam", territory="DE"))
        second = stores.cases.open(opening("two", queue="samples", territory="FR"))
        stores.cases.open(opening("three"))
    assert check_counted(memory, german) == 3

    until = rfc3339(NOON + timedelta(hours=1))
    with memory.transaction() as stores:
        told = {"by": "ann", "at": NOON}
        first = stores.cases.record(first, happened(first, Step.CLAIMED, **told, until=until))
        stores.cases.extend(first.id, until=NOON + timedelta(hours=2))
        claimed = stores.cases.record(second, happened(second, Step.CLAIMED, **told, until=until))
        ruling = {"ruling": "rul_1", "until": until}
        stores.cases.record(claimed, happened(claimed, Step.RULED, **told, **ruling))
    assert check_counted(memory, german) == 2
    with memory.transaction() as stores:
        stores.cases.record(first, happened(first, Step.RELEASED, **told))
        stores.connection.execute(text("DELETE FROM cases WHERE id = 'three'"))
    assert check_counted(memory, german) == 1


def test_an_update_counts_what_waited_before(database_url):
    """A home of an earlier version, with cases of its own."""
    engine = create_engine(make_url(database_url))
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        made = [fold([opening(name, category="scam")]) for name in ("one", "two")]
        connection.execute(insert(cases), [row_of(case) for case in made])
    engine.dispose()

    memory = Memory(database_url)
    assert check_counted(memory) == 2
    memory.close()


def test_a_connection_that_was_cut_while_it_rested_is_replaced(monkeypatch):
    """Nobody is refused because the database was restarted in the night."""
    monkeypatch.setattr(database, "RESTED", 0)
    with fresh_schema(server_url()) as url:
        memory = Memory(url)
        with memory.reading() as stores:
            mine = stores.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        ending = text("SELECT pg_terminate_backend(:pid, 5000)")
        with create_engine(server_url()).connect() as other:
            assert other.execute(ending, {"pid": mine}).scalar_one()
        assert memory.database_id()
        memory.close()
