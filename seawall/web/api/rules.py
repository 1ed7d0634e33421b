"""`/v1/rules` and `/v1/categories`: what follows from a match, and the words it is said in."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.errors import NotFound
from seawall.policy.ground import Basis, Ground
from seawall.policy.measure import Measure
from seawall.policy.rule import Rule, Trigger
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import Body, json_body
from seawall.web.door import door_of
from seawall.web.once import written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.rule import put_rule, remove_rule, replay_rule
from seawall.workflows.wire import Document, category_document, replay_document, rule_document

router = APIRouter(prefix="/v1", tags=["rules"])


class GroundIn(Body):
    """On what ground something is restricted."""

    basis: Basis
    provision: Annotated[str, Field(max_length=4096)]


class RuleIn(Body):
    """A rule without its name; a field left out has its usual value."""

    measure: Measure
    trigger: Trigger = Trigger.MATCH
    bank: str | None = None
    category: str | None = None
    signal_type: str | None = None
    max_distance: int = 31
    territories: tuple[str, ...] = ()
    min_vouchers: int = 1
    min_precision: Annotated[
        float | None,
        Field(
            description="Lower bound (Wilson, 95 %) of the share of the entry's reviewed matches that was right."
        ),
    ] = None
    review: bool = False
    sample_share: float = 0.0
    shadow: bool = False
    enabled: bool = True
    ground: GroundIn | None = None

    def rule(self, name: str) -> Rule:
        """The rule of this name."""
        values = {field: getattr(self, field) for field in RuleIn.model_fields}
        ground = self.ground and Ground(basis=self.ground.basis, provision=self.ground.provision)
        return Rule(**values | {"name": name, "ground": ground})


class NamedRuleIn(RuleIn):
    """A rule."""

    name: str


class ReplayIn(Body):
    """A rule to try on what was screened before."""

    rule: NamedRuleIn
    since: AwareDatetime | None = None


_RULE: dict[str, Any] = {
    "name": "known-nearly",
    "measure": "hold",
    "trigger": "match",
    "bank": None,
    "category": None,
    "signal_type": None,
    "max_distance": 31,
    "territories": [],
    "min_vouchers": 1,
    "min_precision": None,
    "review": True,
    "sample_share": 0.0,
    "shadow": False,
    "enabled": True,
    "ground": None,
}
_REPLAY: dict[str, Any] = {
    "uploads": 1200,
    "unchanged": 1190,
    "more_reviews": 10,
    "shifts": [{"before": "allow", "after": "hold", "count": 10, "examples": []}],
}
_EXAMPLE = {"measure": "hold", "category": "terrorist-content", "review": True}


@router.get("/rules", openapi_extra=described(gives={"rules": [_RULE]}))
def list_rules(request: Request, by: Annotated[Key, may(Scope.RULES_READ)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every rule, by name, those switched off too."""
    with door_of(request).app.memory.reading() as stores:
        return Json({"rules": [rule_document(rule) for rule in stores.rules.all()]})


@router.post(
    "/rules/replay",
    openapi_extra=described(
        takes=ReplayIn, example={"rule": _EXAMPLE | {"name": "trial"}}, gives=_REPLAY
    ),
)
def replay(
    request: Request,
    by: Annotated[Key, may(Scope.RULES_READ)],  # noqa: ARG001 - asked for its scope
    wanted: Annotated[ReplayIn, json_body(ReplayIn)],
) -> Response:
    """What would have changed for past uploads had this rule been in force; nothing is changed by asking."""
    app = door_of(request).app
    since: datetime | None = wanted.since
    found = replay_rule(
        wanted.rule.rule(wanted.rule.name),
        knowledge=app.knowledge,
        memory=app.memory,
        since=since,
        now=now(),
    )
    return Json(replay_document(found))


@router.get("/rules/{name}", openapi_extra=described(gives=_RULE))
def show(request: Request, by: Annotated[Key, may(Scope.RULES_READ)], name: str) -> Response:  # noqa: ARG001 - asked for its scope
    """One rule."""
    with door_of(request).app.memory.reading() as stores:
        rule = stores.rules.find(name)
    if rule is None:
        raise NotFound(f"There is no rule '{name}'.")
    return Json(rule_document(rule))


@router.put("/rules/{name}", openapi_extra=described(takes=RuleIn, example=_EXAMPLE, gives=_RULE))
def put(
    request: Request,
    by: Annotated[Key, may(Scope.RULES_WRITE)],
    name: str,
    wanted: Annotated[RuleIn, json_body(RuleIn)],
) -> Response:
    """The rule, in force from the next upload on, in place of its namesake."""
    door = door_of(request)

    def story(stores: Stores) -> Document:
        return rule_document(
            put_rule(
                wanted.rule(name), taxonomy=door.app.taxonomy, stores=stores, by=by.id, now=now()
            )
        )

    return Json(written(door, story, None))


@router.delete("/rules/{name}", status_code=204, openapi_extra=described(status=204))
def remove(request: Request, by: Annotated[Key, may(Scope.RULES_WRITE)], name: str) -> Response:
    """Take a rule out; the last one that answers to failures stays."""

    def story(stores: Stores) -> Document:
        remove_rule(name, stores=stores, by=by.id, now=now())
        return {}

    written(door_of(request), story, None)
    return Response(status_code=204)


@router.get("/categories", openapi_extra=described(gives={"categories": []}))
def categories(request: Request, by: Annotated[Key, may(Scope.RULES_READ)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every category that entries and rules may name."""
    taxonomy = door_of(request).app.taxonomy
    return Json({"categories": [category_document(category) for category in taxonomy]})
