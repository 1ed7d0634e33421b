"""People: who is here, what they may do, invitations, and the access review."""

from typing import Annotated

from fastapi import Form, Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import (
    GRANTS,
    Limits,
    Permission,
    Person,
    PersonInvitation,
    Role,
    parse_roles,
)
from seawall.app import App
from seawall.clock import now
from seawall.storage.memory import Stores
from seawall.web.console.page import desk_router, shown, went
from seawall.web.console.session import Session, signed_in
from seawall.web.door import door_of
from seawall.workflows.people import (
    disable_person,
    enable_person,
    invite_person,
    read_limits,
    reset_person,
    set_roles,
    sign_out_person,
    uninvite_person,
)

PEOPLE = "/desk/people"
PAGE = 50  # people
After = Annotated[str, Query(max_length=64)]
Text = Annotated[str, Form()]
Several = Annotated[list[str], Form(default_factory=list)]
Manager = Annotated[Session, signed_in(Permission.PEOPLE_MANAGE)]
router = desk_router(PEOPLE)


@router.get("")
def people(request: Request, at: Manager, after: After = "") -> Response:  # noqa: ARG001 - who may
    """A page of everybody, and the latest invitations that can still be used."""
    with door_of(request).app.memory.reading() as stores:
        some, beyond = _page(after, stores)
        invitations = stores.people.open_invitations(at=now(), limit=PAGE)
    return shown(
        request,
        "people.html",
        people=some,
        beyond=beyond,
        after=after,
        invitations=invitations,
        grants=GRANTS,
    )


@router.get("/review")
def review(request: Request, at: Manager, after: After = "") -> Response:  # noqa: ARG001 - who may
    """Who has what, and when they were last here; a page at a time."""
    with door_of(request).app.memory.reading() as stores:
        some, beyond = _page(after, stores)
    return shown(
        request,
        "review.html",
        people=some,
        beyond=beyond,
        after=after,
        permissions=list(Permission),
    )


@router.post("/invite")
def invite(
    request: Request,
    at: Manager,
    role: Several,
    login: Text = "",
    categories: Text = "",
    queues: Text = "",
    territories: Text = "",
) -> Response:
    """A new invitation, whose token this page shows once."""
    app = door_of(request).app
    moment = now()
    with app.memory.transaction() as stores:
        made, token = invite_person(
            login,
            roles=parse_roles(role),
            limits=_limits(app, categories, queues, territories),
            expires_at=moment + app.settings.console.invitation,
            stores=stores,
            by=at.person.id,
            now=moment,
        )
    return _invited(request, made, token)


@router.post("/invitations/{ident}/uninvite")
def uninvite(request: Request, at: Manager, ident: str) -> Response:
    """An invitation that opens nothing any more."""
    with door_of(request).app.memory.transaction() as stores:
        uninvite_person(ident, stores=stores, by=at.person.id, now=now())
    return went(PEOPLE, "uninvited")


@router.get("/{ident}")
def person(request: Request, at: Manager, ident: str) -> Response:  # noqa: ARG001 - who may
    """One person, and what can be changed."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.people.find(ident)
        sign_ins = stores.people.sign_ins(ident)
    return shown(
        request, "person.html", who=found, sign_ins=sign_ins, roles=list(Role), grants=GRANTS
    )


@router.post("/{ident}/access")
def access(
    request: Request,
    at: Manager,
    ident: str,
    role: Several,
    categories: Text = "",
    queues: Text = "",
    territories: Text = "",
) -> Response:
    """Other roles and limits, from the next request on."""
    app = door_of(request).app
    with app.memory.transaction() as stores:
        set_roles(
            ident,
            roles=parse_roles(role),
            limits=_limits(app, categories, queues, territories),
            stores=stores,
            by=at.person.id,
            now=now(),
        )
    return went(f"{PEOPLE}/{ident}", "changed")


@router.post("/{ident}/disable")
def disable(request: Request, at: Manager, ident: str) -> Response:
    """Out, and out everywhere."""
    with door_of(request).app.memory.transaction() as stores:
        disable_person(ident, stores=stores, by=at.person.id, now=now())
    return went(f"{PEOPLE}/{ident}", "disabled")


@router.post("/{ident}/sign-out")
def sign_out(request: Request, at: Manager, ident: str) -> Response:
    """Out everywhere, and free to sign in again."""
    with door_of(request).app.memory.transaction() as stores:
        sign_out_person(ident, stores=stores, by=at.person.id, now=now())
    return went(f"{PEOPLE}/{ident}", "signed-out")


@router.post("/{ident}/enable")
def enable(request: Request, at: Manager, ident: str) -> Response:
    """In again."""
    with door_of(request).app.memory.transaction() as stores:
        enable_person(ident, stores=stores, by=at.person.id, now=now())
    return went(f"{PEOPLE}/{ident}", "enabled")


@router.post("/{ident}/reset")
def reset(request: Request, at: Manager, ident: str) -> Response:
    """An invitation that replaces password and second factor."""
    app = door_of(request).app
    moment = now()
    with app.memory.transaction() as stores:
        made, token = reset_person(
            ident,
            expires_at=moment + app.settings.console.invitation,
            stores=stores,
            by=at.person.id,
            now=moment,
        )
    return _invited(request, made, token)


def _page(after: str, stores: Stores) -> tuple[list[Person], str | None]:
    """So many of everybody beyond this login, and after whom the next page begins."""
    found = stores.people.page(after=after or None, limit=PAGE + 1)
    return found[:PAGE], found[PAGE - 1].login if len(found) > PAGE else None


def _invited(request: Request, made: PersonInvitation, token: str) -> Response:
    address = f"{request.base_url}desk/invitation?token={token}"
    return shown(request, "invited.html", invitation=made, address=address)


def _limits(app: App, *texts: str) -> Limits:
    categories, queues, territories = (
        [part.strip() for part in text.split(",") if part.strip()] for text in texts
    )
    return read_limits(
        categories=categories, queues=queues, territories=territories, taxonomy=app.taxonomy
    )
