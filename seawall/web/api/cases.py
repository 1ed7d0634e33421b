"""
`/v1/cases` and `/v1/rulings`: what waits for a person, and what people ruled.

The key is a program's, which answers for naming the `person` that acts.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.access.person import Limits
from seawall.cases.case import MOST_REACH, WAITING, ItemKind, Status
from seawall.cases.ruling import AccountMeasure, Context, Decision
from seawall.clock import now
from seawall.policy.ground import Ground
from seawall.policy.territory import territory
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.api.rules import GroundIn
from seawall.web.bodies import Body, Limit, cursor_of, json_body
from seawall.web.door import door_of
from seawall.web.once import Story, Ticket, expected, ticket, unless_changed, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.by_hand import Handed, handed_item, handed_text, open_by_hand
from seawall.workflows.case_wire import (
    case_document,
    listed_document,
    ruling_document,
    whole_case_document,
)
from seawall.workflows.cases import (
    claim,
    hand_off,
    heartbeat,
    hold,
    next_case,
    release,
    remove_from_cluster,
    skip,
)
from seawall.workflows.restoring import restore
from seawall.workflows.ruling import Answer, approve, confirm, refuse, rule, undo
from seawall.workflows.sealing import day_of_person
from seawall.workflows.wire import Document

router = APIRouter(prefix="/v1", tags=["cases"])
EVERYTHING = (
    Limits()
)  # a key with the scope sees every queue; the limits of a person whom we know hold all the same

Person = Annotated[str, Field(max_length=255, description="Who acts, by an id of yours.")]
Name = Annotated[str, Field(max_length=512)]


class PersonIn(Body):
    """Who acts."""

    person: Person


class NextIn(PersonIn):
    """Whose next case, and of which queue or category."""

    queue: Name | None = None
    category: Name | None = None


class HoldIn(PersonIn):
    """Why and until when a case is put aside."""

    reason: Name
    until: AwareDatetime


class HandOffIn(PersonIn):
    """To whom it goes."""

    to: Person


class ItemOutIn(PersonIn):
    """Which item is taken out of the case."""

    item: Annotated[str, Field(max_length=600, description="Its `key`.")]


class CaseIn(Body):
    """Something a person should look at."""

    item: Name
    kind: ItemKind
    uploader: Name | None = None
    signals: tuple[str, ...] = ()
    text: Annotated[str, Field(description="The passage, of an item that is a text.")] | None = None
    link: Annotated[str, Field(description="Where the item's name is not the link.")] | None = None
    territory: Annotated[str, Field(description="Where it was uploaded.")] | None = None
    reach: Annotated[int, Field(ge=0, le=MOST_REACH)] = 0
    queue: Annotated[str, Field(max_length=64)] | None = None
    category: Name | None = None
    deadline: AwareDatetime | None = None


class RulingIn(PersonIn):
    """The answer to a case; `version` is the case as its reader saw it."""

    decision: Decision
    policy: Name | None = None
    ground: GroundIn | None = None
    territories: tuple[str, ...] = ()
    ends_at: AwareDatetime | None = None
    context: Context | None = None
    note: str = ""
    bank_signals: bool = True
    bank: Name | None = None
    share: tuple[str, ...] = ()
    account: AccountMeasure | None = None
    version: int | None = None


class ConfirmIn(PersonIn):
    """The same ruling as on content with the same hash."""

    version: int | None = None


class NoteIn(PersonIn):
    """Why."""

    note: str = ""


_CASE: dict[str, Any] = {
    "id": "case_01jd3c7k2x9qhw4t5mz",
    "status": "claimed",
    "queue": "matches",
    "category": "terrorist-content",
    "priority": "high",
    "items": [{"key": "image:up_…", "id": "post 1", "kind": "image", "upload": "up_…"}],
    "claimed_by": "ann",
    "until": "2026-01-01T12:10:00.000000Z",
    "version": 2,
}
_LISTED = _CASE | {"items": 1}
_RULING: dict[str, Any] = {
    "id": "rul_01jd3c7k2x9qhw4t5mz",
    "case": "case_01jd3c7k2x9qhw4t5mz",
    "decision": "remove",
    "policy": "terror",
    "policy_version": 1,
    "needs": [],
    "carried_out_at": None,
    "undone_at": None,
}
_ANN = {"person": "ann"}
_ANSWER = _ANN | {"decision": "remove", "policy": "terror"}


@router.get("/cases", openapi_extra=described(gives={"cases": [_LISTED], "next": None}))
def list_cases(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],  # noqa: ARG001 - asked for its scope
    after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Limit = 50,
    status: Annotated[Status | None, Query(description="Left out: all that wait.")] = None,
    queue: Annotated[str | None, Query(description="Only of this queue.")] = None,
    category: Annotated[str | None, Query(description="Only of this category.")] = None,
) -> Response:
    """Cases, most urgent first, a page at a time."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.cases.page(
            limit=limit + 1,
            after=None if after is None else cursor_of(after),
            statuses=WAITING if status is None else (status,),
            queue=queue,
            category=category,
        )
    page = found[:limit]
    more = f"{page[-1].urgency}.{page[-1].number}" if len(found) > limit else None
    return Json({"cases": [listed_document(case) for case in page], "next": more})


