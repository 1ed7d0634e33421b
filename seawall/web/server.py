"""
Where Uvicorn begins: `uvicorn --factory seawall.web.server:create`, or `seawall serve`.

Several workers are processes of one parent; what they count, they count into files of one folder.
"""

import multiprocessing
import os
import shutil
from pathlib import Path

from fastapi import FastAPI

from seawall.settings import Settings, read_settings
from seawall.web.allocator import give_back_memory

COUNTS = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's name for the folder
_PREFIX = "counts-"


def create() -> FastAPI:
    """
    The application over the home named by `SEAWALL_HOME`.

    Raises:
        SettingsError: A setting cannot be understood.

    """
    give_back_memory()
    settings = read_settings(environment=dict(os.environ))
    if multiprocessing.parent_process() is not None:
        _count_together(settings)
    from seawall.web.application import application  # noqa: PLC0415 - prometheus-client looks for the folder on import

    return application(settings)


def _count_together(settings: Settings) -> None:
    place = settings.home / "run"
    folder = place / f"{_PREFIX}{os.getppid()}"
    folder.mkdir(parents=True, exist_ok=True)
    for other in place.glob(f"{_PREFIX}*"):
        if not _runs(other):
            shutil.rmtree(other, ignore_errors=True)
    os.environ.setdefault(COUNTS, str(folder))


def _runs(folder: Path) -> bool:
    try:
        os.kill(int(folder.name.removeprefix(_PREFIX)), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
