"""`/v1/messages`: what the platform should hear of, pulled in the order it was committed."""

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
from seawall.workflows.wire import message_document

router = APIRouter(prefix="/v1/messages", tags=["messages"])

Topic = Annotated[str | None, Query(max_length=64, description="Only messages of this topic.")]

_MESSAGE: dict[str, Any] = {
    "number": 1,
    "id": "msg_01jd3c7k2x9qhw4t5mz",
    "topic": "upload:review-wanted",
    "subject": "up_01jd3c7k2x9qhw4t5mz",
    "body": {"measure": "hold"},
    "at": "2026-01-01T12:00:00.000000Z",
}


@router.get("", openapi_extra=described(gives={"messages": [_MESSAGE], "next": "1"}))
def list_messages(
    request: Request,
    by: Annotated[Key, may(Scope.UPLOADS_READ)],  # noqa: ARG001 - asked for its scope
    after: After = None,
    topic: Topic = None,
    limit: Limit = 100,
) -> Response:
    """Messages after the one last seen, of one topic or all; keep `next`, ask again with it, and none is missed."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.outbox.after(after or 0, limit=limit, topic=topic)
    last = found[-1].number if found else after or 0
    return Json({"messages": [message_document(each) for each in found], "next": str(last)})
