"""`/v1/people`: who signs in at the console, and what they may do; for administrators."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.access.person import Limits, access_mark, parse_roles
from seawall.clock import now
from seawall.errors import WrongState
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import MOST_ON_A_PAGE, Body, Limit, json_body
from seawall.web.door import door_of
from seawall.web.once import ticket, written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.people import (
    disable_person,
    enable_person,
    find_person,
    invite_person,
    read_limits,
    reset_person,
    set_roles,
    sign_out_person,
    uninvite_person,
)
from seawall.workflows.people_wire import Document, invitation_document, person_document

router = APIRouter(prefix="/v1/people", tags=["people"])

Admin = Annotated[Key, may(Scope.ADMIN)]
Word = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[tuple[Word, ...], Field(max_length=256)]
After = Annotated[
    str | None, Query(max_length=64, description="`next` of the page before; the first without.")
]
_PERSON: dict[str, Any] = {
    "id": "psn_1m80w4mrp1ptt34mnp0",
    "login": "bo@example.org",
    "name": "Bo",
    "pseudonym": "Osprey 241",
    "roles": ["reviewer"],
    "permissions": ["cases:rule", "cases:see", "media:reveal"],
    "limits": {"categories": None, "queues": None, "territories": ["DE", "FR"]},
    "password": True,
    "second_factor": True,
    "linked": False,
    "created_at": "2026-01-01T12:00:00.000000Z",
    "seen_at": "2026-01-02T09:30:00.000000Z",
    "disabled_at": None,
}
_INVITATION: dict[str, Any] = {
    "id": "pinv_1m80w4mrp1ptt34mnp0",
    "login": "bo@example.org",
    "roles": ["reviewer"],
    "limits": _PERSON["limits"],
    "person": None,
    "by": "key_01jd3c7k2x9qhw4t5mz",
    "created_at": "2026-01-01T12:00:00.000000Z",
    "expires_at": "2026-01-04T12:00:00.000000Z",
}
_TOKEN = {"token": "swp_…"}
_ACCESS = {"roles": ["reviewer"], "limits": {"territories": ["DE", "FR"]}}


class LimitsIn(Body):
    """Where somebody may act; what is empty or left out is no limit."""

    categories: Words = ()
    queues: Words = ()
    territories: Words = ()


class InvitationIn(Body):
    """Somebody new."""

    login: Word
    roles: Annotated[tuple[Word, ...], Field(min_length=1, max_length=16)]
    limits: LimitsIn = LimitsIn()


class AccessIn(Body):
    """Other roles, other limits, or both; what is left out stays."""

    roles: Annotated[tuple[Word, ...], Field(min_length=1, max_length=16)] | None = None
    limits: LimitsIn | None = None


@router.get("", openapi_extra=described(gives={"people": [_PERSON], "next": "bo@example.org"}))
def list_people(request: Request, by: Admin, after: After = None, limit: Limit = 100) -> Response:  # noqa: ARG001 - asked for its scope
    """Everybody, by login."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.people.page(after=after, limit=limit)
    following = found[-1].login if len(found) == limit else None
    return Json({"people": [person_document(each) for each in found], "next": following})


