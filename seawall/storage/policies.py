"""Policies, every version of each."""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from seawall.cases.policy import Policy
from seawall.cases.ruling import Decision
from seawall.errors import NotFound
from seawall.policy.ground import Basis, Ground
from seawall.storage.tables import policies


class PolicyStore:
    """Policies by name and version."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, policy: Policy) -> None:
        """Remember one more version."""
        self._connection.execute(
            insert(policies).values(
                id=policy.id,
                version=policy.version,
                title=policy.title,
                text=policy.text,
                categories=list(policy.categories),
                basis=policy.ground.basis,
                provision=policy.ground.provision,
                measure=policy.measure,
                strikes=policy.strikes,
                severity=policy.severity,
                at=policy.at,
            )
        )

    def find(self, ident: str, version: int | None = None) -> Policy:
        """
        The policy of this name, as it stands or as this version had it.

        Raises:
            NotFound: There is none, or no such version.

        """
        query = select(policies).where(policies.c.id == ident)
        if version is not None:
            query = query.where(policies.c.version == version)
        row = self._connection.execute(query.order_by(policies.c.version.desc()).limit(1)).first()
        if row is None:
            which = "" if version is None else f" in version {version}"
            raise NotFound(
                f"There is no policy '{ident}'{which}; `seawall policy list` shows them."
            )
        return _policy(row)

    def versions(self, ident: str) -> list[Policy]:
        """Every version of the policy of this name, newest first."""
        query = select(policies).where(policies.c.id == ident).order_by(policies.c.version.desc())
        return [_policy(row) for row in self._connection.execute(query)]

    def all(self) -> list[Policy]:
        """Every policy as it stands, by name."""
        newest = select(policies.c.id, func.max(policies.c.version).label("version")).group_by(
            policies.c.id
        )
        latest = newest.subquery()
        query = select(policies).join(
            latest, (policies.c.id == latest.c.id) & (policies.c.version == latest.c.version)
        )
        return [_policy(row) for row in self._connection.execute(query.order_by(policies.c.id))]


def _policy(row: Row[Any]) -> Policy:
    return Policy(
        id=row.id,
        version=row.version,
        title=row.title,
        text=row.text,
        categories=tuple(row.categories),
        ground=Ground(basis=Basis(row.basis), provision=row.provision),
        measure=Decision(row.measure),
        strikes=row.strikes,
        severity=row.severity,
        at=row.at,
    )
