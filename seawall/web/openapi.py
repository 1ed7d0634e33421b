"""
The description of the API for clients, at `/v1/openapi.json`.

Routes read their bodies themselves, so each says what it takes and gives with `described(…)`; what a route asks of its
caller is read off the route.
"""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from seawall.access.key import Scope
from seawall.web.access import Caller
from seawall.web.rendering import PROBLEM

JSON = "application/json"
FORM = "multipart/form-data"
_DEFINITIONS = "#/components/schemas/{model}"
_PROBLEM = {
    "type": "object",
    "description": "A problem document, RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "example": "urn:seawall:problem:input"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence with the remedy in it."},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def described(
    *,
    takes: type[BaseModel] | None = None,
    example: dict[str, Any] | None = None,
    gives: dict[str, Any] | None = None,
    status: int = 200,
    form: type[BaseModel] | None = None,
    file: bool = False,
    raw: Iterable[str] = (),
    streams: Iterable[str] = (),
    later: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """
    What a route takes and gives, for `openapi_extra`.

    `takes` and `form` are models; `file` adds a file to the form; `raw` and `streams` are media types; `later` is
    what is answered with 202.
    """
    content: dict[str, Any] = {}
    if takes is not None:
        content[JSON] = {"schema": _schema(takes)} | ({"example": example} if example else {})
    if form is not None:
        schema = _schema(form)
        if file:
            binary = {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
            schema = {"allOf": [schema, binary]}
        content[FORM] = {"schema": schema}
    content |= {kind: {"schema": {"type": "string"}} for kind in raw}
    answers = {kind: {"schema": {"type": "string"}} for kind in streams}
    if gives is not None:
        answers[JSON] = {"schema": {"type": "object"}, "example": gives}
    extra: dict[str, Any] = {
        "responses": {
            str(status): {"description": "Done.", "content": answers},
            "default": {
                "description": "A problem.",
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        }
    }
    if later is not None:
        accepted = {JSON: {"schema": {"type": "object"}, "example": later}}
        extra["responses"]["202"] = {"description": "Accepted.", "content": accepted}
    if content:
        extra["requestBody"] = {"required": True, "content": content}
    return extra


def describe(app: FastAPI) -> None:
    """The application describes itself, keys and scopes included."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _openapi(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend it


def scope_of(route: APIRoute) -> Scope | None:
    """What a route asks of its caller; None when it is public."""
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return next((call.scope for call in calls if isinstance(call, Caller)), None)


def installed_version() -> str:
    """The version of this package, as it was installed."""
    try:
        return version("seawall")
    except PackageNotFoundError:  # run from a checkout
        return "unreleased"


def _openapi(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title="Seawall",
        version=installed_version(),
        summary="Shared defence against known illegal content.",
        description="Send a key as `Authorization: Bearer swl_…`. Moments are RFC 3339 in UTC; problems are RFC 9457.",
        routes=app.routes,
    )
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    models = components.setdefault("schemas", {})
    models["Problem"] = _PROBLEM
    for route in app.routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = schema["paths"][route.path][method.lower()]
            operation["responses"].pop("422", None)  # FastAPI's own shape; ours is a problem
            scope = scope_of(route)
            if scope is not None:
                operation["security"] = [{"key": []}]
                needs = f"Needs the scope `{scope}`."
                operation["description"] = f"{operation.get('description', '')}\n\n{needs}".strip()
            _lift(operation, models)
    return schema


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(ref_template=_DEFINITIONS)


def _lift(part: object, models: dict[str, Any]) -> None:
    """Move the definitions that models brought along to where all of them stand."""
    if isinstance(part, dict):
        models.update(part.pop("$defs", {}))
        for each in part.values():
            _lift(each, models)
    elif isinstance(part, list):
        for each in part:
            _lift(each, models)
