"""Entries: written in bulk, followed by change number, found by key, id or signal."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from seawall.banks.entry import Change, Entry, Shared, joined
from seawall.clock import rfc3339
from seawall.errors import NotFound
from seawall.index.digest import digest
from seawall.signals.signal import Signal
from seawall.storage.bulk import ALL, insert_many, insert_tuples, rows_among, until_full
from seawall.storage.changes import take_changes
from seawall.storage.tables import Moment, banks, entries

PAGE = 400  # values in one IN (…): well under SQLite's and PostgreSQL's limits
CHANGES_BYTES = 32 << 20  # of signals taken into the index at a time


class EntryStore:
    """Known signals, each once in a bank."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, added: Sequence[Entry]) -> list[Entry]:
        """
        The entries as they now stand, in the order given.

        A signal its bank already has is joined with what was there; nothing is doubled. Each new or altered entry
        gets a change number of its own.
        """
        take_changes(
            self._connection, 0
        )  # nobody adds the same signal between our look and our writing
        standing = self._standing(added)
        known = dict(standing)
        for entry in added:
            place = (entry.bank, digest(str(entry.signal)))
            here = known.get(place)
            known[place] = joined(here, entry) if here else entry

        new = [entry for place, entry in known.items() if place not in standing]
        altered = [
            entry
            for place, entry in known.items()
            if place in standing and standing[place] != entry
        ]
        if new or altered:
            change = take_changes(self._connection, len(new) + len(altered))
            if new:
                rows = [_values(entry, change + offset) for offset, entry in enumerate(new)]
                self._connection.execute(insert(entries), rows)
            self._rewrite(altered, change + len(new))
        written = self._standing(added)
        return [written[entry.bank, digest(str(entry.signal))] for entry in added]

    def follow(
        self, wanted: Sequence[Entry], gone: Collection[str], *, at: datetime
    ) -> tuple[int, int]:
        """
        Bring entries that an exchange keeps to where it has them; how many changed, and how many more are disputed.

        Each is known by its id: one that was removed comes back as itself, one that is as it was is left alone, and
        whether it is switched on stays as it is. `gone` are the ids of those that no longer count. A signal that the
        bank has under another id stays as it is.
        """
        take_changes(self._connection, 0)
        before = self._by_id([*(entry.id for entry in wanted), *gone])
        new = [entry for entry in wanted if entry.id not in before]
        altered = []
        disputed = sum(_disputed(entry) for entry in new)
        for entry in wanted:
            here, removed = before.get(entry.id, (None, False))
            if here is None:
                continue
            after = replace(
                entry, number=here.number, enabled=here.enabled, created_at=here.created_at
            )
            if removed or replace(after, change=here.change) != here:
                altered.append(after)
                disputed += _disputed(after) - (0 if removed else _disputed(here))
        leaving = [
            here
            for ident in gone
            for here, removed in [before.get(ident, (None, True))]
            if here is not None and not removed
        ]
        disputed -= sum(map(_disputed, leaving))
        count = len(new) + len(altered) + len(leaving)
        if not count:
            return 0, 0
        change = take_changes(self._connection, count)
        if new:
            self._insert_many(new, change)
        change += len(new)
        self._rewrite(altered, change)
        change += len(altered)
        if leaving:
            self._connection.execute(
                update(entries)
                .where(entries.c.number == bindparam("its_number"))
                .values(removed_at=at, change=bindparam("its_change")),
                [
                    {"its_number": entry.number, "its_change": change + offset}
                    for offset, entry in enumerate(leaving)
                ],
            )
        return count, disputed

    def remove_all(self, bank: str, *, at: datetime) -> int:
        """Empty a bank in one statement; how many entries it had. Each removal has a change number of its own."""
        here = (entries.c.bank == bank) & entries.c.removed_at.is_(None)
        query = select(func.min(entries.c.number), func.max(entries.c.number)).where(here)
        first, last = self._connection.execute(query).one()
        if first is None:
            return 0
        change = take_changes(self._connection, last - first + 1)
        statement = (
            update(entries)
            .where(here)
            .values(removed_at=at, change=entries.c.number + (change - first))
        )
        return self._connection.execute(statement).rowcount

    def save(self, entry: Entry) -> Entry:
        """Remember an entry as it has become; it is returned with the number of this change."""
        saved = replace(entry, change=take_changes(self._connection))
        self._rewrite([saved], saved.change)
        return saved

    def remove(self, entry: Entry, *, at: datetime) -> None:
        """Take the entry out of its bank; past verdicts still name it."""
        self._connection.execute(
            update(entries)
            .where(entries.c.number == entry.number)
            .values(removed_at=at, change=take_changes(self._connection))
        )

    def find(self, bank: str, ident: str) -> Entry:
        """
        The entry of this id in this bank.

        Raises:
            NotFound: The bank has no such entry.

        """
        query = _present().where(entries.c.bank == bank, entries.c.id == ident)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"The bank '{bank}' has no entry '{ident}'.")
        return _entry(row)

    def records(self, idents: Sequence[str]) -> dict[str, str]:
        """The ids of the records that these entries came from; those of our own are left out."""
        return {
            ident: entry.shared.record
            for ident, (entry, _) in self._by_id(idents).items()
            if entry.shared is not None
        }

    def named(self, idents: Sequence[str]) -> dict[str, Entry]:
        """The entries of these ids, in whatever bank, removed ones too."""
        return {ident: entry for ident, (entry, _) in self._by_id(idents).items()}

    def of_records(self, bank: str, records: Collection[str]) -> list[Entry]:
        """The entries of a bank that came from these records: every row is looked at, so not for every day."""
        wanted, found = sorted(records), []
        for start in range(0, len(wanted), PAGE):
            named = entries.c.shared["record"].as_string().in_(wanted[start : start + PAGE])
            query = _present().where(entries.c.bank == bank, named)
            found += [_entry(row) for row in self._connection.execute(query)]
        return found

    def of_signals(self, bank: str, signals: Collection[Signal]) -> list[Entry]:
        """The entries that a bank has of these signals."""
        digests = sorted({digest(str(signal)) for signal in signals})
        found: list[Entry] = []
        for start in range(0, len(digests), PAGE):
            query = _present().where(
                entries.c.bank == bank, entries.c.digest.in_(digests[start : start + PAGE])
            )
            found += [_entry(row) for row in self._connection.execute(query)]
        return found

    def by_number(self, numbers: Collection[int]) -> dict[int, Entry]:
        """The entries of these keys that can be matched now; removed ones and disabled banks are left out."""
        wanted = sorted(numbers)
        found: dict[int, Entry] = {}
        for start in range(0, len(wanted), PAGE):
            query = (
                _present()
                .join(banks, banks.c.name == entries.c.bank)
                .where(entries.c.number.in_(wanted[start : start + PAGE]), banks.c.enabled)
            )
            found.update((row.number, _entry(row)) for row in self._connection.execute(query))
        return found

    def page(
        self,
        bank: str,
        *,
        after: int = 0,
        limit: int = 100,
        signal: Signal | None = None,
        text: str | None = None,
        most: int | None = None,
    ) -> list[Entry]:
        """
        Entries of a bank, oldest first, after the one of this number; perhaps only those of a signal or a text.

        They are fewer than `limit` where their values have `most` bytes.
        """
        query = (
            _present()
            .where(entries.c.bank == bank, entries.c.number > after)
            .order_by(entries.c.number)
        )
        if signal is not None:
            query = query.where(entries.c.digest == digest(str(signal)))
        if text:
            pattern = f"%{text.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
            query = query.where(
                entries.c.value.ilike(pattern, escape="/")
                | entries.c.note.ilike(pattern, escape="/")
            )
        rows = until_full(self._connection, query.limit(limit), most=most or ALL)
        return [_entry(row) for row in rows]

    def all(self, bank: str) -> Iterator[Entry]:
        """Every entry of a bank, oldest first, a page in memory at a time."""
        query = _present().where(entries.c.bank == bank).order_by(entries.c.number)
        for row in self._connection.execute(query.execution_options(yield_per=1000)):
            yield _entry(row)

    def changes(self, *, after: int, limit: int) -> list[tuple[int, Change]]:
        """What happened to entries after this change, in order, each with its number; fewer where signals are long."""
        query = (
            select(
                entries.c.change,
                entries.c.number,
                entries.c.signal_type,
                entries.c.value,
                entries.c.removed_at,
            )
            .where(entries.c.change > after)
            .order_by(entries.c.change)
            .limit(limit)
        )
        return [
            (
                row.change,
                Change(
                    row.number, (Signal(row.signal_type, row.value),), row.removed_at is not None
                ),
            )
            for row in until_full(self._connection, query, most=CHANGES_BYTES)
        ]

    def count(self, *, types: Collection[str] | None = None) -> int:
        """How many entries there are, perhaps of these types of signal only."""
        query = select(func.count()).select_from(entries).where(entries.c.removed_at.is_(None))
        if types is not None:
            query = query.where(entries.c.signal_type.in_(types))
        return self._connection.execute(query).scalar_one()

    def signals(self, *, types: Collection[str]) -> Iterator[Signal]:
        """Every known signal of these types, a few in memory at a time."""
        query = select(entries.c.signal_type, entries.c.value).where(
            entries.c.removed_at.is_(None), entries.c.signal_type.in_(types)
        )
        for row in until_full(self._connection, query, most=ALL):
            yield Signal(row.signal_type, row.value)

    def _insert_many(self, new: Sequence[Entry], change: int) -> None:
        """
        Insert entries, leaving out those whose signal their bank has; each gets the next change number.

        Handed to SQLite ready-made: for a million rows the usual conversions take longer than the database.
        """
        dialect = self._connection.dialect
        if dialect.name != "sqlite":
            rows = [_values(entry, change + offset) for offset, entry in enumerate(new)]
            insert_many(self._connection, entries, rows, skip_known=True)
            return
        moment = Moment().bind_processor(dialect) or (lambda value: value)
        text = lru_cache(1024)(lambda names: orjson.dumps(names).decode())
        written = lru_cache(1024)(moment)
        columns = (*_values(new[0], change),)
        ready = [
            (
                entry.id,
                entry.bank,
                entry.signal.type,
                entry.signal.value,
                digest(str(entry.signal)),
                text(entry.categories),
                text(entry.vouchers),
                entry.note,
                entry.source,
                entry.enabled,
                written(entry.created_at),
                written(entry.expires_at),
                orjson.dumps(entry.shared).decode(),
                number,
            )
            for number, entry in enumerate(new, start=change)
        ]
        into = f"INSERT INTO entries ({', '.join(columns)})"
        insert_tuples(self._connection, into, ready, ending=" ON CONFLICT DO NOTHING")

    def _by_id(self, idents: Sequence[str]) -> dict[str, tuple[Entry, bool]]:
        """The entries of these ids, and whether each was removed."""
        found: dict[str, tuple[Entry, bool]] = {}
        if len(idents) > PAGE:  # into an empty bank, in order: there is nothing near
            near = entries.c.id.between(min(idents), max(idents))
            if self._connection.execute(select(entries.c.id).where(near).limit(1)).first() is None:
                return found
        for row in rows_among(self._connection, entries.c.id, idents):
            found[row.id] = _entry(row), row.removed_at is not None
        return found

    def _standing(self, wanted: Sequence[Entry]) -> dict[tuple[str, bytes], Entry]:
        digests = sorted({digest(str(entry.signal)) for entry in wanted})
        found: dict[tuple[str, bytes], Entry] = {}
        for start in range(0, len(digests), PAGE):
            query = _present().where(entries.c.digest.in_(digests[start : start + PAGE]))
            for row in self._connection.execute(query):
                found[row.bank, bytes(row.digest)] = _entry(row)
        return found

    def _rewrite(self, altered: Sequence[Entry], change: int) -> None:
        if not altered:
            return
        fields = (
            "categories",
            "vouchers",
            "note",
            "source",
            "enabled",
            "expires_at",
            "shared",
            "change",
        )
        statement = (
            update(entries)
            .where(entries.c.number == bindparam("its_number"))
            .values({name: bindparam(f"its_{name}") for name in fields} | {"removed_at": None})
        )
        rows = []
        for offset, entry in enumerate(altered):
            values = _values(entry, change + offset)
            rows.append(
                {"its_number": entry.number} | {f"its_{name}": values[name] for name in fields}
            )
        self._connection.execute(statement, rows)


