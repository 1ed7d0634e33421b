"""
One case: which it is and why, what it is about, and the form that decides it.

A picture is a JPEG of ours at a level; each look is logged and, above the least one, counted against the day's budget.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, Person, may
from seawall.cases.case import REF, WAITING, Status
from seawall.cases.exposure import LEAST, MOST, viewer_of
from seawall.cases.ruling import AccountMeasure, Context, Decision
from seawall.cases.urgency import SEVERE
from seawall.clock import now
from seawall.errors import Error, InputError, NotAllowed, NotFound, StorageError
from seawall.media.link import defanged
from seawall.media.media import Kind
from seawall.policy.ground import Basis
from seawall.web.console.page import desk_router, language_of, shown
from seawall.web.console.queue import EXCERPT, Asked, Seer, Where, waiting, words
from seawall.web.console.session import Session, signed_in
from seawall.web.console.where import Piece, pieces
from seawall.web.console.where import words as where_words
from seawall.web.door import Door, door_of
from seawall.web.problems import status_of
from seawall.workflows.case_sheet import (
    ITEMS,
    CaseSheet,
    case_sheet,
    case_within,
    media_of,
    name_of,
)
from seawall.workflows.ruling import may_approve, may_undo, waits_for_a_second
from seawall.workflows.sealing import read_passage, reveal

CASES = "/desk/cases"
KEYED = 9  # policies that a number key chooses
KEYS = {Decision.KEEP: "k", Decision.LABEL: "l", Decision.RESTRICT: "r", Decision.REMOVE: "x"}
LEVELS = {1: "Blurred", 2: "Grey", 3: "Large", 4: "In colour"}
HOLDS = {1: "1 hour", 4: "4 hours", 24: "1 day", 72: "3 days", 168: "7 days", 720: "30 days"}
OURS = ("same-origin", "none")  # a page of ours asks, or the person by typing
Ref = Annotated[str, Path(max_length=REF)]
router = desk_router(CASES)


@router.get("/{ident}")
def case(
    request: Request,
    at: Seer,
    ident: str,
    where: Asked,
    first: Annotated[int, Query(ge=1, le=100_000)] = 1,
    passage: Annotated[str, Query(max_length=REF)] = "",
    look: bool = False,
) -> Response:
    """The case, as it stands; with the `passage` of this item open, or a `look` although it need not be looked at."""
    if passage:
        _check_ours(request)
    return laid_out(request, at, ident, where, first=first, passage=passage, look=look)


@router.get("/{ident}/items/{ref}/preview")
def preview(
    request: Request,
    at: Annotated[Session, signed_in(Permission.MEDIA_REVEAL)],
    ident: str,
    ref: Ref,
    level: Annotated[int, Query(ge=LEAST, le=MOST)] = LEAST,
) -> Response:
    """A picture of an item, made by us, at this level."""
    door, moment = door_of(request), now()
    viewer = viewer_of(at.person, at=moment)
    if level > LEAST or viewer.least_costs:
        _check_ours(request)
    with door.app.memory.reading() as stores:
        found = case_within(ident, at.person, stores)
        item = found.item_at(ref)
        media = media_of([item], stores).get(item.key) if item else None
    if item is None:
        raise NotFound("This item is not, or not any more, in the case; nothing was shown.")
    if media is None:
        raise NotFound("Nothing is kept of this item.")
    shows = reveal(
        media.id,
        level,
        viewer=viewer,
        severity=found.severity,
        safe=door.app.safe,
        sandbox=door.sandbox,
        memory=door.app.memory,
        now=moment,
    )
    return Response(shows, media_type="image/jpeg", headers={"Content-Security-Policy": "sandbox"})


def laid_out(
    request: Request,
    at: Session,
    ident: str,
    where: Where,
    *,
    first: int = 1,
    passage: str = "",
    look: bool = False,
    wrong: Error | None = None,
    given: Mapping[str, object] | None = None,
) -> Response:
    """The page of a case; where a ruling failed, with why and with everything that was written."""
    door, person = door_of(request), at.person
    with door.app.memory.transaction() as stores:
        sheet = case_sheet(ident, person, stores=stores, safe=door.app.safe, first=first, now=now())
        beside = waiting(person, where, stores, limit=EXCERPT)
        memberships = stores.memberships.all()
    spared = sheet.confirms is not None and sheet.case.status in WAITING and not (look or passage)
    passages, closed = ({}, {}) if spared else _passages(sheet, person, passage, door)
    own = sheet.case.status is Status.CLAIMED and sheet.case.claimed_by == person.id
    return shown(
        request,
        "case.html",
        status_of(wrong) if wrong else 200,
        sheet=sheet,
        case=sheet.case,
        watch=f"case={sheet.case.id}&version={sheet.case.version}",
        beside=beside,
        passages=passages,
        closed=closed,
        spared=spared,
        first_level=viewer_of(person, at=now()).first,
        bases=list(Basis),
        where=where,
        own=own and sheet.case.until is not None and sheet.case.until > now(),
        may_rule=may(person, Permission.CASES_RULE),
        may_assign=may(person, Permission.CASES_ASSIGN),
        may_put_golden=may(person, Permission.QUALITY_REVIEW)
        and sheet.case.status is Status.CARRIED_OUT,
        may_reveal=may(person, Permission.MEDIA_REVEAL),
        waits=sheet.ruling is not None and waits_for_a_second(sheet.case, sheet.ruling),
        **_open_acts(sheet, person),
        who=lambda actor: name_of(actor, sheet.people, person),
        memberships=memberships,
        config=door.app.settings.cases,
        decisions=KEYS,
        contexts=list(Context),
        accounts=list(AccountMeasure),
        holds=HOLDS,
        levels=LEVELS,
        keyed=KEYED,
        per_page=ITEMS,
        shown_kinds=(Kind.IMAGE, Kind.VIDEO, Kind.SOUND),
        defanged=defanged,
        now=now(),
        wrong=str(wrong) if wrong else None,
        given=given or {"bank_signals": True, "territories": ()},
        **words(request),
        near_words=where_words(language_of(request)),
    )


def _passages(
    sheet: CaseSheet, person: Person, asked: str, door: Door
) -> tuple[dict[str, list[Piece]], dict[str, str]]:
    """The texts that are open on the page, by item, mild ones and what was asked for; and why one is not."""
    found: dict[str, list[Piece]] = {}
    closed: dict[str, str] = {}
    if not may(person, Permission.MEDIA_REVEAL):
        return found, closed
    for each in sheet.items:
        ref, media = each.item.ref, each.media
        if media is None or not media.is_text or each.nothing:
            continue
        if sheet.case.severity >= SEVERE and ref != asked:
            continue
        try:
            text = read_passage(
                media.id,
                viewer=viewer_of(person, at=now()),
                severity=sheet.case.severity,
                safe=door.app.safe,
                memory=door.app.memory,
                now=now(),
            )
            found[ref] = pieces(text, each.near)
        except (InputError, NotAllowed, StorageError) as wrong:
            closed[ref] = str(wrong)
    return found, closed


def _check_ours(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "none") not in OURS:
        raise NotAllowed("Only a page of this server may ask for this; nothing was shown.")


def _open_acts(sheet: CaseSheet, person: Person) -> dict[str, bool]:
    """What this person may do about the ruling now."""
    ruling, case = sheet.ruling, sheet.case
    if ruling is None or not may(person, Permission.CASES_RULE):
        return {"undoes": False, "approves": False, "restores": False}
    ruled = case.status is Status.RULED
    in_time = case.until is None or case.until > now()
    return {
        "undoes": ruled and in_time and may_undo(ruling, person) and not sheet.said,
        "approves": waits_for_a_second(case, ruling) and may_approve(ruling, person),
        "restores": case.status is Status.CARRIED_OUT and ruling.restore_asked_by != person.id,
    }
