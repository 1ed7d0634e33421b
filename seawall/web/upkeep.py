"""
What a worker does between requests: it keeps the indexes in step and small, its counts fresh and old answers few.

What has become known is looked up among what was let through before; one worker does so for all. Rulings whose undo
window is over are carried out, and those with an end are ended, by whichever worker comes first, the one where a
ruling was given at once; a ruling that waits never waits for looking back.
Media kept for cases goes when its time has come.
"""

import secrets
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import structlog

from seawall.app import App
from seawall.clock import now
from seawall.errors import Error
from seawall.sandbox.sandbox import Sandbox
from seawall.web.metrics import Metrics
from seawall.workflows.carrying_out import carry_out_due
from seawall.workflows.cases import wake_due
from seawall.workflows.ending import end_due
from seawall.workflows.retroaction import look_back
from seawall.workflows.sealing import delete_due, sweep

SECONDS_BETWEEN = 0.25  # a ruling is carried out, and a new entry looked back for, within a second
ANSWERS_KEPT = timedelta(hours=24)  # how long a request may be repeated under its Idempotency-Key
REPORTS_KEPT = timedelta(days=30)  # the same for counts that a member tells: it may have been away
SWEEP_EVERY = 2_400  # rounds

log = structlog.get_logger("seawall.upkeep")


class Upkeep:
    """A thread that looks round four times a second, and when a ruling is given."""

    def __init__(
        self, app: App, sandbox: Sandbox, metrics: Metrics, *, on_carried: Callable[[], None]
    ) -> None:
        """`on_carried` is called when rulings were carried out or ended: their messages wait to be sent."""
        self._app = app
        self._sandbox = sandbox
        self._metrics = metrics
        self._on_carried = on_carried
        self._stuck: dict[str, str] = {}  # what could not be carried out, and the reason last told
        self._stopped = threading.Event()
        self._stirred = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="upkeep", daemon=True)
        self._thread.start()

    def stir(self) -> None:
        """A ruling was given or approved: it may be due already, so look now."""
        self._stirred.set()

    def close(self) -> None:
        """Finish this round, then stop."""
        self._stopped.set()
        self.stir()
        self._thread.join()

    def _serve(self) -> None:
        rounds = 0
        while not self._rested():
            rounds += 1
            try:
                self._round(sweeping=rounds % SWEEP_EVERY == 1)
            except (
                Error
            ) as failed:  # the database may be away for a while: the next round tries again
                log.warning("upkeep failed", reason=str(failed))
            except Exception:
                log.exception("upkeep broke")

    def _rested(self) -> bool:
        """Wait for the next round, or for a ruling; whether it is all over instead."""
        self._stirred.wait(SECONDS_BETWEEN)
        self._stirred.clear()
        return self._stopped.is_set()

    def _round(self, *, sweeping: bool) -> None:
        self._carry_out()
        self._keep_in_step()
        looking_back = look_back(
            memory=self._app.memory,
            knowledge=self._app.knowledge,
            ledger=self._app.ledger,
            chance=secrets.SystemRandom().random,
            now=now,
        )
        with closing(looking_back):  # whoever stops in the middle lets others go on
            for _ in looking_back:
                self._keep_in_step()
                self._carry_out()
                if self._stopped.is_set():
                    return
        if sweeping:
            self._sweep()

    def _sweep(self) -> None:
        memory, safe, moment = self._app.memory, self._app.safe, now()
        with memory.transaction() as stores:
            stores.replies.forget(before=moment - ANSWERS_KEPT, lasting=moment - REPORTS_KEPT)
            stores.people.forget_old_attempts(at=moment)
        delete_due(safe=safe, memory=memory, now=moment)
        sweep(safe=safe, memory=memory, now=moment)

    def _carry_out(self) -> None:
        wake_due(self._app.memory, now=now())
        memory, bench = self._app.memory, self._app.bench()
        done = carry_out_due(memory, bench=bench, now=now(), on_stuck=self._say_stuck)
        done += end_due(memory, bench=bench, now=now(), on_stuck=self._say_stuck)
        if done:
            self._on_carried()

    def _say_stuck(self, ident: str, failed: Error) -> None:
        """Once for each reason: it is tried again four times a second."""
        if self._stuck.get(ident) != str(failed):
            self._stuck[ident] = str(failed)
            log.error("this cannot be carried out", subject=ident, reason=str(failed))

    def _keep_in_step(self) -> None:
        self._app.knowledge.refresh()
        self._app.knowledge.merge()
        self._metrics.decoded(self._sandbox)
