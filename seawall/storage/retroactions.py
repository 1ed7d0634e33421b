"""Verdicts on what had been let through, and how far back has been looked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from seawall.policy.measure import Measure
from seawall.screening.verdict import Verdict
from seawall.storage.documents import verdict_document, verdict_from
from seawall.storage.tables import counters, retroactions, uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class Retroaction:
    """An upload judged again for a signal that came after it."""

    upload: str
    item: str | None  # the platform's own name for it
    entry: str  # whose signal made the difference
    before: Measure
    verdict: Verdict
    at: datetime
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Every entry up to this change has been looked up among all uploads up to this line of the ledger."""

    change: int
    line: int


class RetroactionStore:
    """Retroactions in the order they were committed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[dict[str, Any]] = []

    def add(self, retroaction: Retroaction) -> None:
        """Remember that this upload is judged otherwise now."""
        self._waiting.append(
            {
                "upload": retroaction.upload,
                "entry": retroaction.entry,
                "before": retroaction.before,
                "measure": retroaction.verdict.measure,
                "verdict": verdict_document(retroaction.verdict),
                "at": retroaction.at,
            }
        )

    def flush(self) -> None:
        """Write the retroactions gathered so far."""
        if self._waiting:
            self._connection.execute(insert(retroactions), self._waiting)
            self._waiting = []

    def progress(self, *, lock: bool = False) -> Progress:
        """How far back has been looked; with `lock` nobody else moves it until this transaction ends."""
        query = select(counters).where(counters.c.name.in_(("retroaction", "ledger")))
        query = query.order_by(counters.c.name)
        rows = self._connection.execute(query.with_for_update() if lock else query)
        reached = {row.name: row.value for row in rows}
        return Progress(change=reached["retroaction"], line=reached["ledger"])

    def move(self, to: Progress) -> None:
        """It has been looked back this far."""
        for name, value in (("retroaction", to.change), ("ledger", to.line)):
            self._connection.execute(
                update(counters).where(counters.c.name == name).values(value=value)
            )

    def latest(self, idents: Collection[str]) -> dict[str, tuple[datetime, Verdict]]:
        """Of each of these uploads that was judged again: when, and the verdict since then."""
        query = (
            select(retroactions.c.upload, retroactions.c.at, retroactions.c.verdict)
            .where(retroactions.c.upload.in_(idents))
            .order_by(retroactions.c.number)
        )
        return {
            row.upload: (row.at, verdict_from(row.verdict))
            for row in self._connection.execute(query)
        }

    def of(self, ident: str) -> list[Retroaction]:
        """What became of this upload later, oldest first."""
        query = _with_items().where(retroactions.c.upload == ident).order_by(retroactions.c.number)
        return [_retroaction(row) for row in self._connection.execute(query)]

    def before(
        self, number: int | None, *, limit: int, measure: Measure | None = None
    ) -> list[Retroaction]:
        """Retroactions committed before the one of this number, newest first."""
        query = _with_items().order_by(retroactions.c.number.desc()).limit(limit)
        if number is not None:
            query = query.where(retroactions.c.number < number)
        if measure is not None:
            query = query.where(retroactions.c.measure == measure)
        return [_retroaction(row) for row in self._connection.execute(query)]

    def count(self) -> int:
        """How many there are."""
        return self._connection.execute(select(func.count()).select_from(retroactions)).scalar_one()


def _with_items() -> Select[Any]:
    return select(retroactions, uploads.c.item).join(uploads, uploads.c.id == retroactions.c.upload)


def _retroaction(row: Row[Any]) -> Retroaction:
    return Retroaction(
        upload=row.upload,
        item=row.item,
        entry=row.entry,
        before=Measure(row.before),
        verdict=verdict_from(row.verdict),
        at=row.at,
        number=row.number,
    )
