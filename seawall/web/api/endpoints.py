"""`/v1/endpoints`: where messages are sent, and what became of them."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import After, Body, Limit, json_body
from seawall.web.door import door_of
from seawall.web.once import ticket, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.delivering import try_endpoint
from seawall.workflows.endpoints import (
    MOST_TOPICS,
    Document,
    add_endpoint,
    deliveries_in,
    endpoint_documents,
    parse_progress,
    pause_endpoint,
    remove_endpoint,
    replay_dead,
    resume_endpoint,
    rotate_secret,
    shown_endpoint,
)

router = APIRouter(prefix="/v1/endpoints", tags=["endpoints"])

State = Annotated[str, Query(max_length=16, description="waiting, delivered or dead.")]
_ENDPOINT: dict[str, Any] = {
    "id": "ep_1m80w4mrp1ptt34mnp0",
    "url": "https://platform.example/hooks/seawall",
    "topics": ["upload:review-wanted", "upload:reconsidered"],
    "state": "open",
    "waiting": 0,
    "dead": 1,
    "oldest_at": None,
    "failing_since": None,
    "quiet_until": None,
    "last_error": None,
    "created_at": "2026-01-01T12:00:00.000000Z",
}
_SECRET = {"secret": "whsec_…"}
_DELIVERY: dict[str, Any] = {
    "number": 7,
    "message": "msg_01jd3c7k2x9qhw4t5mz",
    "topic": "upload:review-wanted",
    "subject": "up_01jd3c7k2x9qhw4t5mz",
    "at": "2026-01-01T12:00:00.000000Z",
    "state": "dead",
    "attempts": 12,
    "next_at": None,
    "last_status": 500,
    "last_error": "Internal Server Error",
    "delivered_at": None,
}


class EndpointIn(Body):
    """A new endpoint: https://…, or mailto:… for people; of no topic named it gets all."""

    url: Annotated[str, Field(min_length=1, max_length=2048)]
    topics: Annotated[tuple[str, ...], Field(max_length=MOST_TOPICS)] = ()


class ReplayIn(Body):
    """Dead deliveries by their numbers; all of the endpoint's where none is named."""

    deliveries: Annotated[
        tuple[Annotated[int, Field(ge=1, le=2**63 - 1)], ...] | None,
        Field(min_length=1, max_length=1000),
    ] = None


