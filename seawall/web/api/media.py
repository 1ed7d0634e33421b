"""`/v1/media`: what was kept for cases, and previews of it, made by us and nobody else."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.cases.exposure import LEAST, MOST, UNWEIGHED, Viewer
from seawall.clock import now
from seawall.web.access import may
from seawall.web.bodies import After, Limit
from seawall.web.door import door_of
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.sealing import delete_media, reveal
from seawall.workflows.wire import media_document

router = APIRouter(prefix="/v1/media", tags=["media"])

JPEG = "image/jpeg"
_MEDIA: dict[str, Any] = {
    "id": "med_01jd3c7k2x9qhw4t5mz",
    "upload": "up_01jd3c7k2x9qhw4t5mz",
    "item": "post-1",
    "case": None,
    "kind": "image",
    "media_type": "image/png",
    "size": 48_213,
    "missing": None,
    "at": "2026-01-01T12:00:00.000000Z",
    "delete_at": "2026-04-01T12:00:00.000000Z",
    "deleted_at": None,
}


@router.get("", openapi_extra=described(gives={"media": [_MEDIA], "next": None}))
def list_media(
    request: Request,
    by: Annotated[Key, may(Scope.MEDIA)],  # noqa: ARG001 - asked for its scope
    after: After = None,
    limit: Limit = 50,
    upload: Annotated[str | None, Query(description="Only of this upload.")] = None,
    case: Annotated[str | None, Query(description="Only of this case.")] = None,
    kept: Annotated[bool, Query(description="Only what is still kept.")] = False,
) -> Response:
    """What was kept for cases, why it was not, and when it goes or went; newest first, a page at a time."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.sealed.before(after, limit=limit + 1, upload=upload, case=case, kept=kept)
    page = found[:limit]
    return Json(
        {
            "media": [media_document(each) for each in page],
            "next": str(page[-1].number) if len(found) > limit else None,
        }
    )


@router.delete("/{media}", status_code=204, openapi_extra=described(status=204))
def delete(
    request: Request,
    by: Annotated[Key, may(Scope.ADMIN)],
    media: str,
    reason: Annotated[str, Query(max_length=2_000, description="Why, for the audit log.")],
) -> Response:
    """Delete kept media before its time; nobody can open it any more."""
    app = door_of(request).app
    delete_media(media, reason=reason, by=by.id, safe=app.safe, memory=app.memory, now=now())
    return Response(status_code=204)


@router.get("/{media}/preview", openapi_extra=described(streams=(JPEG,)))
def preview(
    request: Request,
    by: Annotated[Key, may(Scope.MEDIA)],
    media: str,
    level: Annotated[
        int, Query(ge=LEAST, le=MOST, description="0 small, grey and blurred, to 4 in colour.")
    ] = LEAST,
) -> Response:
    """
    A JPEG of our own that shows kept media at this level; the original is never served.

    Each look is an audit event; above level 0 it counts against the day's budget of the key.
    """
    door = door_of(request)
    shown = reveal(
        media,
        level,
        viewer=Viewer(id=by.id),
        severity=UNWEIGHED,
        safe=door.app.safe,
        sandbox=door.sandbox,
        memory=door.app.memory,
        now=now(),
    )
    return Response(shown, media_type=JPEG, headers={"Content-Security-Policy": "sandbox"})
