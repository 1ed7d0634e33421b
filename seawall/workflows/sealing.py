"""
Media kept for a case: sealed when a verdict wants a person, shown level by level, deleted on time.

    screened ─ wants a person ─▶ kept ──▶ previewed ──▶ revealed, an event each time and a cost once
                  └─ no room ─▶ missing, with the reason      └─ due, or by hand ─▶ deleted

The file is on disk before the transaction that names it commits, and is unlinked after the one that forgets it has:
killed in between, a file is left that nothing names, and the sweep removes it.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from seawall.audit.event import Happening
from seawall.cases.exposure import (
    GENTLE,
    LEAST,
    Look,
    Viewer,
    check_look,
    day_of,
    room,
    spent,
    viewer_of,
)
from seawall.cases.urgency import SEVERE
from seawall.errors import InputError, NotAllowed, StorageError, WrongState
from seawall.ids import new_id
from seawall.media.characters import characters
from seawall.media.limits import MIB
from seawall.media.media import Kind
from seawall.media.preview import CLEAREST
from seawall.policy.measure import Measure
from seawall.sandbox.sandbox import Sandbox
from seawall.sandbox.worker import opened
from seawall.screening.verdict import Verdict
from seawall.signals.signal import Signal
from seawall.storage.memory import Memory, Stores
from seawall.storage.sealed import JPEG, PASSAGE, SealedMedia
from seawall.storage.sealed_files import SealedFiles
from seawall.storage.uploads import Upload
from seawall.storage.whole_files import GRACE

DELETED_AT_ONCE = 200  # in one transaction
NOTHING_KEPT = "This home keeps no media for cases: cases.keep_media is 0."


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """Where media is kept, and by which rules."""

    files: SealedFiles
    after_closing: timedelta  # zero: nothing is ever kept
    at_most: timedelta
    max_bytes: int
    budget: int  # points a person may look at in a day; 0: no limit


def wants_a_person(verdict: Verdict) -> bool:
    """Whether somebody will want to see the upload."""
    return verdict.review or verdict.measure is Measure.HOLD


def keep_media(data: bytes, upload: Upload, *, safe: Safe) -> SealedMedia | None:
    """
    What `remember_media` is to remember of these bytes, sealed on disk; None when the verdict wants no person.

    Where they cannot be kept, it says why: the upload's verdict does not depend on it.
    """
    if not safe.after_closing or not wants_a_person(upload.verdict):
        return None
    return _sealed(_media(upload, size=len(data), safe=safe), data, safe)


def keep_file(
    path: Path, upload: Upload, *, safe: Safe, sandbox: Sandbox | None = None
) -> SealedMedia | None:
    """
    The same of a file that was screened where it lies, if it still holds what was screened.

    Of a video or a sound larger than what is kept, what the `sandbox` makes to show of it is kept instead, if there
    is one.
    """
    if not wants_a_person(upload.verdict):
        return None
    try:
        with opened(path) as file:
            data = file.read(safe.max_bytes + 1)
    except (InputError, OSError) as gone:
        return keep_nothing(upload, str(gone), safe=safe)
    screened = {reading.signal for reading in upload.fingerprint.readings}
    whole = len(data) <= safe.max_bytes
    if whole and Signal("sha256", hashlib.sha256(data).hexdigest()) not in screened:
        return keep_nothing(upload, "The file was changed after it was screened.", safe=safe)
    if not whole and sandbox and upload.fingerprint.kind in (Kind.VIDEO, Kind.SOUND):
        return _keep_sheet(path, upload, safe, sandbox)
    return keep_media(data, upload, safe=safe)


def keep_nothing(upload: Upload, reason: str, *, safe: Safe) -> SealedMedia | None:
    """What is remembered of an upload that a person should see and whose bytes are not at hand."""
    if not safe.after_closing or not wants_a_person(upload.verdict):
        return None
    return replace(_media(upload, size=0, safe=safe), missing=reason)


def keep_text(text: str, *, item: str, safe: Safe, now: datetime) -> SealedMedia:
    """A passage that is handed in with a case, sealed on disk; or why it could not be kept."""
    data = text.encode()
    media = SealedMedia(
        id=new_id("med", at=now),
        upload=None,
        item=item,
        kind=Kind.TEXT,
        media_type=PASSAGE,
        size=len(data),
        at=now,
        delete_at=now + safe.at_most,
        at_most_until=now + safe.at_most,
    )
    return _sealed(media, data, safe)


def remember_media(media: SealedMedia, *, stores: Stores, by: str) -> None:
    """Write down what was kept, or why nothing was, in the transaction of its upload."""
    stores.sealed.add(media)
    if media.missing is None:
        details = {"upload": media.upload, "size": media.size}
        happening = Happening(
            action="media:kept", subject=media.id, actor=by, at=media.at, details=details
        )
    else:
        details = {"upload": media.upload, "reason": media.missing}
        happening = Happening(
            action="media:not-kept", subject=media.id, actor=by, at=media.at, details=details
        )
    stores.audit.record(happening)


def why_nothing(media: SealedMedia | None, *, safe: Safe) -> str | None:
    """Why there is nothing to show of an upload, as a page says it; None when there is something."""
    if media is None:
        if not safe.after_closing:
            return NOTHING_KEPT
        return (
            "No bytes were kept: none came with this upload, or its verdict wanted no person then."
        )
    if media.deleted_at is not None:
        return f"The media was deleted on {media.deleted_at:%Y-%m-%d}, as planned or by hand."
    return media.missing


def preview(
    ident: str, *, viewer: Viewer, safe: Safe, sandbox: Sandbox, memory: Memory, now: datetime
) -> bytes:
    """The smallest picture of kept media, which tells little and costs nothing; logged; raises as `reveal` does."""
    return reveal(
        ident,
        LEAST,
        viewer=viewer,
        severity=0,
        safe=safe,
        sandbox=sandbox,
        memory=memory,
        now=now,
    )


def reveal(
    ident: str,
    level: int,
    *,
    viewer: Viewer,
    severity: int,
    safe: Safe,
    sandbox: Sandbox,
    memory: Memory,
    now: datetime,
) -> bytes:
    """
    A JPEG of ours that shows kept media at this level; the look is logged first and, above the least one, counted.

    The least is as the viewer prefers it; a sharp one is a look too, and blurred where that would be too much.

    Raises:
        InputError: There is no such level, or these bytes cannot be shown as a picture.
        NotAllowed: It is too much for this viewer today; nothing was shown or counted.
        NotFound: There is no such media.
        WrongState: Nothing is kept of it any more, or never was.
        StorageError: The file is gone or altered, or the vault's key is another's.

    """
    costs = GENTLE if level == LEAST and viewer.least_costs else level
    with memory.reading() as stores:
        media = _kept(stores.sealed.find(ident))
        try:
            _check(viewer, media, costs, severity, stores, safe, now)
        except NotAllowed:
            if level > LEAST:
                raise
            viewer, costs = replace(viewer, blur=True), LEAST
    shown = sandbox.preview(_bytes(media, safe), viewer.least if level == LEAST else level)
    if costs > LEAST:
        _count(media.id, costs, viewer, severity, safe=safe, memory=memory, now=now)
    else:
        with memory.transaction() as stores:
            _log(media, LEAST, viewer, severity, counted=False, stores=stores, now=now)
    return shown


def read_passage(
    ident: str, *, viewer: Viewer, severity: int, safe: Safe, memory: Memory, now: datetime
) -> str:
    """
    A text that was kept, whole; the look is logged first, and from high severity on counted.

    Words are not graphic: a day without graphic things has room for them.

    Raises:
        InputError: It cannot be read as a text.
        NotAllowed, NotFound, WrongState, StorageError: As `reveal`.

    """
    with memory.reading() as stores:
        media = _kept(stores.sealed.find(ident))
    text = characters(_bytes(media, safe))
    if text is None:
        raise InputError("These bytes cannot be read as a text.")
    if severity >= SEVERE:
        _count(ident, GENTLE, viewer, severity, safe=safe, memory=memory, now=now)
    else:
        with memory.transaction() as stores:
            _log(media, GENTLE, viewer, severity, counted=False, stores=stores, now=now)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How much somebody has looked at today, and what they may still be given."""

    spent: int  # points
    budget: int  # 0: no limit
    nothing_graphic: bool
    at_most: int  # severity of any case that they are offered
    room: int  # severity of one in which there is something to look at; 0: of none

    @property
    def most_severe(self) -> int:
        """Up to which severity every case is offered; 0: only cases in which there is nothing to look at."""
        return min(self.at_most, self.room)


