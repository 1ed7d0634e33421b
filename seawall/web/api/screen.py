"""`POST /v1/screen`: an upload arrives and gets its verdict."""

import hashlib
import secrets
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.cases.case import MOST_REACH
from seawall.clock import now
from seawall.errors import InputError
from seawall.signals.fingerprint import Fingerprint
from seawall.storage.memory import Stores
from seawall.storage.sealed import SealedMedia
from seawall.storage.uploads import Upload
from seawall.web.access import may
from seawall.web.bodies import MOST_OF_FIELD, Body, Form, invalid, read_form
from seawall.web.door import Door, door_of
from seawall.web.handed import of_file, of_link, of_signals
from seawall.web.once import HEADER, Ticket, answered_before, ticket, written_soon
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.sealing import keep_media, keep_nothing, wants_a_person
from seawall.workflows.upload import Context, remember_upload, screen_upload
from seawall.workflows.wire import Document, screen_document

router = APIRouter(prefix="/v1", tags=["screen"])

Name = Annotated[str, Field(max_length=512)]


class ScreenIn(Body):
    """What the platform says about an upload, and the upload itself unless it is a file."""

    url: str | None = None
    signals: str | None = Field(
        None, description='JSON: [{"type": "pdq", "value": "…"}]', max_length=MOST_OF_FIELD
    )
    item_id: Name | None = None
    surface: Name | None = None
    uploader: Name | None = None
    territory: Name | None = None
    reach: int | None = Field(None, ge=0, le=MOST_REACH, description="How many people have seen it")


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


@router.post("/screen", openapi_extra=described(form=ScreenIn, file=True, gives=_ANSWER))
async def screen(request: Request, by: Annotated[Key, may(Scope.SCREEN)]) -> Response:
    """
    Screen a file, a link with what it leads to, or ready-made signals; the answer comes once it is remembered.

    What cannot be screened is answered by the rules for failures and named in `not_screened`.
    """
    door = door_of(request)
    with door.room.place(by.id):
        form = await read_form(request)
        given = _checked(form)
        once = _ticket(request, by, form)
        kept = await answered_before(door, once)
        if kept is not None:
            return Json(kept)
        fingerprint, data = await _handed(form, given, door)
        return Json(await _screened(fingerprint, data, given, by, once, door))


async def _handed(form: Form, given: ScreenIn, door: Door) -> tuple[Fingerprint, bytes | None]:
    """What was handed in is known by, and its bytes where there are any."""
    if form.file is not None:
        return await of_file(form.file, door), form.file
    if given.url is not None:
        return await of_link(given.url, door)
    return of_signals(given.signals or ""), None


async def _screened(
    fingerprint: Fingerprint,
    data: bytes | None,
    given: ScreenIn,
    by: Key,
    once: Ticket | None,
    door: Door,
) -> Document:
    upload = screen_upload(
        fingerprint,
        Context(
            item=given.item_id,
            surface=given.surface,
            uploader=given.uploader,
            territory=given.territory,
            reach=given.reach,
            key=by.id,
        ),
        knowledge=door.app.knowledge,
        chance=secrets.SystemRandom().random(),
        now=now(),
    )
    keep_ledger = door.app.settings.screening.keep_ledger

    media = await _kept(data, upload, door)

    def story(stores: Stores) -> Document:
        case = remember_upload(upload, stores=stores, keep_ledger=keep_ledger, media=media)
        return screen_document(upload, case)

    answer = await written_soon(door, story, once)
    if answer["upload"] == upload.id:
        door.metrics.screened(upload.verdict)
    return answer


async def _kept(data: bytes | None, upload: Upload, door: Door) -> SealedMedia | None:
    if not wants_a_person(upload.verdict):  # nearly always; a thread would cost more than the look
        return None
    safe = door.app.safe
    if data is None:
        return keep_nothing(upload, "No media came with this upload.", safe=safe)
    return await run_in_threadpool(keep_media, data, upload, safe=safe)


def _checked(form: Form) -> ScreenIn:
    try:
        given = ScreenIn.model_validate(form.fields)
    except ValidationError as wrong:
        raise invalid(wrong, "form") from None
    if sum(part is not None for part in (form.file, given.url, given.signals)) != 1:
        raise InputError("Send one of file, url and signals; the form decides nothing by itself.")
    return given


def _ticket(request: Request, by: Key, form: Form) -> Ticket | None:
    if HEADER not in request.headers:
        return None
    file = hashlib.sha256(form.file).digest() if form.file is not None else b""
    return ticket(request, by, repr(sorted(form.fields.items())).encode(), file)
