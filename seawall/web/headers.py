"""Headers that keep browsers from doing what we did not mean."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FOR_PROGRAMS = EVERYWHERE | {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
FOR_PAGES = EVERYWHERE | {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "X-Frame-Options": "DENY",
}

FOR_DESK = FOR_PAGES | {  # forms go to ourselves, which then must hear from where; nothing is kept
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guarded:
    """Adds them to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._for_programs = _raw(FOR_PROGRAMS)
        self._for_pages = _raw(FOR_PAGES)
        self._for_desk = _raw(FOR_DESK)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        added = self._for(scope["path"])

        async def guarding(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].extend(added)
            await send(message)

        await self.app(scope, receive, guarding)

    def _for(self, path: str) -> list[tuple[bytes, bytes]]:
        if path == "/desk" or path.startswith("/desk/"):
            return self._for_desk
        if path == "/" or path.startswith("/static/"):
            return self._for_pages
        return self._for_programs


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
