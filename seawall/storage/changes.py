"""Numbers for changes that others follow, handed out in commit order."""

from sqlalchemy import Connection, update

from seawall.storage.tables import counters


def take_changes(connection: Connection, count: int = 1) -> int:
    """
    The first of `count` new change numbers.

    The counter's row stays locked until this transaction ends, so whoever sees a number also sees every smaller one.
    """
    last: int = connection.execute(
        update(counters)
        .where(counters.c.name == "change")
        .values(value=counters.c.value + count)
        .returning(counters.c.value)
    ).scalar_one()
    return last - count + 1
