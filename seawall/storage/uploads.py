"""What was screened, what came of it, and the ledger of what was let through."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from seawall.errors import NotFound
from seawall.index.digest import digest
from seawall.policy.measure import Measure
from seawall.screening.verdict import Verdict
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import Orientation
from seawall.storage.documents import (
    fingerprint_document,
    fingerprint_from,
    verdict_document,
    verdict_from,
)
from seawall.storage.tables import ledger, uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Something a platform asked about, and what it was told."""

    id: str
    item: str | None  # the platform's own name for the thing
    surface: str | None  # where on the platform: "profile-picture"
    uploader: str | None  # a pseudonym the platform chose
    territory: str | None
    at: datetime
    key: str | None  # whose key asked
    fingerprint: Fingerprint
    verdict: Verdict
    number: int = 0


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
                "value": reading.signal.value,
                "digest": digest(str(reading.signal)),
            }
            for reading in upload.fingerprint.readings
            if reading.orientation is Orientation.UPRIGHT
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

    def before(
        self,
        number: int | None,
        *,
        limit: int,
        item: str | None = None,
        measure: Measure | None = None,
    ) -> list[Upload]:
        """Uploads screened before the one of this number, newest first."""
        query = select(uploads).order_by(uploads.c.number.desc()).limit(limit)
        if number is not None:
            query = query.where(uploads.c.number < number)
        if item is not None:
            query = query.where(uploads.c.item == item)
        if measure is not None:
            query = query.where(uploads.c.measure == measure)
        return [_upload(row) for row in self._connection.execute(query)]

    def all(self, *, since: datetime | None = None) -> Iterator[Upload]:
        """Every upload, oldest first, a page in memory at a time."""
        query = select(uploads).order_by(uploads.c.number)
        if since is not None:
            query = query.where(uploads.c.at >= since)
        for row in self._connection.execute(query.execution_options(yield_per=500)):
            yield _upload(row)

    def count(self) -> int:
        """How many uploads were screened."""
        return self._connection.execute(select(func.count()).select_from(uploads)).scalar_one()

    def ledger_size(self) -> int:
        """How many signals of things let through are kept."""
        return self._connection.execute(select(func.count()).select_from(ledger)).scalar_one()


def _upload(row: Row[Any]) -> Upload:
    return Upload(
        id=row.id,
        item=row.item,
        surface=row.surface,
        uploader=row.uploader,
        territory=row.territory,
        at=row.at,
        key=row.key,
        fingerprint=fingerprint_from(row.fingerprint),
        verdict=verdict_from(row.verdict),
        number=row.number,
    )
