"""A body that is too long is refused: by its declared length before a byte is read, or as soon as it shows."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seawall.web.openapi import FORM
from seawall.web.problems import problem

MIB = 1024 * 1024
JSON_LIMIT = 8 * MIB
IMPORT_LIMIT = 2048 * MIB  # written to disk and read line by line
FORM_SLACK = MIB  # what a form may have beside its file
BACKGROUND = "/v1/screen"
TAKES_MEDIA = (BACKGROUND, "/v1/hash", "/v1/match")
CLOSE = {"Connection": "close"}  # what is left of the body is not read


class BodyLimit:
    """Stands before everything that reads."""

    def __init__(self, app: ASGIApp, *, media_bytes: int, long_bytes: int) -> None:
        self.app = app
        self._long_limit = long_bytes + FORM_SLACK
        self._media_limit = media_bytes + FORM_SLACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what is read of it."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit(scope["path"], headers)
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            refusal = problem(413, "too-long", _sentence(limit), headers=CLOSE)
            await refusal(scope, receive, send)
            return
        received = 0

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, _sentence(limit), headers=CLOSE)
            return message

        await self.app(scope, counting, send)

    def _limit(self, path: str, headers: Headers) -> int:
        if path.endswith(("/import", "/opinions/bulk")):
            return IMPORT_LIMIT
        form = headers.get("content-type", "").startswith(FORM)
        if form and path == BACKGROUND and prefers_async(headers):
            return self._long_limit
        if (form and path in TAKES_MEDIA) or path.endswith("/entries"):
            return self._media_limit
        return JSON_LIMIT


def prefers_async(headers: Headers) -> bool:
    """Whether the caller would rather ask later what became of it (RFC 7240, section 4.1)."""
    given = ",".join(headers.getlist("prefer")).split(",")
    return any(each.partition(";")[0].strip().lower() == "respond-async" for each in given)


def _sentence(limit: int) -> str:
    return f"The body is longer than the {limit} bytes that are read here; nothing was recorded."
