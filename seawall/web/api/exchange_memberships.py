"""`/v1/exchange/memberships`: the hubs this home follows, how well, and what it tells them."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.errors import NotAllowed, WrongState
from seawall.exchange.membership import Message
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.api.exchange_records import OpinionIn, Times
from seawall.web.bodies import Body, SignalText, json_body
from seawall.web.door import Door, door_of
from seawall.web.once import Ticket, ticket, written_soon
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.membership import membership_documents
from seawall.workflows.telling import (
    Told,
    opinion_document,
    outcome_document,
    queue_opinion,
    queue_outcome,
)
from seawall.workflows.wire import Document

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
_SIGNAL = "pdq:f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
_TOLD: dict[str, Any] = {"id": "msg_1m80w4mrp1ptt34mnp0", "kept": False, "error": None}


class OutcomeIn(Body):
    """What reviews of a record's matches have found here; `what` is its id, its signal, or its entry's id."""

    what: Annotated[SignalText, Field(min_length=1)]
    right: Times = 0
    wrong: Times = 0


@router.get("", openapi_extra=described(gives={"memberships": [_MEMBERSHIP]}))
def list_memberships(request: Request, by: Annotated[Key, may(Scope.STATUS)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every agreement this home follows at a hub: state, lag, last change, disputes."""
    with door_of(request).app.memory.reading() as stores:
        return Json({"memberships": membership_documents(stores)})


@router.post(
    "/{name}/opinions",
    status_code=201,
    openapi_extra=described(
        takes=OpinionIn,
        example={"signals": [_SIGNAL], "word": "confirm", "categories": ["terrorist-content"]},
        gives=_TOLD
        | {"signals": [_SIGNAL], "results": [{"record": None, "held": True, "changed": True}]},
        status=201,
    ),
)
async def say(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    name: str,
    wanted: Annotated[OpinionIn, json_body(OpinionIn)],
) -> Response:
    """
    Tell a hub our word on the signals of one content; they may be named by their entries' ids here.

    `results` is what the hub answered. When it does not answer within seconds, the word is `kept` and told later, once;
    `error` says why. What the hub refuses for good is a problem 409. Name the membership by its agreement, its id or
    its bank.
    """
    door = _ours(request, by)
    given = wanted.model_dump(mode="json", exclude_unset=True, exclude={"signals"})
    opinion = given | {"word": wanted.word.value}

    def queue(stores: Stores) -> Message:
        return queue_opinion(name, wanted.signals, opinion, stores=stores, now=now())

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(opinion_document(await _told(door, queue, once)), status_code=201)


@router.post(
    "/{name}/outcomes",
    status_code=201,
    openapi_extra=described(
        takes=OutcomeIn,
        example={"what": _SIGNAL, "right": 3, "wrong": 1},
        gives=_TOLD | {"counted": 1},
        status=201,
    ),
)
async def report_outcome(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    name: str,
    wanted: Annotated[OutcomeIn, json_body(OutcomeIn)],
) -> Response:
    """
    Tell a hub what our reviews of matches have found; it makes the record's precision.

    `counted` is 0 where the hub has no such record. `kept` and `error` are as for opinions. Send an `Idempotency-Key`:
    a count told twice counts twice.
    """
    door = _ours(request, by)

    def queue(stores: Stores) -> Message:
        return queue_outcome(
            name, wanted.what, right=wanted.right, wrong=wanted.wrong, stores=stores, now=now()
        )

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(outcome_document(await _told(door, queue, once)), status_code=201)


def _ours(request: Request, by: Key) -> Door:
    """The door, for a key that may speak for this home's organisation; a hub's members have keys here too."""
    door = door_of(request)
    us = door.app.settings.server.organisation
    if by.owner != us and Scope.ADMIN not in by.scopes:
        raise NotAllowed(
            f"This key acts for '{by.owner}'; what is told to hubs is told for '{us}', and wants a key of its own."
        )
    return door


async def _told(door: Door, queue: Callable[[Stores], Message], once: Ticket | None) -> Told:
    """What became of a message; a repeated request asks again for the same one."""

    def story(stores: Stores) -> Document:
        queued = queue(stores)
        return {
            name: getattr(queued, name) for name in ("id", "membership", "path", "body", "number")
        }

    told = await door.telling.told(Message(**await written_soon(door, story, once), at=now()))
    if told.error and not told.kept:
        raise WrongState(told.error)
    return told
