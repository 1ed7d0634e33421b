"""`/v1/exchange`: the hub, the organisations it knows, the agreements between them."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.exchange.agreement import Leaving, Terms
from seawall.exchange.organisation import Kind
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import Body, json_body
from seawall.web.door import door_of
from seawall.web.once import ticket, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.acting import Doing, is_operator, may_change, may_see
from seawall.workflows.agreements import change_terms, found_organisation, make_agreement
from seawall.workflows.exchange_wire import (
    agreement_document,
    counted_agreement,
    membership_documents,
    organisation_document,
)
from seawall.workflows.hub import check_hub_key, tie_hub_key
from seawall.workflows.wire import Document

router = APIRouter(prefix="/v1/exchange", tags=["exchange"])

Name = Annotated[str, Field(min_length=1, max_length=512)]
Names = Annotated[tuple[Annotated[str, Field(max_length=512)], ...], Field(max_length=64)]
MOST_A_DAY = 2**31 - 1  # what the column holds
LONGEST = 100 * 365 * 86_400.0  # seconds
Seconds = Annotated[float, Field(gt=0, le=LONGEST)]
PerDay = Annotated[int, Field(ge=0, le=MOST_A_DAY)]
_USUAL = Terms(title="as it is unless something else is said")
_ORGANISATION: dict[str, Any] = {
    "id": "acme",
    "name": "Acme Video",
    "kind": "platform",
    "created_at": "2026-01-01T12:00:00.000000Z",
}
_AGREEMENT: dict[str, Any] = {
    "id": "terror",
    "title": "Terrorist content",
    "purpose": "Finding copies of known terrorist content on the members' own services.",
    "categories": ["terrorist-content"],
    "signal_types": ["pdq", "sha256"],
    "min_quality": 50,
    "retention": 31_536_000.0,
    "quota": 100_000,
    "leaving": ["keep", "withdraw"],
    "size": 17,
    "created_at": "2026-01-01T12:00:00.000000Z",
}
_COUNTED: dict[str, Any] = _AGREEMENT | {
    "records": {"active": 12, "disputed": 1, "withdrawn": 2, "expired": 0, "pieces": 4},
    "sources": {"acme": {"right": 9, "wrong": 1, "precision": 0.9, "low": 0.596, "high": 0.982}},
}
_HUB: dict[str, Any] = {
    "hub": "hub.example+1d2a3c4e+AS…",
    "organisation": "acme",
    "agreements": [
        {
            "id": "terror",
            "title": "Terrorist content",
            "roles": ["consume", "contribute"],
            "status": "active",
            "size": 17,
        }
    ],
}


class OrganisationIn(Body):
    """An organisation the hub is to know."""

    id: Name
    name: Name
    kind: Kind


class TermsChange(Body):
    """Other terms; a field left out stays as it is. `retention` is in seconds; `null` lifts it, as it lifts `quota`."""

    title: Name = ""
    purpose: Annotated[str, Field(max_length=4096)] = ""
    categories: Names = ()
    signal_types: Names = ()
    min_quality: Annotated[int, Field(ge=0, le=100)] = 0
    retention: Seconds | None = None
    quota: PerDay | None = _USUAL.quota
    leaving: Annotated[tuple[Leaving, ...], Field(min_length=1, max_length=2)] = _USUAL.leaving

    def changes(self) -> Document:
        """The terms that were named."""
        named = self.model_dump(exclude_unset=True, exclude={"id"})
        if named.get("retention") is not None:
            named["retention"] = timedelta(seconds=named["retention"])
        return named


class AgreementIn(TermsChange):
    """A new agreement. No categories or signal types are all of them."""

    id: Name
    title: Name


@router.get("", openapi_extra=described(gives=_HUB))
def show_hub(request: Request, by: Annotated[Key, may(Scope.EXCHANGE)]) -> Response:
    """The hub's public key, and what the caller is an active member of; for the operator, every agreement."""
    app = door_of(request).app
    hub = door_of(request).signer.key
    with app.memory.reading() as stores:
        check_hub_key(hub, stores)
        found = membership_documents(stores, organisation=by.owner, everything=is_operator(by))
    return Json({"hub": str(hub.verifier), "organisation": by.owner, "agreements": found})


