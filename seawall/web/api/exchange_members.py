"""`/v1/exchange/agreements/{agreement}`: its members, their quarantine, and everything from one source."""

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.exchange.agreement import Leaving, Status, parse_roles
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.api.exchange_agreements import PerDay
from seawall.web.api.exchange_joining import Roles
from seawall.web.bodies import Body, json_body
from seawall.web.door import door_of
from seawall.web.once import ticket, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.acting import Doing, may_administer, may_change, may_leave, may_see
from seawall.workflows.exchange_wire import member_document, member_documents
from seawall.workflows.members import (
    change_member,
    drop_quarantine,
    end_membership,
    release_quarantine,
    withdraw_everything,
)
from seawall.workflows.wire import Document

router = APIRouter(prefix="/v1/exchange/agreements/{agreement}", tags=["exchange"])

_MEMBER: dict[str, Any] = {
    "agreement": "terror",
    "organisation": "acme",
    "name": "Acme Video",
    "kind": "platform",
    "roles": ["consume", "contribute"],
    "status": "active",
    "quota": None,
    "held": False,
    "joined_at": "2026-01-01T12:00:00.000000Z",
}
_LEFT: dict[str, Any] = {
    "agreement": "terror",
    "organisation": "acme",
    "status": "left",
    "contributions": "withdraw",
    "withdrawn": 12,
}


class MemberChange(Body):
    """What may be changed of a member; a field left out stays as it is. `quota`: `null` is the agreement's."""

    roles: Roles = ("consume",)
    status: Literal[Status.ACTIVE, Status.SUSPENDED] = Status.ACTIVE
    quota: PerDay | None = None
    held: bool = False

    def changes(self) -> Document:
        """The fields that were named."""
        named = self.model_dump(exclude_unset=True)
        return named | ({"roles": parse_roles(self.roles)} if "roles" in named else {})


class Fate(StrEnum):
    """What becomes of what waits in quarantine."""

    RELEASE = "release"
    DROP = "drop"


@router.get("/members", openapi_extra=described(gives={"members": [_MEMBER]}))
def list_members(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str
) -> Response:
    """Every member of an agreement, those that left too; for each of them."""
    with door_of(request).app.memory.reading() as stores:
        may_see(by, agreement, stores)
        return Json({"members": member_documents(agreement, stores)})


@router.patch(
    "/members/{organisation}",
    openapi_extra=described(takes=MemberChange, example={"status": "suspended"}, gives=_MEMBER),
)
def change(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    organisation: str,
    wanted: Annotated[MemberChange, json_body(MemberChange)],
) -> Response:
    """Other roles, suspend or resume, another quota, or hold back all that comes; for administrators."""

    def story(stores: Stores) -> Document:
        may_change(by, agreement, stores)
        changed = change_member(
            agreement,
            organisation,
            wanted.changes(),
            stores=stores,
            doing=Doing.with_key(by, at=now()),
        )
        return member_document(changed, stores.organisations.find(organisation))

    once = ticket(request, by, wanted.model_dump_json(exclude_unset=True).encode())
    return Json(written(door_of(request), story, once))


@router.delete("/members/{organisation}", openapi_extra=described(gives=_LEFT))
def leave(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    organisation: str,
    contributions: Annotated[
        Leaving | None,
        Query(description="What becomes of what it gave; the terms may leave no choice."),
    ] = None,
) -> Response:
    """Leave, or end a membership as administrator; repeated, it finishes what was cut short."""
    door = door_of(request)

    def check(stores: Stores) -> None:
        may_leave(by, agreement, organisation, stores)

    def story(stores: Stores) -> Leaving:
        check(stores)
        doing = Doing.with_key(by, at=now())
        return end_membership(agreement, organisation, contributions, stores=stores, doing=doing)

    choice = door.commit(story)
    withdrawn = 0
    if choice is Leaving.WITHDRAW:
        withdrawn = withdraw_everything(
            agreement,
            organisation,
            commit=door.commit,
            check=check,
            who=_who(by),
        )
    return Json(
        {
            "agreement": agreement,
            "organisation": organisation,
            "status": Status.LEFT,
            "contributions": choice,
            "withdrawn": withdrawn,
        }
    )


@router.get("/quarantine", openapi_extra=described(gives={"waiting": {"acme": 1_000_000}}))
def show_quarantine(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str
) -> Response:
    """How many contributions of each organisation wait; for administrators."""
    with door_of(request).app.memory.reading() as stores:
        may_administer(by, agreement, stores)
        return Json({"waiting": stores.records.held(agreement)})


@router.post(
    "/quarantine/{organisation}/{fate}",
    openapi_extra=described(
        gives={"organisation": "acme", "contributions": 1_000_000, "refused": 0}
    ),
)
def empty_quarantine(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    organisation: str,
    fate: Fate,
) -> Response:
    """
    Share what waits of an organisation, or forget it; for administrators.

    `refused` of the contributions do not fit the terms any more, and were forgotten when the others were shared.
    """
    door = door_of(request)
    release = partial(release_quarantine, taxonomy=door.app.taxonomy)
    empty = release if fate is Fate.RELEASE else drop_quarantine
    done = empty(
        agreement,
        organisation,
        commit=door.commit,
        check=partial(may_change, by, agreement),
        who=_who(by),
    )
    return Json({"organisation": organisation, **asdict(done)})


@router.post(
    "/sources/{organisation}/withdraw",
    openapi_extra=described(gives={"organisation": "acme", "withdrawn": 1_000_000}),
)
def withdraw_source(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str, organisation: str
) -> Response:
    """
    Withdraw everything one organisation has said, and drop what waits of it; for administrators.

    A source that is still active is `held` from then on: what it says waits in quarantine.
    """
    withdrawn = withdraw_everything(
        agreement,
        organisation,
        commit=door_of(request).commit,
        check=partial(may_change, by, agreement),
        who=_who(by),
    )
    return Json({"organisation": organisation, "withdrawn": withdrawn})


def _who(by: Key) -> Callable[[], Doing]:
    return lambda: Doing.with_key(by, at=now())
