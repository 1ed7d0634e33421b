"""The databases that tests get are real, empty, and gone afterwards."""

import pytest
from sqlalchemy import create_engine, inspect, text

from seawall.clock import now
from seawall.storage.memory import Memory
from seawall.workflows.bank import create_bank
from tests.postgres import fresh_schema, server_url


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_its_own_new_database(database_url, turn):
    """The second turn would find the first one's bank, or the first number taken."""
    memory = Memory(database_url)
    with memory.transaction() as stores:
        assert (stores.banks.all(), list(stores.audit.all())) == ([], [])
        create_bank(f"mine-{turn}", owner="us", stores=stores, by="test", now=now())
    with memory.reading() as stores:
        assert [event.number for event in stores.audit.all()] == [1]
    memory.close()


def test_a_schema_leaves_although_somebody_holds_on_to_it():
    """A process that a test killed cannot keep the next test waiting."""
    with fresh_schema(server_url()) as url:
        holding_on = create_engine(url).connect()
        holding_on.execute(text("create table held (id integer)"))
        schema = holding_on.execute(text("select current_schema()")).scalar_one()

    holding_on.invalidate()
    engine = create_engine(server_url())
    assert schema not in inspect(engine).get_schema_names()
    engine.dispose()
