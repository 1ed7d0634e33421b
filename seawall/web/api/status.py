"""`/v1/status` and `/metrics`: how this service is doing."""

import os
from typing import Annotated, Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now, rfc3339
from seawall.web.access import may
from seawall.web.door import Door, door_of
from seawall.web.figures import (
    background_figures,
    case_figures,
    counted,
    delivery_figures,
    followed_figures,
    late_rulings,
    memberships,
)
from seawall.web.metrics import Each, Figure, decoder_events
from seawall.web.openapi import described, installed_version
from seawall.web.rendering import Json

router = APIRouter(tags=["status"])

CASES = {
    "open": "Cases that wait and that nobody has.",
    "claimed": "Cases that somebody looks at now.",
    "held": "Cases that are put aside.",
    "overdue": "Of all these, cases whose deadline is over.",
    "oldest_seconds": "Seconds since the oldest of these was opened.",
}
BACKGROUND = {
    "held": "Screenings in the background that are not finished.",
    "bytes": "Bytes of their files.",
    "oldest_seconds": "Seconds since the oldest of these was accepted.",
    "failed": "Screenings of the last week whose file was lost.",
}
DELIVERY = {
    "endpoints": "Endpoints that messages are sent to.",
    "troubled": "Endpoints that are down, or have said that they are gone.",
    "waiting": "Messages that are still to be sent to an endpoint.",
    "dead": "Messages that an endpoint has not taken for days.",
    "oldest_waiting_seconds": "Seconds that the oldest message that waits has waited.",
}

_STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "api": "v1",
    "database": "sqlite",
    "counts": {
        "banks": 1,
        "entries": 6,
        "uploads": 40,
        "ledger": 12,
        "retroactions": 1,
        "messages": 3,
        "events": 52,
    },
    "index": {"position": 7, "last_change": 7, "lag": 0},
    "ledger": {"signals": 33, "position": 12, "last_line": 12, "lag": 0},
    "worker": {
        "process": 4711,
        "since": "2026-01-01T12:00:00.000000Z",
        "waiting": 0,
        "places": 256,
    },
    "background": {"held": 2, "bytes": 104857600, "oldest_seconds": 12.5, "failed": 0},
    "exchange": {"memberships": 1, "troubled": 0, "lag": 0, "disputed": 3},
    "cases": {
        "matches": {"open": 3, "claimed": 1, "held": 0, "overdue": 0, "oldest_seconds": 840.2}
    },
    "rulings": {"late": 0},
    "delivery": {
        "endpoints": 1,
        "troubled": 0,
        "waiting": 0,
        "dead": 0,
        "oldest_waiting_seconds": 0.0,
    },
    "sandbox": {"workers": 2, "served": 40, "timed_out": 0, "killed": 0, "crashed": 0},
}


@router.get("/v1/status", openapi_extra=described(gives=_STATUS))
def status(request: Request, by: Annotated[Key, may(Scope.STATUS)]) -> Response:  # noqa: ARG001 - asked for its scope
    """What is remembered and known, and how busy the worker that answers is."""
    door = door_of(request)
    known = counted(door)
    return Json(
        {
            "version": installed_version(),
            "api": "v1",
            "database": door.app.memory.dialect,
            "counts": known.counts,
            "index": {
                "position": known.index,
                "last_change": known.last_change,
                "lag": known.index_lag,
            },
            "ledger": {
                "signals": len(door.app.ledger),
                "position": known.ledger,
                "last_line": known.last_line,
                "lag": known.ledger_lag,
            },
            "worker": {
                "process": os.getpid(),
                "since": rfc3339(door.opened_at),
                "waiting": door.room.taken,
                "places": door.room.places,
            },
            "background": background_figures(door),
            "exchange": followed_figures(memberships(door)),
            "cases": case_figures(door),
            "rulings": {"late": len(late_rulings(door))},
            "delivery": delivery_figures(door),
            "sandbox": {"workers": door.sandbox.workers} | decoder_events(door.sandbox),
        }
    )


@router.get("/metrics", openapi_extra=described(streams=("text/plain",)))
def metrics(request: Request, by: Annotated[Key, may(Scope.STATUS)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every count of every worker, for Prometheus."""
    door = door_of(request)
    door.metrics.decoded(door.sandbox)
    known = counted(door)
    figures: dict[str, Figure] = {
        name: (f"How many {name} are remembered.", float(n)) for name, n in known.counts.items()
    }
    figures["index_lag"] = (
        "Committed changes the index has not taken in yet.",
        float(known.index_lag),
    )
    figures["ledger_lag"] = (
        "Lines of the ledger this worker has not indexed yet.",
        float(known.ledger_lag),
    )
    figures["waiting"] = ("Screenings in progress in this worker.", float(door.room.taken))
    for name, value in background_figures(door).items():
        figures[f"background_{name}"] = (BACKGROUND[name], float(value))
    for name, (meaning, value) in _following(door).items():
        figures[f"exchange_{name}"] = (meaning, value)
    for name, value in delivery_figures(door).items():
        figures[f"delivery_{name}"] = (DELIVERY[name], float(value))
    meaning = "Rulings that should have been carried out a minute ago, and were not."
    figures["rulings_late"] = (meaning, float(len(late_rulings(door))))
    queues = case_figures(door)
    for name, meaning in CASES.items():
        values = {queue: float(waiting[name]) for queue, waiting in queues.items()}
        figures[f"cases_{name}"] = (meaning, Each("queue", values))
    with door.app.memory.reading() as stores:
        figures["exchange_deltas"] = (
            "Changes of an agreement.",
            Each("agreement", stores.deltas.sizes()),
        )
        figures["exchange_held"] = (
            "Contributions in quarantine.",
            Each("agreement", stores.records.all_held()),
        )
    meaning = "Members' requests that wait for changes in this worker."
    figures["exchange_waiting"] = (meaning, float(len(door.waiting)))
    return Response(door.metrics.text(figures), media_type=CONTENT_TYPE_LATEST)


def _following(door: Door) -> dict[str, tuple[str, float]]:
    """How following goes, and how old the latest change is, for Prometheus."""
    followed = memberships(door)
    moments = [each.last_delta_at for each in followed if each.last_delta_at]
    skews = [each.clock_skew for each in followed if each.clock_skew is not None]
    meanings = {
        "memberships": "Agreements followed at hubs.",
        "troubled": "Agreements that cannot be followed now.",
        "lag": "Deltas that hubs have and this home has not applied.",
        "disputed": "Entries from hubs that are disputed.",
    }
    figures = {name: (meanings[name], float(n)) for name, n in followed_figures(followed).items()}
    if moments:
        oldest = (now() - min(moments)).total_seconds()
        meaning = "Seconds since the last delta of the agreement that has had none for longest."
        figures["last_delta_age_seconds"] = (meaning, oldest)
    if skews:
        meaning = (
            "Seconds that a hub's clock is ahead of ours, of the hub whose clock differs most."
        )
        figures["clock_skew_seconds"] = (meaning, float(max(skews, key=abs)))
    return figures
