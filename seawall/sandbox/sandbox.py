"""
A stranger's bytes are looked into by processes that may die of them, and the service goes on.

    bytes ─▶ queue ─▶ keeper (a thread) ─▶ its worker (a process) ─▶ fingerprint, or a preview's pixels
                         └─ bomb, hang, crash: a fresh worker, exact digests, a sentence for what is missing

Never silently open: whatever ends a worker costs its own request the signals that need decoding, which the
fingerprint names as failed; the next request is served by a fresh worker.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from seawall.errors import InputError, MediaError, OutsideError
from seawall.media.content import Tell, nobody
from seawall.media.limits import MediaLimits
from seawall.media.media import Kind
from seawall.media.preview import as_jpeg
from seawall.media.sniff import HEAD, kind_of, lasts, media_type
from seawall.sandbox.bounds import UNBOUNDED
from seawall.sandbox.keeper import Keeper, Lost, Outcome
from seawall.sandbox.nursery import Nursery
from seawall.sandbox.wire import (
    BYTES,
    CROPS,
    DEAF,
    FILE,
    LONG,
    PREVIEW,
    SHEET,
    TEXT,
    read,
    read_pixels,
)
from seawall.sandbox.worker import chunks, opened
from seawall.signals.fingerprint import Fingerprint, fingerprint_unread

T = TypeVar("T")

LOOKED_AFTER = 5.0  # seconds until a keeper that nobody asks looks after its worker
log = logging.getLogger(__name__)  # on the error output: a command's output is for its results


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """Somebody waits for an answer; `without` makes one, or says that there is none, should no worker survive."""

    task: tuple[bytes, ...]
    read: Callable[[bytes], T]  # what a worker wrote
    without: Callable[[str], T]  # given the reason why
    within: timedelta
    tell: Tell = nobody  # how far it is, called from a thread of the sandbox
    answer: Future[T] = field(default_factory=Future)


class Sandbox:
    """
    Worker processes that turn strangers' bytes into fingerprints; a context manager.

    Workers are forked from a process that has everything loaded, which takes milliseconds; that process takes
    a second to start, and does so in the background when the sandbox is made. `unbounded` says which limits
    this system does not keep.
    """

    unbounded = UNBOUNDED

    def __init__(
        self,
        limits: MediaLimits,
        *,
        workers: int,
        orientations: bool,
        nursery: Nursery | None = None,
    ) -> None:
        """A `nursery` that was begun before, for the same limits, is ready the sooner."""
        self.limits = limits
        self.workers = workers
        self.waiting = 0  # requests not answered yet
        self._open = True  # requests are taken
        self._outcomes: Counter[Outcome] = Counter()
        self._lock = Lock()
        self._requests: SimpleQueue[Request[Any] | None] = SimpleQueue()
        self._nursery = nursery or Nursery(limits, orientations=orientations)
        self._keepers = [Keeper(self._nursery) for _ in range(workers)]
        self._threads = [
            Thread(target=self._serve, args=(keeper,), name=f"sandbox-{number}", daemon=True)
            for number, keeper in enumerate(self._keepers)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self.close(abandon=error is not None)

    def fingerprint(self, data: bytes) -> Fingerprint:
        """The fingerprint of these bytes, waited for."""
        return self.submit(data).result()

    def submit(self, data: bytes, *, crops: bool = False) -> Future[Fingerprint]:
        """
        The fingerprint of these bytes, once a worker has looked into them; with `crops` those of a picture too.

        Raises:
            OutsideError: The sandbox is closed.

        """
        return self._taken_whole(*_with(crops=crops), BYTES, data)

    def submit_text(self, text: str) -> Future[Fingerprint]:
        """
        The fingerprint of this text, once a worker has looked into it.

        Raises:
            OutsideError: The sandbox is closed.

        """
        return self._taken_whole(TEXT, text.encode())

    def preview(self, data: bytes, level: int) -> bytes:
        """
        A JPEG of our own that shows these bytes as this level of `media.preview.LEVELS` does, waited for.

        Raises:
            InputError: They cannot be shown: no picture we decode, damaged, too large, or the end of a worker.
            OutsideError: The sandbox is closed.

        """
        self.limits.check_bytes(len(data))
        return self._shown(PREVIEW, bytes((level,)), data, within=self.limits.max_seconds)

    def preview_file(self, path: Path, level: int) -> bytes:
        """
        The same of a video or a sound that lies in a file, with the limits of such a one.

        Raises:
            InputError, OutsideError: As `preview`.

        """
        return self._shown(
            SHEET, bytes((level,)), _named(path), within=self.limits.max_long_seconds
        )

    def submit_file(
        self, path: Path, *, crops: bool = False, tell: Tell = nobody
    ) -> Future[Fingerprint]:
        """
        The fingerprint of a file, which a worker reads; it may be larger than memory. `crops` as above.

        A video or a sound has its larger limits, and `tell` hears how far it is, from a thread of the sandbox.

        The future raises:
            InputError: The file cannot be read.

        Raises:
            OutsideError: The sandbox is closed.

        """
        again = partial(_read_again, path)
        long = lasts(_head(path))
        within = self.limits.max_long_seconds if long else self.limits.max_seconds
        task = (*_with(crops=crops), LONG if long else FILE, _named(path))
        return self._taken(Request(task, read, partial(_only_digests, again), within, tell))

    def close(self, *, abandon: bool = False) -> None:
        """Answer everybody who waits, or with `abandon` say that nobody will, and end the workers."""
        with self._lock:
            self._open = False
        if abandon:
            self._abandon()
        for _ in self._threads:
            self._requests.put(None)
        for thread in self._threads:
            thread.join()
        self._nursery.close()

    @property
    def alive(self) -> int:
        """
        Workers that live now, as the kernel tells it; 0 when closed, and while none can be had.

        A lost worker is replaced at the next request, and within seconds if there is none.
        """
        return sum(keeper.alive for keeper in self._keepers) if self._open else 0

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return self.waiting == 0

    @property
    def served(self) -> int:
        """Requests a worker has answered."""
        return self._outcomes[Outcome.SERVED]

    @property
    def timed_out(self) -> int:
        """Workers stopped by the wall clock."""
        return self._outcomes[Outcome.TIMED_OUT]

    @property
    def killed(self) -> int:
        """Workers ended by the kernel, for memory or processor time."""
        return self._outcomes[Outcome.KILLED]

    @property
    def crashed(self) -> int:
        """Workers that died of what they decoded."""
        return self._outcomes[Outcome.CRASHED]

    def _shown(self, *task: bytes, within: timedelta) -> bytes:
        request = Request(task, lambda text: as_jpeg(read_pixels(text)), _none, within)
        return self._taken(request).result()

    def _taken_whole(self, *task: bytes) -> Future[Fingerprint]:
        data = task[-1]
        request = Request(
            task,
            read,
            partial(_only_digests, lambda: iter((data,))),
            self.limits.max_seconds,
        )
        try:
            self.limits.check_bytes(len(data))
        except MediaError as error:  # no worker would look into it
            request.answer.set_result(request.without(str(error)))
            return request.answer
        return self._taken(request)

    def _taken(self, request: Request[T]) -> Future[T]:
        request.answer.set_running_or_notify_cancel()  # a worker's work cannot be taken back
        with self._lock:
            if not self._open:
                raise OutsideError("The workers are closed; open the sandbox again.")
            self.waiting += 1
        self._requests.put(request)
        return request.answer

    def _serve(self, keeper: Keeper) -> None:
        """A thread's life: hand one request after another to its keeper's worker, whatever happens."""
        while True:
            try:
                if self._open:
                    keeper.get_ready()
            except Exception:
                log.exception("A worker could not be made ready.")
            try:
                request = self._requests.get(timeout=LOOKED_AFTER)
            except Empty:
                continue
            if request is None:
                break
            self._answer(request, keeper)
        keeper.let_go()

    def _answer(self, request: Request[Any], keeper: Keeper) -> None:
        try:
            found = self._found(request, keeper)
        except InputError as error:
            self._count(Outcome.SERVED)
            request.answer.set_exception(error)
        except Lost as lost:
            self._count(lost.outcome)
            _answer_without(request, str(lost))
        except Exception as error:
            log.exception("A request could not be handed to a worker.")
            keeper.let_go()  # half a request may be on its way
            self._count(Outcome.CRASHED)
            _answer_without(request, f"No worker could be asked ({type(error).__name__}).")
        else:
            self._count(Outcome.SERVED)
            request.answer.set_result(found)

    def _found(self, request: Request[Any], keeper: Keeper) -> Any:  # noqa: ANN401 - whatever the request reads
        """What a worker finds; where one died of a video, what the next finds in the time left without its sound."""
        until = time.monotonic() + request.within.total_seconds()
        tell, understood = request.tell, request.read
        try:
            return keeper.ask(*request.task, within=request.within, tell=tell, read=understood)
        except Lost as lost:
            if lost.outcome is not Outcome.CRASHED or not _is_video(*request.task):
                raise
            left = timedelta(seconds=max(until - time.monotonic(), 0.1))
            try:
                found = keeper.ask(DEAF, *request.task, within=left, tell=tell, read=understood)
            except Lost:
                raise lost from None
            with self._lock:
                self._outcomes[Outcome.CRASHED] += 1
            return found

    def _count(self, outcome: Outcome) -> None:
        with self._lock:
            self.waiting -= 1
            self._outcomes[outcome] += 1

    def _abandon(self) -> None:
        """Take every request nobody has begun, and end the workers in the middle of the others."""
        while True:
            try:
                request = self._requests.get_nowait()
            except Empty:
                break
            if request is not None:
                with self._lock:
                    self.waiting -= 1
                _answer_without(request, "The workers were closed before they looked into it.")
        self._nursery.close()


def _is_video(*task: bytes) -> bool:
    """Whether what is to be looked into begins like a video; a preview and a text are none."""
    how, data = task[-2:]
    head = data[:HEAD] if how == BYTES else b""
    if how in (FILE, LONG):
        head = _head(Path(data.decode(errors="surrogateescape")))
    return kind_of(media_type(head)) is Kind.VIDEO


def _with(*, crops: bool) -> tuple[bytes, ...]:
    return (CROPS,) if crops else ()


def _answer_without(request: Request[Any], reason: str) -> None:
    """Answer without a worker. Somebody waits, so never raise."""
    try:
        request.answer.set_result(request.without(reason))
    except InputError as error:
        request.answer.set_exception(error)
    except OSError as error:  # the file has gone meanwhile
        request.answer.set_exception(InputError(f"The file cannot be read again: {error}"))
    except Exception:
        log.exception("A request could not be answered.")
        request.answer.set_exception(OutsideError(f"{reason} Its digests cannot be taken either."))


def _only_digests(again: Callable[[], Iterator[bytes]], reason: str) -> Fingerprint:
    """The exact digests, computed here: hashing is safe on any bytes, which `again` reads once more."""
    return fingerprint_unread(again(), reason=reason)


def _head(path: Path) -> bytes:
    """How the file begins; whoever reads it hears why it cannot be read."""
    with suppress(InputError, OSError), opened(path) as file:
        return file.read(HEAD)
    return b""


def _named(path: Path) -> bytes:
    return str(path.absolute()).encode(errors="surrogateescape")


def _none(reason: str) -> bytes:
    raise MediaError(f"{reason} There is no preview.")


def _read_again(path: Path) -> Iterator[bytes]:
    with opened(path) as file:
        yield from chunks(file)
