"""`/health/live` and `/health/ready`: for whoever starts and balances; no key is asked for."""

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from seawall.errors import StorageError
from seawall.web.door import Door, door_of
from seawall.web.openapi import described
from seawall.web.problems import TRY_AGAIN, problem
from seawall.web.rendering import Json

router = APIRouter(prefix="/health", tags=["health"])
log = structlog.get_logger("seawall.health")


@router.get("/live", openapi_extra=described(gives={"live": True}))
async def live() -> Response:
    """The process answers."""
    return Json({"live": True})


@router.get("/ready", openapi_extra=described(gives={"ready": True}))
def ready(request: Request) -> Response:
    """The database answers, its writer runs and uploads can be looked into; otherwise 503, and what is missing."""
    missing = _missing(door_of(request))
    if missing is not None:
        return problem(503, "not-ready", missing, headers=TRY_AGAIN)
    return Json({"ready": True})


def _missing(door: Door) -> str | None:
    try:
        door.app.memory.last_change()
    except StorageError as broken:
        log.warning("not ready", reason=str(broken))  # the driver names hosts and users
        return "The database does not answer; the server's log says why."
    if not door.commits.alive:
        return "Nothing is written any more; the service must be started again."
    if not door.sandbox.alive:
        return "No process can look into uploads; the server's log says why."
    return None