def day_so_far(viewer: Viewer, *, safe: Safe, stores: Stores, now: datetime) -> Day:
    """What the day has cost this viewer, and how severe the next case may be."""
    looks = stores.sealed.looks(viewer.id, day_of(now))
    return Day(
        spent=spent(looks),
        budget=safe.budget,
        nothing_graphic=viewer.nothing_graphic,
        at_most=viewer.at_most,
        room=room(looks, budget=safe.budget),
    )


def day_of_person(person: str, *, key: str, safe: Safe, stores: Stores, now: datetime) -> Day:
    """The day of one of our people; a name that only a program knows looks with the program's `key`."""
    known = stores.people.known(person)
    viewer = viewer_of(known, at=now) if known else Viewer(id=key)
    return day_so_far(viewer, safe=safe, stores=stores, now=now)


def export_media(
    ident: str, *, reason: str, by: str, safe: Safe, memory: Memory, now: datetime
) -> bytes:
    """
    The original bytes, for whoever must preserve them by law; logged with the reason before they are given out.

    Raises:
        InputError: No reason is given.
        NotFound: There is no such media.
        WrongState: Nothing is kept of it any more, or never was.
        StorageError: The file is gone or altered, or the vault's key is another's.

    """
    why = _reason(reason)
    with memory.transaction() as stores:
        media = _kept(stores.sealed.find(ident))
        data = _bytes(media, safe)
        stores.audit.record(
            Happening(
                action="media:exported",
                subject=ident,
                actor=by,
                at=now,
                details={"reason": why, "case": media.case, "upload": media.upload},
            )
        )
    return data