@router.get("/invitations", openapi_extra=described(gives={"invitations": [_INVITATION]}))
def list_invitations(request: Request, by: Admin) -> Response:  # noqa: ARG001 - asked for its scope
    """Invitations that can still be used, latest first."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.people.open_invitations(at=now(), limit=MOST_ON_A_PAGE)
    return Json({"invitations": [invitation_document(each) for each in found]})


@router.post(
    "/invitations",
    status_code=201,
    openapi_extra=described(
        takes=InvitationIn,
        example={"login": "bo@example.org"} | _ACCESS,
        gives=_INVITATION | _TOKEN,
        status=201,
    ),
)
def invite(
    request: Request, by: Admin, wanted: Annotated[InvitationIn, json_body(InvitationIn)]
) -> Response:
    """An invitation; its token is shown in this answer only, and is `null` when the request is repeated."""
    app = door_of(request).app

    def story(stores: Stores) -> Document:
        moment = now()
        made, token = invite_person(
            wanted.login,
            roles=parse_roles(wanted.roles),
            limits=_limits(request, wanted.limits),
            expires_at=moment + app.settings.console.invitation,
            stores=stores,
            by=by.id,
            now=moment,
        )
        return invitation_document(made) | {"token": token}

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(written(door_of(request), story, once, secret="token"), status_code=201)  # noqa: S106 - a field's name


@router.delete("/invitations/{invitation}", status_code=204, openapi_extra=described(status=204))
def uninvite(request: Request, by: Admin, invitation: str) -> Response:
    """An invitation that opens nothing any more."""

    def story(stores: Stores) -> Document:
        uninvite_person(invitation, stores=stores, by=by.id, now=now())
        return {}

    written(door_of(request), story, None)
    return Response(status_code=204)


@router.get("/{person}", openapi_extra=described(gives=_PERSON))
def show(request: Request, by: Admin, person: str) -> Response:  # noqa: ARG001 - asked for its scope
    """One person, by id or login; the ETag changes when what they may do does."""
    with door_of(request).app.memory.reading() as stores:
        found = find_person(person, stores)
    return Json(person_document(found), headers={"ETag": f'"{access_mark(found)}"'})


@router.patch("/{person}", openapi_extra=described(takes=AccessIn, example=_ACCESS, gives=_PERSON))
def change(
    request: Request, by: Admin, person: str, wanted: Annotated[AccessIn, json_body(AccessIn)]
) -> Response:
    """Other roles or limits from the next request on; with `If-Match` only if nobody else has changed them."""
    tag = request.headers.get("if-match", "*").strip().removeprefix("W/").strip('"')
    expected = None if tag == "*" else tag

    def story(stores: Stores) -> Document:
        changed = set_roles(
            find_person(person, stores).id,
            roles=None if wanted.roles is None else parse_roles(wanted.roles),
            limits=None if wanted.limits is None else _limits(request, wanted.limits),
            stores=stores,
            by=by.id,
            now=now(),
            expected=expected,
        )
        return person_document(changed)

    try:
        written(door_of(request), story, None)
    except WrongState as refused:
        if expected is not None and expected != _mark(request, person):
            raise HTTPException(412, str(refused)) from None
        raise
    return show(request, by, person)


@router.post("/{person}/disable", openapi_extra=described(gives=_PERSON))
def disable(request: Request, by: Admin, person: str) -> Response:
    """Signed out everywhere, and kept out."""
    _written(
        request, person, lambda who, stores: disable_person(who, stores=stores, by=by.id, now=now())
    )
    return show(request, by, person)


@router.post("/{person}/enable", openapi_extra=described(gives=_PERSON))
def enable(request: Request, by: Admin, person: str) -> Response:
    """Let in again, with the password of before."""
    _written(
        request, person, lambda who, stores: enable_person(who, stores=stores, by=by.id, now=now())
    )
    return show(request, by, person)


@router.post("/{person}/sign-out", openapi_extra=described(gives={"sign_ins": 2}))
def sign_out(request: Request, by: Admin, person: str) -> Response:
    """Signed out everywhere, and free to sign in again; how many sign-ins ended."""

    def story(stores: Stores) -> Document:
        who = find_person(person, stores).id
        return {"sign_ins": sign_out_person(who, stores=stores, by=by.id, now=now())}

    return Json(written(door_of(request), story, None))


@router.post(
    "/{person}/reset",
    status_code=201,
    openapi_extra=described(gives=_INVITATION | _TOKEN, status=201),
)
def reset(request: Request, by: Admin, person: str) -> Response:
    """An invitation that replaces password and second factor once it is accepted; its token is shown once."""
    app = door_of(request).app

    def story(stores: Stores) -> Document:
        moment = now()
        made, token = reset_person(
            find_person(person, stores).id,
            expires_at=moment + app.settings.console.invitation,
            stores=stores,
            by=by.id,
            now=moment,
        )
        return invitation_document(made) | {"token": token}

    once = ticket(request, by)
    return Json(written(door_of(request), story, once, secret="token"), status_code=201)  # noqa: S106 - a field's name


def _limits(request: Request, wanted: LimitsIn) -> Limits:
    return read_limits(
        categories=wanted.categories,
        queues=wanted.queues,
        territories=wanted.territories,
        taxonomy=door_of(request).app.taxonomy,
    )


def _mark(request: Request, person: str) -> str:
    with door_of(request).app.memory.reading() as stores:
        return access_mark(find_person(person, stores))


def _written(request: Request, person: str, act: Callable[[str, Stores], object]) -> None:
    def story(stores: Stores) -> Document:
        act(find_person(person, stores).id, stores)
        return {}

    written(door_of(request), story, None)
