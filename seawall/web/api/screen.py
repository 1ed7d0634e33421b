"""`POST /v1/screen`: an upload arrives and gets its verdict."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.cases.case import MOST_REACH
from seawall.clock import now
from seawall.errors import InputError, StorageError
from seawall.ids import new_id
from seawall.media.limits import MIB
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.registry import SEQUENCE_TYPES
from seawall.storage.memory import Stores
from seawall.storage.sealed import SealedMedia
from seawall.storage.spool import Spooled
from seawall.storage.uploads import Upload
from seawall.web.access import may
from seawall.web.api.screenings import ASK_AGAIN, EXAMPLE
from seawall.web.bodies import MOST_OF_FIELD, Form, invalid, parsed, read_form
from seawall.web.body_limit import prefers_async
from seawall.web.door import Door, door_of
from seawall.web.handed import (
    MediaIn,
    SignalIn,
    SignalsIn,
    is_json,
    of_file,
    of_link,
    of_signals,
    of_text,
)
from seawall.web.once import Ticket, answered_before, ticket, written_soon
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.screenings import Bounds, accept, check_room
from seawall.workflows.sealing import keep_media, keep_nothing, wants_a_person
from seawall.workflows.upload import Context, remember_upload, screen_upload
from seawall.workflows.wire import Document, screen_document, screening_document

router = APIRouter(prefix="/v1", tags=["screen"])

Name = Annotated[str, Field(max_length=512)]


class _About(MediaIn):
    """What the platform says about an upload."""

    item_id: Name | None = None
    surface: Name | None = None
    uploader: Name | None = None
    territory: Name | None = None
    reach: int | None = Field(None, ge=0, le=MOST_REACH, description="How many people have seen it")

    def context(self, by: Key) -> Context:
        """The same, as the workflow takes it."""
        return Context(
            item=self.item_id,
            surface=self.surface,
            uploader=self.uploader,
            territory=self.territory,
            reach=self.reach,
            key=by.id,
        )


class ScreenForm(_About):
    """What the platform says about an upload, and the upload itself unless it is a file."""

    signals: str | None = Field(
        None, description='JSON: [{"type": "pdq", "value": "…"}]', max_length=MOST_OF_FIELD
    )


class ScreenIn(_About):
    """The same as JSON, where the upload is no file."""

    signals: list[SignalIn] | None = None


_ANSWER: dict[str, Any] = {
    "upload": "up_01jd3c7k2x9qhw4t5mz",
    "measure": "block",
    "measures_by_territory": {"*": "block"},
    "signals": [{"type": "pdq", "value": "f8f8f0ce…", "quality": 100}],
    "matches": [{"bank": "known", "entry": "en_…", "distance": 0, "rule": "known-exactly"}],
    "not_screened": [],
    "review": False,
    "case": None,
}
_EXAMPLE = {"text": "What somebody has posted.", "item_id": "post-1", "surface": "comments"}
_WAITING = EXAMPLE | {"state": "waiting", "progress": 0.0, "changed_at": EXAMPLE["at"]}


@router.post(
    "/screen",
    openapi_extra=described(
        takes=ScreenIn,
        example=_EXAMPLE,
        form=ScreenForm,
        file=True,
        gives=_ANSWER,
        later=_WAITING,
    ),
)
async def screen(request: Request, by: Annotated[Key, may(Scope.SCREEN)]) -> Response:
    """
    Screen a file, a text, a link with what it leads to, or ready-made signals; the answer comes once it is remembered.

    What cannot be screened is answered by the rules for failures and named in `not_screened`. With
    `Prefer: respond-async` a file is accepted with 202, and `Location` says where to ask how far it is; it may be
    larger and take longer than what is waited for. Nothing but files is put off.
    """
    door = door_of(request)
    with door.room.place(by.id):
        if prefers_async(request.headers) and not is_json(request):
            return await _put_off(request, by, door)
        handed = await _read(request)
        return await _answered(handed, by, ticket(request, by, *handed.asked), door)


async def _answered(handed: "_Handed", by: Key, once: Ticket | None, door: Door) -> Response:
    kept = await answered_before(door, once)
    if kept is not None:
        return Json(kept)
    fingerprint, data = await _looked_into(handed, door)
    return Json(await _screened(fingerprint, data, handed.about.context(by), once, door))


async def _put_off(request: Request, by: Key, door: Door) -> Response:
    """202 once what was sent is durable; what is no file is answered at once."""
    name = new_id("scr", at=now())

    def put_aside(file: BinaryIO) -> Spooled:
        return door.app.spool.write(name, iter(lambda: file.read(MIB), b""))

    length = request.headers.get("content-length", "0")
    await run_in_threadpool(_check_room, int(length) if length.isdecimal() else 0, by, door)
    try:
        handed = await _read(request, put_aside)
        once = ticket(request, by, *handed.asked)
        if handed.spooled is None:
            return await _answered(handed, by, once, door)
        kept = await answered_before(door, once)
        answer = kept or await _accepted(handed.spooled, handed.about.context(by), by, once, door)
    except StorageError:  # it may have been committed; a file that nobody names is swept
        raise
    except Exception:
        door.app.spool.remove(name)
        raise
    if answer["id"] != name:  # the same request had been accepted before
        door.app.spool.remove(name)
    headers = {
        "Location": f"/v1/screenings/{answer['id']}",
        "Preference-Applied": "respond-async",
        **ASK_AGAIN,
    }
    return Json(answer, status_code=202, headers=headers)


async def _accepted(
    spooled: Spooled, context: Context, by: Key, once: Ticket | None, door: Door
) -> Document:
    def story(stores: Stores) -> Document:
        screening = accept(spooled, context, bounds=_bounds(door), stores=stores, by=by, now=now())
        return screening_document(screening, None)

    answer = await written_soon(door, story, once)
    door.screener.stir()
    return answer


def _check_room(size: int, by: Key, door: Door) -> None:
    with door.app.memory.reading() as stores:
        check_room(size, _bounds(door), stores, home=door.app.spool.home, by=by)


def _bounds(door: Door) -> Bounds:
    server = door.app.settings.server
    return Bounds(screenings=server.max_background, size=server.max_background_bytes)


@dataclass(frozen=True, slots=True)
class _Handed:
    """What a request brings: one of a file, where it was put aside, and what `about` says."""

    about: _About
    file: bytes | None
    spooled: Spooled | None
    signals: list[SignalIn] | None
    asked: tuple[bytes, ...]  # by which the same request is known again


async def _read(
    request: Request, put_aside: Callable[[BinaryIO], Spooled] | None = None
) -> _Handed:
    """
    The request, checked.

    Raises:
        RequestValidationError: A field is none that it may be.
        InputError: There is not one thing to screen, but none or several.

    """
    if is_json(request):
        raw = await request.body()
        given = parsed(ScreenIn, raw)
        handed = _Handed(given, None, None, given.signals, (raw,))
    else:
        form = await read_form(request, put_aside=put_aside)
        try:
            told = ScreenForm.model_validate(form.fields)
        except ValidationError as wrong:
            raise invalid(wrong, "form") from None
        signals = None if told.signals is None else parsed(SignalsIn, told.signals).root
        handed = _Handed(told, form.file, form.spooled, signals, _asked(form))
    about = handed.about
    one = (handed.file, handed.spooled, about.url, about.text, handed.signals)
    if sum(part is not None for part in one) != 1:
        raise InputError(
            "Send one of file, text, url and signals; the form decides nothing by itself."
        )
    return handed


def _asked(form: Form) -> tuple[bytes, ...]:
    fields = repr(sorted(form.fields.items())).encode()
    if form.spooled is not None:
        return fields, form.spooled.digest, b"later"
    return fields, hashlib.sha256(form.file).digest() if form.file is not None else b""


async def _looked_into(handed: _Handed, door: Door) -> tuple[Fingerprint, bytes | None]:
    """What was handed in is known by, and its bytes where there are any."""
    about = handed.about
    if handed.file is not None:
        return await of_file(handed.file, door), handed.file
    if about.text is not None:
        return await of_text(about.text, door), about.text.encode()
    if about.url is not None:
        return await of_link(about.url, door)
    return of_signals(handed.signals or []), None


async def _screened(
    fingerprint: Fingerprint,
    data: bytes | None,
    context: Context,
    once: Ticket | None,
    door: Door,
) -> Document:
    upload = await _judged(fingerprint, context, door)
    keep_ledger = door.app.settings.screening.keep_ledger

    media = await _kept(data, upload, door)

    def story(stores: Stores) -> Document:
        case = remember_upload(upload, stores=stores, keep_ledger=keep_ledger, media=media)
        return screen_document(upload, case)

    answer = await written_soon(door, story, once)
    if answer["upload"] == upload.id:
        door.metrics.screened(upload.verdict)
    return answer


async def _judged(fingerprint: Fingerprint, context: Context, door: Door) -> Upload:
    """In a thread where long signals are compared; for a photo the way there would be longer than its look."""
    judge = partial(
        screen_upload,
        fingerprint,
        context,
        knowledge=door.app.knowledge,
        chance=secrets.SystemRandom().random(),
        now=now(),
    )
    if all(reading.signal.type not in SEQUENCE_TYPES for reading in fingerprint.readings):
        upload = judge(most_compared=0)
        if len(upload.verdict.not_screened) == len(fingerprint.missing):
            return upload
    return await run_in_threadpool(judge)  # it may be in known videos, too


async def _kept(data: bytes | None, upload: Upload, door: Door) -> SealedMedia | None:
    if not wants_a_person(upload.verdict):  # nearly always; a thread would cost more than the look
        return None
    safe = door.app.safe
    if data is None:
        return keep_nothing(upload, "No media came with this upload.", safe=safe)
    return await run_in_threadpool(keep_media, data, upload, safe=safe)
