"""
What went wrong, as a problem document (RFC 9457).

    InputError ─▶ 422      RuleError ─▶ 409, or 403 and 429 where it is about the key
    NotFound   ─▶ 404      OutsideError ─▶ 503, or 502 where it is about somebody else's address

Anything else is a mistake of ours: 500, with nothing of its inside, and the traceback in the log.
"""

from http import HTTPStatus

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from seawall.errors import (
    Error,
    FetchError,
    InputError,
    NotAllowed,
    NotFound,
    OutsideError,
    RuleError,
    StorageError,
    TooMany,
)
from seawall.web.headers import FOR_PROGRAMS
from seawall.web.rendering import PROBLEM, Json

TRY_AGAIN = {"Retry-After": "1"}  # seconds
STORAGE = (
    "The database or the disk refused or did not answer; nothing was recorded. Send the request again; "
    "the server's log says why."
)
log = structlog.get_logger("seawall.problem")
_STATUSES: tuple[tuple[type[Error], str, HTTPStatus], ...] = (
    (InputError, "input", HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotAllowed, "not-allowed", HTTPStatus.FORBIDDEN),
    (TooMany, "too-many", HTTPStatus.TOO_MANY_REQUESTS),
    (RuleError, "rule", HTTPStatus.CONFLICT),
    (NotFound, "not-found", HTTPStatus.NOT_FOUND),
    (FetchError, "outside", HTTPStatus.BAD_GATEWAY),
    (OutsideError, "outside", HTTPStatus.SERVICE_UNAVAILABLE),
)


def problem(
    status: int, kind: str, detail: str, headers: dict[str, str] | None = None, **more: object
) -> Response:
    """A problem document; `kind` is stable and meant for programs, `detail` for people."""
    document = {
        "type": f"urn:seawall:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return Json(document | more, status_code=status, media_type=PROBLEM, headers=headers)


def answer_with_problems(app: FastAPI) -> None:
    """Every error that leaves a route becomes a problem document."""
    app.add_exception_handler(Error, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: Error) -> int:
    """The status that goes with one of our errors."""
    return _kind(error)[1]


async def _ours(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    kind, status = _kind(error)
    again = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    return problem(status, kind, _told(error), headers=TRY_AGAIN if again else None)


def _kind(error: Exception) -> tuple[str, HTTPStatus]:
    return next((kind, status) for family, kind, status in _STATUSES if isinstance(error, family))


def _told(error: Exception) -> str:
    if not isinstance(error, StorageError):
        return str(error)
    log.warning("storage failed", reason=str(error))  # the driver names hosts, users and folders
    return STORAGE


async def _invalid(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        {"where": "/".join(str(part) for part in fault["loc"]), "detail": fault["msg"]}
        for fault in faults[:20]
    ]
    first = errors[0] if errors else {"where": "", "detail": "it cannot be read"}
    detail = f"The request cannot be used: {first['where']}: {first['detail']}."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "input", detail, errors=errors)


async def _http(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    if not isinstance(error, HTTPException):
        raise error
    kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return problem(error.status_code, kind, error.detail, headers=dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "ours",
        "Something went wrong on our side. Nothing was decided about this request; send it again.",
        headers=FOR_PROGRAMS,  # this answer is made outside of all layers
    )
