"""What a worker does between requests: it keeps the index in step and small, its counts fresh and old answers few."""

import threading
from datetime import timedelta

import structlog

from seawall.app import App
from seawall.clock import now
from seawall.errors import Error
from seawall.sandbox.sandbox import Sandbox
from seawall.web.metrics import Metrics

SECONDS_BETWEEN = 1.0
ANSWERS_KEPT = timedelta(hours=24)  # how long a request may be repeated under its Idempotency-Key
SWEEP_EVERY = 600  # rounds

log = structlog.get_logger("seawall.upkeep")


class Upkeep:
    """A thread that looks round every second."""

    def __init__(self, app: App, sandbox: Sandbox, metrics: Metrics) -> None:
        self._app = app
        self._sandbox = sandbox
        self._metrics = metrics
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="upkeep", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish this round, then stop."""
        self._stopped.set()
        self._thread.join()

    def _serve(self) -> None:
        rounds = 0
        while not self._stopped.wait(SECONDS_BETWEEN):
            rounds += 1
            try:
                self._round(sweep=rounds % SWEEP_EVERY == 1)
            except (
                Error
            ) as failed:  # the database may be away for a while: the next round tries again
                log.warning("upkeep failed", reason=str(failed))
            except Exception:
                log.exception("upkeep broke")

    def _round(self, *, sweep: bool) -> None:
        self._app.knowledge.refresh()
        self._app.knowledge.merge()
        self._metrics.decoded(self._sandbox)
        if sweep:
            with self._app.memory.transaction() as stores:
                stores.replies.forget(before=now() - ANSWERS_KEPT)
