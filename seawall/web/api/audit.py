"""`/v1/audit`: what happened, oldest first, and whether anybody touched it since."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.web.access import may
from seawall.web.bodies import After, Limit
from seawall.web.door import door_of
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.audit import verify_audit
from seawall.workflows.wire import event_document

router = APIRouter(prefix="/v1/audit", tags=["audit"])

_EVENT: dict[str, Any] = {
    "number": 1,
    "at": "2026-01-01T12:00:00.000000Z",
    "action": "bank:created",
    "subject": "known",
    "actor": "key_01jd3c7k2x9qhw4t5mz",
    "details": {},
    "previous": "00…",
    "digest": "9f…",
}


@router.get("", openapi_extra=described(gives={"events": [_EVENT], "next": "1"}))
def list_events(
    request: Request,
    by: Annotated[Key, may(Scope.AUDIT_READ)],  # noqa: ARG001 - asked for its scope
    after: After = None,
    limit: Limit = 100,
    subject: Annotated[str | None, Query(description="Only about this id.")] = None,
) -> Response:
    """Events in the order of the chain; `next` follows the log: ask again with it to see what came since."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.audit.after(after or 0, limit=limit, subject=subject)
    last = found[-1].number if found else after or 0
    return Json({"events": [event_document(event) for event in found], "next": str(last)})


@router.get("/verify", openapi_extra=described(gives={"events": 12, "head": "9f…", "faults": []}))
def verify(request: Request, by: Annotated[Key, may(Scope.AUDIT_READ)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Walk the whole chain; it is whole when there are no faults."""
    return Json(asdict(verify_audit(door_of(request).app.memory)))
