"""
Where workers come from: one process that has everything loaded, and forks a worker in milliseconds.

    service ──fork──▶ nursery ──fork──▶ worker ◀──tasks, answers──▶ service
            ──end───▶         ──kill──▶

Both sides are here. The service never forks itself, so a worker holds none of its memory, files or secrets: the
nursery is a fresh interpreter with a bare environment. It ends when the service does, and its workers with it.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Self

import orjson

from seawall.errors import OutsideError
from seawall.media.content import Tell
from seawall.media.limits import MIB, MediaLimits
from seawall.sandbox.frames import HUNDRED, LARGEST_ANSWER, SO_FAR, receive, send
from seawall.signals.embedding_config import EmbeddingConfig

PATIENCE = 120.0  # seconds to load everything; the first time on a machine, kernels are compiled
FORK, END = b"fork:", b"end:"
READY, UNUSABLE = b"ready", b"unusable:"  # after the last, a sentence: what it cannot load, and why
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "NUMBA_")
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_UNTOLD = {"ORT_DISABLE_TELEMETRY": "1"}  # ONNX Runtime from 1.29 on, should somebody install that
# glibc gives a picture's memory back to the kernel after each task, and asking for it again costs a fifth of the work.
KEEP_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(64 * MIB),
    "MALLOC_MMAP_THRESHOLD_": str(32 * MIB),  # the most it takes
}
_LONGEST_SENTENCE = 4096  # bytes
_COMMAND = "from seawall.sandbox.zygote import main; main()"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, as the service holds it."""

    pid: int
    channel: socket.socket
    generation: int  # of the nursery it was forked from; another one does not know it

    @property
    def alive(self) -> bool:
        """Whether its end of the channel is open, which the kernel closes when it dies."""
        look = select.poll()
        try:
            look.register(self.channel, 0)  # a hang-up is told unasked
        except ValueError:  # it has just been let go
            return False
        return not look.poll(0)

    def ask(self, *task: bytes, within: timedelta, tell: Tell) -> bytearray:
        """
        Its answer to a task; `tell` hears how far it is, as far as it says so and goes forward.

        Raises:
            ConnectionError, EOFError: It died.
            TimeoutError: It did not answer in time.

        """
        until = time.monotonic() + within.total_seconds()
        self.channel.settimeout(within.total_seconds())
        send(self.channel, *task)
        told = 0
        while True:
            frame = receive(self.channel, largest=LARGEST_ANSWER, until=until)
            if len(frame) != len(SO_FAR) + 1 or not frame.startswith(SO_FAR):
                return frame
            if not told < frame[-1] < HUNDRED:  # it would say so for ever
                return frame
            told = frame[-1]
            tell(told / HUNDRED)


class Nursery:
    """The service's hold on the nursery, which it starts when it first needs a worker, and again should it die."""

    def __init__(
        self,
        limits: MediaLimits,
        *,
        orientations: bool,
        embedding: EmbeddingConfig | None = None,
    ) -> None:
        """Workers make embeddings with the model of `embedding`, if there is one."""
        self._task = orjson.dumps(
            {
                "limits": limits.numbers(),
                "orientations": orientations,
                "embedding": embedding,
            },
            default=timedelta.total_seconds,
        )
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._loaded = False  # it has said that it has loaded everything
        self._generation = 0  # nurseries started so far

    def begin(self) -> Self:
        """Start it now, to load in the background, rather than when a worker is first needed."""
        with self._lock, suppress(OSError):  # whoever needs a worker hears why there is none
            self._start()
        return self

    def await_loaded(self) -> None:
        """
        Have everything loaded before anybody needs it.

        Raises:
            OutsideError: The operator's model cannot be used, or no process can be started.

        """
        self.end(self.fork())

    def fork(self) -> Worker:
        """
        A fresh worker.

        Raises:
            OutsideError: The operator's model cannot be used, or no process can be started.

        """
        with self._lock:
            for last_try in (False, True):
                try:
                    mine, its = socket.socketpair()
                except OSError as error:  # no fault of the nursery, which others' workers need
                    raise OutsideError(
                        f"No worker process can be reached: {error.strerror}."
                    ) from error
                try:
                    with its:
                        channel = self._channel or self._start()
                        self._await_loaded(channel)
                        socket.send_fds(channel, [FORK], [its.fileno()])
                        pid = int(receive(channel, largest=32))
                        return Worker(pid, mine, self._generation)
                except OutsideError:
                    mine.close()
                    self._stop()
                    raise
                except (OSError, EOFError, ValueError) as error:
                    mine.close()
                    self._stop()
                    if last_try:
                        raise OutsideError(
                            "No worker process can be started; see its last words on the service's error output."
                        ) from error
        raise AssertionError("The last try returns or raises.")

    def end(self, worker: Worker) -> int:
        """
        End a worker if it lives still; its exit status, the negative of a signal's number.

        A worker of an earlier nursery died with it, and its number may be another process's by now.
        """
        worker.channel.close()
        with self._lock:
            try:
                if self._channel is None or worker.generation != self._generation:
                    return -signal.SIGKILL
                self._channel.sendall(END + str(worker.pid).encode())
                return int(receive(self._channel, largest=32))
            except (OSError, EOFError, ValueError):  # the nursery is gone, and its workers with it
                self._stop()
                return -signal.SIGKILL

    def close(self) -> None:
        """End the nursery, and with it every worker."""
        with self._lock:
            self._stop()

    def _start(self) -> socket.socket:
        mine, its = socket.socketpair()
        self._channel = mine
        self._generation += 1
        with its:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-c", _COMMAND, str(its.fileno())],
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_bare_environment(),
                process_group=0,  # a terminal's Ctrl-C is meant for the service
            )
        mine.settimeout(PATIENCE)
        send(mine, self._task)
        return mine

    def _await_loaded(self, channel: socket.socket) -> None:
        if not self._loaded:
            said = receive(channel, largest=_LONGEST_SENTENCE)
            if said.startswith(UNUSABLE):
                raise OutsideError(said.removeprefix(UNUSABLE).decode(errors="replace"))
            self._loaded = True

    def _stop(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self._loaded = False
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _bare_environment() -> dict[str, str]:
    """What a Python needs to find its packages, and none of the service's secrets."""
    passed_on = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)  # noqa: PTH100 - entries may be zip files
    return {**passed_on, "PYTHONPATH": path, **_ONE_THREAD, **_UNTOLD, **KEEP_MEMORY}
