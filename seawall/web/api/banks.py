"""`/v1/banks`: named lists of known signals."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import Body, json_body
from seawall.web.door import door_of
from seawall.web.once import ticket, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.bank import change_bank, create_bank
from seawall.workflows.wire import Document, bank_document

router = APIRouter(prefix="/v1/banks", tags=["banks"])

_BANK: dict[str, Any] = {
    "name": "known",
    "owner": "this organisation",
    "description": "",
    "enabled": True,
    "created_at": "2026-01-01T12:00:00.000000Z",
    "entries": 0,
}


class BankIn(Body):
    """A new bank; nobody named owns it: the caller's organisation does."""

    name: str
    description: str = ""
    owner: Annotated[str, Field(min_length=1, max_length=512)] | None = None


class BankChange(Body):
    """What may be changed of a bank."""

    enabled: bool | None = None
    description: str | None = None


@router.get("", openapi_extra=described(gives={"banks": [_BANK]}))
def list_banks(request: Request, by: Annotated[Key, may(Scope.BANKS_READ)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every bank, by name, with the number of its entries."""
    with door_of(request).app.memory.reading() as stores:
        sizes = stores.banks.sizes()
        found = [bank_document(bank, sizes.get(bank.name, 0)) for bank in stores.banks.all()]
    return Json({"banks": found})


@router.post(
    "",
    status_code=201,
    openapi_extra=described(takes=BankIn, example={"name": "known"}, gives=_BANK, status=201),
)
def create(
    request: Request,
    by: Annotated[Key, may(Scope.BANKS_WRITE)],
    wanted: Annotated[BankIn, json_body(BankIn)],
) -> Response:
    """A new, empty bank."""

    def story(stores: Stores) -> Document:
        bank = create_bank(
            wanted.name,
            owner=wanted.owner or by.owner,
            description=wanted.description,
            stores=stores,
            by=by.id,
            now=now(),
        )
        return bank_document(bank, 0)

    once = ticket(request, by, wanted.model_dump_json().encode())
    made = written(door_of(request), story, once)
    return Json(made, status_code=201, headers={"Location": f"/v1/banks/{made['name']}"})


@router.get("/{bank}", openapi_extra=described(gives=_BANK))
def show(request: Request, by: Annotated[Key, may(Scope.BANKS_READ)], bank: str) -> Response:  # noqa: ARG001 - asked for its scope
    """One bank."""
    with door_of(request).app.memory.reading() as stores:
        return Json(bank_document(stores.banks.find(bank), stores.banks.size(bank)))


@router.patch(
    "/{bank}", openapi_extra=described(takes=BankChange, example={"enabled": False}, gives=_BANK)
)
def change(
    request: Request,
    by: Annotated[Key, may(Scope.BANKS_WRITE)],
    bank: str,
    wanted: Annotated[BankChange, json_body(BankChange)],
) -> Response:
    """Switch a bank on or off, or describe it anew; a bank that is off matches nothing."""

    def story(stores: Stores) -> Document:
        changed = change_bank(
            bank,
            enabled=wanted.enabled,
            description=wanted.description,
            stores=stores,
            by=by.id,
            now=now(),
        )
        return bank_document(changed, stores.banks.size(bank))

    return Json(written(door_of(request), story, None))
