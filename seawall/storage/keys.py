"""Keys, without their secrets."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from seawall.access.key import Key, Scope
from seawall.errors import NotFound, WrongState
from seawall.storage.changes import take_changes
from seawall.storage.tables import keys


class KeyStore:
    """Who may call."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: Key) -> None:
        """
        Remember a new key by its digest.

        Raises:
            WrongState: There is one with its id or digest.

        """
        take_changes(self._connection)
        values = {name: getattr(key, name) for name in Key.__dataclass_fields__}
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(keys), [values | {"scopes": sorted(key.scopes)}])
        except IntegrityError:
            raise WrongState("This key is known already; make another.") from None

    def revoke(self, ident: str, *, at: datetime) -> None:
        """
        From this moment the key opens nothing.

        Raises:
            NotFound: There is no such key.

        """
        take_changes(self._connection)
        found = self._connection.execute(
            update(keys).where(keys.c.id == ident).values(revoked_at=at)
        )
        if not found.rowcount:
            raise NotFound(f"There is no key '{ident}'; `seawall key list` shows them.")

    def hold(self, ident: str) -> Key:
        """
        The key of this id; nobody else changes one until this transaction ends.

        Raises:
            NotFound: There is none.

        """
        take_changes(self._connection)
        return self.find(ident)

    def supersede(self, ident: str, *, successor: str, ends: datetime) -> None:
        """Write that a key was renewed to another, and when it ends."""
        take_changes(self._connection)
        self._connection.execute(
            update(keys).where(keys.c.id == ident).values(successor=successor, expires_at=ends)
        )

    def find(self, ident: str) -> Key:
        """
        The key of this id.

        Raises:
            NotFound: There is none.

        """
        row = self._connection.execute(select(keys).where(keys.c.id == ident)).one_or_none()
        if row is None:
            raise NotFound(f"There is no key '{ident}'; `seawall key list` shows them.")
        return _key(row)

    def all(self) -> list[Key]:
        """Every key, oldest first, revoked ones too."""
        return [
            _key(row) for row in self._connection.execute(select(keys).order_by(keys.c.created_at))
        ]


def _key(row: Row[Any]) -> Key:
    values = dict(row._mapping)  # noqa: SLF001 - a row's public mapping, despite its name
    return Key(
        **values | {"scopes": frozenset(map(Scope, row.scopes)), "digest": bytes(row.digest)}
    )
