"""The worker processes that the settings ask for; apart from `app`, so that a command can start them first of all."""

import os
import sys
from typing import TYPE_CHECKING

from seawall.sandbox.nursery import Nursery
from seawall.settings import Settings

if TYPE_CHECKING:
    from seawall.sandbox.sandbox import Sandbox


def open_sandbox(
    settings: Settings, *, for_each_processor: int = 1, workers: int | None = None
) -> "Sandbox":
    """
    Worker processes for strangers' bytes; they get ready in the background.

    Unless `workers` or the settings say how many, there are so many `for_each_processor`: with two, one decodes while
    the other's answer is read, which suits a command that has the machine to itself.
    """
    orientations = settings.screening.orientations
    nursery = Nursery(settings.media, orientations=orientations).begin()
    from seawall.sandbox.sandbox import Sandbox  # noqa: PLC0415 - takes as long to load as the nursery does

    return Sandbox(
        settings.media,
        workers=workers or settings.server.decoders or for_each_processor * _processors(),
        orientations=orientations,
        nursery=nursery,
    )


def _processors() -> int:
    # A container may be given fewer than the machine has; only Linux tells.
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
