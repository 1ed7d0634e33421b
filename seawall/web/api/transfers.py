"""`/v1/banks/{bank}/import` and `/export`: a bank from a file and to one, CSV or NDJSON, whatever its length."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Annotated, Literal

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from seawall.access.key import Key, Scope
from seawall.app import App
from seawall.banks.entry import Entry
from seawall.clock import now
from seawall.storage.bulk import PAGE_BYTES, is_full
from seawall.web.access import may
from seawall.web.door import door_of
from seawall.web.openapi import described
from seawall.web.rendering import NDJSON, line
from seawall.web.spooled import CSV, is_ndjson, lines_of, put_aside
from seawall.workflows.importing import (
    Imported,
    export_entries,
    import_entries,
    threatexchange_lines,
)

router = APIRouter(prefix="/v1/banks/{bank}", tags=["entries"])

Format = Literal["csv", "ndjson", "threatexchange"]
_FORMATS = {  # the media type and a file's ending
    "csv": (CSV, "csv"),
    "ndjson": (NDJSON, "ndjson"),
    "threatexchange": ("text/plain", "txt"),
}
LINES_AT_ONCE = 500  # of an export, in one piece
BYTES_AT_ONCE = 1 << 20  # the same where lines are long
ENTRIES_AT_ONCE = 1000  # of an export, read in one transaction


@router.post("/import", openapi_extra=described(raw=(CSV, NDJSON), streams=(NDJSON,)))
async def import_(
    request: Request, by: Annotated[Key, may(Scope.BANKS_WRITE)], bank: str
) -> Response:
    """
    Fill a bank from lines of CSV or NDJSON; good lines are kept, bad ones told of.

    The answer is a line `{"line", "error"}` for each bad one and a last line `{"added", "bad"}`. Importing the same
    lines again doubles nothing.
    """
    ndjson = is_ndjson(request)
    file = await put_aside(request)
    told = _told(file, bank, app=door_of(request).app, by=by.id, ndjson=ndjson)
    # What is wrong with all of it is a status, not a line.
    first = await run_in_threadpool(next, told)
    return StreamingResponse(chain((first,), told), media_type=NDJSON)


@router.get("/export", openapi_extra=described(streams=(CSV, NDJSON, "text/plain")))
def export(
    request: Request,
    by: Annotated[Key, may(Scope.BANKS_READ)],  # noqa: ARG001 - asked for its scope
    bank: str,
    format: Format = "csv",  # noqa: A002 - the name in the address
) -> Response:
    """
    Every entry of a bank, as lines that `import` reads back.

    As `threatexchange`, a type and a signal on each line, as python-threatexchange reads them: those that count now,
    and that it has a type for.
    """
    app = door_of(request).app
    with app.memory.reading() as stores:
        stores.banks.find(bank)
    kind, ending = _FORMATS[format]
    headers = {"Content-Disposition": f'attachment; filename="{bank}.{ending}"'}
    return StreamingResponse(_exported(app, bank, format), media_type=kind, headers=headers)


def _told(file: IO[bytes], bank: str, *, app: App, by: str, ndjson: bool) -> Iterator[bytes]:
    added = bad = 0
    with file:
        batches = import_entries(
            bank,
            lines_of(file),
            ndjson=ndjson,
            taxonomy=app.taxonomy,
            memory=app.memory,
            by=by,
            now=now,
            source="import",
        )
        for batch in batches:
            added += batch.added
            bad += len(batch.bad)
            yield b"".join(_bad(batch))
    app.knowledge.refresh_now()
    yield line({"added": added, "bad": bad})


def _bad(batch: Imported) -> Iterator[bytes]:
    for each in batch.bad:
        yield line({"line": each.line, "error": each.error})


def _exported(app: App, bank: str, to: Format) -> Iterator[str]:
    entries = _entries(app, bank)
    if to == "threatexchange":
        yield from _gathered(threatexchange_lines(entries, at=now()))
    else:
        yield from _gathered(export_entries(entries, ndjson=to == "ndjson"))


def _entries(app: App, bank: str) -> Iterator[Entry]:
    """Every entry of a bank; nothing is held open between pages, however slowly they are read."""
    after = 0
    while True:
        with app.memory.reading() as stores:
            page = stores.entries.page(bank, after=after, limit=ENTRIES_AT_ONCE, most=PAGE_BYTES)
        yield from page
        if len(page) < ENTRIES_AT_ONCE and not is_full(page):
            return
        after = page[-1].number


def _gathered(lines: Iterable[str]) -> Iterator[str]:
    piece: list[str] = []
    size = 0
    for each in lines:
        piece.append(each)
        size += len(each)
        if len(piece) == LINES_AT_ONCE or size >= BYTES_AT_ONCE:
            yield "".join(piece)
            piece.clear()
            size = 0
    yield "".join(piece)
