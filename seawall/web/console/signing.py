"""Signing in and out, and accepting an invitation: the only pages for strangers."""

from typing import Annotated

from fastapi import Depends, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from seawall.clock import now
from seawall.errors import Error, InputError, NotAllowed, TooMany
from seawall.storage.secrets import Vault
from seawall.web.console.elsewhere import provider_name
from seawall.web.console.page import desk_router, shown, went
from seawall.web.console.session import (
    SIGN_IN,
    Session,
    address_of,
    check_origin,
    check_transport,
    cookie_name,
    give_cookie,
    own_page,
    signed_in,
    slowed,
    take_cookie,
)
from seawall.web.door import door_of
from seawall.web.problems import status_of
from seawall.workflows.people import accept_invitation, open_invitation
from seawall.workflows.signing_in import Asked, sign_in, sign_out

router = desk_router()


@router.get("/sign-in")
def ask(request: Request, next: str = "") -> Response:  # noqa: A002 - the word in the address
    """Login, password, code."""
    return shown(
        request, "sign-in.html", next=own_page(next), login="", elsewhere=provider_name(request)
    )


@router.post(
    "/sign-in", dependencies=[Depends(slowed), Depends(check_origin), Depends(check_transport)]
)
def enter(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002 - the word in the address
) -> Response:
    """Signed in, with a secret that no earlier page can have known."""
    app = door_of(request).app
    try:
        _, token = sign_in(
            Asked(login=login, password=password, code=code, address=address_of(request)),
            lasts=app.settings.console.session,
            memory=app.memory,
            vault=Vault(app.settings.home),
            now=now(),
            instead=request.cookies.get(cookie_name(request)),
        )
    except (NotAllowed, TooMany) as wrong:
        return shown(
            request,
            "sign-in.html",
            status_of(wrong),
            next=own_page(next),
            login=login,
            elsewhere=provider_name(request),
            wrong=str(wrong),
        )
    entered = RedirectResponse(own_page(next), status_code=303)
    give_cookie(request, entered, token)
    return entered


@router.post("/sign-out")
def leave(request: Request, at: Annotated[Session, signed_in()]) -> Response:  # noqa: ARG001 - who may
    """Signed out here."""
    with door_of(request).app.memory.transaction() as stores:
        sign_out(request.cookies[cookie_name(request)], stores=stores, now=now())
    left = went(SIGN_IN, "out")
    take_cookie(request, left)
    return left


@router.get("/invitation")
def invited(request: Request, token: Annotated[str, Query()] = "") -> Response:
    """Name and password of somebody new, or a new password."""
    if not token:
        return shown(request, "invitation.html", token="", invitation=None, name="")
    try:
        with door_of(request).app.memory.transaction() as stores:
            invitation = open_invitation(token, stores=stores, now=now())
    except NotAllowed:
        slowed(request)
        raise
    return shown(request, "invitation.html", token=token, invitation=invitation, name="")


@router.post(
    "/invitation", dependencies=[Depends(slowed), Depends(check_origin), Depends(check_transport)]
)
def accept(
    request: Request,
    token: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Somebody who can sign in."""
    memory = door_of(request).app.memory
    with memory.transaction() as stores:
        invitation = open_invitation(token, stores=stores, now=now())
    try:
        if password != again:
            raise InputError("The two passwords are not the same.")
        with memory.transaction() as stores:
            accept_invitation(token, name=name, password=password, stores=stores, now=now())
    except Error as wrong:
        facts = {"token": token, "invitation": invitation, "name": name, "wrong": str(wrong)}
        return shown(request, "invitation.html", status_of(wrong), **facts)
    return went(SIGN_IN, "joined")
