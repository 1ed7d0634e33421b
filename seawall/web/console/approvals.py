"""What waits for a second person: rulings that need one, and what somebody wants restored."""

from starlette.requests import Request
from starlette.responses import Response

from seawall.cases.case import Status
from seawall.web.console.page import desk_router, shown
from seawall.web.console.queue import Ruler, words
from seawall.web.door import door_of
from seawall.workflows.case_access import hidden_from
from seawall.workflows.case_sheet import name_of
from seawall.workflows.ruling import may_approve

MOST = 100  # shown at once, the oldest first
router = desk_router("/desk/approvals")


@router.get("")
def approvals(request: Request, at: Ruler) -> Response:
    """Who ruled what and why it needs a second person; one's own among them, without a button."""
    person = at.person
    with door_of(request).app.memory.reading() as stores:
        found = stores.rulings.awaiting(limit=MOST, limits=person.limits, reader=person.id)
        hidden = hidden_from(person, [case.id for _, case in found], stores)
        people = {each.id: each for each in stores.people.all()}
        policies = {each.id: each.title for each in stores.policies.all()}
    return shown(
        request,
        "approvals.html",
        waiting=[
            (ruling, case, case.status is Status.RULED, may_approve(ruling, person))
            for ruling, case in found
            if case.id not in hidden
        ],
        policies=policies,
        titled=words(request)["titled"],
        who=lambda actor: name_of(actor, people, person),
    )
