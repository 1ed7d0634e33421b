"""`/health/live` and `/health/ready`: for whoever starts and balances; no key is asked for."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from seawall.web.door import door_of
from seawall.web.openapi import described
from seawall.web.rendering import Json

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", openapi_extra=described(gives={"live": True}))
async def live() -> Response:
    """The process answers."""
    return Json({"live": True})


@router.get("/ready", openapi_extra=described(gives={"ready": True}))
def ready(request: Request) -> Response:
    """The database answers and the index is open; otherwise 503, and what is missing."""
    app = door_of(request).app
    app.memory.last_change()
    return Json({"ready": app.knowledge.catalogue.position >= 0})