@router.post(
    "/cases",
    status_code=201,
    openapi_extra=described(
        takes=CaseIn, example={"item": "user 7", "kind": "user"}, gives=_CASE, status=201
    ),
)
def open_(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    wanted: Annotated[CaseIn, json_body(CaseIn)],
) -> Response:
    """Open a case by hand; one about the same content that waits is joined instead."""
    door, moment = door_of(request), now()
    app = door.app
    fields = {name: getattr(wanted, name) for name in CaseIn.model_fields}
    place = wanted.territory and territory(wanted.territory)
    handed = Handed(**fields | {"territory": place})
    item = handed_item(handed, knowledge=app.knowledge, now=moment)
    text = handed_text(handed, safe=app.safe, now=moment)

    def story(stores: Stores) -> Document:
        case = open_by_hand(
            handed, item, text, taxonomy=app.taxonomy, stores=stores, by=by.id, now=moment
        )
        return case_document(case)

    return Json(written(door, story, _once(request, by, wanted)), status_code=201)


@router.post(
    "/cases/next", openapi_extra=described(takes=NextIn, example=_ANN, gives={"case": _CASE})
)
def take_next(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    wanted: Annotated[NextIn, json_body(NextIn)],
) -> Response:
    """
    The most urgent case that this person has not skipped, claimed; `null` when there is none.

    It shows no more than the person's day has room for: that of one of our people, or else that of the key.
    """
    door = door_of(request)

    def story(stores: Stores) -> Document:
        safe, moment = door.app.safe, now()
        day = day_of_person(wanted.person, key=by.id, safe=safe, stores=stores, now=moment)
        case = next_case(
            wanted.person,
            limits=EVERYTHING,
            config=door.app.settings.cases,
            stores=stores,
            now=moment,
            queue=wanted.queue,
            category=wanted.category,
            most_severe=day.at_most,
            room=day.room,
            secret=door.app.draws,
        )
        return {"case": case_document(case) if case else None}

    return Json(written(door, story, _once(request, by, wanted)))


@router.get("/cases/{case}", openapi_extra=described(gives=_CASE | {"rulings": [_RULING]}))
def show(request: Request, by: Annotated[Key, may(Scope.CASES)], case: str) -> Response:  # noqa: ARG001 - asked for its scope
    """One case with its items, rulings and events, and the earlier ruling that its hashes would confirm."""
    with door_of(request).app.memory.reading() as stores:
        return _tagged(whole_case_document(stores.cases.find(case), stores))


@router.post(
    "/cases/{case}/{act}", openapi_extra=described(takes=PersonIn, example=_ANN, gives=_CASE)
)
def act_on(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    case: str,
    act: Literal["claim", "heartbeat", "release", "skip"],
    wanted: Annotated[PersonIn, json_body(PersonIn)],
) -> Response:
    """Claim a case, keep it, give it back, or never see it again."""
    door, person = door_of(request), wanted.person
    config = door.app.settings.cases

    def story(stores: Stores) -> Document:
        at = now()
        match act:
            case "claim":
                done = claim(case, person, limits=EVERYTHING, config=config, stores=stores, now=at)
            case "heartbeat":
                done = heartbeat(case, person, config=config, stores=stores, now=at)
            case "release":
                done = release(case, person, stores=stores, now=at)
            case "skip":
                done = skip(case, person, stores=stores, now=at)
        return case_document(done)

    return _tagged(written(door, story, _once(request, by, wanted)))


@router.put("/cases/{case}/hold", openapi_extra=described(takes=HoldIn, gives=_CASE))
def put_aside(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    case: str,
    wanted: Annotated[HoldIn, json_body(HoldIn)],
) -> Response:
    """Put a case aside until then, for a reason."""

    def story(stores: Stores, at: datetime) -> Document:
        held = hold(
            case,
            wanted.person,
            reason=wanted.reason,
            until=wanted.until,
            stores=stores,
            now=at,
        )
        return case_document(held)

    return _tagged(written(door_of(request), _now(story), _once(request, by, wanted)))


