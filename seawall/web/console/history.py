"""
What became of an upload, an item or a user: verdicts, cases, rulings, strikes.

    upload ─▶ its item ─▶ its user, each with the cases it was in; a person with limits sees those of theirs
"""

from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, Person, may
from seawall.cases.case import ItemKind
from seawall.clock import now
from seawall.errors import NotFound
from seawall.policy.measure import Measure
from seawall.storage.memory import Stores
from seawall.storage.uploads import is_full
from seawall.web.console.page import desk_router, language_of, shown
from seawall.web.console.session import Session, signed_in
from seawall.web.console.shared import named
from seawall.web.console.where import of_match
from seawall.web.door import door_of
from seawall.workflows.case_sheet import name_of
from seawall.workflows.history import Past, check_seen, past, record_view, upload_within

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
    limits = at.person.limits
    with door_of(request).app.memory.reading() as stores:
        found = stores.uploads.before(before, limit=MOST + 1, measure=measure)
        cases = stores.cases.of_uploads([each.id for each in found])
        theirs = stores.cases.allowed(cases.values(), limits)
    return shown(
        request,
        "screens/uploads.html",
        uploads=[
            each
            for each in found[:MOST]
            if upload_within(each, limits, seen=cases.get(each.id) in theirs)
        ],
        older=found[:MOST][-1].number if len(found) > MOST or is_full(found) else None,
        measure=measure,
        measures=list(Measure),
    )


@router.get("/uploads/{ident}")
def upload(request: Request, at: Reader, ident: str) -> Response:
    """One upload: what screening said, what was said later, and what people decided."""
    person = at.person
    with door_of(request).app.memory.transaction() as stores:
        found = stores.uploads.find(named(ident))
        cases = stores.cases.of_upload(ident)
        seen = past(person, cases, stores, about=lambda item: item.upload == ident)
        check_seen(upload_within(found, person.limits, seen=bool(seen.cases)))
        record_view("upload", ident, by=person.id, stores=stores, now=now())
        return shown(
            request,
            "screens/upload.html",
            upload=found,
            later=stores.retroactions.of(ident),
            where=of_match(language_of(request)),
            seeing_banks=may(person, Permission.BANKS_SEE),
            seeing_rules=may(person, Permission.RULES_SEE),
            **_decided(person, seen, stores),
        )


@router.get("/items/{item:path}")
def item(request: Request, at: Reader, item: str) -> Response:
    """One item of the platform: every time it was uploaded, and what people decided."""
    person = at.person
    with door_of(request).app.memory.transaction() as stores:
        uploads = stores.uploads.before(None, limit=MOST, item=named(item))
        cases = stores.cases.of_item(item)
        seen = past(person, cases, stores, about=lambda each: each.id == item)
        if not uploads and not cases and not seen.cases:
            raise NotFound("Nothing was uploaded under this name, and no case is about it.")
        some = bool(seen.cases)
        uploads = [each for each in uploads if upload_within(each, person.limits, seen=some)]
        check_seen(bool(uploads or some))
        record_view("item", item, by=person.id, stores=stores, now=now())
        return shown(
            request,
            "screens/item.html",
            item=item,
            uploads=uploads,
            most=MOST,
            **_decided(person, seen, stores),
        )


@router.get("/users/{user:path}")
def user(request: Request, at: Reader, user: str) -> Response:
    """One uploader, by the platform's pseudonym: what came into cases, and what counts against them."""
    person, moment = at.person, now()
    with door_of(request).app.memory.transaction() as stores:
        cases = stores.cases.of_user(named(user), limit=MOST)
        strikes = stores.rulings.strike_list(user)
        seen = past(
            person,
            cases,
            stores,
            about=lambda each: user == (each.id if each.kind is ItemKind.USER else each.uploader),
        )
        if not cases and not strikes and not seen.cases:
            raise NotFound(
                "Nothing of this user came into a case, and nothing counts against them."
            )
        check_seen(bool(seen.cases or not cases))
        record_view("user", user, by=person.id, stores=stores, now=moment)
        strikes = [each for each in strikes if seen.before(each.at)]
        return shown(
            request,
            "screens/user.html",
            user=user,
            items=stores.cases.items_of_user(user, among=seen.about, limit=MOST),
            strikes=[each for each in strikes if seen.tells(each)],
            counting=sum(each.weight for each in strikes if each.expires_at > moment),
            moment=moment,
            most=MOST,
            **_decided(person, seen, stores),
        )


def _decided(person: Person, seen: Past, stores: Stores) -> dict[str, Any]:
    """The cases that this person may see, and what was ruled in them, by whom."""
    people = {each.id: each for each in stores.people.all()}
    return {
        "cases": list(seen.cases),
        "rulings": [(each, name_of(each.by, people, person)) for each in seen.rulings],
    }
