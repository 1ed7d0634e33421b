"""A long body of lines: CSV or NDJSON, put aside in a file before it is read line by line."""

import tempfile
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from seawall.web.rendering import NDJSON
from seawall.workflows import rows

CSV = "text/csv"
lines_of = rows.lines_of
IN_MEMORY = 8 * 1024 * 1024  # bytes of a body before it goes to a file


def is_ndjson(request: Request) -> bool:
    """
    Whether the body is NDJSON; otherwise it is CSV.

    Raises:
        HTTPException: It is neither (415).

    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (CSV, NDJSON):
        raise HTTPException(415, f"Send lines as {CSV} or as {NDJSON}, and say so in Content-Type.")
    return kind == NDJSON


async def put_aside(request: Request) -> IO[bytes]:
    """The body in a file, to be read from its beginning; whoever gets it closes it."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by the caller
    try:
        async for piece in request.stream():
            await run_in_threadpool(file.write, piece)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
