"""
A request that may be repeated: the same Idempotency-Key gets the same answer, and nothing is done twice.

    first    ─▶ story, answer kept in the same transaction ─▶ answer
    repeated ─▶ answer kept
    at once  ─▶ one of them collides with the other's kept answer, leaves nothing behind, and gives that answer
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from seawall.access.key import Key
from seawall.clock import now
from seawall.errors import Error, InputError, WrongState
from seawall.storage.memory import Stores
from seawall.storage.replies import LASTING
from seawall.web.door import Door
from seawall.workflows.wire import Document

LONGEST = 255  # characters
LONGEST_MARK = 64  # of whom an answer is kept for
HEADER = "idempotency-key"
COUNTING = ("/reports", "/outcomes")
EXCHANGE = (
    "/v1/exchange/"  # where a key acts for its organisation, and may be renewed between two tries
)

Story = Callable[[Stores], Document]


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whose request it is (a key, or an organisation), under which name, and a digest of what it asks."""

    key: str
    token: str
    request: bytes


def ticket(request: Request, by: Key, *parts: bytes) -> Ticket | None:
    """
    The ticket of a request that names an Idempotency-Key; `parts` is what it asks, as its caller meant it.

    Raises:
        InputError: The name is too long.

    """
    token = request.headers.get(HEADER)
    if token is None:
        return None
    if not 1 <= len(token) <= LONGEST:
        raise InputError(f"An Idempotency-Key has 1 to {LONGEST} characters.")
    digest = hashlib.sha256()
    for part in (request.method.encode(), str(request.url.path).encode(), *parts):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return Ticket(_asking(request.url.path, by), token, digest.digest())


def _asking(path: str, by: Key) -> str:
    """Who may repeat it: this key, or under `/v1/exchange` every key of its organisation, reports for long."""
    if not path.startswith(EXCHANGE):
        return by.id
    mark = f"{LASTING if path.endswith(COUNTING) else 'exchange:'}{by.owner}"
    if len(mark) > LONGEST_MARK:  # no organisation's id is so long; an operator's name may be
        mark = f"{mark[: LONGEST_MARK - 33]}:{hashlib.sha256(mark.encode()).hexdigest()[:32]}"
    return mark


def written(
    door: Door, story: Story, once: Ticket | None, *, secret: str | None = None
) -> Document:
    """
    What the story answered, once it is committed and the next query sees it; for routes that run in a thread.

    `secret` names a field that is shown once: it is not kept, and `null` when the request is repeated.

    Raises:
        WrongState: The Idempotency-Key was used for another request.

    """
    try:
        answer = door.commits.submit(_with_reply(story, once, secret)).result()
    except Error:  # perhaps only because the same request, sent at once, has been done meanwhile
        kept = _recalled(door, once)
        if kept is None:
            raise
        return kept
    door.app.knowledge.refresh_now()
    return answer


async def written_soon(door: Door, story: Story, once: Ticket | None) -> Document:
    """What the story answered, once it is committed; for routes that run on the event loop."""
    try:
        return await asyncio.wrap_future(door.commits.submit(_with_reply(story, once)))
    except Error:  # as above
        kept = await answered_before(door, once)
        if kept is None:
            raise
        return kept


async def answered_before(door: Door, once: Ticket | None) -> Document | None:
    """
    The answer kept for this request, if it was answered before.

    Raises:
        WrongState: The Idempotency-Key was used for another request.

    """
    return await run_in_threadpool(_recalled, door, once) if once else None


def expected(request: Request) -> int | None:
    """
    The number that `If-Match` repeats from the ETag of what was read; None where any will do.

    Raises:
        InputError: It is none of our ETags.

    """
    tag = request.headers.get("if-match", "*").strip().removeprefix("W/").strip('"')
    if tag == "*":
        return None
    if not tag.isdecimal():
        raise InputError("If-Match repeats the ETag of what was read.")
    return int(tag)


def unless_changed(door: Door, story: Story, once: Ticket | None) -> Document:
    """What the story answered; 412 where it says that things are not any more as the request expects."""
    try:
        return written(door, story, once)
    except WrongState as changed:
        raise HTTPException(412, str(changed)) from None


def _with_reply(story: Story, once: Ticket | None, secret: str | None = None) -> Story:
    if once is None:
        return story

    def told(stores: Stores) -> Document:
        kept = stores.replies.recall(once.key, once.token, request=once.request)
        if kept is not None:
            return kept
        answer = story(stores)
        reply = answer if secret is None else answer | {secret: None}
        stores.replies.remember(once.key, once.token, request=once.request, reply=reply, at=now())
        return answer

    return told


def _recalled(door: Door, once: Ticket | None) -> Document | None:
    if once is None:
        return None
    with door.app.memory.reading() as stores:
        return stores.replies.recall(once.key, once.token, request=once.request)