def delete_media(
    ident: str, *, reason: str, by: str, safe: Safe, memory: Memory, now: datetime
) -> None:
    """
    Nobody can open it any more: its key is forgotten, then its file removed.

    Raises:
        InputError: No reason is given.
        NotFound: There is no such media.
        WrongState: Nothing is kept of it any more, or never was.

    """
    why = _reason(reason)
    with memory.transaction() as stores:
        media = _kept(stores.sealed.find(ident, lock=True))
        _forget([media], stores=stores, by=by, reason=why, now=now)
    _unlink([media], safe)


def delete_due(*, safe: Safe, memory: Memory, now: datetime) -> int:
    """Everything whose time has come is deleted; how many that were."""
    deleted = 0
    while True:
        with memory.transaction() as stores:
            due = stores.sealed.due(now, limit=DELETED_AT_ONCE)
            _forget(due, stores=stores, by="schedule", reason="due", now=now)
        _unlink(due, safe)
        deleted += len(due)
        if len(due) < DELETED_AT_ONCE:
            return deleted


def sweep(*, safe: Safe, memory: Memory, now: datetime) -> int:
    """Files that no committed transaction names are removed; how many that were."""

    def named(paths: Collection[str]) -> set[str]:
        with memory.reading() as stores:
            return stores.sealed.named(paths)

    return safe.files.sweep(named, before=now - GRACE)


def _keep_sheet(path: Path, upload: Upload, safe: Safe, sandbox: Sandbox) -> SealedMedia | None:
    """The sheet of a long video, or the waveform of a long sound, at the level that shows most."""
    if not safe.after_closing:
        return None
    try:
        sheet = sandbox.preview_file(path, CLEAREST)
    except InputError:
        return keep_nothing(upload, _too_large(safe), safe=safe)
    media = replace(_media(upload, size=len(sheet), safe=safe), media_type=JPEG)
    return _sealed(media, sheet, replace(safe, max_bytes=len(sheet)))


