"""
What is already hosted is looked through, file by file, on every processor.

    paths ─▶ window of files in the workers ─▶ verdicts, in the order of the paths
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from seawall.errors import Error
from seawall.media.link import understand_link
from seawall.sandbox.sandbox import Sandbox
from seawall.signals.fingerprint import Fingerprint, fingerprint
from seawall.storage.uploads import Upload
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.paths import LINK_PREFIXES
from seawall.workflows.upload import Context, screen_upload

FILES_PER_WORKER = 64  # waiting in the workers, so that none is idle while the index is opened

Submitted = tuple[str, Future[Fingerprint]]
Fingerprinted = tuple[
    str, Fingerprint | None, str | None
]  # path; one of what it is and why that is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """One file or link, looked at; `upload` is None when it could not even be read."""

    path: str
    upload: Upload | None
    error: str | None


def scan(
    fingerprinted: Iterable[Fingerprinted],
    *,
    knowledge: Knowledge,
    territory: str | None,
    reach: int | None = None,
    chance: Callable[[], float],
    now: Callable[[], datetime],
) -> Iterator[Scanned]:
    """Every path with its verdict, in order; one that fails costs nothing but itself."""
    for path, found, error in fingerprinted:
        if found is None:
            yield Scanned(path=path, upload=None, error=error)
            continue
        context = Context(item=path, surface="scan", territory=territory, reach=reach)
        upload = screen_upload(found, context, knowledge=knowledge, chance=chance(), now=now())
        yield Scanned(path=path, upload=upload, error=error)


def fingerprints(
    paths: Iterable[str], *, sandbox: Sandbox, crops: bool = False
) -> Iterator[Fingerprinted]:
    """Every path, in order, with its fingerprint or a sentence why there is none; the workers begin at once."""
    waiting = ((path, _submitted(path, sandbox, crops=crops)) for path in paths)
    window = deque(islice(waiting, sandbox.workers * FILES_PER_WORKER))
    return _answered(window, waiting)


def _answered(window: deque[Submitted], waiting: Iterator[Submitted]) -> Iterator[Fingerprinted]:
    while window:
        path, future = window.popleft()
        window.extend(islice(waiting, 1))
        try:
            found = future.result()
        except Error as failed:
            yield _sayable(path), None, _sayable(str(failed))
        else:
            yield _sayable(path), found, found.error


def _submitted(path: str, sandbox: Sandbox, *, crops: bool) -> Future[Fingerprint]:
    if not path.startswith(LINK_PREFIXES):
        return sandbox.submit_file(Path(path), crops=crops)
    done: Future[Fingerprint] = Future()
    try:
        done.set_result(fingerprint(understand_link(path)))
    except Error as wrong:
        done.set_exception(wrong)
    return done


def _sayable(path: str) -> str:
    # Names of files are bytes; those that are no UTF-8 can be opened, but neither printed nor stored.
    return path.encode("utf-8", "backslashreplace").decode()
