"""The databases that tests get are real, empty, and gone afterwards."""

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.postgres import fresh_schema, server_url


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_its_own_empty_database(database_url, turn):
    """The second turn would trip over the first one's table."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("create table mark (turn integer)"))
        connection.execute(text("insert into mark values (:turn)"), {"turn": turn})
        assert connection.execute(text("select turn from mark")).scalars().all() == [turn]
    engine.dispose()


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
