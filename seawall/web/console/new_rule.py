"""
A new rule for matches, put at the desk; it begins on trial unless its author says otherwise.

    the form below the rules ─▶ put ─▶ its page, where it can be tried on past uploads
"""

from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from seawall.clock import now
from seawall.errors import Error, WrongState
from seawall.policy.measure import Measure
from seawall.policy.rule import MAX_DISTANCE, Rule
from seawall.storage.memory import Stores
from seawall.web.console.page import desk_router, went
from seawall.web.console.rules import RULES, Force, Wanted, Writer, listed
from seawall.web.door import door_of
from seawall.workflows.rule import put_rule

Text = Annotated[str, Form(max_length=2_000)]
router = desk_router(RULES)


@router.post("")
def put_new(
    request: Request,
    at: Writer,
    measure: Annotated[Measure, Form()],
    force: Annotated[Force, Form()] = Force.SHADOW,
    max_distance: Annotated[int, Form(ge=0, le=MAX_DISTANCE)] = 31,
    min_vouchers: Annotated[int, Form(ge=1, le=1_000)] = 1,
    review: Annotated[bool, Form()] = False,
    name: Text = "",
    bank: Text = "",
    category: Text = "",
    territories: Text = "",
) -> Response:
    """The rule, from the next upload on."""
    app = door_of(request).app
    wanted = Wanted(measure=measure, max_distance=max_distance, force=force).of(
        Rule(
            name=name.strip(),
            measure=measure,
            bank=bank.strip() or None,
            category=category.strip() or None,
            territories=tuple(territories.replace(",", " ").split()),
            min_vouchers=min_vouchers,
            review=review,
        )
    )
    try:
        with app.memory.transaction() as stores:
            _check_new(wanted, stores)
            put_rule(wanted, taxonomy=app.taxonomy, stores=stores, by=at.person.id, now=now())
    except Error as wrong:
        return listed(request, at, wrong=wrong, given=wanted)
    return went(f"{RULES}/{wanted.name}", "rule-put")


def _check_new(wanted: Rule, stores: Stores) -> None:
    if stores.rules.find(wanted.name) is not None:
        raise WrongState("There is a rule of this name already; change it on its own page.")
