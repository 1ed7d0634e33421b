"""The one place where everything is put together."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from seawall.clock import now
from seawall.policy.category import Taxonomy
from seawall.policy.taxonomy import taxonomy
from seawall.sandbox.sandbox import Sandbox
from seawall.settings import Settings
from seawall.storage.memory import Memory
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.rule import put_starting_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A running Seawall: its settings, what it remembers and what it knows."""

    settings: Settings
    memory: Memory
    knowledge: Knowledge
    taxonomy: Taxonomy


@contextmanager
def open_app(settings: Settings) -> Iterator[App]:
    """
    Seawall over its home, made ready if it is new.

    Raises:
        StorageError: The home or the database cannot be used.

    """
    memory = Memory(settings.database_url())
    try:
        with memory.transaction() as stores:
            put_starting_rules(stores=stores, now=now())
        categories = taxonomy(settings.categories)
        knowledge = Knowledge(
            memory,
            settings.home / "index",
            taxonomy=categories,
            least_distance=settings.screening.least_distance,
            look_every=_look_every(memory),
        )
        try:
            yield App(settings=settings, memory=memory, knowledge=knowledge, taxonomy=categories)
        finally:
            knowledge.close()
    finally:
        memory.close()


def open_sandbox(settings: Settings) -> Sandbox:
    """Worker processes for strangers' bytes, one for each processor unless the settings say otherwise."""
    return Sandbox(
        settings.media,
        workers=settings.server.decoders or _processors(),
        orientations=settings.screening.orientations,
    )


def _processors() -> int:
    # A container may be given fewer than the machine has; only Linux tells.
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _look_every(memory: Memory) -> timedelta:
    # Asking SQLite costs microseconds; asking PostgreSQL costs a round trip, so 50 ms may pass between two.
    return timedelta(0) if memory.dialect == "sqlite" else timedelta(milliseconds=50)
