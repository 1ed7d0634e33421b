"""`/v1/uploads`: what was screened, newest first."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.policy.measure import Measure
from seawall.storage.uploads import is_full
from seawall.web.access import may
from seawall.web.bodies import After, Limit
from seawall.web.door import door_of
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.retroaction import current_verdict
from seawall.workflows.wire import retroaction_document, screen_document

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])

_UPLOAD: dict[str, Any] = {"upload": "up_01jd3c7k2x9qhw4t5mz", "measure": "allow", "matches": []}
_UPLOAD_NOW = _UPLOAD | {
    "measure_now": "block",
    "retroactions": [{"number": 1, "entry": "en_01jd3c7k2x9qhw4t5mz", "measure": "block"}],
}


@router.get("", openapi_extra=described(gives={"uploads": [_UPLOAD], "next": None}))
def list_uploads(
    request: Request,
    by: Annotated[Key, may(Scope.UPLOADS_READ)],  # noqa: ARG001 - asked for its scope
    after: After = None,
    limit: Limit = 50,
    item: Annotated[str | None, Query(description="Only of this item.")] = None,
    measure: Annotated[Measure | None, Query(description="Only with this measure.")] = None,
) -> Response:
    """Uploads with their verdicts, newest first, a page at a time; long signals make it a shorter one."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.uploads.before(after, limit=limit + 1, item=item, measure=measure)
        page = found[:limit]
        cases = stores.cases.of_uploads([upload.id for upload in page])
    return Json(
        {
            "uploads": [screen_document(upload, cases.get(upload.id)) for upload in page],
            "next": str(page[-1].number) if len(found) > limit or is_full(found) else None,
        }
    )


@router.get("/{upload}", openapi_extra=described(gives=_UPLOAD_NOW))
def show(request: Request, by: Annotated[Key, may(Scope.UPLOADS_READ)], upload: str) -> Response:  # noqa: ARG001 - asked for its scope
    """One upload with its verdict, the measure in force now, and how it was judged again when more was known."""
    with door_of(request).app.memory.reading() as stores:
        found, later = stores.uploads.find(upload), stores.retroactions.of(upload)
        cases = stores.cases.of_uploads([upload])
    return Json(
        screen_document(found, cases.get(upload))
        | {
            "measure_now": current_verdict(found, later).measure,
            "retroactions": [retroaction_document(each) for each in later],
        }
    )
