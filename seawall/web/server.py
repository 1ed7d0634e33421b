"""
Where Uvicorn begins: `uvicorn --factory seawall.web.server:create`, or `seawall serve`.

Several workers are processes of one parent; what they count, they count into files of one folder.
"""

import multiprocessing
import os

from fastapi import FastAPI

from seawall.settings import Settings, read_settings

COUNTS = "PROMETHEUS_MULTIPROC_DIR"


def create() -> FastAPI:
    """
    The application over the home named by `SEAWALL_HOME`.

    Raises:
        SettingsError: A setting cannot be understood.

    """
    settings = read_settings(environment=dict(os.environ))
    if multiprocessing.parent_process() is not None:
        _count_together(settings)
    from seawall.web.application import application  # noqa: PLC0415 - prometheus-client looks for the folder on import

    return application(settings)


def _count_together(settings: Settings) -> None:
    folder = settings.home / "run" / f"counts-{os.getppid()}"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault(COUNTS, str(folder))