@router.get("/organisations", openapi_extra=described(gives={"organisations": [_ORGANISATION]}))
def list_organisations(request: Request, by: Annotated[Key, may(Scope.ADMIN)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every organisation the hub knows."""
    with door_of(request).app.memory.reading() as stores:
        found = [organisation_document(each) for each in stores.organisations.all()]
    return Json({"organisations": found})


@router.post(
    "/organisations",
    status_code=201,
    openapi_extra=described(
        takes=OrganisationIn,
        example={name: _ORGANISATION[name] for name in ("id", "name", "kind")},
        gives=_ORGANISATION,
        status=201,
    ),
)
def add_organisation(
    request: Request,
    by: Annotated[Key, may(Scope.ADMIN)],
    wanted: Annotated[OrganisationIn, json_body(OrganisationIn)],
) -> Response:
    """Make an organisation known before anybody invites it."""

    def story(stores: Stores) -> Document:
        made = found_organisation(
            wanted.id,
            name=wanted.name,
            kind=wanted.kind,
            stores=stores,
            doing=Doing.with_key(by, at=now()),
        )
        return organisation_document(made)

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(written(door_of(request), story, once), status_code=201)


@router.get("/agreements", openapi_extra=described(gives={"agreements": [_AGREEMENT]}))
def list_agreements(request: Request, by: Annotated[Key, may(Scope.EXCHANGE)]) -> Response:
    """The agreements that the caller is an active member of; for the operator, all."""
    with door_of(request).app.memory.reading() as stores:
        mine = {
            each["id"]
            for each in membership_documents(
                stores, organisation=by.owner, everything=is_operator(by)
            )
        }
        found = [
            agreement_document(each)
            for each in stores.organisations.agreements()
            if each.id in mine
        ]
    return Json({"agreements": found})


@router.post(
    "/agreements",
    status_code=201,
    openapi_extra=described(
        takes=AgreementIn,
        example={name: _AGREEMENT[name] for name in ("id", "title", "categories")},
        gives=_AGREEMENT,
        status=201,
    ),
)
def add_agreement(
    request: Request,
    by: Annotated[Key, may(Scope.ADMIN)],
    wanted: Annotated[AgreementIn, json_body(AgreementIn)],
) -> Response:
    """A new agreement, without members."""
    door = door_of(request)

    def story(stores: Stores) -> Document:
        tie_hub_key(door.signer.key, stores)
        made = make_agreement(
            wanted.id,
            Terms(**wanted.changes()),
            taxonomy=door.app.taxonomy,
            stores=stores,
            doing=Doing.with_key(by, at=now()),
        )
        return agreement_document(made)

    once = ticket(request, by, wanted.model_dump_json().encode())
    made = written(door, story, once)
    location = f"/v1/exchange/agreements/{made['id']}"
    return Json(made, status_code=201, headers={"Location": location})


@router.get("/agreements/{agreement}", openapi_extra=described(gives=_COUNTED))
def show_agreement(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str
) -> Response:
    """One agreement, its records counted, its sources with how often they were right; for every member."""
    with door_of(request).app.memory.reading() as stores:
        may_see(by, agreement, stores)
        return Json(counted_agreement(agreement, stores, now=now()))


@router.patch(
    "/agreements/{agreement}",
    openapi_extra=described(takes=TermsChange, example={"quota": 10_000}, gives=_AGREEMENT),
)
def change_agreement(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    wanted: Annotated[TermsChange, json_body(TermsChange)],
) -> Response:
    """Other terms, for what is contributed from now on; for its administrators."""
    door = door_of(request)

    def story(stores: Stores) -> Document:
        may_change(by, agreement, stores)
        changed = change_terms(
            agreement,
            wanted.changes(),
            taxonomy=door.app.taxonomy,
            stores=stores,
            doing=Doing.with_key(by, at=now()),
        )
        return agreement_document(changed)

    once = ticket(request, by, wanted.model_dump_json(exclude_unset=True).encode())
    return Json(written(door, story, once))
