"""What was screened, what came of it, and the ledger of what was let through."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from seawall.errors import NotFound
from seawall.index.digest import digest
from seawall.policy.measure import Measure
from seawall.screening.verdict import Match, Verdict
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import brief
from seawall.storage.bulk import PAGE_BYTES, rows_among
from seawall.storage.documents import (
    fingerprint_document,
    fingerprint_from,
    verdict_document,
    verdict_from,
)
from seawall.storage.tables import ledger, uploads

IN_HAND = 25  # uploads asked for at a time: those of long videos have megabytes
FINGERPRINTS = 50  # read at a time, for the same reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """Of an upload, what a list shows."""

    id: str
    item: str | None
    measure: Measure
    at: datetime
    matches: tuple[Match, ...]  # with the entry that is asked about


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Something a platform asked about, and what it was told."""

    id: str
    item: str | None  # the platform's own name for the thing
    surface: str | None  # where on the platform: "profile-picture"
    uploader: str | None  # a pseudonym the platform chose
    territory: str | None
    reach: int | None = None  # how many people have seen it, where the platform says so
    at: datetime
    key: str | None  # whose key asked
    fingerprint: Fingerprint
    verdict: Verdict
    number: int = 0
    change: int = 0  # the last change its screening knew of; kept in the ledger only


