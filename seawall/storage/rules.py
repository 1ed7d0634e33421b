"""Rules, by name."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from seawall.errors import NotFound
from seawall.policy.ground import Basis, Ground
from seawall.policy.measure import Measure
from seawall.policy.rule import Rule, Trigger
from seawall.storage.changes import take_changes
from seawall.storage.tables import rules


class RuleStore:
    """The rules, switched on or not."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, rule: Rule, *, at: datetime) -> None:
        """Remember the rule, in place of its namesake if there is one."""
        take_changes(self._connection)
        self._connection.execute(delete(rules).where(rules.c.name == rule.name))
        self._connection.execute(
            insert(rules), [{"name": rule.name, "body": asdict(rule), "updated_at": at}]
        )

    def remove(self, name: str) -> None:
        """
        Forget a rule.

        Raises:
            NotFound: There is no rule of that name.

        """
        take_changes(self._connection)
        if not self._connection.execute(delete(rules).where(rules.c.name == name)).rowcount:
            raise NotFound(f"There is no rule '{name}'; `seawall rule list` shows them.")

    def find(self, name: str) -> Rule | None:
        """The rule of this name, if there is one."""
        row = self._connection.execute(
            select(rules.c.body).where(rules.c.name == name)
        ).one_or_none()
        return _rule(row.body) if row else None

    def all(self) -> tuple[Rule, ...]:
        """Every rule, by name."""
        query = select(rules.c.body).order_by(rules.c.name)
        return tuple(_rule(row.body) for row in self._connection.execute(query))


def _rule(body: dict[str, Any]) -> Rule:
    ground = body["ground"]
    return Rule(
        **body
        | {
            "measure": Measure(body["measure"]),
            "trigger": Trigger(body["trigger"]),
            "territories": tuple(body["territories"]),
            "ground": Ground(basis=Basis(ground["basis"]), provision=ground["provision"])
            if ground
            else None,
        }
    )
