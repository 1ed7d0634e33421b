"""`POST /v1/match`: is this signal known, or this file or text?"""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.errors import InputError
from seawall.policy.rule import MAX_DISTANCE
from seawall.signals.fingerprint import Fingerprint
from seawall.web.access import may
from seawall.web.bodies import Body, invalid, parsed, read_form
from seawall.web.door import Door, door_of
from seawall.web.handed import Passage, SignalIn, of_file, of_text
from seawall.web.openapi import FORM, described
from seawall.web.rendering import Json
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.match import match_fingerprint, match_signals
from seawall.workflows.wire import Document, hash_document, known_document

MOST_SIGNALS = 1000
MOST_MATCHES = 1000  # for one signal, and a tenth of that where many are asked for
MANY = 100  # signals
QUICK = 2048  # bytes, some twenty signals: what is longer would keep everybody else waiting
AT_ONCE = 16  # signals looked up before what is too much is dropped
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"

router = APIRouter(prefix="/v1", tags=["match"])


class MatchIn(Body):
    """Signals to look up, or a text instead, and how near counts."""

    signals: Annotated[list[SignalIn], Field(max_length=MOST_SIGNALS)] = []  # noqa: RUF012 - Pydantic copies it
    text: Passage | None = Field(None, description="A text instead of signals")
    max_distance: Annotated[int, Field(ge=0, le=MAX_DISTANCE)] = 31


class MatchForm(Body):
    """A text unless a file is sent, and how near counts."""

    text: Passage | None = None
    max_distance: Annotated[int, Field(ge=0, le=MAX_DISTANCE)] = 31


_EXAMPLE: dict[str, Any] = {"signals": [{"type": "pdq", "value": PDQ}], "max_distance": 31}
_ANSWER: dict[str, Any] = {
    "results": [
        {
            "matches": [
                {
                    "bank": "known",
                    "entry": "en_01jd3c7k2x9qhw4t5mz",
                    "value": PDQ,
                    "distance": 0,
                    "orientation": "upright",
                    "categories": ["terrorist-content"],
                    "origins": [],
                }
            ]
        }
    ]
}


@router.post(
    "/match",
    openapi_extra=described(
        takes=MatchIn, example=_EXAMPLE, form=MatchForm, file=True, gives=_ANSWER
    ),
)
async def match(request: Request, by: Annotated[Key, may(Scope.MATCH)]) -> Response:
    """
    For each signal the entries near it, nearest first; nothing is decided and nothing remembered.

    A file, or a text, is looked up by all its signals and has one result, with the signals beside it.
    """
    door = door_of(request)
    if request.headers.get("content-type", "").startswith(FORM):
        with door.room.place(by.id):
            return await _form_answered(request, door)
    raw = await request.body()
    if len(raw) > QUICK:
        asked = await run_in_threadpool(parsed, MatchIn, raw)
    else:
        asked = parsed(MatchIn, raw)
    if (asked.text is None) == (not asked.signals):
        raise InputError("Send one of signals and text.")
    if asked.text is not None:
        with door.room.place(by.id):
            return await _looked_up(await of_text(asked.text, door), asked.max_distance, door)
    if len(raw) > QUICK:
        return await run_in_threadpool(_answered, asked, door.app.knowledge)
    return _answered(asked, door.app.knowledge)


async def _form_answered(request: Request, door: Door) -> Response:
    form = await read_form(request)
    try:
        given = MatchForm.model_validate(form.fields)
    except ValidationError as wrong:
        raise invalid(wrong, "form") from None
    if (form.file is None) == (given.text is None):
        raise InputError("Send one of file and text.")
    if form.file is not None:
        found = await of_file(form.file, door)
    else:
        found = await of_text(given.text or "", door)
    return await _looked_up(found, given.max_distance, door)


async def _looked_up(found: Fingerprint, max_distance: int, door: Door) -> Response:
    at = now()
    near = await run_in_threadpool(
        match_fingerprint, found, max_distance=max_distance, knowledge=door.app.knowledge, now=at
    )
    result = {"matches": [known_document(known, at=at) for known in near[:MOST_MATCHES]]}
    return Json(hash_document(found) | {"results": [result]})


def _answered(asked: MatchIn, knowledge: Knowledge) -> Response:
    signals = [each.signal() for each in asked.signals]
    most = MOST_MATCHES if len(signals) <= MANY else MOST_MATCHES // 10
    results: list[Document] = []
    for start in range(0, len(signals), AT_ONCE):
        some = signals[start : start + AT_ONCE]
        at = now()
        found = match_signals(some, max_distance=asked.max_distance, knowledge=knowledge, now=at)
        results += [
            {"matches": [known_document(known, at=at) for known in each[:most]]} for each in found
        ]
    return Json({"results": results})
