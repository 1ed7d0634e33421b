"""What an address asks for is checked as a body is: an unknown parameter is refused, not ignored."""

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request

from seawall.web.bodies import NOT_PLAIN, is_plain


def check_address(request: Request) -> None:
    """
    The path and the query hold what the route knows, in text that can be kept.

    Raises:
        RequestValidationError: A parameter is unknown, or a text cannot be kept.

    """
    faults = [
        _fault("path", name, NOT_PLAIN)
        for name, value in request.path_params.items()
        if not is_plain(str(value))
    ]
    if request.scope["query_string"]:
        known = _known(request.scope["route"])
        for name, value in request.query_params.multi_items():
            if name not in known:
                words = ", ".join(known) or "none"
                faults.append(
                    _fault("query", name, f"This parameter is unknown here; known: {words}")
                )
            elif not is_plain(value):
                faults.append(_fault("query", name, NOT_PLAIN))
    if faults:
        raise RequestValidationError(faults)


def _known(route: APIRoute) -> tuple[str, ...]:
    return tuple(parameter.alias for parameter in route.dependant.query_params)


def _fault(place: str, name: str, says: str) -> dict[str, object]:
    return {"loc": (place, name), "msg": says, "type": "address"}
