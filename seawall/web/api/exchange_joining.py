"""`/v1/exchange`: invitations, joining with one, and keys that are renewed while both open."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Imprint, Key, Scope
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
from seawall.workflows.invitations import invite, join, uninvite
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
    "invited_by": "key_01jd3c7k2x9qhw4t5mz",
    "created_at": "2026-01-01T12:00:00.000000Z",
    "expires_at": "2026-01-08T12:00:00.000000Z",
}
_KEY: dict[str, Any] = {
    "id": "key_01jd3c7k2x9qhw4t5mz",
    "digest": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
}
_JOINED: dict[str, Any] = {
    "organisation": "acme",
    "agreement": "terror",
    "roles": ["consume", "contribute"],
    "key": _KEY["id"],
    "hub": "hub.example+1d2a3c4e+AS…",
}
_RENEWED: dict[str, Any] = {
    "key": _KEY["id"],
    "expires_at": None,
    "expires_at_of_old": "2026-01-02T12:00:00.000000Z",
}


class InvitationIn(Body):
    """Whom to let in, as what, until when; of an organisation that the hub knows, the kind may be left out."""

    organisation: Name
    kind: Kind | None = None
    roles: Roles
    expires_at: AwareDatetime | None = None


class KeyIn(Body):
    """
    A key that its bearer has made: its id, and the SHA-256 of its text, in hexadecimal digits.

    The text is `swl_`, the id without `key_`, `_`, and a secret: 256 bits of chance in URL-safe base 64.
    """

    id: Annotated[str, Field(pattern=r"^key_[0-9a-hjkmnp-tv-z]{19}$")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    def imprint(self) -> Imprint:
        """The same as the hub keeps it."""
        return Imprint(self.id, bytes.fromhex(self.digest))


class JoinIn(Body):
    """The token of an invitation, the name the organisation is known by, and the key it will act with."""

    token: Name
    name: Name
    key: KeyIn


class RenewIn(Body):
    """The key to act with from now on."""

    key: KeyIn


@router.post(
    "/join",
    status_code=201,
    openapi_extra=described(
        takes=JoinIn,
        example={"token": "swi_…", "name": "Acme Video", "key": _KEY},
        gives=_JOINED,
        status=201,
    ),
)
async def join_agreement(request: Request) -> Response:
    """
    Come in with a token, once; needs no key, except that an organisation which the hub knows sends one of its own.

    Who comes in makes its key and keeps the text for itself. Asked again with the same token and the same key, the
    answer is the same; with another key the token is a used one. `hub` is the public key to pin.
    """
    by = await _known_caller(request)
    wanted = parsed(JoinIn, await request.body())
    door = door_of(request)

    hub = door.signer.key

    def story(stores: Stores) -> Document:
        tie_hub_key(hub, stores)
        joined = join(
            wanted.token,
            wanted.name,
            imprint=wanted.key.imprint(),
            by=by,
            ours=door.app.settings.server.organisation,
            stores=stores,
            now=now(),
        )
        return {
            "organisation": joined.member.organisation,
            "agreement": joined.member.agreement,
            "roles": sorted(joined.member.roles),
            "key": joined.key.id,
        }

    answer = await run_in_threadpool(written, door, story, None)
    return Json(answer | {"hub": str(hub.verifier)}, status_code=201)


@router.post(
    "/key",
    status_code=201,
    openapi_extra=described(takes=RenewIn, example={"key": _KEY}, gives=_RENEWED, status=201),
)
def renew(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    wanted: Annotated[RenewIn, json_body(RenewIn)],
) -> Response:
    """
    A new key that opens like the caller's, which opens the same for a while yet.

    Asked again for the same new key, the answer is the same; a key cannot be renewed to a second one.
    """
    door = door_of(request)

    def story(stores: Stores) -> Document:
        overlap = door.app.settings.exchange.old_key
        key, ends = renew_key(
            by, imprint=wanted.key.imprint(), overlap=overlap, stores=stores, now=now()
        )
        return {
            "key": key.id,
            "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
            "expires_at_of_old": rfc3339(ends),
        }

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(written(door, story, once), status_code=201)


@router.get(
    "/agreements/{agreement}/invitations",
    openapi_extra=described(gives={"invitations": [_INVITATION]}),
)
def list_invitations(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str
) -> Response:
    """The invitations that can still be used, without their tokens, newest first; for administrators."""
    with door_of(request).app.memory.reading() as stores:
        may_administer(by, agreement, stores)
        found = stores.organisations.open_invitations(agreement, at=now())
    return Json({"invitations": [invitation_document(each) for each in found]})


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
            ours=door.app.settings.server.organisation,
            stores=stores,
            doing=doing,
        )
        return invitation_document(made) | {"token": token}

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(written(door, story, once, secret="token"), status_code=201)  # noqa: S106 - a field's name


@router.delete(
    "/agreements/{agreement}/invitations/{invitation}",
    status_code=204,
    openapi_extra=described(status=204),
)
def remove_invitation(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str, invitation: str
) -> Response:
    """Take an invitation back that nobody has used: its token opens nothing any more."""

    def story(stores: Stores) -> Document:
        may_change(by, agreement, stores)
        uninvite(agreement, invitation, stores=stores, doing=Doing.with_key(by, at=now()))
        return {}

    written(door_of(request), story, None)
    return Response(status_code=204)


async def _known_caller(request: Request) -> Key | None:
    """The key, if one was sent; whoever sends none is counted as a stranger."""
    if "authorization" in request.headers:
        return await Caller(Scope.EXCHANGE)(request)
    door_of(request).rates.count_stranger(request.client.host if request.client else "nowhere")
    check_address(request)
    return None
