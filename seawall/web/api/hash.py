"""`POST /v1/hash`: the signals of a file or a text, nothing more."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.web.access import may
from seawall.web.door import door_of
from seawall.web.handed import MediaIn, of_media, read_media
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.wire import hash_document

router = APIRouter(prefix="/v1", tags=["hash"])


_ANSWER: dict[str, Any] = {
    "kind": "image",
    "signals": [{"type": "pdq", "value": "f8f8f0ce…", "quality": 100}],
    "no_signal": [],
    "error": None,
}


@router.post(
    "/hash",
    openapi_extra=described(
        takes=MediaIn,
        example={"text": "What somebody has posted."},
        form=MediaIn,
        file=True,
        gives=_ANSWER,
    ),
)
async def hash_(request: Request, by: Annotated[Key, may(Scope.HASH)]) -> Response:
    """The signals of a file, a text or what a link leads to; nothing is looked up and nothing remembered."""
    door = door_of(request)
    with door.room.place(by.id):
        form, given = await read_media(request)
        return Json(hash_document(await of_media(form, given, door)))
