"""My account: password, second factor, how I want to work, where I am signed in."""

from dataclasses import replace
from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.totp import app_address
from seawall.clock import now
from seawall.errors import InputError
from seawall.storage.secrets import Vault
from seawall.web.console.elsewhere import provider_name
from seawall.web.console.language import offered
from seawall.web.console.page import desk_router, shown, went
from seawall.web.console.session import Session, signed_in
from seawall.web.door import door_of
from seawall.workflows.people import set_preferences
from seawall.workflows.signing_in import (
    change_password,
    confirm_totp,
    drop_totp,
    enrol_totp,
    sign_out_elsewhere,
)

ACCOUNT = "/desk/account"
Text = Annotated[str, Form()]
Me = Annotated[Session, signed_in()]
router = desk_router(ACCOUNT)


@router.get("")
def account(request: Request, at: Me) -> Response:
    """Everything about me."""
    with door_of(request).app.memory.reading() as stores:
        sign_ins = stores.people.sign_ins(at.person.id)
    return shown(
        request,
        "account.html",
        sign_ins=sign_ins,
        languages=offered(),
        spared=at.person.preferences.spares(now()),
        elsewhere=provider_name(request),
    )


@router.post("/password")
def password(
    request: Request, at: Me, old: Text = "", new: Text = "", again: Text = ""
) -> Response:
    """Another password."""
    if new != again:
        raise InputError("The two new passwords are not the same; nothing was changed.")
    memory = door_of(request).app.memory
    change_password(at.sign_in, old=old, new=new, memory=memory, now=now())
    return went(ACCOUNT, "password")


@router.post("/preferences")
def preferences(
    request: Request,
    at: Me,
    theme: Text = "auto",
    language: Text = "",
    blur: Text = "",
    grey: Text = "",
    nothing_graphic: Text = "",
) -> Response:
    """How I want to work."""
    wanted = replace(
        at.person.preferences,
        theme=theme,
        language=language or None,
        blur=bool(blur),
        grey=bool(grey),
        nothing_graphic=now().date() if nothing_graphic else None,
    )
    with door_of(request).app.memory.transaction() as stores:
        set_preferences(at.person.id, wanted, stores=stores, now=now())
    return went(ACCOUNT, "preferences")


@router.post("/totp")
def enrol(request: Request, at: Me, password: Text = "") -> Response:
    """A secret for my app; shown until a code proves that the app has it."""
    app = door_of(request).app
    secret = enrol_totp(
        at.sign_in,
        password=password,
        memory=app.memory,
        vault=Vault(app.settings.home),
        now=now(),
    )
    address = app_address(secret, login=at.person.login, issuer="Seawall")
    return shown(request, "totp.html", secret=secret, address=address)


@router.post("/totp/confirm")
def confirm(request: Request, at: Me, code: Text = "") -> Response:
    """From now on a code is asked for."""
    app = door_of(request).app
    confirm_totp(at.sign_in, code, memory=app.memory, vault=Vault(app.settings.home), now=now())
    return went(ACCOUNT, "enrolled")


@router.post("/totp/drop")
def drop(request: Request, at: Me, password: Text = "") -> Response:
    """No code is asked for any more."""
    drop_totp(at.sign_in, password=password, memory=door_of(request).app.memory, now=now())
    return went(ACCOUNT, "dropped")


@router.post("/elsewhere")
def elsewhere(request: Request, at: Me) -> Response:
    """Signed out everywhere but here."""
    with door_of(request).app.memory.transaction() as stores:
        sign_out_elsewhere(at.sign_in, stores=stores, now=now())
    return went(ACCOUNT, "elsewhere")