class UploadStore:
    """Uploads in the order they were screened."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._uploads: list[dict[str, Any]] = []
        self._ledger: list[dict[str, Any]] = []

    def add(self, upload: Upload) -> None:
        """Remember an upload and its verdict."""
        self._uploads.append(
            {
                "id": upload.id,
                "item": upload.item,
                "surface": upload.surface,
                "uploader": upload.uploader,
                "territory": upload.territory,
                "reach": upload.reach,
                "at": upload.at,
                "key": upload.key,
                "measure": upload.verdict.measure,
                "review": upload.verdict.review,
                "fingerprint": fingerprint_document(upload.fingerprint),
                "verdict": verdict_document(upload.verdict),
            }
        )

    def enter_in_ledger(self, upload: Upload) -> None:
        """Keep the signals of something that was let through, as it lay, so that a later signal finds it."""
        self._ledger.extend(
            {
                "upload": upload.id,
                "signal_type": reading.signal.type,
                "value": brief(reading.signal).value,
                "digest": digest(str(reading.signal)),
                "change": upload.change,
            }
            for reading in upload.fingerprint.readings
            if reading.plain
        )

    def flush(self) -> None:
        """Write the uploads and ledger lines gathered so far."""
        if self._uploads:
            self._connection.execute(insert(uploads), self._uploads)
            self._uploads = []
        if self._ledger:
            self._connection.execute(insert(ledger), self._ledger)
            self._ledger = []

    def find(self, ident: str) -> Upload:
        """
        The upload of this id.

        Raises:
            NotFound: There is none.

        """
        row = self._connection.execute(select(uploads).where(uploads.c.id == ident)).one_or_none()
        if row is None:
            raise NotFound(f"There is no upload '{ident}'.")
        return _upload(row)

    def named(self, idents: Sequence[str]) -> dict[str, Upload]:
        """Those of these uploads that are known, by their ids."""
        rows = rows_among(self._connection, uploads.c.id, idents)
        return {row.id: _upload(row) for row in rows}

    def verdicts(self, idents: Collection[str]) -> dict[str, Verdict]:
        """The verdicts on those of these uploads that are known, without their long readings."""
        query = select(uploads.c.id, uploads.c.verdict).where(uploads.c.id.in_(idents))
        return {row.id: verdict_from(row.verdict) for row in self._connection.execute(query)}

    def before(
        self,
        number: int | None,
        *,
        limit: int,
        item: str | None = None,
        measure: Measure | None = None,
    ) -> list[Upload]:
        """
        Uploads screened before the one of this number, newest first.

        They are fewer than `limit` where their signals fill a page: see `is_full`.
        """
        query = select(uploads).order_by(uploads.c.number.desc()).limit(limit)
        if number is not None:
            query = query.where(uploads.c.number < number)
        if item is not None:
            query = query.where(uploads.c.item == item)
        if measure is not None:
            query = query.where(uploads.c.measure == measure)
        return self._until_full(query)

    def all(self, *, since: datetime | None = None, latest: int | None = None) -> Iterator[Upload]:
        """Every upload, or no more than so many of the latest, oldest first, a page in memory at a time."""
        query = select(uploads).order_by(uploads.c.number)
        if latest is not None:
            query = query.where(uploads.c.number > self.last() - latest)
        if since is not None:
            query = query.where(uploads.c.at >= since)
        for row in self._connection.execute(query.execution_options(yield_per=IN_HAND)):
            yield _upload(row)

    def measures_since(self, since: datetime, *, limit: int) -> list[tuple[datetime, Measure]]:
        """When what was decided, newest first; of the latest `limit` uploads, so that it stays quick."""
        latest = (
            select(uploads.c.at, uploads.c.measure)
            .order_by(uploads.c.number.desc())
            .limit(limit)
            .subquery()
        )
        rows = self._connection.execute(select(latest).where(latest.c.at >= since))
        return [(row.at, Measure(row.measure)) for row in rows]

    def by_number(self, numbers: Collection[int]) -> list[Upload]:
        """The uploads of these numbers, in their order; only the first where their signals fill a page."""
        query = select(uploads).where(uploads.c.number.in_(numbers)).order_by(uploads.c.number)
        return self._until_full(query)

    def ledger_after(self, line: int, *, limit: int) -> tuple[int, list[tuple[int, Fingerprint]]]:
        """
        The last of the ledger's next lines, and number and fingerprint of each upload they are of.

        An upload whose lines are cut apart by `limit` is told of twice. Long signals make it fewer lines.
        """
        following = (
            select(ledger.c.number, ledger.c.upload)
            .where(ledger.c.number > line)
            .order_by(ledger.c.number)
            .limit(limit)
        )
        lines = self._connection.execute(following).all()
        last_of = {row.upload: row.number for row in lines}
        idents = sorted(last_of, key=last_of.__getitem__)
        found: list[tuple[int, Fingerprint]] = []
        size = 0
        for start in range(0, len(idents), FINGERPRINTS):
            some = idents[start : start + FINGERPRINTS]
            query = select(uploads.c.number, uploads.c.fingerprint).where(uploads.c.id.in_(some))
            for number, document in self._connection.execute(query):
                found.append((number, fingerprint_from(document)))
                size += _size(found[-1][1])
            if size >= PAGE_BYTES:
                return last_of[some[-1]], found
        return (lines[-1].number if lines else line), found

    def late(self, *, after: int, to: int, change: int) -> set[int]:
        """Numbers of uploads in these lines of the ledger that were screened without knowing this change."""
        query = (
            select(uploads.c.number)
            .join(ledger, ledger.c.upload == uploads.c.id)
            .where(ledger.c.number > after, ledger.c.number <= to, ledger.c.change < change)
        )
        return set(self._connection.execute(query).scalars())

    def last_line(self) -> int:
        """The number of the ledger's last line; 0 when it is empty."""
        return self._connection.execute(select(func.max(ledger.c.number))).scalar_one() or 0

    def matched(self, bank: str, *, after: int, limit: int) -> tuple[int, Counter[str]]:
        """
        The last of the uploads that follow this one, and in how many of them each entry of the bank was matched.

        No more than `limit` uploads are looked at.
        """
        query = (
            select(uploads.c.number, uploads.c.verdict)
            .where(uploads.c.number > after)
            .order_by(uploads.c.number)
            .limit(limit)
        )
        last, found = after, Counter[str]()
        for number, verdict in self._connection.execute(query):
            last = number
            found.update({each["entry"] for each in verdict["matches"] if each["bank"] == bank})
        return last, found

    def matched_by(self, entry: str, *, latest: int) -> list[Glimpse]:
        """Which of so many of the latest uploads this entry matched, newest first."""
        query = (
            select(uploads.c.id, uploads.c.item, uploads.c.measure, uploads.c.at, uploads.c.verdict)
            .order_by(uploads.c.number.desc())
            .limit(latest)
        )
        return [
            Glimpse(
                id=row.id,
                item=row.item,
                measure=Measure(row.measure),
                at=row.at,
                matches=tuple(
                    match for match in verdict_from(row.verdict).matches if match.entry == entry
                ),
            )
            for row in self._connection.execute(query)
            if any(each["entry"] == entry for each in row.verdict["matches"])
        ]

    def last(self) -> int:
        """The number of the latest upload; 0 when there is none."""
        return self._connection.execute(select(func.max(uploads.c.number))).scalar_one() or 0

    def count(self) -> int:
        """How many uploads were screened."""
        return self._connection.execute(select(func.count()).select_from(uploads)).scalar_one()

    def _until_full(self, query: Select[Any]) -> list[Upload]:
        found: list[Upload] = []
        size = 0
        with self._connection.execute(query.execution_options(yield_per=IN_HAND)) as rows:
            for row in rows:
                found.append(_upload(row))
                size += _size(found[-1].fingerprint)
                if size >= PAGE_BYTES:
                    break
        return found

    def ledger_size(self) -> int:
        """How many signals of things let through are kept."""
        return self._connection.execute(select(func.count()).select_from(ledger)).scalar_one()


def is_full(page: Iterable[Upload]) -> bool:
    """Whether a page ends because its signals fill it, so that more may follow."""
    return sum(_size(upload.fingerprint) for upload in page) >= PAGE_BYTES


def _size(fingerprint: Fingerprint) -> int:
    return sum(len(reading.signal.value) for reading in fingerprint.readings)


def _upload(row: Row[Any]) -> Upload:
    return Upload(
        id=row.id,
        item=row.item,
        surface=row.surface,
        uploader=row.uploader,
        territory=row.territory,
        reach=row.reach,
        at=row.at,
        key=row.key,
        fingerprint=fingerprint_from(row.fingerprint),
        verdict=verdict_from(row.verdict),
        number=row.number,
    )
