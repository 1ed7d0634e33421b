"""
What every page of the desk shares: its frame, its language, and what it says when something goes wrong.

A router of the desk is made with `desk_router()`; its routes answer with `shown(request, "name.html", …)` or, after a
POST, with `went(request, "/desk/…", "What was done.")`.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from seawall.access.person import Permission, may
from seawall.clock import now
from seawall.errors import Error, InputError, NotFound, StorageError
from seawall.web.bodies import NOT_PLAIN, is_plain
from seawall.web.console.language import Language, language, preferred
from seawall.web.console.session import READING, SIGN_IN, Session, SignedIn, Stranger, own_page
from seawall.web.door import door_of
from seawall.web.openapi import installed_version
from seawall.web.problems import status_of

FOLDER = Path(__file__).parent
NAVIGATION: tuple[
    tuple[str, str, str, Permission | None], ...
] = (  # address, text, key after g, who
    ("/desk", "Overview", "o", None),
    ("/desk/queue", "Queue", "q", Permission.CASES_SEE),
    ("/desk/approvals", "Approvals", "w", Permission.CASES_RULE),
    ("/desk/banks", "Banks", "b", Permission.BANKS_SEE),
    ("/desk/rules", "Rules", "r", Permission.RULES_SEE),
    ("/desk/policies", "Policies", "l", Permission.CASES_SEE),
    ("/desk/quality", "Quality", "y", Permission.QUALITY_REVIEW),
    ("/desk/exchange", "Exchange", "x", Permission.EXCHANGE_SEE),
    ("/desk/health", "Health", "h", Permission.HEALTH_SEE),
    ("/desk/people", "People", "p", Permission.PEOPLE_MANAGE),
    ("/desk/audit", "Audit log", "a", Permission.AUDIT_SEE),
    ("/desk/account", "My account", "m", None),
)
TOLD = {  # what is said after something was done, by the word in the address
    "password": "The password was changed. You are signed out everywhere else.",
    "preferences": "Your preferences are kept.",
    "enrolled": "From now on signing in asks for a code.",
    "dropped": "Signing in asks for no code any more.",
    "linked": "Your account there signs you in here too from now on.",
    "unlinked": "No other account signs you in here any more.",
    "elsewhere": "You are signed out everywhere else.",
    "changed": "What this person may do was changed.",
    "disabled": "This person cannot sign in any more.",
    "uninvited": "The invitation is taken back; its token opens nothing.",
    "signed-out": "This person is signed out everywhere, and can sign in again.",
    "enabled": "This person can sign in again.",
    "out": "You are signed out.",
    "joined": "Welcome. Sign in with your new password.",
    "quarantine-release": "What waited is shared with the members, as far as the terms allow it.",
    "quarantine-drop": "What waited is forgotten.",
    "policy-put": "The policy is as the newest version below says; earlier rulings keep theirs.",
    "rule-put": "The rule is as it says below, from the next upload on.",
    "bank-on": "The bank is on: its entries match again.",
    "bank-off": "The bank is off: its entries match nothing.",
    "entry-on": "The entry is on: it matches again.",
    "entry-off": "The entry is off: it matches nothing.",
    "entry-removed": "The entry was removed.",
    "pause": "Paused: messages wait until it is resumed.",
    "resume": "Resumed: what waits is sent now.",
    "replay": "What was dead is sent again.",
    "filter-kept": "The filter is kept; it stands above the queue.",
    "filter-gone": "The filter is removed.",
    "no-case": "No open case waits for you here now.",
    "no-mild-case": "No open case that your day has room for waits here now.",
    "opened": "The case is open; it waits in its queue, or joined one about the same content.",
    "released": "The case is back in the queue.",
    "skipped": "The case is back in the queue, and you are not offered it again.",
    "held": "The case is put aside until its time.",
    "handed": "The case is handed on.",
    "item-out": "The item is a case of its own now.",
    "undone": "The ruling is taken back; the case is yours again.",
    "approved": "Approved. It is carried out when its undo window is over.",
    "refused": "Not approved. The case is open again.",
    "restored": "Restored: what was done is taken back.",
    "golden-put": "It is put among the cases of its queue.",
    "golden-removed": "Nobody is shown it any more; what was said of it still counts.",
    "restore-asked": "A second person must agree before it is restored.",
}
OURS = "Something went wrong on our side. The server's log says what; if you sent a form, look before sending it again."
NO_DATABASE = "The database did not answer, so nothing was changed. Try again in a minute; the server's log says why."
log = structlog.get_logger("seawall.desk")
_templates = Jinja2Templates(directory=FOLDER / "templates")


class Page(APIRoute):
    """A route whose errors are pages too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route, and what it answers when it fails."""
        inner = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await inner(request)
            except Stranger:
                return _to_sign_in(request)
            except (Error, HTTPException, RequestValidationError) as wrong:
                return _failed(request, wrong)
            except Exception:  # the last place before the reader would see a program's answer
                log.exception("page broke")
                return shown(request, "failed.html", 500, sentence=OURS, again=_again(request))

        return answer


def desk_router(prefix: str = "/desk") -> APIRouter:
    """A router whose routes are pages, which no program is told of."""
    return APIRouter(
        prefix=prefix,
        route_class=Page,
        include_in_schema=False,
        dependencies=[Depends(check_plain)],
    )


async def check_plain(request: Request) -> None:
    """
    What is asked for, and what a form holds, is text that every database can keep.

    Raises:
        NotFound: The address is not, so there is nothing of this name.
        InputError: The query or the form is not.

    """
    if not all(is_plain(str(value)) for value in request.path_params.values()):
        raise NotFound("There is nothing of this name.")
    given = [value for _, value in request.query_params.multi_items()]
    if request.method not in READING:
        given += [value for value in (await request.form()).values() if isinstance(value, str)]
    if not all(map(is_plain, given)):
        raise InputError(f"{NOT_PLAIN}.")


def permission_of(route: APIRoute) -> tuple[bool, Permission | None]:
    """Whether a page wants somebody to be signed in, and which permission it asks for."""
    calls = [dependency.call for dependency in route.dependant.dependencies]
    wanted = next((call for call in calls if isinstance(call, SignedIn)), None)
    return wanted is not None, wanted.permission if wanted else None


def shown(request: Request, template: str, status: int = 200, **facts: object) -> Response:
    """A page in the reader's language and colours."""
    session: Session | None = getattr(request.state, "session", None)
    person = session.person if session else None
    tongue = language_of(request)
    frame = {
        "session": session,
        "person": person,
        "language": tongue,
        "t": tongue.text,
        "tell": tongue.sentence,
        "theme": person.preferences.theme if person else "auto",
        "navigation": [
            entry for entry in NAVIGATION if entry[3] is None or (person and may(person, entry[3]))
        ],
        "organisation": door_of(request).app.settings.server.organisation,
        "version": installed_version(),
        "told": TOLD.get(request.query_params.get("done", "")),
        "ago": lambda moment: _ago(moment, tongue),
    }
    return _templates.TemplateResponse(request, template, frame | facts, status_code=status)


