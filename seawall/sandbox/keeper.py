"""
A keeper has one worker, and gets another when it is lost or spent.

    task ─▶ worker ──▶ found, refused
               ├─ too long ─▶ stopped
               └─ died ─▶ its exit status says of what
"""

import signal
from collections.abc import Callable
from datetime import timedelta
from enum import Enum, auto
from typing import TypeVar

from seawall.errors import InputError, OutsideError
from seawall.media.limits import MediaLimits
from seawall.sandbox.nursery import Nursery, Worker
from seawall.sandbox.wire import FOUND, REFUSED, SPENT

T = TypeVar("T")

TASKS_PER_WORKER = 1000  # then it is replaced, so that no leak in a decoder adds up
_ENDED_BY_LIMITS = (-signal.SIGKILL, -signal.SIGXCPU)


class Outcome(Enum):
    """How a request ended."""

    SERVED = auto()  # a worker answered, if only that there is nothing to read
    TIMED_OUT = auto()  # stopped by the wall clock
    KILLED = auto()  # by the kernel, for memory or processor time
    CRASHED = auto()  # of a decoder


class Lost(Exception):
    """No worker could answer; the message is the sentence to show."""

    def __init__(self, outcome: Outcome, sentence: str) -> None:
        super().__init__(sentence)
        self.outcome = outcome


class Keeper:
    """One worker after another."""

    def __init__(self, nursery: Nursery, limits: MediaLimits) -> None:
        self._nursery = nursery
        self._limits = limits
        self._worker: Worker | None = None
        self._tasks = 0  # this worker has answered

    @property
    def alive(self) -> bool:
        """Whether there is a worker, and it lives."""
        worker = self._worker
        return worker is not None and worker.alive

    def get_ready(self) -> None:
        """Have a living worker before anybody needs it; where none can be had, who needs it hears why."""
        if not self.alive:
            self.let_go()
        try:
            self._hatch()
        except OutsideError:
            return

    def ask(self, *task: bytes, read: Callable[[bytes], T], within: timedelta | None = None) -> T:
        """
        What the worker finds, as `read` understands it; a ValueError of that means that nobody does.

        within: how long it may take; the limits' `max_seconds` where nothing is said.

        Raises:
            InputError: What the worker was asked to read cannot be read.
            Lost: The worker did not survive it, or there is none.

        """
        answer = self._answered(task, within or self._limits.max_seconds)
        self._tasks += 1
        if answer.startswith(SPENT) or self._tasks >= TASKS_PER_WORKER:
            self.let_go()
        content = bytes(answer[1:])
        if content.startswith(FOUND):
            return self._understood(content.removeprefix(FOUND), read)
        words = content.partition(b":")[2].decode(errors="replace")
        if content.startswith(REFUSED):
            raise InputError(words)
        raise Lost(Outcome.CRASHED, f"The decoder failed on it ({words}).")

    def let_go(self) -> int:
        """End the worker; its exit status."""
        worker, self._worker, self._tasks = self._worker, None, 0
        return self._nursery.end(worker) if worker else 0

    def _hatch(self) -> Worker:
        self._worker = self._worker or self._nursery.fork()
        return self._worker

    def _answered(
        self, task: tuple[bytes, ...], within: timedelta, *, again: bool = True
    ) -> bytearray:
        try:
            return self._hatch().ask(*task, within=within)
        except OutsideError as error:
            raise Lost(Outcome.CRASHED, str(error)) from error
        except TimeoutError as error:
            self.let_go()
            seconds = self._limits.max_seconds.total_seconds()
            raise Lost(
                Outcome.TIMED_OUT,
                f"Looking into it took longer than {seconds:g} seconds and was stopped.",
            ) from error
        except ConnectionError as error:
            if again:  # it had died before it took the task, which is no fault of the task's
                self.let_go()
                return self._answered(task, within, again=False)
            raise self._died() from error
        except EOFError as error:
            raise self._died() from error

    def _died(self) -> Lost:
        status = self.let_go()
        if status in _ENDED_BY_LIMITS:
            return Lost(
                Outcome.KILLED,
                "Looking into it took more memory or processor time than one upload may use"
                f" (signal {-status}).",
            )
        return Lost(Outcome.CRASHED, f"The decoder crashed on it (exit status {status}).")

    def _understood(self, text: bytes, read: Callable[[bytes], T]) -> T:
        try:
            return read(text)
        except ValueError as error:
            self.let_go()  # whatever it is now, it is not our worker any more
            raise Lost(Outcome.CRASHED, "The decoder answered something else.") from error
