"""`/v1/exchange/agreements/{agreement}/…`: changes as they happen, a copy of everything, and proofs of both."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.web.access import may, still
from seawall.web.door import Door, door_of
from seawall.web.openapi import described
from seawall.web.rendering import NDJSON, Json
from seawall.workflows.acting import looked, may_read
from seawall.workflows.feed import Page, consistency, inclusion, read_page

router = APIRouter(prefix="/v1/exchange/agreements/{agreement}", tags=["exchange"])

ZSTD = "application/zstd"
MOST_DELTAS = 10_000
LOOK_AGAIN = 1.0  # seconds of a snapshot's way until its reader is looked at again
LARGEST = 2**63 - 1
Number = Annotated[int, Query(ge=1, le=LARGEST)]
Size = Annotated[int, Query(ge=0, le=LARGEST)]
_HASH = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
_INCLUSION: dict[str, Any] = {"number": 17, "size": 20, "leaf": _HASH, "hashes": [_HASH]}
_CONSISTENCY: dict[str, Any] = {"from": 17, "to": 20, "hashes": [_HASH]}


@router.get("/deltas", openapi_extra=described(streams=(NDJSON,)))
async def list_deltas(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    after: Annotated[Size, Query(description="The last delta that was read.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_DELTAS, description="How many at most.")] = 1000,
    wait: Annotated[
        float, Query(ge=0, le=3600, description="Seconds to wait where there is nothing new.")
    ] = 0,
) -> Response:
    """
    The changes that follow a number, in order.

    The first line is `{"after", "size"}`, `size` being the number of changes there are; then follow the changes, each
    the line that was hashed; the last line is `{"checkpoint"}`, a signed note over all changes up to the last one here.
    A page may end before `limit`. Where `size` is smaller than `after`, the hub has lost changes.
    """
    door = door_of(request)
    page = await run_in_threadpool(_page, door, by, agreement, after, limit)
    longest = door.app.settings.exchange.wait.total_seconds()
    if wait and page.nothing_new:
        with door.listeners.place(by.id):
            await _grown(request, door, agreement, after, min(wait, longest))
        await still(request, by, Scope.EXCHANGE)
        page = await run_in_threadpool(_page, door, by, agreement, after, limit)
    return Response(page.ndjson(), media_type=NDJSON)


@router.get("/snapshot", openapi_extra=described(streams=(ZSTD,)))
async def show_snapshot(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str
) -> Response:
    """
    Every record that somebody confirms or disputes, as NDJSON compressed with Zstandard.

    The first line is `{"format", "agreement", "size"}`; then `{"number", "record"}` for each record, `number` being
    that of its last change; the last line is `{"records", "checkpoint", "signed", "peaks"}`: a signed note over the
    tree of all changes, another over the SHA-256 of the bytes before this line, and the peaks of that tree. It breaks
    off where the caller may not read any more.
    """
    door = door_of(request)
    size = await run_in_threadpool(_size, door, by, agreement)
    seen = looked(by, agreement, "snapshot", at=now(), size=size)
    await asyncio.wrap_future(door.commits.submit(seen))
    pieces = _while_allowed(request, by, agreement, door.snapshots.read(agreement, size))
    return StreamingResponse(pieces, media_type=ZSTD)


@router.get("/checkpoint", openapi_extra=described(streams=("text/plain",)))
def show_checkpoint(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str
) -> Response:
    """A signed note over the whole tree of changes: https://c2sp.org/tlog-checkpoint."""
    door = door_of(request)
    with door.app.memory.reading() as stores:
        may_read(by, agreement, stores)
        size = stores.deltas.size(agreement)
        return PlainTextResponse(door.signer.checkpoint(agreement, size, stores))


@router.get("/proofs/inclusion", openapi_extra=described(gives=_INCLUSION))
def prove_inclusion(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    number: Annotated[Number, Query(description="Of the change.")],
    size: Annotated[Size | None, Query(description="Of the tree; all of it if left out.")] = None,
) -> Response:
    """What shows that a change is in the tree: RFC 9162, section 2.1.3. Its leaf has the position `number` - 1."""
    with door_of(request).app.memory.reading() as stores:
        may_read(by, agreement, stores)
        return Json(inclusion(agreement, number=number, size=size, stores=stores))


@router.get("/proofs/consistency", openapi_extra=described(gives=_CONSISTENCY))
def prove_consistency(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    old: Annotated[Size, Query(alias="from", description="Size of the older tree.")],
    new: Annotated[
        Size | None, Query(alias="to", description="Size of the newer one; all of it if left out.")
    ] = None,
) -> Response:
    """What shows that the tree only grew: RFC 9162, section 2.1.4."""
    with door_of(request).app.memory.reading() as stores:
        may_read(by, agreement, stores)
        return Json(consistency(agreement, old=old, new=new, stores=stores))


def _page(door: Door, by: Key, agreement: str, after: int, limit: int) -> Page:
    with door.app.memory.reading() as stores:
        may_read(by, agreement, stores)
        return read_page(agreement, after=after, limit=limit, signer=door.signer, stores=stores)


def _size(door: Door, by: Key, agreement: str) -> int:
    with door.app.memory.reading() as stores:
        may_read(by, agreement, stores)
        return stores.deltas.size(agreement)


async def _while_allowed(
    request: Request, by: Key, agreement: str, pieces: AsyncGenerator[bytes]
) -> AsyncIterator[bytes]:
    """The pieces, as long as the caller may read them; then the answer ends in the middle, which its reader notices."""
    door, looked_at = door_of(request), time.monotonic()
    async with contextlib.aclosing(pieces):
        async for piece in pieces:
            if time.monotonic() - looked_at >= LOOK_AGAIN:
                await still(request, by, Scope.EXCHANGE)
                await run_in_threadpool(_size, door, by, agreement)
                looked_at = time.monotonic()
            yield piece


async def _grown(request: Request, door: Door, agreement: str, after: int, seconds: float) -> None:
    """Until there is more, or the time is over, or the client has gone."""
    waiting = [
        asyncio.create_task(door.waiting.grown(agreement, after=after, seconds=seconds)),
        asyncio.create_task(_gone(request)),
    ]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