def _disputed(entry: Entry) -> bool:
    return entry.shared is not None and entry.shared.disputed


def _present() -> Select[Any]:
    return select(entries).where(entries.c.removed_at.is_(None))


def _values(entry: Entry, change: int) -> dict[str, Any]:
    return {
        "id": entry.id,
        "bank": entry.bank,
        "signal_type": entry.signal.type,
        "value": entry.signal.value,
        "digest": digest(str(entry.signal)),
        "categories": list(entry.categories),
        "vouchers": list(entry.vouchers),
        "note": entry.note,
        "source": entry.source,
        "enabled": entry.enabled,
        "created_at": entry.created_at,
        "expires_at": entry.expires_at,
        "shared": _shared_document(entry.shared) if entry.shared else None,
        "change": change,
    }


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        bank=row.bank,
        signal=Signal(row.signal_type, row.value),
        categories=tuple(row.categories),
        vouchers=tuple(row.vouchers),
        note=row.note,
        source=row.source,
        expires_at=row.expires_at,
        enabled=row.enabled,
        shared=_shared(row.shared) if row.shared else None,
        created_at=row.created_at,
        number=row.number,
        change=row.change,
    )


def _shared_document(shared: Shared) -> dict[str, Any]:
    written = {name: getattr(shared, name) for name in Shared.__dataclass_fields__}
    moment = shared.authority_only_from
    return written | {
        "authority_only_from": rfc3339(moment) if moment else None,
        "vouched_until": _written(shared.vouched_until),
        "origins_until": _written(shared.origins_until),
    }


def _shared(document: dict[str, Any]) -> Shared:
    moment = document.get("authority_only_from")
    return Shared(
        **document
        | {
            "origins": tuple(document["origins"]),
            "authority_only_from": datetime.fromisoformat(moment) if moment else None,
            "vouched_until": _read(document.get("vouched_until")),
            "origins_until": _read(document.get("origins_until")),
        }
    )


def _written(moments: Mapping[str, datetime]) -> dict[str, str]:
    return {name: rfc3339(moment) for name, moment in moments.items()}


def _read(moments: dict[str, str] | None) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(text) for name, text in (moments or {}).items()}
