"""The audit log, newest first."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission
from seawall.web.console.page import desk_router, shown
from seawall.web.console.session import Session, signed_in
from seawall.web.door import door_of
from seawall.workflows.case_sheet import name_of

PAGE = 50  # events
router = desk_router()


@router.get("/audit")
def audit(
    request: Request,
    at: Annotated[Session, signed_in(Permission.AUDIT_SEE)],
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    subject: Annotated[str, Query()] = "",
) -> Response:
    """A page of events, perhaps of one subject."""
    wanted = subject.strip()
    with door_of(request).app.memory.reading() as stores:
        events = stores.audit.before(before, limit=PAGE + 1, subject=wanted or None)
        people = {person.id: person for person in stores.people.all()}
    older = events[PAGE - 1].number if len(events) > PAGE else None
    return shown(
        request,
        "audit.html",
        events=events[:PAGE],
        older=older,
        before=before,
        subject=wanted,
        who=lambda actor: name_of(actor, people, at.person),
    )
