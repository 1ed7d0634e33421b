"""Policies: what is not allowed, every version in full, and the next one put."""

from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, may
from seawall.cases.policy import MOST_SEVERE, MOST_STRIKES, Policy
from seawall.cases.ruling import Decision
from seawall.clock import now
from seawall.errors import InputError, NotFound
from seawall.policy.ground import Basis, Ground
from seawall.web.console.page import desk_router, shown, went
from seawall.web.console.session import Session, signed_in
from seawall.web.console.shared import named
from seawall.web.door import door_of
from seawall.web.problems import status_of
from seawall.workflows.policy import put_policy

POLICIES = "/desk/policies"
Reader = Annotated[Session, signed_in(Permission.CASES_SEE)]
Writer = Annotated[Session, signed_in(Permission.POLICIES_WRITE)]
Text = Annotated[str, Form()]
router = desk_router(POLICIES)
_CHOICES = {
    "bases": list(Basis),
    "decisions": [each for each in Decision if each is not Decision.KEEP],
    "most_severe": MOST_SEVERE,
    "most_strikes": MOST_STRIKES,
}


@router.get("")
def policies(request: Request, at: Reader) -> Response:
    """Every policy as it stands."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.policies.all()
    writing = may(at.person, Permission.POLICIES_WRITE)
    return shown(
        request, "screens/policies.html", policies=found, writing=writing, choices=_CHOICES
    )


@router.post("")
def put(
    request: Request,
    at: Writer,
    basis: Annotated[Basis, Form()],
    measure: Annotated[Decision, Form()],
    ident: Text = "",
    title: Text = "",
    provision: Text = "",
    text: Text = "",
    categories: Text = "",
    strikes: Annotated[int, Form(ge=0, le=MOST_STRIKES)] = 0,
    severity: Annotated[int, Form(ge=0, le=MOST_SEVERE)] = 0,
) -> Response:
    """The policy from now on: its first version, or the next where something changes."""
    app, moment = door_of(request).app, now()
    wanted = Policy(
        id=ident.strip(),
        title=title.strip(),
        ground=Ground(basis=basis, provision=provision.strip()),
        at=moment,
        text=text.replace("\r\n", "\n").strip(),
        categories=tuple(part.strip() for part in categories.split(",") if part.strip()),
        measure=measure,
        strikes=strikes,
        severity=severity,
    )
    for each in (wanted.title, wanted.ground.provision, wanted.text):
        named(each)
    try:
        with app.memory.transaction() as stores:
            made = put_policy(
                wanted, taxonomy=app.taxonomy, stores=stores, by=at.person.id, now=moment
            )
    except InputError as wrong:
        facts = {"policy": wanted, "choices": _CHOICES, "wrong": str(wrong)}
        return shown(request, "screens/policy-again.html", status_of(wrong), **facts)
    return went(f"{POLICIES}/{made.id}#version-{made.version}", "policy-put")


@router.get("/{ident}")
def policy(request: Request, at: Reader, ident: str) -> Response:
    """One policy, newest version first."""
    with door_of(request).app.memory.reading() as stores:
        versions = stores.policies.versions(named(ident))
    if not versions:
        raise NotFound(f"There is no policy '{ident}'.")
    writing = may(at.person, Permission.POLICIES_WRITE)
    return shown(
        request,
        "screens/policy.html",
        policy=versions[0],
        versions=versions,
        writing=writing,
        choices=_CHOICES,
    )