def _too_large(safe: Safe) -> str:
    return f"The file is larger than the {safe.max_bytes / MIB:.1f} MiB that are kept."


def _media(upload: Upload, *, size: int, safe: Safe) -> SealedMedia:
    return SealedMedia(
        id=new_id("med", at=upload.at),
        upload=upload.id,
        item=upload.item,
        kind=upload.fingerprint.kind,
        media_type=upload.fingerprint.media_type,
        size=size,
        at=upload.at,
        delete_at=upload.at + safe.at_most,
        at_most_until=upload.at + safe.at_most,
    )


def _sealed(media: SealedMedia, data: bytes, safe: Safe) -> SealedMedia:
    if not safe.after_closing:
        return replace(media, missing=NOTHING_KEPT)
    if len(data) > safe.max_bytes:
        return replace(media, missing=_too_large(safe))
    try:
        path, key = safe.files.write(media.id, data)
    except StorageError as full:
        return replace(media, missing=str(full))
    return replace(media, path=path, key=key)


def _kept(media: SealedMedia) -> SealedMedia:
    if media.path is None:
        why = media.missing or f"It was deleted on {media.deleted_at:%Y-%m-%d}."
        raise WrongState(f"Nothing is kept of {media.id}. {why}")
    return media


def _bytes(media: SealedMedia, safe: Safe) -> bytes:
    return safe.files.read(media.id, media.path or "", media.key or b"")


def _check(
    viewer: Viewer,
    media: SealedMedia,
    level: int,
    severity: int,
    stores: Stores,
    safe: Safe,
    now: datetime,
) -> bool:
    """Whether this look was paid for already; an error where it is too much today."""
    looks = stores.sealed.looks(viewer.id, day_of(now))
    before = stores.sealed.paid_look(viewer.id, media.id)
    paid = before is not None and before.covers(level, now=now)
    check_look(viewer, level, severity=severity, looks=looks, budget=safe.budget, paid=paid)
    return paid


def _count(
    ident: str,
    level: int,
    viewer: Viewer,
    severity: int,
    *,
    safe: Safe,
    memory: Memory,
    now: datetime,
) -> None:
    """Log a look, and count it against the day unless it was paid for."""
    with memory.transaction() as stores:
        stores.audit.head(lock=True)  # two looks at once are counted one after the other
        media = _kept(stores.sealed.find(ident))
        paid = _check(viewer, media, level, severity, stores, safe, now)
        if not paid:
            stores.sealed.count_look(viewer.id, day_of(now), severity=severity)
            stores.sealed.pay_look(viewer.id, ident, Look(level, now))
        _log(media, level, viewer, severity, counted=not paid, stores=stores, now=now)


def _log(
    media: SealedMedia,
    level: int,
    viewer: Viewer,
    severity: int,
    *,
    counted: bool,
    stores: Stores,
    now: datetime,
) -> None:
    details = {"level": level, "severity": severity, "counted": counted}
    about = {"case": media.case, "upload": media.upload, "item": media.item}
    stores.audit.record(
        Happening(
            action="media:revealed",
            subject=media.id,
            actor=viewer.id,
            at=now,
            details=details | about,
        )
    )


def _forget(
    due: Collection[SealedMedia], *, stores: Stores, by: str, reason: str, now: datetime
) -> None:
    stores.sealed.forget([media.id for media in due], at=now)
    for media in due:
        stores.audit.record(
            Happening(
                action="media:deleted",
                subject=media.id,
                actor=by,
                at=now,
                details={"reason": reason, "case": media.case, "upload": media.upload},
            )
        )


def _unlink(gone: Collection[SealedMedia], safe: Safe) -> None:
    safe.files.remove([media.path for media in gone if media.path])


def _reason(text: str) -> str:
    if not text.strip():
        raise InputError("Say why, for the log: the reason is empty.")
    return text.strip()
