"""Records: one a signal and agreement; what waits in quarantine; how much was contributed, and how it turned out."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_sqlite

from seawall.errors import InputError, NotFound
from seawall.exchange.delta import Document, opinion_from, opinion_json
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.record import Record, Standing, expires_at, own_piece, record_id, standing
from seawall.policy.interval import Share
from seawall.signals.signal import Signal
from seawall.storage.bulk import (
    ALL,
    PAGE_BYTES,
    insert_many,
    rows_among,
    until_full,
    update_many,
)
from seawall.storage.tables import contributed, held, quarantines, records, sources

ROWS_AT_ONCE = 500  # of all records of an agreement
PAGE = 400  # values in one IN (…)
_FIXED = ("id", "agreement", "signal_type", "value", "piece")  # of a record, once written
_OWN_PIECE = literal("pc") + func.substr(records.c.id, len("rec") + 1)
Contribution = tuple[Signal, Opinion, str | None]  # what, whose word, of which piece


@dataclass(slots=True)
class _Taken:
    """Of a day's quota: all of it, and what of it is not written yet."""

    total: int
    waiting: int = 0


class RecordStore:
    """Shared signals as they stand now."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: dict[tuple[str, Signal], tuple[Record, datetime]] = {}
        self._quotas: dict[tuple[str, str, str], _Taken] = {}

    def of_signals(self, agreement: str, signals: Collection[Signal]) -> dict[Signal, Record]:
        """The records of these signals."""
        waiting = {
            signal: self._waiting[agreement, signal][0]
            for signal in signals
            if (agreement, signal) in self._waiting
        }
        by_id = {record_id(agreement, each): each for each in signals if each not in waiting}
        known = {by_id[each.id]: each for each in self._in(agreement, sorted(by_id))}
        for signal, record in known.items():
            if record.signal != signal:  # somebody has tried 2^48 signals to find two such
                raise InputError(f"The signal {signal} has the id of another; it cannot be shared.")
        return known | waiting

    def by_id(self, agreement: str, idents: Collection[str]) -> dict[str, Record]:
        """The records of these ids."""
        self.flush()
        return {each.id: each for each in self._in(agreement, sorted(idents))}

    def find(self, agreement: str, ident: str) -> Record:
        """
        The record of this id.

        Raises:
            NotFound: The agreement has none.

        """
        found = self.by_id(agreement, [ident])
        if not found:
            raise NotFound(f"The agreement '{agreement}' has no record '{ident}'.")
        return found[ident]

    def write(self, written: Sequence[Record], *, now: datetime) -> None:
        """
        Remember these records as they have become; those without a number are new.

        They are written at the end of the transaction, or when something else than records of signals is read.
        """
        for record in written:
            self._waiting[record.agreement, record.signal] = record, now

    def flush(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, {}
        come_to = _ComeTo()
        new = [
            _values(record, *come_to(record, now))
            for record, now in waiting.values()
            if not record.number
        ]
        insert_many(self._connection, records, new)
        changed = [
            {
                name: value
                for name, value in _values(record, *come_to(record, now)).items()
                if name not in _FIXED
            }
            | {"number": record.number}
            for record, now in waiting.values()
            if record.number
        ]
        update_many(self._connection, records, changed, key="number")
        for (agreement, organisation, day), taken in self._quotas.items():
            if taken.waiting:
                self._count_quota(agreement, organisation, day, taken.waiting)
                taken.waiting = 0

    def page(
        self,
        agreement: str,
        *,
        after: int = 0,
        limit: int = 100,
        signal: Signal | None = None,
        piece: str | None = None,
        stands: tuple[Standing, datetime] | None = None,
        most: int | None = None,
    ) -> list[Record]:
        """
        Records of an agreement in the order they came, after the one of this number; perhaps as they stand then.

        They are fewer than `limit` where their values have `most` bytes.
        """
        self.flush()
        query = _of(agreement).where(records.c.number > after).order_by(records.c.number)
        if signal is not None:
            query = query.where(records.c.id == record_id(agreement, signal))
        if piece is not None:
            query = query.where(_is_of(piece))
        if stands is not None:
            query = query.where(_stood(*stands))
        rows = until_full(self._connection, query.limit(limit), most=most or ALL)
        return [_record(row) for row in rows]

    def documents(self, agreement: str) -> Iterator[tuple[int, Document]]:
        """
        Every record that somebody confirms or disputes, as members see it, with its last delta, in that order.

        The opinions are passed on as they are kept, so that a million records cost seconds.
        """
        self.flush()
        names = ("id", "signal_type", "value", "piece", "sightings", "right", "wrong", "delta")
        query = (
            select(
                *(records.c[name] for name in names),
                records.c.standing,
                cast(records.c.opinions, Text),
            )
            .where(records.c.agreement == agreement)
            .order_by(records.c.delta)
        )
        rows = self._connection.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
        for ident, kind, value, piece, sightings, right, wrong, delta, stands, said in rows:
            if stands == Standing.WITHDRAWN and not _disputed(said):
                continue
            yield (
                delta,
                {
                    "id": ident,
                    "signal": f"{kind}:{value}",
                    "piece": piece or own_piece(ident),
                    "opinions": orjson.Fragment(said),
                    "sightings": sightings,
                    "right": right,
                    "wrong": wrong,
                },
            )

    def counts(self, agreement: str, *, now: datetime) -> dict[str, int]:
        """How many records there are of each standing as they stand now, and `pieces`, the distinct contents of all."""
        self.flush()
        stands = case((_is_over(now), Standing.EXPIRED.value), else_=records.c.standing)
        by_standing = (
            select(stands, func.count()).where(records.c.agreement == agreement).group_by(stands)
        )
        pieces = select(
            func.count(func.distinct(func.coalesce(records.c.piece, _OWN_PIECE)))
        ).where(records.c.agreement == agreement)
        found: dict[str, int] = {row[0]: row[1] for row in self._connection.execute(by_standing)}
        return {
            **{each.value: found.get(each, 0) for each in Standing},
            "pieces": self._connection.execute(pieces).scalar_one(),
        }

    # How much, and how it turned out.

    def take_quota(self, agreement: str, organisation: str, day: date, count: int) -> int:
        """
        How many opinions the organisation had given that day before these, under an agreement that is locked.

        They are counted in the database at the end of the transaction.
        """
        key = (agreement, organisation, day.isoformat())
        if key not in self._quotas:
            self._quotas[key] = _Taken(self._quota(*key))
        taken = self._quotas[key]
        before = taken.total
        taken.total += count
        taken.waiting += count
        return before

    def _quota(self, agreement: str, organisation: str, day: str) -> int:
        query = select(contributed.c.opinions).where(
            contributed.c.agreement == agreement,
            contributed.c.organisation == organisation,
            contributed.c.day == day,
        )
        return self._connection.execute(query).scalar_one_or_none() or 0

    def _count_quota(self, agreement: str, organisation: str, day: str, count: int) -> None:
        upsert = upsert_sqlite if self._connection.dialect.name == "sqlite" else upsert_postgresql
        values = {"agreement": agreement, "organisation": organisation, "day": day}
        self._connection.execute(
            upsert(contributed)
            .values(values | {"opinions": count})
            .on_conflict_do_update(
                index_elements=["agreement", "organisation", "day"],
                set_={"opinions": contributed.c.opinions + count},
            )
        )

    def count_outcomes(self, agreement: str, organisation: str, *, right: int, wrong: int) -> None:
        """Count reviewed matches of what the organisation had confirmed."""
        upsert = upsert_sqlite if self._connection.dialect.name == "sqlite" else upsert_postgresql
        values = {"agreement": agreement, "organisation": organisation}
        self._connection.execute(
            upsert(sources)
            .values(values | {"right": right, "wrong": wrong})
            .on_conflict_do_update(
                index_elements=["agreement", "organisation"],
                set_={"right": sources.c.right + right, "wrong": sources.c.wrong + wrong},
            )
        )

    def precisions(self, agreement: str) -> dict[str, Share]:
        """For each source, the share of reviewed matches that was right."""
        query = select(sources).where(sources.c.agreement == agreement)
        return {
            row.organisation: Share(row.right, row.right + row.wrong)
            for row in self._connection.execute(query)
        }

    # Quarantine.

    def hold(self, agreement: str, contributions: Sequence[Contribution]) -> None:
        """Keep contributions that nobody is shown until an administrator releases them."""
        by_source = Counter(opinion.organisation for _, opinion, _ in contributions)
        for organisation, count in sorted(by_source.items()):
            self._count_held(agreement, organisation, count)
        if contributions:
            rows = [
                {
                    "agreement": agreement,
                    "organisation": opinion.organisation,
                    "signal": str(signal),
                    "piece": piece,
                    "opinion": opinion_json(opinion),
                    "at": opinion.at,
                }
                for signal, opinion, piece in contributions
            ]
            insert_many(self._connection, held, rows)

    def held(self, agreement: str) -> dict[str, int]:
        """How many contributions of each organisation wait in quarantine."""
        query = select(quarantines.c.organisation, quarantines.c.waiting).where(
            quarantines.c.agreement == agreement, quarantines.c.waiting > 0
        )
        return {row.organisation: row.waiting for row in self._connection.execute(query)}

    def held_of(self, agreement: str, organisation: str) -> int:
        """How many contributions of one organisation wait."""
        query = select(quarantines.c.waiting).where(
            quarantines.c.agreement == agreement, quarantines.c.organisation == organisation
        )
        return self._connection.execute(query).scalar_one_or_none() or 0

    def all_held(self) -> dict[str, int]:
        """How many contributions wait in quarantine under each agreement."""
        query = (
            select(quarantines.c.agreement, func.sum(quarantines.c.waiting))
            .where(quarantines.c.waiting > 0)
            .group_by(quarantines.c.agreement)
        )
        return {row[0]: int(row[1]) for row in self._connection.execute(query)}

    def take_held(self, agreement: str, organisation: str, *, limit: int) -> list[Contribution]:
        """Take the oldest contributions of an organisation out of quarantine, fewer where signals are long."""
        query = (
            select(held)
            .where(held.c.agreement == agreement, held.c.organisation == organisation)
            .order_by(held.c.number)
            .limit(limit)
        )
        rows = list(until_full(self._connection, query, most=PAGE_BYTES, column="signal"))
        if rows:
            self._connection.execute(
                delete(held).where(
                    held.c.agreement == agreement,
                    held.c.organisation == organisation,
                    held.c.number <= rows[-1].number,
                )
            )
            self._count_held(agreement, organisation, -len(rows))
        return [(_signal(row.signal), opinion_from(row.opinion), row.piece) for row in rows]

    def drop_held(
        self,
        agreement: str,
        organisation: str,
        signals: Collection[Signal],
        *,
        until: datetime,
    ) -> None:
        """Forget what waits of an organisation of these signals, as far as it was said up to a moment."""
        query = delete(held).where(
            held.c.agreement == agreement,
            held.c.organisation == organisation,
            held.c.at <= until,
        )
        wanted = sorted(map(str, signals))
        gone = sum(
            self._connection.execute(
                query.where(held.c.signal.in_(wanted[start : start + PAGE]))
            ).rowcount
            for start in range(0, len(wanted), PAGE)
        )
        if gone:
            self._count_held(agreement, organisation, -gone)

    def drop_all_held(self, agreement: str, organisation: str) -> None:
        """Forget everything that waits of an organisation, however much it is."""
        for table in (held, quarantines):
            self._connection.execute(
                delete(table).where(
                    table.c.agreement == agreement, table.c.organisation == organisation
                )
            )

    def _count_held(self, agreement: str, organisation: str, count: int) -> None:
        upsert = upsert_sqlite if self._connection.dialect.name == "sqlite" else upsert_postgresql
        values = {"agreement": agreement, "organisation": organisation}
        self._connection.execute(
            upsert(quarantines)
            .values(values | {"waiting": count})
            .on_conflict_do_update(
                index_elements=["agreement", "organisation"],
                set_={"waiting": quarantines.c.waiting + count},
            )
        )

    def _in(self, agreement: str, idents: Sequence[str]) -> Iterator[Record]:
        """
        The records of these ids.

        The agreement is looked at here: a database that knows no better would go through all of it.
        """
        for row in rows_among(self._connection, records.c.id, idents):
            if row.agreement == agreement:
                yield _record(row)


def _of(agreement: str) -> Select[Any]:
    return select(records).where(records.c.agreement == agreement)


def _is_of(piece: str) -> ColumnElement[bool]:
    """What is of this piece: its first record does not say so, since the piece is named after it."""
    first = and_(records.c.piece.is_(None), records.c.id == "rec" + piece.removeprefix("pc"))
    return or_(records.c.piece == piece, first)


def _stood(wanted: Standing, moment: datetime) -> ColumnElement[bool]:
    """What stands so at a moment; what was written of a record does not know of the end that came since."""
    over = _is_over(moment)
    if wanted is Standing.EXPIRED:
        return or_(records.c.standing == wanted, over)
    return and_(records.c.standing == wanted, or_(records.c.expires_at.is_(None), not_(over)))


def _is_over(moment: datetime) -> ColumnElement[bool]:
    """Whether the last confirmation has ended: unknown, and so never true, where none does."""
    return records.c.expires_at <= moment


class _ComeTo:
    """What the opinions on records come to and when that ends; in bulk, many records have one same word."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, datetime], tuple[Standing, datetime | None]] = {}

    def __call__(self, record: Record, now: datetime) -> tuple[Standing, datetime | None]:
        if len(record.opinions) != 1:
            return standing(record, now=now), expires_at(record, now=now)
        key = id(record.opinions[0]), now  # the records live longer than this does
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = standing(record, now=now), expires_at(record, now=now)
        return found


def _values(record: Record, stands: Standing, ends: datetime | None) -> dict[str, Any]:
    return {
        "id": record.id,
        "agreement": record.agreement,
        "signal_type": record.signal.type,
        "value": record.signal.value,
        "piece": None if record.piece == own_piece(record.id) else record.piece,
        "standing": stands,
        "expires_at": ends,
        "opinions": list(map(opinion_json, record.opinions)),
        "sightings": record.sightings,
        "right": record.right,
        "wrong": record.wrong,
        "delta": record.delta,
    }


def _record(row: Row[Any]) -> Record:
    return Record(
        id=row.id,
        agreement=row.agreement,
        signal=Signal(row.signal_type, row.value),
        piece=row.piece or own_piece(row.id),
        opinions=tuple(map(opinion_from, row.opinions)),
        sightings=row.sightings,
        right=row.right,
        wrong=row.wrong,
        delta=row.delta,
        number=row.number,
    )


def _disputed(opinions: str) -> bool:
    return any(each["word"] == Word.DISPUTE for each in orjson.loads(opinions))


def _signal(text: str) -> Signal:
    kind, _, value = text.partition(":")
    return Signal(kind, value)
