"""
Who is at the desk: `at: Annotated[Session, signed_in(Permission.AUDIT_SEE)]` on every page that is not for strangers.

    cookie ─▶ sign-in ─▶ person ─▶ may, or 403 ─▶ on a POST: from our own page, with the form's own word ─▶ the page
       └─ none, or over ─▶ the sign-in page, and back here afterwards
"""

import hmac
import re
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, params
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, Person, may
from seawall.access.session import SignIn, csrf_of
from seawall.clock import now
from seawall.errors import NotAllowed
from seawall.web.door import door_of
from seawall.workflows.signing_in import session_person

COOKIE = "seawall"
FIELD, HEADER = "csrf", "x-csrf-token"
SIGN_IN = "/desk/sign-in"
START = "/desk"
READING = ("GET", "HEAD")
_OURS = re.compile(r"/desk(?:/[\w./~-]*)?(?:\?[\w./~%&=+:-]*)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person at the desk, and the word that the forms of this sign-in carry."""

    person: Person
    csrf: str
    sign_in: SignIn


class Stranger(HTTPException):
    """Nobody is signed in; the answer leads to where one signs in."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a page asks of whoever opens it; None: to be signed in."""

    permission: Permission | None

    async def __call__(self, request: Request) -> Session:
        """
        The person, who may open this.

        Raises:
            Stranger: Nobody is signed in.
            NotAllowed: The person may not, or the form does not come from our own page.

        """
        session = await current(request)
        if session is None:
            slowed(request)
            raise Stranger(401, "Sign in first.")
        request.state.session = session
        if self.permission is not None and not may(session.person, self.permission):
            raise NotAllowed("Your roles do not open this. An administrator can change them.")
        if request.method not in READING:
            await check_csrf(request, session)
        return session


def signed_in(permission: Permission | None = None) -> params.Depends:
    """What a page asks of whoever opens it."""
    wanted: params.Depends = Depends(SignedIn(permission))
    return wanted


async def current(request: Request) -> Session | None:
    """Who is signed in, if anybody is."""
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    door = door_of(request)
    found = await run_in_threadpool(
        session_person,
        token,
        idle=door.app.settings.console.idle,
        memory=door.app.memory,
        now=now(),
    )
    if found is None:
        return None
    person, sign_in = found
    return Session(person=person, csrf=csrf_of(token), sign_in=sign_in)


async def check_csrf(request: Request, session: Session) -> None:
    """
    Whether what is sent comes from a page of ours, made for this sign-in.

    Raises:
        NotAllowed: It does not; nothing was changed.

    """
    check_origin(request)
    given: Any = request.headers.get(HEADER)
    if given is None:
        given = (await request.form()).get(FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise NotAllowed(
            "This form is not from this sign-in. Open the page again and send it anew."
        )


def check_origin(request: Request) -> None:
    """
    Whether what is sent comes from a page of this very address.

    Raises:
        NotAllowed: A page elsewhere sends it, or it is not said which.

    """
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    same = (
        request.headers.get("sec-fetch-site") == "same-origin" if origin is None else origin == own
    )
    if not same:
        raise NotAllowed("This was not sent from a page of this server; nothing was changed.")


def check_transport(request: Request) -> None:
    """
    Whether a password may be sent here: over TLS, or to a host that the settings name.

    Raises:
        NotAllowed: It would be readable on its way.

    """
    if request.url.scheme == "https":
        return
    if request.url.hostname not in door_of(request).app.settings.console.plain_hosts:
        raise NotAllowed(
            "People sign in over https only. Put a proxy that speaks TLS in front and let it say so, or name this "
            "host in console.plain_hosts."
        )


def slowed(request: Request) -> None:
    """
    Strangers come here at their own pace, but not at any.

    Raises:
        TooMany: One address has had its share of this second.

    """
    door_of(request).rates.count_stranger(address_of(request))


def give_cookie(
    request: Request,
    response: Response,
    token: str,
    *,
    name: str = COOKIE,
    seconds: int | None = None,
) -> None:
    """The browser keeps the secret until it is closed, or for so long; it tells it to nobody else and to no script."""
    response.set_cookie(
        cookie_name(request, name),
        token,
        max_age=seconds,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def take_cookie(request: Request, response: Response, *, name: str = COOKIE) -> None:
    """The browser forgets the secret."""
    response.delete_cookie(
        cookie_name(request, name),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def cookie_name(request: Request, name: str = COOKIE) -> str:
    """With TLS the name makes browsers refuse one set by another host or over plain HTTP."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def own_page(wanted: str | None) -> str:
    r"""
    The page of the desk to go to; the start where another place is named.

    >>> own_page("/desk/people?q=a"), own_page("//elsewhere.example"), own_page("/desk/\\elsewhere")
    ('/desk/people?q=a', '/desk', '/desk')

    """
    return wanted if wanted and _OURS.fullmatch(wanted) else START


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "nowhere"
