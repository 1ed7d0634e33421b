"""
A stranger's bytes are looked into by processes that may die of them, and the service goes on.

    bytes ─▶ worker ──▶ fingerprint
               └─ bomb, hang, crash ─▶ exact digests, and a sentence for what is missing

Never silently open: whatever ends a worker costs its own request the signals that need decoding, which the
fingerprint names as failed; the next request is served by a fresh worker.
"""

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from seawall.errors import InputError, OutsideError
from seawall.media.limits import MediaLimits
from seawall.sandbox.bounds import UNBOUNDED
from seawall.sandbox.worker import PRELOAD, chunks, look_into, look_into_file, opened, prepare
from seawall.signals.fingerprint import Fingerprint, fingerprint_unread

TASKS_PER_WORKER = 1000  # then it is replaced, so that no leak in a decoder adds up
_METHOD = "spawn" if sys.platform == "win32" else "forkserver"
_ENDED_BY_LIMITS = {-getattr(signal, name, 0) for name in ("SIGKILL", "SIGXCPU")}


class Sandbox:
    """
    Worker processes that turn strangers' bytes into fingerprints; a context manager.

    Workers are forked from a process that has everything loaded, which takes milliseconds; that process takes
    a second to start, and does so when the sandbox is entered. As with every use of `multiprocessing`, a
    script that opens one does so under `if __name__ == "__main__":`.

    Its counters are for health pages: `served` by a worker; `timed_out` by the wall clock; `killed` by the kernel
    for memory or processor time; `crashed` of a decoder. `unbounded` says which limits this system lacks.
    """

    unbounded = UNBOUNDED

    def __init__(self, limits: MediaLimits, *, workers: int, orientations: bool) -> None:
        self.limits = limits
        self.workers = workers
        self.orientations = orientations
        self.served = self.timed_out = self.killed = self.crashed = 0
        self.waiting = 0  # requests not answered yet
        self._counting = Lock()
        context = multiprocessing.get_context(_METHOD)
        context.set_forkserver_preload([PRELOAD])
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=TASKS_PER_WORKER,
            initializer=prepare,
            initargs=(limits,),
            context=context,
        )
        self._aftermath = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-aftermath")

    def __enter__(self) -> Self:
        self.submit(b"")  # starts the workers while the caller gets ready
        return self

    def __exit__(
        self, error: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self.close(abandon=error is not None)

    @property
    def alive(self) -> bool:
        """Whether requests are still taken."""
        return bool(self._pool.active)

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return self.waiting == 0

    def fingerprint(self, data: bytes) -> Fingerprint:
        """The fingerprint of these bytes, waited for."""
        return self.submit(data).result()

    def submit(self, data: bytes) -> Future[Fingerprint]:
        """The fingerprint of these bytes, once a worker has looked into them."""
        return self._schedule(look_into, data, again=lambda: iter((data,)))

    def submit_file(self, path: Path) -> Future[Fingerprint]:
        """
        The fingerprint of a file, which a worker reads; it may be larger than memory.

        The future raises:
            InputError: The file cannot be read.

        """
        return self._schedule(look_into_file, path, again=partial(_read_again, path))

    def close(self, *, abandon: bool = False) -> None:
        """Answer everybody who waits, or abandon them, and end the workers."""
        if abandon:
            self._pool.stop()  # type: ignore[no-untyped-call]  # pebble's
        else:
            self._pool.close()  # type: ignore[no-untyped-call]  # pebble's
        self._pool.join()
        self._aftermath.shutdown()

    def _schedule(
        self,
        task: Callable[..., Fingerprint],
        given: bytes | Path,
        *,
        again: Callable[[], Iterator[bytes]],
    ) -> Future[Fingerprint]:
        """Have a worker do the task; `again` reads the same bytes should the worker not survive it."""
        answer: Future[Fingerprint] = Future()
        answer.set_running_or_notify_cancel()  # a worker's minute cannot be taken back
        try:
            doing = self._pool.schedule(
                task,
                args=(given, self.limits),
                kwargs={"orientations": self.orientations},
                timeout=self.limits.max_seconds.total_seconds(),
            )
        except RuntimeError as error:
            raise OutsideError("The workers are closed; open the sandbox again.") from error
        with self._counting:
            self.waiting += 1
        doing.add_done_callback(partial(self._settle, answer, again))
        return answer

    def _settle(
        self,
        answer: Future[Fingerprint],
        again: Callable[[], Iterator[bytes]],
        done: Future[Fingerprint],
    ) -> None:
        """Hand on what the worker found, or find out what can be known without it."""
        error = CancelledError() if done.cancelled() else done.exception()
        with self._counting:
            self.waiting -= 1
            reason = self._counted(error)
        if error is None:
            answer.set_result(done.result())
        elif isinstance(error, InputError):
            answer.set_exception(error)
        else:
            self._aftermath.submit(_answer_without, answer, again, reason)

    def _counted(self, error: BaseException | None) -> str:
        """Count how a request ended, and say why no worker could answer it."""
        match error:
            case None | InputError():
                self.served += 1
                return ""
            case CancelledError():
                return "The workers were closed before they looked into it; send it again."
            case TimeoutError():
                self.timed_out += 1
                limit = self.limits.max_seconds.total_seconds()
                return f"Looking into it took longer than {limit:g} seconds and was stopped."
            case ProcessExpired(exitcode=code) if code in _ENDED_BY_LIMITS:
                self.killed += 1
                return (
                    "Looking into it took more memory or processor time than one upload may use"
                    f" (signal {-code})."
                )
            case ProcessExpired(exitcode=code):
                self.crashed += 1
                return f"The decoder crashed on it (exit status {code})."
            case _:
                self.crashed += 1
                return f"The decoder failed on it ({type(error).__name__}: {error})."


def _answer_without(
    answer: Future[Fingerprint], again: Callable[[], Iterator[bytes]], reason: str
) -> None:
    """Answer with the exact digests, computed here: hashing is safe on any bytes."""
    try:
        answer.set_result(fingerprint_unread(again(), reason=reason))
    except (InputError, OSError) as error:  # the file has gone meanwhile
        answer.set_exception(InputError(f"The file cannot be read again: {error}"))


def _read_again(path: Path) -> Iterator[bytes]:
    with opened(path) as file:
        yield from chunks(file)
