"""`/v1/status` and `/metrics`: how this service is doing."""

import os
from typing import Annotated, Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import rfc3339
from seawall.web.access import may
from seawall.web.door import Door, door_of
from seawall.web.metrics import decoder_events
from seawall.web.openapi import described, installed_version
from seawall.web.rendering import Json
from seawall.workflows.wire import Document

router = APIRouter(tags=["status"])

_STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "api": "v1",
    "database": "sqlite",
    "counts": {"banks": 1, "entries": 6, "uploads": 40, "ledger": 12, "messages": 3, "events": 52},
    "index": {"position": 7, "last_change": 7, "lag": 0},
    "worker": {
        "process": 4711,
        "since": "2026-01-01T12:00:00.000000Z",
        "waiting": 0,
        "places": 256,
    },
    "sandbox": {"workers": 2, "served": 40, "timed_out": 0, "killed": 0, "crashed": 0},
}


@router.get("/v1/status", openapi_extra=described(gives=_STATUS))
def status(request: Request, by: Annotated[Key, may(Scope.STATUS)]) -> Response:  # noqa: ARG001 - asked for its scope
    """What is remembered and known, and how busy the worker that answers is."""
    door = door_of(request)
    counts, last = _counted(door)
    position = door.app.knowledge.catalogue.position
    return Json(
        {
            "version": installed_version(),
            "api": "v1",
            "database": door.app.memory.dialect,
            "counts": counts,
            "index": {"position": position, "last_change": last, "lag": last - position},
            "worker": {
                "process": os.getpid(),
                "since": rfc3339(door.opened_at),
                "waiting": door.room.taken,
                "places": door.room.places,
            },
            "sandbox": {"workers": door.sandbox.workers} | decoder_events(door.sandbox),
        }
    )


@router.get("/metrics", openapi_extra=described(streams=("text/plain",)))
def metrics(request: Request, by: Annotated[Key, may(Scope.STATUS)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every count of every worker, for Prometheus."""
    door = door_of(request)
    door.metrics.decoded(door.sandbox)
    counts, last = _counted(door)
    lag = last - door.app.knowledge.catalogue.position
    figures = {name: (f"How many {name} are remembered.", float(n)) for name, n in counts.items()}
    figures["index_lag"] = ("Committed changes the index has not taken in yet.", float(lag))
    figures["waiting"] = ("Screenings in progress in this worker.", float(door.room.taken))
    return Response(door.metrics.text(figures), media_type=CONTENT_TYPE_LATEST)


def _counted(door: Door) -> tuple[Document, int]:
    with door.app.memory.reading() as stores:
        counts = {
            "banks": len(stores.banks.all()),
            "entries": stores.entries.count(),
            "uploads": stores.uploads.count(),
            "ledger": stores.uploads.ledger_size(),
            "messages": stores.outbox.count(),
            "events": stores.audit.head()[0],
        }
        return counts, stores.last_change()