def went(address: str, done: str) -> Response:
    """After a POST: another page, which says what was done; a reload does nothing twice."""
    path, _, anchor = address.partition("#")
    mark = f"#{anchor}" if anchor else ""
    joint = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{joint}{urlencode({'done': done})}{mark}", status_code=303)


def language_of(request: Request) -> Language:
    """What the person chose; else what the browser asks for."""
    session: Session | None = getattr(request.state, "session", None)
    chosen = session.person.preferences.language if session else None
    return language(chosen) if chosen else preferred(request.headers.get("accept-language", ""))


def _to_sign_in(request: Request) -> Response:
    if request.method not in READING:
        return shown(
            request, "failed.html", 401, sentence="You are signed out; nothing was changed."
        )
    query = f"?{request.url.query}" if request.url.query else ""
    back = quote(request.url.path + query, safe="/")
    return RedirectResponse(f"{SIGN_IN}?next={back}", status_code=303)


def _failed(request: Request, wrong: Exception) -> Response:
    if isinstance(wrong, StorageError):
        log.warning("storage failed", reason=str(wrong))
        return shown(request, "failed.html", 503, sentence=NO_DATABASE, again=_again(request))
    if isinstance(wrong, Error):
        return shown(request, "failed.html", status_of(wrong), sentence=str(wrong))
    if isinstance(wrong, HTTPException):
        return shown(request, "failed.html", wrong.status_code, sentence=wrong.detail)
    return shown(
        request, "failed.html", 422, sentence="The form cannot be read; nothing was changed."
    )


def _again(request: Request) -> str | None:
    """The address to try again; a form is not sent twice by a link."""
    return own_page(str(request.url.path)) if request.method in READING else None


def _ago(moment: datetime, tongue: Language) -> str:
    """How long ago, in one unit."""
    seconds = max(0, int((now() - moment).total_seconds()))
    if seconds < 60:
        return tongue.text("just now")
    if seconds < 3600:
        return tongue.text("{count} min ago", count=seconds // 60)
    if seconds < 172_800:
        return tongue.text("{count} h ago", count=seconds // 3600)
    return tongue.text("{count} days ago", count=seconds // 86_400)
