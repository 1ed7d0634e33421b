"""`/v1/exchange`: invitations, joining with one, and keys that are renewed while both open."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now, rfc3339
from seawall.exchange.agreement import parse_roles
from seawall.exchange.organisation import Kind
from seawall.storage.memory import Stores
from seawall.web.access import Caller, may
from seawall.web.asked import check_address
from seawall.web.bodies import Body, json_body, parsed
from seawall.web.door import door_of
from seawall.web.once import ticket, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.acting import Doing, may_administer, may_change
from seawall.workflows.exchange_wire import invitation_document
from seawall.workflows.hub import tie_hub_key
from seawall.workflows.invitations import invite, join
from seawall.workflows.key import renew_key
from seawall.workflows.wire import Document

router = APIRouter(prefix="/v1/exchange", tags=["exchange"])

Name = Annotated[str, Field(min_length=1, max_length=512)]
Roles = Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
_INVITATION: dict[str, Any] = {
    "id": "inv_01jd3c7k2x9qhw4t5mz",
    "agreement": "terror",
    "organisation": "acme",
    "kind": "platform",
    "roles": ["consume", "contribute"],
    "created_at": "2026-01-01T12:00:00.000000Z",
    "expires_at": "2026-01-08T12:00:00.000000Z",
    "used_at": None,
}
_JOINED: dict[str, Any] = {
    "organisation": "acme",
    "agreement": "terror",
    "roles": ["consume", "contribute"],
    "key": "swl_01jd3c7k2x9qhw4t5mz_…",
    "hub": "hub.example+1d2a3c4e+AS…",
}
_RENEWED: dict[str, Any] = {
    "key": "swl_01jd3c7k2x9qhw4t5mz_…",
    "expires_at": None,
    "expires_at_of_old": "2026-01-02T12:00:00.000000Z",
}


class InvitationIn(Body):
    """Whom to let in, as what, until when; of an organisation that the hub knows, the kind may be left out."""

    organisation: Name
    kind: Kind | None = None
    roles: Roles
    expires_at: AwareDatetime | None = None


class JoinIn(Body):
    """The token of an invitation, and the name the organisation is known by."""

    token: Name
    name: Name


@router.post(
    "/join",
    status_code=201,
    openapi_extra=described(
        takes=JoinIn, example={"token": "swi_…", "name": "Acme Video"}, gives=_JOINED, status=201
    ),
)
async def join_agreement(request: Request) -> Response:
    """
    Come in with a token, once; needs no key, except that an organisation which the hub knows sends one of its own.

    The answer is the only one that shows the new key. `hub` is the public key to pin.
    """
    by = await _known_caller(request)
    wanted = parsed(JoinIn, await request.body())
    door = door_of(request)

    hub = door.signer.key

    def story(stores: Stores) -> Document:
        tie_hub_key(hub, stores)
        joined = join(wanted.token, wanted.name, by=by, stores=stores, now=now())
        return {
            "organisation": joined.member.organisation,
            "agreement": joined.member.agreement,
            "roles": sorted(joined.member.roles),
            "key": joined.text,
        }

    answer = await run_in_threadpool(written, door, story, None)
    return Json(answer | {"hub": str(hub.verifier)}, status_code=201)


@router.post("/key", status_code=201, openapi_extra=described(gives=_RENEWED, status=201))
def renew(request: Request, by: Annotated[Key, may(Scope.EXCHANGE)]) -> Response:
    """A new key like the caller's, shown once; the old one opens the same for a while yet."""
    door = door_of(request)

    def story(stores: Stores) -> Document:
        overlap = door.app.settings.exchange.old_key
        key, text, ends = renew_key(by, overlap=overlap, stores=stores, now=now())
        return {
            "key": text,
            "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
            "expires_at_of_old": rfc3339(ends),
        }

    made = written(door, story, ticket(request, by), secret="key")  # noqa: S106 - a field's name
    return Json(made, status_code=201)


@router.get(
    "/agreements/{agreement}/invitations",
    openapi_extra=described(gives={"invitations": [_INVITATION]}),
)
def list_invitations(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str
) -> Response:
    """The invitations to an agreement without their tokens, newest first; for its administrators."""
    with door_of(request).app.memory.reading() as stores:
        may_administer(by, agreement, stores)
        found = [invitation_document(each) for each in stores.organisations.invitations(agreement)]
    return Json({"invitations": found})


@router.post(
    "/agreements/{agreement}/invitations",
    status_code=201,
    openapi_extra=described(
        takes=InvitationIn,
        example={name: _INVITATION[name] for name in ("organisation", "kind", "roles")},
        gives=_INVITATION | {"token": "swi_…"},
        status=201,
    ),
)
def add_invitation(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    wanted: Annotated[InvitationIn, json_body(InvitationIn)],
) -> Response:
    """Invite an organisation; the token is shown in this answer only, and is `null` when the request is repeated."""
    door = door_of(request)

    def story(stores: Stores) -> Document:
        may_change(by, agreement, stores)
        doing = Doing.with_key(by, at=now())
        made, token = invite(
            agreement,
            wanted.organisation,
            kind=wanted.kind,
            roles=parse_roles(wanted.roles),
            expires_at=wanted.expires_at or doing.at + door.app.settings.exchange.invitation,
            stores=stores,
            doing=doing,
        )
        return invitation_document(made) | {"token": token}

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(written(door, story, once, secret="token"), status_code=201)  # noqa: S106 - a field's name


async def _known_caller(request: Request) -> Key | None:
    """The key, if one was sent; whoever sends none is counted as a stranger."""
    if "authorization" in request.headers:
        return await Caller(Scope.EXCHANGE)(request)
    door_of(request).rates.count_stranger(request.client.host if request.client else "nowhere")
    check_address(request)
    return None
