"""
What became of an upload, an item or a user: verdicts, cases, rulings, strikes.

    upload ─▶ its item ─▶ its user, each with the cases it was in; a person with limits sees those of theirs
"""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, Person, may
from seawall.cases.ruling import Ruling
from seawall.clock import now
from seawall.errors import NotAllowed, NotFound
from seawall.policy.measure import Measure
from seawall.screening.verdict import Verdict
from seawall.storage.cases import Listed
from seawall.storage.memory import Stores
from seawall.web.console.page import desk_router, shown
from seawall.web.console.session import Session, signed_in
from seawall.web.console.shared import named
from seawall.web.door import door_of

MOST = 50  # cases, items or uploads on one page
Reader = Annotated[Session, signed_in(Permission.CASES_SEE)]
router = desk_router()


@router.get("/uploads")
def uploads(
    request: Request,
    at: Reader,
    measure: Annotated[Measure | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """A page of uploads, newest first, perhaps of one measure."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.uploads.before(before, limit=MOST + 1, measure=measure)
    return shown(
        request,
        "screens/uploads.html",
        uploads=[each for each in found[:MOST] if _within(at.person, each.verdict)],
        older=found[MOST - 1].number if len(found) > MOST else None,
        measure=measure,
        measures=list(Measure),
    )


@router.get("/uploads/{ident}")
def upload(request: Request, at: Reader, ident: str) -> Response:
    """One upload: what screening said, what was said later, and what people decided."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.uploads.find(named(ident))
        _check(at.person, found.verdict)
        return shown(
            request,
            "screens/upload.html",
            upload=found,
            later=stores.retroactions.of(ident),
            seeing_banks=may(at.person, Permission.BANKS_SEE),
            seeing_rules=may(at.person, Permission.RULES_SEE),
            **_decided(at.person, stores.cases.of_upload(ident), stores),
        )


@router.get("/items/{item:path}")
def item(request: Request, at: Reader, item: str) -> Response:
    """One item of the platform: every time it was uploaded, and what people decided."""
    with door_of(request).app.memory.reading() as stores:
        uploads = stores.uploads.before(None, limit=MOST, item=named(item))
        cases = stores.cases.of_item(item)
        if not uploads and not cases:
            raise NotFound("Nothing was uploaded under this name, and no case is about it.")
        return shown(
            request,
            "screens/item.html",
            item=item,
            uploads=[each for each in uploads if _within(at.person, each.verdict)],
            most=MOST,
            **_decided(at.person, cases, stores),
        )


@router.get("/users/{user:path}")
def user(request: Request, at: Reader, user: str) -> Response:
    """One uploader, by the platform's pseudonym: what came into cases, and what counts against them."""
    moment = now()
    with door_of(request).app.memory.reading() as stores:
        cases = stores.cases.of_user(named(user), limit=MOST)
        strikes = stores.rulings.strike_list(user)
        if not cases and not strikes:
            raise NotFound(
                "Nothing of this user came into a case, and nothing counts against them."
            )
        decided = _decided(at.person, cases, stores)
        limited = len(decided["cases"]) < len(cases)
        return shown(
            request,
            "screens/user.html",
            user=user,
            items=[] if limited else stores.cases.items_of_user(user, limit=MOST),
            limited=limited,
            strikes=strikes,
            counting=stores.rulings.strikes_of(user, at=moment),
            moment=moment,
            most=MOST,
            **decided,
        )


def _decided(person: Person, cases: Iterable[Listed], stores: Stores) -> dict[str, Any]:
    """The cases that this person may see, and what was ruled in them."""
    cases = list(cases)
    hidden = stores.quality.hidden_from(person.id, [each.id for each in cases])
    seen = [
        each
        for each in cases
        if each.id not in hidden
        and may(
            person,
            Permission.CASES_SEE,
            category=each.category,
            queue=each.queue,
            territory=each.territory,
        )
    ]
    rulings: list[Ruling] = stores.rulings.of_cases([each.id for each in seen])
    actors = {each.id: each.name for each in stores.people.all()}
    return {
        "cases": list(seen),
        "rulings": [(each, actors.get(each.by, each.by)) for each in rulings],
    }


def _check(person: Person, verdict: Verdict) -> None:
    if not _within(person, verdict):
        raise NotAllowed("This is of a category that is not yours to see.")


def _within(person: Person, verdict: Verdict) -> bool:
    """Whether one of the matched categories is within the person's limits; what matched nothing is."""
    matched = {name for match in verdict.matches for name in match.categories}
    return not matched or any(may(person, Permission.CASES_SEE, category=name) for name in matched)