@router.get("", openapi_extra=described(gives={"endpoints": [_ENDPOINT]}))
def list_endpoints(request: Request, by: Annotated[Key, may(Scope.ENDPOINTS)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every endpoint, and how many messages wait or are dead."""
    with door_of(request).app.memory.reading() as stores:
        return Json({"endpoints": endpoint_documents(stores)})


@router.post(
    "",
    status_code=201,
    openapi_extra=described(
        takes=EndpointIn,
        example={"url": _ENDPOINT["url"], "topics": _ENDPOINT["topics"]},
        gives=_ENDPOINT | _SECRET,
        status=201,
    ),
)
def add(
    request: Request,
    by: Annotated[Key, may(Scope.ENDPOINTS)],
    wanted: Annotated[EndpointIn, json_body(EndpointIn)],
) -> Response:
    """
    An endpoint, sent what is committed from now on; its secret is shown in this answer only.

    The secret is `null` when the request is repeated, and for a mailbox.
    """
    courier = door_of(request).app.courier()

    def story(stores: Stores) -> Document:
        endpoint, secret = add_endpoint(
            wanted.url,
            wanted.topics,
            outside=courier.outside,
            vault=courier.vault,
            stores=stores,
            by=by.id,
            now=now(),
        )
        return shown_endpoint(endpoint.id, stores) | {"secret": secret}

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(written(door_of(request), story, once, secret="secret"), status_code=201)  # noqa: S106 - a field's name


@router.get("/{endpoint}", openapi_extra=described(gives=_ENDPOINT))
def show(request: Request, by: Annotated[Key, may(Scope.ENDPOINTS)], endpoint: str) -> Response:  # noqa: ARG001 - asked for its scope
    """One endpoint."""
    with door_of(request).app.memory.reading() as stores:
        return Json(shown_endpoint(endpoint, stores))


@router.delete("/{endpoint}", status_code=204, openapi_extra=described(status=204))
def remove(request: Request, by: Annotated[Key, may(Scope.ENDPOINTS)], endpoint: str) -> Response:
    """Nothing is sent there any more, and what waited is forgotten; `/v1/messages` still has the messages."""
    _written(request, lambda stores: remove_endpoint(endpoint, stores=stores, by=by.id, now=now()))
    return Response(status_code=204)


@router.post("/{endpoint}/pause", openapi_extra=described(gives=_ENDPOINT | {"state": "paused"}))
def pause(request: Request, by: Annotated[Key, may(Scope.ENDPOINTS)], endpoint: str) -> Response:
    """Nothing is sent there until it is resumed; messages wait."""
    _written(request, lambda stores: pause_endpoint(endpoint, stores=stores, by=by.id, now=now()))
    return show(request, by, endpoint)


@router.post("/{endpoint}/resume", openapi_extra=described(gives=_ENDPOINT))
def resume(request: Request, by: Annotated[Key, may(Scope.ENDPOINTS)], endpoint: str) -> Response:
    """What waits is sent at once, also where the endpoint was switched off by a 410."""
    _written(request, lambda stores: resume_endpoint(endpoint, stores=stores, by=by.id, now=now()))
    return show(request, by, endpoint)


@router.post("/{endpoint}/rotate", openapi_extra=described(gives=_ENDPOINT | _SECRET))
def rotate(request: Request, by: Annotated[Key, may(Scope.ENDPOINTS)], endpoint: str) -> Response:
    """A new secret, shown in this answer only; the one before signs as well for `delivery.old_secret`."""
    app = door_of(request).app

    def story(stores: Stores) -> Document:
        _, secret = rotate_secret(
            endpoint,
            overlap=app.settings.delivery.old_secret,
            vault=app.courier().vault,
            stores=stores,
            by=by.id,
            now=now(),
        )
        return shown_endpoint(endpoint, stores) | {"secret": secret}

    once = ticket(request, by)
    return Json(written(door_of(request), story, once, secret="secret"))  # noqa: S106 - a field's name


@router.post("/{endpoint}/test", openapi_extra=described(gives={"status": 204, "error": None}))
def try_out(request: Request, by: Annotated[Key, may(Scope.ENDPOINTS)], endpoint: str) -> Response:  # noqa: ARG001 - asked for its scope
    """Send a message `endpoint:test` now, once; what was answered."""
    return Json(asyncio.run(try_endpoint(endpoint, courier=door_of(request).app.courier())))


@router.get(
    "/{endpoint}/deliveries",
    openapi_extra=described(gives={"deliveries": [_DELIVERY], "next": "7"}),
)
def list_deliveries(
    request: Request,
    by: Annotated[Key, may(Scope.ENDPOINTS)],  # noqa: ARG001 - asked for its scope
    endpoint: str,
    state: State = "dead",
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Deliveries of an endpoint in one state, dead ones unless another is named, oldest first."""
    progress = parse_progress(state)
    with door_of(request).app.memory.reading() as stores:
        found = deliveries_in(endpoint, progress, after=after or 0, limit=limit, stores=stores)
    last = str(found[-1]["number"]) if len(found) == limit else None
    return Json({"deliveries": found, "next": last})


@router.post(
    "/{endpoint}/replay",
    openapi_extra=described(takes=ReplayIn, example={"deliveries": [7]}, gives={"replayed": 1}),
)
def replay(
    request: Request,
    by: Annotated[Key, may(Scope.ENDPOINTS)],
    endpoint: str,
    wanted: Annotated[ReplayIn, json_body(ReplayIn)],
) -> Response:
    """Dead deliveries are sent again, as if they had never been tried."""

    def story(stores: Stores) -> Document:
        return {
            "replayed": replay_dead(endpoint, wanted.deliveries, stores=stores, by=by.id, now=now())
        }

    return Json(
        written(door_of(request), story, ticket(request, by, wanted.model_dump_json().encode()))
    )


def _written(request: Request, act: Callable[[Stores], object]) -> None:
    def story(stores: Stores) -> Document:
        act(stores)
        return {}

    written(door_of(request), story, None)
