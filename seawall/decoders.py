"""The worker processes that the settings ask for; apart from `app`, so that a command can start them first of all."""

import os
import sys
from typing import TYPE_CHECKING

from seawall.sandbox.nursery import Nursery
from seawall.settings import Settings

if TYPE_CHECKING:
    from seawall.sandbox.sandbox import Sandbox


def open_sandbox(
    settings: Settings, *, for_each_processor: int = 1, checked: bool = True
) -> "Sandbox":
    """
    Worker processes for strangers' bytes; they get ready in the background.

    Where there is an embedding model it is waited for, unless it shall not be `checked` now: uploads of a sandbox
    whose model cannot be used all fail, and say why.

    Unless the settings say how many, there are so many `for_each_processor`: with two, one decodes while the other's
    answer is read, which suits a command that has the machine to itself.

    Raises:
        OutsideError: The embedding model cannot be used; the sentence says why.

    """
    orientations = settings.screening.orientations
    nursery = _nursery(settings).begin()
    from seawall.sandbox.sandbox import Sandbox  # noqa: PLC0415 - takes as long to load as the nursery does
    from seawall.signals.registry import EMBEDDING  # noqa: PLC0415 - the same

    EMBEDDING.expect(model=bool(settings.embedding.model))
    if settings.embedding.model and checked:
        nursery.await_loaded()
    return Sandbox(
        settings.media,
        workers=settings.server.decoders or for_each_processor * _processors(),
        orientations=orientations,
        nursery=nursery,
    )


def check_model(settings: Settings) -> None:
    """
    Try the embedding model, if there is one, before anything else is started.

    Raises:
        OutsideError: It cannot be used; the sentence says why.

    """
    if settings.embedding.model:
        nursery = _nursery(settings)
        nursery.await_loaded()
        nursery.close()


def _nursery(settings: Settings) -> Nursery:
    embedding = settings.embedding if settings.embedding.model else None
    return Nursery(
        settings.media, orientations=settings.screening.orientations, embedding=embedding
    )


def _processors() -> int:
    # A container may be given fewer than the machine has; only Linux tells.
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
