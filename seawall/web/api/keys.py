"""`/v1/keys`: who may call; for administrators."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope, parse_scopes
from seawall.clock import now
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import Body, json_body
from seawall.web.door import door_of
from seawall.web.once import ticket, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.key import create_key, revoke_key
from seawall.workflows.wire import Document, key_document

router = APIRouter(prefix="/v1/keys", tags=["keys"])

Name = Annotated[str, Field(min_length=1, max_length=512)]
MOST_PER_SECOND = 1_000_000  # beyond what one worker can answer, so it limits nobody
_KEY: dict[str, Any] = {
    "id": "key_01jd3c7k2x9qhw4t5mz",
    "name": "upload service",
    "owner": "this organisation",
    "scopes": ["screen"],
    "created_at": "2026-01-01T12:00:00.000000Z",
    "expires_at": None,
    "revoked_at": None,
    "requests_per_second": None,
}


class KeyIn(Body):
    """A new key; nobody named owns it: the caller's organisation does."""

    name: Name
    scopes: Annotated[tuple[str, ...], Field(min_length=1, max_length=32)]
    owner: Name | None = None
    expires_at: AwareDatetime | None = None
    requests_per_second: Annotated[int, Field(ge=1, le=MOST_PER_SECOND)] | None = None


@router.get("", openapi_extra=described(gives={"keys": [_KEY]}))
def list_keys(request: Request, by: Annotated[Key, may(Scope.ADMIN)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every key without its text, revoked ones too."""
    with door_of(request).app.memory.reading() as stores:
        return Json({"keys": [key_document(key) for key in stores.keys.all()]})


@router.post(
    "",
    status_code=201,
    openapi_extra=described(
        takes=KeyIn,
        example={"name": "upload service", "scopes": ["screen"]},
        gives=_KEY | {"key": "swl_01jd3c7k2x9qhw4t5mz_…"},
        status=201,
    ),
)
def create(
    request: Request,
    by: Annotated[Key, may(Scope.ADMIN)],
    wanted: Annotated[KeyIn, json_body(KeyIn)],
) -> Response:
    """A key; its text is shown in this answer only, and is `null` when the request is repeated."""

    def story(stores: Stores) -> Document:
        key, text = create_key(
            wanted.name,
            owner=wanted.owner or by.owner,
            scopes=parse_scopes(wanted.scopes),
            expires_at=wanted.expires_at,
            requests_per_second=wanted.requests_per_second,
            stores=stores,
            by=by.id,
            now=now(),
        )
        return key_document(key) | {"key": text}

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(written(door_of(request), story, once, secret="key"), status_code=201)  # noqa: S106 - a field's name


@router.delete("/{key}", status_code=204, openapi_extra=described(status=204))
def revoke(request: Request, by: Annotated[Key, may(Scope.ADMIN)], key: str) -> Response:
    """From now on the key opens nothing."""

    def story(stores: Stores) -> Document:
        revoke_key(key, stores=stores, by=by.id, now=now())
        return {}

    written(door_of(request), story, None)
    return Response(status_code=204)
