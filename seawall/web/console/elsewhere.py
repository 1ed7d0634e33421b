"""
Signing in with an account of one's organisation, and linking one.

What waits meanwhile lies sealed in a cookie of this browser, so that a code that was stolen is of no use in another.
"""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from seawall.clock import now
from seawall.errors import NotAllowed, NotFound, TooMany
from seawall.storage.secrets import Vault
from seawall.web.console.page import desk_router, shown, went
from seawall.web.console.session import (
    Session,
    address_of,
    check_origin,
    check_transport,
    cookie_name,
    current,
    give_cookie,
    own_page,
    signed_in,
    slowed,
    take_cookie,
)
from seawall.web.door import door_of
from seawall.web.problems import status_of
from seawall.workflows.signing_in_elsewhere import (
    AGAIN,
    AWAY,
    CODE_WAITS,
    CodeWanted,
    Flow,
    Returned,
    begin,
    begin_link,
    enter,
    enter_with_code,
    identify,
    link,
    unlink,
)

if TYPE_CHECKING:
    from seawall.partners.identity_provider import IdentityProvider

COOKIE = "seawall-oidc"
BACK = "desk/sign-in/oidc/back"
ACCOUNT = "/desk/account"
Text = Annotated[str, Form()]
Me = Annotated[Session, signed_in()]
router = desk_router()


def provider_name(request: Request) -> str | None:
    """What the button for signing in elsewhere says; None where there is none."""
    config = door_of(request).app.settings.oidc
    return config.label if config.issuer else None


@router.get("/sign-in/oidc", dependencies=[Depends(check_transport), Depends(slowed)])
def away(request: Request, next: str = "") -> Response:  # noqa: A002 - the word in the address
    """To the provider."""
    address, sealed = begin(
        _provider(request),
        back=f"{request.base_url}{BACK}",
        page=own_page(next),
        vault=_vault(request),
        now=now(),
    )
    gone = RedirectResponse(address, status_code=303)
    give_cookie(request, gone, sealed, name=COOKIE, seconds=int(AWAY.total_seconds()))
    return gone


@router.get("/sign-in/oidc/back", dependencies=[Depends(check_transport), Depends(slowed)])
def back(
    request: Request,
    at: Annotated[Session | None, Depends(current)],
    code: str = "",
    state: str = "",
    error: str = "",
    iss: str = "",
) -> Response:
    """From the provider: signed in, linked, or asked for a code."""
    app = door_of(request).app
    returned = Returned(
        code=code, state=state, error=error, issuer=iss, address=address_of(request)
    )
    identity, flow = identify(
        returned,
        _kept(request),
        provider=_provider(request),
        memory=app.memory,
        vault=_vault(request),
        now=now(),
    )
    if flow.link is not None:
        if at is None:
            raise NotAllowed(AGAIN)
        with app.memory.transaction() as stores:
            link(identity, flow, at.sign_in, stores=stores, now=now())
        linked = went(ACCOUNT, "linked")
        take_cookie(request, linked, name=COOKIE)
        return linked
    entered = enter(
        identity,
        address=address_of(request),
        lasts=app.settings.console.session,
        memory=app.memory,
        vault=_vault(request),
        now=now(),
        instead=request.cookies.get(cookie_name(request)),
    )
    if isinstance(entered, CodeWanted):
        return _code_asked(request, entered, flow)
    return _entered(request, entered[1], flow.page)


@router.post(
    "/sign-in/oidc/code",
    dependencies=[Depends(slowed), Depends(check_origin), Depends(check_transport)],
)
def second_factor(request: Request, code: Text = "", next: Text = "") -> Response:  # noqa: A002 - the word in the address
    """Signed in, for whom the provider vouches and the code is right."""
    app = door_of(request).app
    try:
        _, token = enter_with_code(
            _kept(request),
            code,
            address=address_of(request),
            lasts=app.settings.console.session,
            memory=app.memory,
            vault=_vault(request),
            now=now(),
            instead=request.cookies.get(cookie_name(request)),
        )
    except (NotAllowed, TooMany) as wrong:
        facts = {"next": own_page(next), "elsewhere": provider_name(request), "wrong": str(wrong)}
        return shown(request, "elsewhere-code.html", status_of(wrong), **facts)
    return _entered(request, token, own_page(next))


@router.post("/account/oidc")
def link_mine(request: Request, at: Me, password: Text = "") -> Response:
    """The way to the provider, to link an account there; a form may not lead to another host, a link may."""
    address, sealed = begin_link(
        at.sign_in,
        password=password,
        provider=_provider(request),
        back=f"{request.base_url}{BACK}",
        page=ACCOUNT,
        memory=door_of(request).app.memory,
        vault=_vault(request),
        now=now(),
    )
    page = shown(request, "elsewhere-go.html", address=address, elsewhere=provider_name(request))
    give_cookie(request, page, sealed, name=COOKIE, seconds=int(AWAY.total_seconds()))
    return page


@router.post("/account/oidc/drop")
def unlink_mine(request: Request, at: Me, password: Text = "") -> Response:
    """My password only."""
    memory = door_of(request).app.memory
    unlink(at.sign_in, password=password, memory=memory, now=now())
    return went(ACCOUNT, "unlinked")


def _provider(request: Request) -> "IdentityProvider":
    provider = door_of(request).app.provider
    if provider is None:
        raise NotFound(
            "Signing in with other accounts is not set up here (settings, section oidc)."
        )
    return provider


def _vault(request: Request) -> Vault:
    return Vault(door_of(request).app.settings.home)


def _kept(request: Request) -> str:
    return request.cookies.get(cookie_name(request, COOKIE), "")


def _code_asked(request: Request, wanted: CodeWanted, flow: Flow) -> Response:
    page = shown(request, "elsewhere-code.html", next=flow.page, elsewhere=provider_name(request))
    seconds = int(CODE_WAITS.total_seconds())
    give_cookie(request, page, wanted.sealed, name=COOKIE, seconds=seconds)
    return page


def _entered(request: Request, token: str, page: str) -> Response:
    entered = RedirectResponse(page, status_code=303)
    give_cookie(request, entered, token)
    take_cookie(request, entered, name=COOKIE)
    return entered
