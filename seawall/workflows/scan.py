"""
What is already hosted is looked through, file by file, on every processor.

    paths ─▶ window of files in the workers ─▶ verdicts, in the order of the paths but for what takes long
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from seawall.errors import Error
from seawall.media.link import understand_link
from seawall.sandbox.sandbox import Sandbox
from seawall.signals.fingerprint import Fingerprint, fingerprint
from seawall.storage.uploads import Upload
from seawall.workflows.in_turn import in_turn
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.paths import LINK_PREFIXES, Passage
from seawall.workflows.upload import Context, screen_upload

FILES_PER_WORKER = 64  # waiting in the workers, so that none is idle while the index is opened

TellOf = Callable[[str, float], None]  # is told a path and the share of it that is done
Submitted = tuple[str, Future[Fingerprint]]
Fingerprinted = tuple[
    str, Fingerprint | None, str | None
]  # path; one of what it is and why that is not known


def nobody_listens(_path: str, _share: float) -> None:
    """For whom the end is soon enough."""


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
    """Every path with its verdict; one that fails costs nothing but itself."""
    for path, found, error in fingerprinted:
        if found is None:
            yield Scanned(path=path, upload=None, error=error)
            continue
        context = Context(item=path, surface="scan", territory=territory, reach=reach)
        upload = screen_upload(found, context, knowledge=knowledge, chance=chance(), now=now())
        yield Scanned(path=path, upload=upload, error=error)


def fingerprints(
    paths: Iterable[str], *, sandbox: Sandbox, crops: bool = False, tell: TellOf = nobody_listens
) -> Iterator[Fingerprinted]:
    """
    Every path, link or passage with its fingerprint or a sentence why there is none; the workers begin at once.

    They come in order, but for what takes long; `tell` hears how far a long file is, from a thread of the sandbox.
    `crops` asks for those of pictures too.
    """
    asked = ((path, _submitted(path, sandbox, tell, crops=crops)) for path in paths)
    return _answered(in_turn(asked, most=sandbox.workers * FILES_PER_WORKER))


def _answered(answers: Iterator[Submitted]) -> Iterator[Fingerprinted]:
    for path, future in answers:
        try:
            found = future.result()
        except Error as failed:
            yield _sayable(path), None, _sayable(str(failed))
        else:
            yield _sayable(path), found, found.error


def _submitted(path: str, sandbox: Sandbox, tell: TellOf, *, crops: bool) -> Future[Fingerprint]:
    if isinstance(path, Passage):
        return sandbox.submit_text(path)
    if not path.startswith(LINK_PREFIXES):
        return sandbox.submit_file(Path(path), crops=crops, tell=partial(tell, path))
    done: Future[Fingerprint] = Future()
    try:
        done.set_result(fingerprint(understand_link(path)))
    except Error as wrong:
        done.set_exception(wrong)
    return done


def _sayable(path: str) -> str:
    if isinstance(path, Passage):
        return path.name
    # Names of files are bytes; those that are no UTF-8 can be opened, but neither printed nor stored.
    return path.encode("utf-8", "backslashreplace").decode()
