"""`/v1/retroactions`: what was let through and is judged otherwise now, newest first."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.policy.measure import Measure
from seawall.web.access import may
from seawall.web.bodies import After, Limit
from seawall.web.door import door_of
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.wire import retroaction_document

router = APIRouter(prefix="/v1/retroactions", tags=["uploads"])

_RETROACTION: dict[str, Any] = {
    "number": 1,
    "upload": "up_01jd3c7k2x9qhw4t5mz",
    "entry": "en_01jd3c7k2x9qhw4t5mz",
    "before": "allow",
    "measure": "block",
    "at": "2026-01-01T12:00:00.000000Z",
}


@router.get("", openapi_extra=described(gives={"retroactions": [_RETROACTION], "next": None}))
def list_retroactions(
    request: Request,
    by: Annotated[Key, may(Scope.UPLOADS_READ)],  # noqa: ARG001 - asked for its scope
    after: After = None,
    limit: Limit = 50,
    measure: Annotated[Measure | None, Query(description="Only with this measure.")] = None,
) -> Response:
    """Uploads that were let through and judged again when more was known, newest first, a page at a time."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.retroactions.before(after, limit=limit + 1, measure=measure)
    page = found[:limit]
    return Json(
        {
            "retroactions": [retroaction_document(each) for each in page],
            "next": str(page[-1].number) if len(found) > limit else None,
        }
    )
