"""
Many small stories in one transaction.

A commit waits for the disk; while one waits, the stories that arrive share the next. Each is told of its own outcome,
after the commit that holds it:

    submit ─▶ queue ─▶ [story, story, …] ─▶ one transaction ─▶ every future
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from seawall.errors import StorageError
from seawall.storage.memory import Memory, Stores

T = TypeVar("T")
MOST_PER_COMMIT = 256
PACE = 0.02  # seconds from one commit to the next while several come at a time: a commit costs as much as its stories
Story = Callable[[Stores], Any]


class GroupCommit:
    """A thread that writes for everybody."""

    def __init__(self, memory: Memory, *, on_commit: Callable[[int], None] | None = None) -> None:
        """`on_commit` is told how many stories each commit held."""
        self._memory = memory
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[tuple[Story, Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="group-commit", daemon=True)
        self._thread.start()

    def submit(self, story: Callable[[Stores], T]) -> Future[T]:
        """
        A future of what the story returns, done once its transaction has been committed.

        A story that fails leaves nothing behind and spoils no other. It may be run twice: it must not touch anything
        but its stores.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # from here on it will be written, whoever stops waiting for it
        with self._gate:
            if self._closed:
                raise StorageError(
                    "Seawall is shutting down; nothing was written. Send the request again."
                )
            self._queue.put((story, future))
        return future

    @property
    def alive(self) -> bool:
        """Whether stories are still written."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Finish what was submitted, then stop."""
        with self._gate:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        begun, shared = 0.0, False
        while True:
            batch = [self._queue.get()]
            if shared:  # whoever comes alone never waits
                time.sleep(max(0.0, begun + PACE - time.monotonic()))
            begun = time.monotonic()
            while len(batch) < MOST_PER_COMMIT and not self._queue.empty():
                batch.append(self._queue.get())
            stories = [each for each in batch if each is not None]
            shared = len(stories) > 1
            if stories:
                self._commit(stories)
            if len(stories) < len(batch):
                return

    def _commit(self, stories: list[tuple[Story, Future[Any]]]) -> None:
        try:
            with self._memory.transaction() as stores:
                results = [story(stores) for story, _ in stories]
        except Exception as failed:  # noqa: BLE001 - whatever it is belongs to one of the futures
            if len(stories) == 1:
                stories[0][1].set_exception(failed)
                return
            for each in stories:  # one at a time shows whose it was
                self._commit([each])
            return
        for (_, future), result in zip(stories, results, strict=True):
            future.set_result(result)
        if self._on_commit:
            self._on_commit(len(stories))
