"""
A case that somebody at the desk opens by hand: a link, a passage, a user, or any item by its name.

    /desk/queue/new ─▶ a case of its own, or one about the same content that waits
"""

from dataclasses import replace
from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from seawall.cases.case import ItemKind
from seawall.clock import now
from seawall.errors import Error
from seawall.policy.territory import territory as territory_of
from seawall.web.console.page import desk_router, shown, went
from seawall.web.console.queue import QUEUE, Ruler, title_of
from seawall.web.console.session import Session
from seawall.web.door import door_of
from seawall.web.problems import status_of
from seawall.workflows.by_hand import LONGEST_TEXT, Handed, handed_item, handed_text, open_by_hand
from seawall.workflows.case_access import check_limits

KINDS = (ItemKind.LINK, ItemKind.TEXT, ItemKind.USER, ItemKind.IMAGE, ItemKind.OTHER)
Line = Annotated[str, Form(max_length=512)]
router = desk_router(f"{QUEUE}/new")


@router.get("")
def new(request: Request, at: Ruler) -> Response:
    """The form."""
    return _laid_out(request, at, Handed(item="", kind=ItemKind.LINK))


@router.post("")
def put(
    request: Request,
    at: Ruler,
    kind: Annotated[ItemKind, Form()],
    item: Line = "",
    text: Annotated[str, Form(max_length=LONGEST_TEXT)] = "",
    uploader: Line = "",
    territory: Line = "",
    category: Line = "",
    queue: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """The case; what cannot be opened so is shown again with everything that was written."""
    app, moment = door_of(request).app, now()
    handed = Handed(
        item=item.strip(),
        kind=kind,
        text=text if text.strip() else None,
        uploader=uploader.strip() or None,
        territory=territory.strip() or None,
        category=category or None,
        queue=queue.strip() or None,
    )
    try:
        if handed.territory:
            handed = replace(handed, territory=territory_of(handed.territory))
        found = handed_item(handed, knowledge=app.knowledge, now=moment)
        passage = handed_text(handed, safe=app.safe, now=moment)
        with app.memory.transaction() as stores:
            case = open_by_hand(
                handed,
                found,
                passage,
                taxonomy=app.taxonomy,
                stores=stores,
                by=at.person.id,
                now=moment,
            )
            check_limits(case, at.person.limits)
    except Error as wrong:
        return _laid_out(request, at, handed, wrong=wrong)
    return went(f"/desk/cases/{case.id}", "opened")


def _laid_out(
    request: Request, at: Session, given: Handed, *, wrong: Error | None = None
) -> Response:
    within = at.person.limits
    offered = [
        (each.name, title_of(each.name))
        for each in door_of(request).app.taxonomy
        if within.categories is None or each.name in within.categories
    ]
    return shown(
        request,
        "opening.html",
        status_of(wrong) if wrong else 200,
        kinds=KINDS,
        categories=offered,
        queues=sorted(within.queues or ()),
        longest=LONGEST_TEXT,
        given=given,
        wrong=str(wrong) if wrong else None,
    )