@router.put("/cases/{case}/assignment", openapi_extra=described(takes=HandOffIn, gives=_CASE))
def hand(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    case: str,
    wanted: Annotated[HandOffIn, json_body(HandOffIn)],
) -> Response:
    """Hand a case to somebody else."""

    def story(stores: Stores, at: datetime) -> Document:
        return case_document(hand_off(case, wanted.person, to=wanted.to, stores=stores, now=at))

    return _tagged(written(door_of(request), _now(story), _once(request, by, wanted)))


@router.put("/cases/{case}/items/removed", openapi_extra=described(takes=ItemOutIn, gives=_CASE))
def take_out(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    case: str,
    wanted: Annotated[ItemOutIn, json_body(ItemOutIn)],
) -> Response:
    """Take an item out of the case: it becomes a case of its own, named in `own`."""

    def story(stores: Stores, at: datetime) -> Document:
        rest, own = remove_from_cluster(case, wanted.item, wanted.person, stores=stores, now=at)
        return case_document(rest) | {"own": own.id}

    return _tagged(written(door_of(request), _now(story), _once(request, by, wanted)))


@router.put(
    "/cases/{case}/ruling", openapi_extra=described(takes=RulingIn, example=_ANSWER, gives=_RULING)
)
def give_ruling(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    case: str,
    wanted: Annotated[RulingIn, json_body(RulingIn)],
) -> Response:
    """Rule on a claimed case, with `If-Match` only if it is as it was read; carried out after its undo window."""
    door, tag = door_of(request), expected(request)
    ground = wanted.ground and Ground(basis=wanted.ground.basis, provision=wanted.ground.provision)
    fields = {name: getattr(wanted, name) for name in Answer.__dataclass_fields__}
    answer = Answer(**fields | {"ground": ground})

    def story(stores: Stores, at: datetime) -> Document:
        ruling = rule(
            case,
            answer,
            wanted.person,
            limits=EVERYTHING,
            config=door.app.settings.cases,
            stores=stores,
            now=at,
            version=wanted.version if tag is None else tag,
            key=by.id,
        )
        return ruling_document(ruling)

    once, write = _once(request, by, wanted), unless_changed if tag else written
    given = write(door, _now(story), once)
    door.upkeep.stir()
    return Json(given)


@router.put(
    "/cases/{case}/confirmation",
    openapi_extra=described(takes=ConfirmIn, example=_ANN, gives=_RULING),
)
def confirm_by_hash(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    case: str,
    wanted: Annotated[ConfirmIn, json_body(ConfirmIn)],
) -> Response:
    """Rule as was ruled on the same hashes, without looking at the media; `If-Match` as for a ruling."""
    door, tag = door_of(request), expected(request)

    def story(stores: Stores, at: datetime) -> Document:
        ruling = confirm(
            case,
            wanted.person,
            limits=EVERYTHING,
            config=door.app.settings.cases,
            stores=stores,
            now=at,
            version=wanted.version if tag is None else tag,
            key=by.id,
        )
        return ruling_document(ruling)

    once, write = _once(request, by, wanted), unless_changed if tag else written
    given = write(door, _now(story), once)
    door.upkeep.stir()
    return Json(given)


@router.post(
    "/rulings/{ruling}/{act}", openapi_extra=described(takes=NoteIn, example=_ANN, gives=_RULING)
)
def act_on_ruling(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],
    ruling: str,
    act: Literal["undo", "approve", "refuse", "restore"],
    wanted: Annotated[NoteIn, json_body(NoteIn)],
) -> Response:
    """Take a ruling back before it is carried out, agree to it or not as a second person, or restore what it did."""
    door, person = door_of(request), wanted.person
    config, bench = door.app.settings.cases, door.app.bench()

    def story(stores: Stores, at: datetime) -> Document:
        match act:
            case "undo":
                undo(ruling, person, config=config, stores=stores, now=at)
            case "approve":
                approve(ruling, person, config=config, stores=stores, now=at, key=by.id)
            case "refuse":
                refuse(ruling, person, stores=stores, now=at)
            case "restore":
                restore(
                    ruling,
                    person,
                    note=wanted.note,
                    bench=bench,
                    stores=stores,
                    now=at,
                    key=by.id,
                )
        return ruling_document(stores.rulings.find(ruling))

    done = written(door, _now(story), _once(request, by, wanted))
    door.upkeep.stir()
    return Json(done)


def _now(story: Callable[[Stores, datetime], Document]) -> Story:
    return lambda stores: story(stores, now())


def _once(request: Request, by: Key, wanted: Body) -> Ticket | None:
    return ticket(request, by, wanted.model_dump_json().encode())


def _tagged(document: Document) -> Response:
    return Json(document, headers={"ETag": f'"{document["version"]}"'})
