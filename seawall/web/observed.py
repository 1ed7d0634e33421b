"""Every request is counted and gets one line in the log."""

import secrets
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seawall.web.metrics import Metrics

log = structlog.get_logger("seawall.request")


class Observed:
    """The outermost layer: it sees how everything ended."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        ident = secrets.token_hex(8)
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", ident.encode()))
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - begun
            route = getattr(scope.get("route"), "path", "other")
            self.metrics.answered(scope["method"], route, status, seconds)
            log.info(
                "answered",
                request=ident,
                method=scope["method"],
                path=scope["path"],
                status=status,
                key=scope.get("seawall.key"),
                milliseconds=round(seconds * 1000, 2),
            )
