"""`POST /v1/hash`: the signals of a file, nothing more."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.errors import InputError
from seawall.web.access import may
from seawall.web.bodies import Body, invalid, read_form
from seawall.web.door import door_of
from seawall.web.handed import of_file, of_link
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.wire import hash_document

router = APIRouter(prefix="/v1", tags=["hash"])


class HashIn(Body):
    """A link, unless a file is sent."""

    url: str | None = None


_ANSWER: dict[str, Any] = {
    "kind": "image",
    "signals": [{"type": "pdq", "value": "f8f8f0ce…", "quality": 100}],
    "no_signal": [],
    "error": None,
}


@router.post("/hash", openapi_extra=described(form=HashIn, file=True, gives=_ANSWER))
async def hash_(request: Request, by: Annotated[Key, may(Scope.HASH)]) -> Response:
    """The signals of a file or of what a link leads to; nothing is looked up and nothing remembered."""
    door = door_of(request)
    with door.room.place(by.id):
        form = await read_form(request)
        try:
            given = HashIn.model_validate(form.fields)
        except ValidationError as wrong:
            raise invalid(wrong, "form") from None
        if (form.file is None) == (given.url is None):
            raise InputError("Send one of file and url.")
        if form.file is not None:
            return Json(hash_document(await of_file(form.file, door)))
        found, _ = await of_link(given.url or "", door)
        return Json(hash_document(found))
