"""
What an open page is told without asking again: cases that have come, and what became of the one it shows.

    EventSource /desk/changes?since=120 ─▶ a sentence in the reader's language ─▶ the page offers to show it
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from seawall.access.person import Permission
from seawall.web.console.language import Language
from seawall.web.console.page import desk_router, language_of
from seawall.web.console.session import Session, signed_in
from seawall.web.door import door_of
from seawall.web.watching import News, Watcher
from seawall.workflows.case_sheet import case_within

router = desk_router()


@router.get("/changes")
def changes(
    request: Request,
    at: Annotated[Session, signed_in(Permission.CASES_SEE)],
    since: Annotated[int, Query(ge=0, le=2**62)] = 0,
    case: Annotated[str, Query(max_length=64)] = "",
    version: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Response:
    """A stream of sentences, for as long as the page is open and its reader signed in."""
    door, tongue = door_of(request), language_of(request)
    if case:
        with door.app.memory.reading() as stores:
            case_within(case, at.person, stores)
    watcher = Watcher(sign_in=at.sign_in, since=since, case=case or None, version=version)

    async def told() -> AsyncIterator[bytes]:
        async for news in door.watching.news(watcher):
            yield _line(news, tongue)
        yield b"event: over\ndata:\n\n"

    door.watching.check(at.person.id)
    return StreamingResponse(
        told(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


def _line(news: News | None, tongue: Language) -> bytes:
    if news is None:
        return b": still here\n\n"
    if news.status is not None:
        sentence = (
            "Somebody else has this case now."
            if news.other
            else "This case has changed since you opened it."
        )
        return f"data: {tongue.text(sentence)}\n\n".encode()
    said = tongue.text("New cases since you opened this page: {count}.", count=news.new)
    return f"data: {said if news.new else ''}\n\n".encode()
