"""Banks, by name."""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from seawall.banks.bank import Bank
from seawall.errors import NotFound, WrongState
from seawall.storage.changes import take_changes
from seawall.storage.tables import banks, entries


class BankStore:
    """The banks and how many entries each has."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, bank: Bank) -> None:
        """
        Remember a new bank.

        Raises:
            WrongState: There is a bank of that name.

        """
        take_changes(self._connection)  # first: it makes others who add the same bank wait
        if self._row(bank.name) is not None:
            raise WrongState(f"There is already a bank '{bank.name}'.")
        self._connection.execute(insert(banks), [_values(bank)])

    def save(self, bank: Bank) -> None:
        """Remember a bank as it has become; where it was switched on, each of its entries counts as changed."""
        take_changes(self._connection)
        before = self._row(bank.name)
        if bank.enabled and before is not None and not before.enabled:
            self._renumber(bank.name)
        self._connection.execute(
            update(banks).where(banks.c.name == bank.name).values(_values(bank))
        )

    def find(self, name: str) -> Bank:
        """
        The bank of this name.

        Raises:
            NotFound: There is none.

        """
        row = self._row(name)
        if row is None:
            raise NotFound(f"There is no bank '{name}'.")
        return _bank(row)

    def all(self) -> list[Bank]:
        """Every bank, by name."""
        return [
            _bank(row) for row in self._connection.execute(select(banks).order_by(banks.c.name))
        ]

    def sizes(self) -> dict[str, int]:
        """How many entries each bank holds; a bank without any is left out."""
        query = (
            select(entries.c.bank, func.count())
            .where(entries.c.removed_at.is_(None))
            .group_by(entries.c.bank)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def size(self, name: str) -> int:
        """How many entries this bank holds."""
        query = select(func.count()).where(entries.c.bank == name, entries.c.removed_at.is_(None))
        size: int = self._connection.execute(query).scalar_one()
        return size

    def _renumber(self, name: str) -> None:
        """Whoever follows the changes of entries comes by these again."""
        first = take_changes(self._connection, self.size(name))
        place = func.row_number().over(order_by=entries.c.number)
        present = (
            select(entries.c.number, place.label("place"))
            .where(entries.c.bank == name, entries.c.removed_at.is_(None))
            .subquery()
        )
        self._connection.execute(
            update(entries)
            .where(entries.c.number == present.c.number)
            .values(change=first - 1 + present.c.place)
        )

    def _row(self, name: str) -> Row[Any] | None:
        return self._connection.execute(select(banks).where(banks.c.name == name)).one_or_none()


def _values(bank: Bank) -> dict[str, Any]:
    return {name: getattr(bank, name) for name in Bank.__dataclass_fields__}


def _bank(row: Row[Any]) -> Bank:
    return Bank(**row._mapping)  # noqa: SLF001 - a row's public mapping, despite its name
