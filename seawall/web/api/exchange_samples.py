"""`/v1/exchange/agreements/{agreement}/samples`: records drawn for review, and what independent reviewers found."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.exchange.agreement import Role
from seawall.exchange.sample import MOST
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import After, Body, Limit, json_body
from seawall.web.door import door_of
from seawall.web.once import ticket, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.acting import Doing, acting_member, writing_member
from seawall.workflows.sampling import (
    draw_sample,
    keep_sample,
    may_draw,
    review,
    sample_document,
    sampled_records,
)
from seawall.workflows.wire import Document

router = APIRouter(prefix="/v1/exchange/agreements/{agreement}/samples", tags=["exchange"])

_SHARE = {"hits": 1, "trials": 100, "value": 0.01, "low": 0.0018, "high": 0.0545}
_SAMPLE: dict[str, Any] = {
    "id": "sam_01jd3c7k2x9qhw4t5mz",
    "agreement": "terror",
    "size": 20_852,
    "root": "0a25…",
    "created_at": "2026-01-01T12:00:00.000000Z",
    "results": {
        "records": 100,
        "reviewed": 100,
        "exceptions": _SHARE,
        "doubted": _SHARE,
        "reasons": {"not-in-scope": 1},
        "agreed": _SHARE | {"hits": 100, "value": 1.0, "low": 0.963, "high": 1.0},
        "beyond_chance": 1.0,
    },
}
_RECORD: dict[str, Any] = {
    "record": "rec_9f86d081884c7d659a2feaa0",
    "signal": "pdq:f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    "piece": "pc_9f86d081884c7d659a2feaa0",
    "categories": ["terrorist-content"],
    "reviewed": False,
    "findings": [
        {
            "organisation": "auditors",
            "reviewer": "anna",
            "exception": None,
            "at": "2026-01-02T12:00:00.000000Z",
        }
    ],
}
_FINDING: dict[str, Any] = {
    "record": "rec_9f86d081884c7d659a2feaa0",
    "exception": None,
    "reviewed": True,
}


class SampleIn(Body):
    """How many records to draw."""

    count: Annotated[int, Field(ge=1, le=MOST)]


class FindingIn(Body):
    """
    What a reviewer found of a record.

    `exception` says why the record should not be there, such as `not-in-scope`, `damaged`, `undeterminable`; `null`
    when it should.
    """

    record: Annotated[str, Field(max_length=64)]
    exception: Annotated[str, Field(max_length=64)] | None


@router.post(
    "",
    status_code=201,
    openapi_extra=described(takes=SampleIn, example={"count": 100}, gives=_SAMPLE, status=201),
)
def draw(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    wanted: Annotated[SampleIn, json_body(SampleIn)],
) -> Response:
    """Draw records for review, as the log has it and nobody chooses; for administrators and auditors."""
    door = door_of(request)
    with door.app.memory.reading() as stores:
        may_draw(by, agreement, stores)
    drawn = draw_sample(agreement, wanted.count, memory=door.app.memory, now=now())

    def story(stores: Stores) -> Document:
        stores.deltas.lock(agreement)
        may_draw(by, agreement, stores)
        keep_sample(drawn, stores=stores, doing=Doing.with_key(by, at=now()))
        return sample_document(drawn, stores)

    made = written(door, story, ticket(request, by, wanted.model_dump_json().encode()))
    location = f"/v1/exchange/agreements/{agreement}/samples/{made['id']}"
    return Json(made, status_code=201, headers={"Location": location})


@router.get("", openapi_extra=described(gives={"samples": [_SAMPLE]}))
def list_samples(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str
) -> Response:
    """Every sample with its results so far, oldest first; for auditors."""
    with door_of(request).app.memory.reading() as stores:
        acting_member(by, agreement, Role.AUDIT, stores=stores)
        found = [sample_document(each, stores) for each in stores.samples.all(agreement)]
    return Json({"samples": found})


@router.get(
    "/{sample}", openapi_extra=described(gives=_SAMPLE | {"records": [_RECORD], "next": 100})
)
def show(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    sample: str,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """One sample, its results so far and its records, each with your own finding, and with both once both are in."""
    with door_of(request).app.memory.reading() as stores:
        acting_member(by, agreement, Role.AUDIT, stores=stores)
        found = stores.samples.find(agreement, sample)
        rows, following = sampled_records(
            found, after=after or 0, limit=limit, by=by, stores=stores
        )
        document = sample_document(found, stores)
    return Json(document | {"records": rows, "next": following})


@router.post(
    "/{sample}/reviews",
    status_code=201,
    openapi_extra=described(
        takes=FindingIn,
        example={"record": _FINDING["record"], "exception": None},
        gives=_FINDING,
        status=201,
    ),
)
def add_review(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    sample: str,
    wanted: Annotated[FindingIn, json_body(FindingIn)],
) -> Response:
    """Say what you found of a record; final, and shown to the second reviewer only once both have said it."""

    def story(stores: Stores) -> Document:
        writing_member(by, agreement, Role.AUDIT, stores=stores)
        found = stores.samples.find(agreement, sample, lock=True)
        return review(found, wanted.record, wanted.exception, by=by, stores=stores, now=now())

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(written(door_of(request), story, once), status_code=201)
