"""`/v1/policies`: what the platform does not allow, every version of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.cases.policy import Policy
from seawall.cases.ruling import Decision
from seawall.clock import now
from seawall.policy.ground import Ground
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.api.rules import GroundIn
from seawall.web.bodies import Body, json_body
from seawall.web.door import door_of
from seawall.web.once import written
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.case_wire import policy_document
from seawall.workflows.policy import put_policy
from seawall.workflows.wire import Document

router = APIRouter(prefix="/v1/policies", tags=["cases"])


class PolicyIn(Body):
    """A policy without its name."""

    title: Annotated[str, Field(max_length=512)]
    ground: GroundIn
    text: str = ""
    categories: tuple[str, ...] = ()
    measure: Decision = Decision.REMOVE
    strikes: int = 0
    severity: int = 2


_GROUND = {"basis": "illegal", "provision": "Regulation (EU) 2021/784, Article 2(7)"}
_EXAMPLE: dict[str, Any] = {
    "title": "Terrorist content",
    "ground": _GROUND,
    "categories": ["terrorist-content"],
    "strikes": 3,
}
_POLICY: dict[str, Any] = {
    "id": "terror",
    "version": 1,
    **_EXAMPLE,
    "text": "",
    "measure": "remove",
    "severity": 2,
    "at": "2026-01-01T12:00:00.000000Z",
}


@router.get("", openapi_extra=described(gives={"policies": [_POLICY]}))
def list_policies(request: Request, by: Annotated[Key, may(Scope.CASES)]) -> Response:  # noqa: ARG001 - asked for its scope
    """Every policy as it stands, by name."""
    with door_of(request).app.memory.reading() as stores:
        return Json({"policies": [policy_document(each) for each in stores.policies.all()]})


@router.get("/{policy}", openapi_extra=described(gives=_POLICY))
def show(
    request: Request,
    by: Annotated[Key, may(Scope.CASES)],  # noqa: ARG001 - asked for its scope
    policy: str,
    version: Annotated[int | None, Query(ge=1, description="As this version had it.")] = None,
) -> Response:
    """One policy, as it stands or as it stood."""
    with door_of(request).app.memory.reading() as stores:
        return Json(policy_document(stores.policies.find(policy, version)))


@router.put("/{policy}", openapi_extra=described(takes=PolicyIn, example=_EXAMPLE, gives=_POLICY))
def put(
    request: Request,
    by: Annotated[Key, may(Scope.RULES_WRITE)],
    policy: str,
    wanted: Annotated[PolicyIn, json_body(PolicyIn)],
) -> Response:
    """The policy from now on: its next version, or the same where nothing changes."""
    door = door_of(request)
    ground = Ground(basis=wanted.ground.basis, provision=wanted.ground.provision)
    given = {name: getattr(wanted, name) for name in PolicyIn.model_fields}

    def story(stores: Stores) -> Document:
        moment = now()
        made = Policy(**given | {"id": policy, "ground": ground, "at": moment})
        return policy_document(
            put_policy(made, taxonomy=door.app.taxonomy, stores=stores, by=by.id, now=moment)
        )

    return Json(written(door, story, None))
