"""`/v1/exchange/memberships`: the hubs this home follows, and how well."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.web.access import may
from seawall.web.door import door_of
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.membership import membership_documents

router = APIRouter(prefix="/v1/exchange/memberships", tags=["exchange"])

_MEMBERSHIP: dict[str, Any] = {
    "id": "mb_1m80w4mrp1ptt34mnp0",
    "hub": "https://hub.example",
    "agreement": "crisis",
    "organisation": "example-platform",
    "bank": "crisis",
    "state": "following",
    "error": None,
    "position": 2107,
    "size": 2107,
    "lag": 0,
    "disputed": 3,
    "clock_skew": 0,
    "skipped": 0,
    "waiting": 0,
    "last_delta_at": "2026-01-01T12:00:00.000000Z",
    "checked_at": "2026-01-01T12:00:04.000000Z",
    "joined_at": "2026-01-01T11:00:00.000000Z",
    "hub_key": "hub.example+e2f77dbf+Ac0N/vgW2FUlZYZo0ei7LzkqOkx6TYooKb+M9NxJmDPr",
}


@router.get("", openapi_extra=described(gives={"memberships": [_MEMBERSHIP]}))
def list_memberships(request: Request, by: Annotated[Key, may(Scope.STATUS)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every agreement this home follows at a hub: state, lag, last change, disputes."""
    with door_of(request).app.memory.reading() as stores:
        return Json({"memberships": membership_documents(stores)})
