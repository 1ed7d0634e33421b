"""What was ruled, what counts against users for it, and what was restored."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from seawall.access.person import Limits
from seawall.cases.case import ItemKind, Status
from seawall.cases.config import Act
from seawall.cases.likeness import Mark
from seawall.cases.ruling import AccountMeasure, Context, Decision, Ruling
from seawall.errors import NotFound
from seawall.policy.ground import Basis, Ground
from seawall.storage.bulk import rows_among
from seawall.storage.case_rows import Listed, listed, within
from seawall.storage.changes import take_changes
from seawall.storage.tables import (
    allowed,
    case_items,
    cases,
    looks,
    ruled_signals,
    rulings,
    strikes,
)

PAGE = 400  # values in one IN (…)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """What one ruling counts against a user, until when."""

    ruling: str
    weight: int
    at: datetime
    expires_at: datetime


class RulingStore:
    """Rulings, the signals they were about, strikes, and the allow list."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, ruling: Ruling) -> None:
        """Remember a ruling."""
        self._connection.execute(insert(rulings).values(_values(ruling)))

    def save(self, ruling: Ruling) -> None:
        """Write a ruling as it has become."""
        self._connection.execute(
            update(rulings).where(rulings.c.id == ruling.id).values(_values(ruling))
        )

    def find(self, ident: str) -> Ruling:
        """
        The ruling of this id.

        Raises:
            NotFound: There is none.

        """
        row = self._connection.execute(select(rulings).where(rulings.c.id == ident)).one_or_none()
        if row is None:
            raise NotFound(f"There is no ruling '{ident}'.")
        return _ruling(row)

    def of_case(self, case: str) -> list[Ruling]:
        """Every ruling on this case, oldest first, those undone too."""
        query = select(rulings).where(rulings.c.case == case).order_by(rulings.c.at, rulings.c.id)
        return [_ruling(row) for row in self._connection.execute(query)]

    def of_cases(self, wanted: Collection[str]) -> list[Ruling]:
        """Every ruling on these cases, newest first, those undone too."""
        query = select(rulings).where(rulings.c.case.in_(wanted))
        query = query.order_by(rulings.c.at.desc(), rulings.c.id.desc())
        return [_ruling(row) for row in self._connection.execute(query)]

    def of_users(self, users: Collection[str]) -> dict[str, list[Ruling]]:
        """Rulings in force on something of each of these users, or on the user, the latest first."""
        found: dict[str, dict[str, Ruling]] = {user: {} for user in users}
        itself = (case_items.c.kind == ItemKind.USER) & case_items.c.item.in_(users)
        query = (
            select(rulings, case_items.c.uploader, case_items.c.item)
            .join(case_items, case_items.c.case == rulings.c.case)
            .where(
                case_items.c.uploader.in_(users) | itself,
                case_items.c.removed_at.is_(None),
                rulings.c.undone_at.is_(None),
            )
            .order_by(rulings.c.at.desc(), rulings.c.id)
            .limit(PAGE)
        )
        for row in self._connection.execute(query) if users else ():
            user = row.uploader if row.uploader in found else row.item
            found[user].setdefault(row.id, _ruling(row))
        return {user: list(made.values()) for user, made in found.items()}

    def given_since(self, since: datetime, *, limit: int) -> list[datetime]:
        """When rulings were given, of the latest `limit` of them, so that it stays quick; their ids follow time."""
        latest = select(rulings.c.at).order_by(rulings.c.id.desc()).limit(limit).subquery()
        query = select(latest).where(latest.c.at >= since)
        return list(self._connection.execute(query).scalars())

    def count_by(self, person: str) -> int:
        """How many rulings this person has given, those undone too."""
        query = select(func.count()).where(rulings.c.by == person)
        return self._connection.execute(query).scalar_one()

    def ending(self, *, now: datetime, limit: int) -> list[str]:
        """Labels and restrictions in force whose end has come, the longest over first."""
        query = (
            select(rulings.c.id)
            .where(
                rulings.c.carried_out_at.is_not(None),
                rulings.c.ends_at.is_not(None),
                rulings.c.ends_at <= now,
                rulings.c.undone_at.is_(None),
                rulings.c.ended_at.is_(None),
            )
            .order_by(rulings.c.ends_at)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def awaiting(
        self, *, limit: int, limits: Limits | None = None, reader: str | None = None
    ) -> list[tuple[Ruling, Listed]]:
        """
        Rulings that a second person must approve, or agree to restore, with their cases; the oldest first.

        Of looks those of the reader, to whom they look like any other.
        """
        own_look = cases.c.id.in_(select(looks.c.case)) & (rulings.c.by == reader)
        approval = and_(
            cases.c.status == Status.RULED,
            cases.c.until.is_(None) | own_look,
            rulings.c.id == cases.c.ruling,
        )
        asked = and_(rulings.c.restore_asked_by.is_not(None), rulings.c.undone_at.is_(None))
        found = [
            (_ruling(row), listed(row, "case_"))
            for which in (approval, asked)
            for row in self._connection.execute(
                select(rulings, *(column.label(f"case_{column.name}") for column in cases.c))
                .join(cases, cases.c.id == rulings.c.case)
                .where(which, *within(limits))
                .order_by(rulings.c.at)
                .limit(limit)
            )
        ]
        found = [each for each in found if each[0].needs or each[0].restore_asked_by]
        return sorted(found, key=lambda each: each[0].at)[:limit]

    def keep_marks(self, ruling: str, marks: Collection[Mark]) -> None:
        """What this ruling was about, so that a later item with the same content finds it."""
        if marks:
            rows = [{"ruling": ruling, **asdict(mark)} for mark in marks]
            self._connection.execute(insert(ruled_signals), rows)

    def earlier(self, marks: Sequence[Mark]) -> list[tuple[Ruling, Mark]]:
        """Rulings that stand on something with one of these marks, newest first, with the mark of theirs."""
        digests = list({mark.digest for mark in marks})
        found: list[tuple[Ruling, Mark]] = []
        for start in range(0, len(digests), PAGE):
            query = (
                select(rulings, ruled_signals.c.digest, ruled_signals.c.signal)
                .join(rulings, rulings.c.id == ruled_signals.c.ruling)
                .where(
                    ruled_signals.c.digest.in_(digests[start : start + PAGE]),
                    rulings.c.undone_at.is_(None),
                )
                .order_by(rulings.c.at.desc())
                .limit(PAGE)
            )
            found.extend(
                (_ruling(row), Mark(row.digest, row.signal))
                for row in self._connection.execute(query)
            )
        return sorted(found, key=lambda each: each[0].at, reverse=True)

    def removed(self, uploads: Collection[str]) -> set[str]:
        """Those of these uploads that a ruling in force has removed."""
        query = (
            select(case_items.c.upload)
            .join(rulings, rulings.c.case == case_items.c.case)
            .where(
                case_items.c.upload.in_(uploads),
                case_items.c.removed_at.is_(None),
                rulings.c.decision == Decision.REMOVE,
                rulings.c.carried_out_at.is_not(None),
                rulings.c.undone_at.is_(None),
            )
        )
        return set(self._connection.execute(query).scalars())

    def carried_out_on(self, uploads: Collection[str]) -> dict[str, Ruling]:
        """The latest ruling that was carried out on each of these uploads, whether it still stands or not."""
        query = (
            select(rulings, case_items.c.upload)
            .join(case_items, rulings.c.case == case_items.c.case)
            .where(
                case_items.c.upload.in_(uploads),
                case_items.c.removed_at.is_(None),
                rulings.c.carried_out_at.is_not(None),
            )
            .order_by(rulings.c.carried_out_at)
        )
        return {row.upload: _ruling(row) for row in self._connection.execute(query)}

    def strike(
        self, user: str, ruling: str, *, weight: int, at: datetime, expires_at: datetime
    ) -> None:
        """This ruling counts against a user."""
        self._connection.execute(
            insert(strikes).values(
                user=user, ruling=ruling, weight=weight, at=at, expires_at=expires_at
            )
        )

    def strikes_of(self, user: str, *, at: datetime) -> int:
        """What counts against a user at this moment."""
        query = select(func.sum(strikes.c.weight)).where(
            strikes.c.user == user, strikes.c.expires_at > at
        )
        return self._connection.execute(query).scalar() or 0

    def strikes_of_each(
        self,
        users: Sequence[str],
        *,
        at: datetime,
        but: Collection[str] = (),
        before: datetime | None = None,
    ) -> dict[str, int]:
        """What counts against each of these users at this moment; but for these rulings, or from then on."""
        found: dict[str, int] = {}
        for row in rows_among(self._connection, strikes.c.user, users):
            told = row.ruling not in but and (before is None or row.at < before)
            if row.expires_at > at and told:
                found[row.user] = found.get(row.user, 0) + row.weight
        return found

    def strike_list(self, user: str) -> list[Strike]:
        """Everything that ever counted against a user, newest first."""
        columns = [strikes.c[name] for name in Strike.__dataclass_fields__]
        query = select(*columns).where(strikes.c.user == user).order_by(strikes.c.number.desc())
        return [Strike(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - a row's public mapping, despite its name

    def forgive(self, ruling: str, *, at: datetime) -> None:
        """This ruling counts against nobody any more."""
        self._connection.execute(
            update(strikes).where(strikes.c.ruling == ruling).values(expires_at=at)
        )

    def allow(self, digests: Collection[bytes], *, ruling: str, until: datetime) -> None:
        """Let what has one of these signals through."""
        self.disallow(digests)
        rows = [{"digest": each, "ruling": ruling, "until": until} for each in digests]
        if rows:
            self._connection.execute(insert(allowed), rows)

    def disallow(self, digests: Collection[bytes]) -> None:
        """What has these signals is judged like everything else."""
        take_changes(self._connection)
        wanted = list(digests)
        for start in range(0, len(wanted), PAGE):
            part = wanted[start : start + PAGE]
            self._connection.execute(delete(allowed).where(allowed.c.digest.in_(part)))

    def allowed(self) -> dict[bytes, datetime]:
        """The digests of signals that are let through, and until when."""
        rows = self._connection.execute(select(allowed.c.digest, allowed.c.until))
        return {bytes(row.digest): row.until for row in rows}


def _values(ruling: Ruling) -> dict[str, Any]:
    ground = asdict(ruling.ground) if ruling.ground else None
    return asdict(ruling) | {
        "territories": list(ruling.territories),
        "share": list(ruling.share),
        "needs": list(ruling.needs),
        "ground": ground,
    }


def _ruling(row: Row[Any]) -> Ruling:
    fields = {name: getattr(row, name) for name in Ruling.__dataclass_fields__}
    return Ruling(
        **fields
        | {
            "decision": Decision(row.decision),
            "territories": tuple(row.territories),
            "share": tuple(row.share),
            "needs": tuple(Act(each) for each in row.needs),
            "context": Context(row.context) if row.context else None,
            "account": AccountMeasure(row.account) if row.account else None,
            "ground": Ground(basis=Basis(row.ground["basis"]), provision=row.ground["provision"])
            if row.ground
            else None,
        }
    )
