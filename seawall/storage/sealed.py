"""What bytes are kept for cases, until when, and who has looked at how much."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from seawall.cases.exposure import Look
from seawall.errors import NotFound
from seawall.media.media import Kind
from seawall.storage.bulk import rows_among
from seawall.storage.tables import exposures, paid_looks, sealed_media

PASSAGE = "text/plain"  # the media type of a text that was handed in with a case
JPEG = "image/jpeg"  # that of what is shown of a video or a sound, where it was too large to be kept itself


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedMedia:
    """Bytes kept for a case; or why none are (`missing`), or when they were deleted."""

    id: str
    upload: str | None  # None: they were handed in with the case
    item: str | None
    case: str | None = None
    kind: Kind
    media_type: str
    size: int  # bytes
    path: str | None = None  # the name of its file
    key: bytes | None = None  # what opens it, sealed
    missing: str | None = None  # a sentence
    at: datetime
    delete_at: datetime
    at_most_until: datetime  # when it is due at the latest, whatever its case does
    deleted_at: datetime | None = None
    number: int = 0

    @property
    def is_text(self) -> bool:
        """Whether it is read, not looked at: a text that was screened, or one that was handed in with a case."""
        return self.kind is Kind.TEXT or self.media_type == PASSAGE

    @property
    def is_sheet(self) -> bool:
        """Whether it is a picture of what was screened: a long video's frames, or a long sound's waveform."""
        return self.kind in (Kind.VIDEO, Kind.SOUND) and self.media_type == JPEG


class SealedStore:
    """Kept media in the order it was kept, and looks at it, counted by day."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, media: SealedMedia) -> None:
        """Remember what was kept, or why nothing was."""
        values = {name: getattr(media, name) for name in SealedMedia.__dataclass_fields__}
        del values["number"]
        self._connection.execute(insert(sealed_media).values(values))

    def find(self, ident: str, *, lock: bool = False) -> SealedMedia:
        """
        The media of this id; locked, nobody else changes it until this transaction ends.

        Raises:
            NotFound: There is none.

        """
        query = select(sealed_media).where(sealed_media.c.id == ident)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFound(f"There is no kept media '{ident}'.")
        return _media(row)

    def before(
        self,
        number: int | None,
        *,
        limit: int,
        upload: str | None = None,
        case: str | None = None,
        kept: bool = False,
    ) -> list[SealedMedia]:
        """Media kept before the one of this number, newest first; with `kept` only what still is."""
        query = select(sealed_media).order_by(sealed_media.c.number.desc()).limit(limit)
        if number is not None:
            query = query.where(sealed_media.c.number < number)
        if upload is not None:
            query = query.where(sealed_media.c.upload == upload)
        if case is not None:
            query = query.where(sealed_media.c.case == case)
        if kept:
            query = query.where(sealed_media.c.path.is_not(None))
        return [_media(row) for row in self._connection.execute(query)]

    def named_media(self, idents: Sequence[str]) -> dict[str, SealedMedia]:
        """The media of each of these ids that there is."""
        rows = rows_among(self._connection, sealed_media.c.id, idents)
        return {row.id: _media(row) for row in rows}

    def of_uploads(self, uploads: Sequence[str]) -> dict[str, SealedMedia]:
        """The latest media of each of these uploads that has any."""
        rows = rows_among(self._connection, sealed_media.c.upload, uploads)
        return {row.upload: _media(row) for row in sorted(rows, key=lambda row: row.number)}

    def attach(
        self, case: str, *, uploads: Collection[str] = (), media: Collection[str] = ()
    ) -> None:
        """What was kept of these uploads, and this media, belongs to this case that waits, and is kept for it."""
        named = sealed_media.c.upload.in_(uploads) | sealed_media.c.id.in_(media)
        self._change(named, case=case, delete_at=sealed_media.c.at_most_until)

    def shorten(self, case: str, *, delete_at: datetime) -> None:
        """What was kept for this case is due then, unless it is due sooner."""
        of_case = sealed_media.c.case == case
        self._change(of_case & (sealed_media.c.delete_at > delete_at), delete_at=delete_at)

    def due(self, at: datetime, *, limit: int) -> list[SealedMedia]:
        """Media whose time has come, the longest due first; what another process deletes now is left to it."""
        query = (
            select(sealed_media)
            .where(sealed_media.c.deleted_at.is_(None), sealed_media.c.delete_at <= at)
            .where(sealed_media.c.path.is_not(None))
            .order_by(sealed_media.c.delete_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [_media(row) for row in self._connection.execute(query)]

    def forget(self, idents: Collection[str], *, at: datetime) -> None:
        """Nobody can open these any more, once this is committed."""
        self._connection.execute(delete(paid_looks).where(paid_looks.c.media.in_(idents)))
        self._change(sealed_media.c.id.in_(idents), path=None, key=None, deleted_at=at)

    def named(self, paths: Collection[str]) -> set[str]:
        """Those of these files that belong to something kept."""
        query = select(sealed_media.c.path).where(sealed_media.c.path.in_(paths))
        return set(self._connection.execute(query).scalars())

    def looks(self, person: str, day: str) -> Mapping[int, int]:
        """How often this person has looked at something that day, by severity."""
        query = select(exposures.c.severity, exposures.c.count).where(
            exposures.c.person == person, exposures.c.day == day
        )
        return {severity: number for severity, number in self._connection.execute(query)}  # noqa: C416 - rows are no pairs to mypy

    def paid_look(self, person: str, media: str) -> Look | None:
        """This person's last look at this media that was paid for."""
        query = select(paid_looks.c.level, paid_looks.c.at).where(
            paid_looks.c.person == person, paid_looks.c.media == media
        )
        row = self._connection.execute(query).one_or_none()
        return Look(row.level, row.at) if row else None

    def pay_look(self, person: str, media: str, look: Look) -> None:
        """This look is the last that was paid for."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        shown = {"level": look.level, "at": look.at}
        added = dialect.insert(paid_looks).values(person=person, media=media, **shown)
        self._connection.execute(
            added.on_conflict_do_update(index_elements=["person", "media"], set_=shown)
        )

    def count_look(self, person: str, day: str, *, severity: int) -> None:
        """One look more."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        added = dialect.insert(exposures).values(person=person, day=day, severity=severity, count=1)
        self._connection.execute(
            added.on_conflict_do_update(
                index_elements=["person", "day", "severity"],
                set_={"count": exposures.c.count + 1},
            )
        )

    def _change(self, which: ColumnElement[bool], **values: object) -> None:
        self._connection.execute(update(sealed_media).where(which).values(**values))


def _media(row: Row[Any]) -> SealedMedia:
    return SealedMedia(**{**row._mapping, "kind": Kind(row.kind)})  # noqa: SLF001 - a row's public mapping, despite its name
