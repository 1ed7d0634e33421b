"""`/v1/screenings/{id}`: how far a screening in the background is, and what came of it."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.storage.memory import Stores
from seawall.storage.screenings import UNFINISHED, Screening, unknown
from seawall.web.access import may
from seawall.web.door import door_of
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.wire import Document, screen_document, screening_document

router = APIRouter(prefix="/v1/screenings", tags=["screen"])

ASK_AGAIN = {"Retry-After": "1"}  # seconds
EXAMPLE: dict[str, Any] = {
    "id": "scr_01jd3c7k2x9qhw4t5mz",
    "state": "working",
    "progress": 0.42,
    "item": "post-1",
    "size": 104857600,
    "at": "2026-01-01T12:00:00.000000Z",
    "changed_at": "2026-01-01T12:00:07.000000Z",
    "reason": None,
    "verdict": None,
}


@router.get("/{screening}", openapi_extra=described(gives=EXAMPLE))
def show(request: Request, by: Annotated[Key, may(Scope.SCREEN)], screening: str) -> Response:
    """
    One screening: waiting, working with the share that is done, done with its verdict, or failed with the reason.

    What failed has a verdict too, that of the rule for failures. Only a key of the organisation that handed it in is
    told. It is kept for a week after its end; the verdict, with the uploads, for good.
    """
    with door_of(request).app.memory.reading() as stores:
        found = stores.screenings.find(screening)
        if not _is_theirs(found, by, stores):
            raise unknown(screening)
        verdict = _verdict(found, stores)
    headers = ASK_AGAIN if found.state in UNFINISHED else None
    return Json(screening_document(found, verdict), headers=headers)


def _is_theirs(screening: Screening, by: Key, stores: Stores) -> bool:
    return screening.key == by.id or stores.keys.find(screening.key).owner == by.owner


def _verdict(screening: Screening, stores: Stores) -> Document | None:
    if screening.upload is None:
        return None
    case = stores.cases.of_uploads([screening.upload]).get(screening.upload)
    return screen_document(stores.uploads.find(screening.upload), case)
