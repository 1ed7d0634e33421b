"""`/v1/quality` and `/v1/golden-items`: how well people decide, and cases whose answer is known."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.cases.case import Item, ItemKind
from seawall.cases.golden import Golden
from seawall.cases.ruling import Decision
from seawall.clock import now
from seawall.errors import InputError
from seawall.signals.registry import parse_signal
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import Body, SignalText, json_body
from seawall.web.door import door_of
from seawall.web.once import ticket, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.golden import golden_by_hand, golden_of_case, item_of_upload
from seawall.workflows.quality import quality_figures, remove_golden
from seawall.workflows.quality_wire import (
    golden_document,
    golden_documents,
    pseudonyms,
    quality_document,
)
from seawall.workflows.wire import Document

router = APIRouter(prefix="/v1", tags=["cases"])

Name = Annotated[str, Field(max_length=512)]


class GoldenIn(Body):
    """A case that was ruled on, or an upload or item with its queue, policy and answer."""

    why: Annotated[str, Field(max_length=10_000)]
    case: Name | None = None
    upload: Annotated[
        Name | None,
        Field(description="One whose media is kept: its picture is shown as long as it is."),
    ] = None
    item: Annotated[Name | None, Field(description="One without a picture.")] = None
    kind: ItemKind = ItemKind.OTHER
    signals: tuple[SignalText, ...] = ()
    queue: Annotated[str, Field(max_length=64)] | None = None
    category: Name | None = None
    policy: Name | None = None
    decision: Decision | None = None


_SHARE = {"hits": 19, "trials": 20, "value": 0.95, "low": 0.764, "high": 0.991}
_MATRIX: dict[str, Any] = {
    "policy": "terror",
    "cases": 20,
    "agreed": _SHARE,
    "kappa": {"value": 0.83, "low": 0.51, "high": 1.0},
    "matthews": 0.84,
    "counts": [{"reference": "remove", "said": "remove", "cases": 16}],
    "decisions": [{"decision": "remove", "precision": _SHARE, "recall": _SHARE}],
}
_QUALITY: dict[str, Any] = {
    "waiting": 2,
    "agreement": [_MATRIX],
    "settled": [],
    "golden": [],
    "people": [],
    "precision": {
        "policy": [{"name": "terror", "bank": None, "right": _SHARE}],
        "source": [],
        "bank": [],
        "entry": [],
    },
}
_GOLDEN: dict[str, Any] = {
    "id": "gold_01jd3c7k2x9qhw4t5mz",
    "queue": "matches",
    "item": "post 1",
    "kind": "image",
    "category": "terrorist-content",
    "decision": "remove",
    "policy": "terror",
    "policy_version": 1,
    "why": "It praises the attack in its caption.",
}


@router.get("/quality", openapi_extra=described(gives=_QUALITY))
def show(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],  # noqa: ARG001 - asked for its scope
    days: Annotated[int, Query(ge=1, le=3650, description="Of the last so many days.")] = 90,
) -> Response:
    """How far people agree, by policy; how often they know known answers; how often matches are right."""
    with door_of(request).app.memory.reading() as stores:
        figures = quality_figures(stores, since=now() - timedelta(days=days))
        return Json(quality_document(figures, name_of=pseudonyms(stores)))


@router.get(
    "/golden-items", openapi_extra=described(gives={"golden_items": [_GOLDEN | {"rests": False}]})
)
def list_golden(request: Request, by: Annotated[Key, may(Scope.CASES)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every case whose answer is known; one `rests` while its policy has a newer version than its answer."""
    with door_of(request).app.memory.reading() as stores:
        return Json({"golden_items": golden_documents(stores)})


@router.post(
    "/golden-items",
    status_code=201,
    openapi_extra=described(
        takes=GoldenIn,
        example={"case": "case_01jd3c7k2x9qhw4t5mz", "why": _GOLDEN["why"]},
        gives=_GOLDEN,
        status=201,
    ),
)
def put(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    wanted: Annotated[GoldenIn, json_body(GoldenIn)],
) -> Response:
    """Put a case with a known answer among those of its queue; nothing of it is ever carried out."""
    door = door_of(request)
    if wanted.category is not None:
        door.app.taxonomy.find(wanted.category)
    once = ticket(request, by, wanted.model_dump_json().encode())
    document = written(door, lambda stores: golden_document(_put(wanted, by.id, stores)), once)
    return Json(document, status_code=201)


@router.delete("/golden-items/{golden}", status_code=204, openapi_extra=described(status=204))
def remove(request: Request, by: Annotated[Key, may(Scope.CASES)], golden: str) -> Response:
    """Nobody is shown it any more; what was said of it still counts."""

    def story(stores: Stores) -> Document:
        remove_golden(golden, by=by.id, stores=stores, now=now())
        return {}

    written(door_of(request), story, None)
    return Response(status_code=204)


def _put(wanted: GoldenIn, by: str, stores: Stores) -> Golden:
    moment = now()
    if wanted.case is not None:
        return golden_of_case(
            wanted.case,
            why=wanted.why,
            decision=wanted.decision,
            policy=wanted.policy,
            by=by,
            stores=stores,
            now=moment,
        )
    named = wanted.upload or wanted.item
    if not (named and wanted.queue and wanted.policy and wanted.decision):
        raise InputError(
            "Name a `case`, or an `upload` or `item` with its `queue`, `policy` and `decision`."
        )
    signals = tuple(str(parse_signal(text)) for text in wanted.signals)
    return golden_by_hand(
        item_of_upload(wanted.upload, stores)
        if wanted.upload
        else Item(id=named, kind=wanted.kind, signals=signals),
        decision=wanted.decision,
        policy=wanted.policy,
        queue=wanted.queue,
        category=wanted.category,
        why=wanted.why,
        by=by,
        stores=stores,
        now=moment,
    )
