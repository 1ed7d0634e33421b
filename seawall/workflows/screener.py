"""
Screening in the background: one process of a home does it, with workers of its own, so that it holds up nobody.

    lock ─▶ take up what waits, at once after a commit of ours and twice a second ─▶ worker ─▶ verdict, file gone
                                                                                └─ how far it is, as often
"""

import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from seawall.errors import Error, InputError, WrongState
from seawall.index.files import only_writer
from seawall.sandbox.sandbox import Sandbox
from seawall.screening.verdict import Verdict
from seawall.signals.fingerprint import Fingerprint
from seawall.storage.group_commit import GroupCommit
from seawall.storage.memory import Memory, Stores
from seawall.storage.screenings import Screening
from seawall.storage.spool import Spool
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.screenings import (
    MOST_TRIES,
    context_of,
    fail,
    finish,
    is_hopeless,
    sweep,
    take_up,
)
from seawall.workflows.sealing import Safe, keep_file
from seawall.workflows.upload import screen_upload

log = logging.getLogger("seawall.screener")

LOOK_EVERY = 0.5  # seconds: what another process has accepted begins within as much
PAUSE = 5.0  # seconds after the database was away
SWEEP_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What screening in the background needs, and whom it tells."""

    memory: Memory
    spool: Spool
    knowledge: Knowledge
    safe: Safe
    commits: GroupCommit
    keep_ledger: bool
    at_once: int
    open_sandbox: Callable[[], Sandbox]  # with so many workers; opened when it is first needed
    on_verdict: Callable[[Verdict], None]
    now: Callable[[], datetime]


class Screener:
    """Screens what was accepted until it is closed; what it is in the middle of is begun anew by the next."""

    def __init__(self, given: Screened) -> None:
        self._given = given
        self._sandbox: Sandbox | None = None
        self._doing: dict[str, Future[None]] = {}
        self._shares: dict[str, float] = {}  # how far each is, where that has not been written yet
        self._swept: datetime | None = None
        self._stopped = threading.Event()
        self._leaving = threading.Event()  # what is under way ends without a verdict
        self._stirred = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="screener", daemon=True)
        self._thread.start()

    def stir(self) -> None:
        """Something was accepted: look now."""
        self._stirred.set()

    def close(self) -> None:
        """Leave what is under way, then stop."""
        self._stopped.set()
        self.stir()
        self._thread.join()

    def _serve(self) -> None:
        folder = self._given.spool.folder.parent
        while not self._stopped.is_set():
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with only_writer(folder, wait=False) as mine:
                    if mine:
                        self._work()
            except (OSError, Error) as failed:
                log.warning("screening in the background is not possible now: %s", failed)
            except Exception:
                log.exception("screening in the background broke")
            self._stopped.wait(LOOK_EVERY)

    def _work(self) -> None:
        self._leaving.clear()
        with ThreadPoolExecutor(self._given.at_once, "screening") as pool:
            try:
                while not self._stopped.is_set():
                    self._stirred.clear()
                    try:
                        self._round(pool)
                    except Error as failed:  # the database may be away for a while
                        log.warning("what waits cannot be read now: %s", failed)
                        self._stopped.wait(PAUSE)
                    self._stirred.wait(LOOK_EVERY)
            finally:
                self._leave()

    def _round(self, pool: ThreadPoolExecutor) -> None:
        self._doing = {ident: each for ident, each in self._doing.items() if not each.done()}
        self._tell()
        self._begin(pool)
        moment = self._given.now()
        if self._swept is None or moment - self._swept >= SWEEP_EVERY:
            sweep(self._given.memory, spool=self._given.spool, now=moment)
            self._swept = moment

    def _begin(self, pool: ThreadPoolExecutor) -> None:
        free = self._given.at_once - len(self._doing)
        if not free:
            return
        taken = take_up(
            self._given.memory,
            spool=self._given.spool,
            most=free,
            besides=self._doing,
            now=self._given.now(),
        )
        for screening in taken:
            if self._sandbox is None:
                self._sandbox = self._given.open_sandbox()
            self._doing[screening.id] = pool.submit(self._screen, screening, self._sandbox)

    def _tell(self) -> None:
        shares, self._shares = self._shares, {}
        if not shares:
            return
        with self._given.memory.transaction() as stores:
            for ident, share in shares.items():
                stores.screenings.tell(ident, share, at=self._given.now())

    def _screen(self, screening: Screening, sandbox: Sandbox) -> None:
        """One of them, in a thread of its own; what goes wrong on our side is tried again."""
        try:
            self._finish(screening, sandbox)
        except WrongState as ended:
            log.warning("%s", ended)
        except Error as failed:
            log.warning("%s: %s", screening.id, failed)
            self._leaving.wait(PAUSE)
        except Exception:
            log.exception("screening %s broke", screening.id)
            self._leaving.wait(PAUSE)
        finally:
            self.stir()

    def _finish(self, screening: Screening, sandbox: Sandbox) -> None:
        def tell(share: float) -> None:
            self._shares[screening.id] = share

        path = self._given.spool.path(screening.path)
        if is_hopeless(screening):
            self._fail(screening, f"It was begun {MOST_TRIES} times, and nobody survived it.")
            return
        try:
            found = sandbox.submit_file(path, tell=tell).result()
        except InputError as unreadable:
            self._fail(screening, str(unreadable))
            return
        if not self._leaving.is_set():  # else all that was found is that the workers were closed
            self._remember(screening, found)

    def _fail(self, screening: Screening, reason: str) -> None:
        moment = self._given.now()
        self._commit(lambda stores: fail(screening, reason, stores=stores, now=moment))
        self._given.spool.remove(screening.path)

    def _remember(self, screening: Screening, found: Fingerprint) -> None:
        given, moment = self._given, self._given.now()
        upload = screen_upload(
            found,
            context_of(screening),
            knowledge=given.knowledge,
            chance=secrets.SystemRandom().random(),
            now=moment,
        )
        media = keep_file(given.spool.path(screening.path), upload, safe=given.safe)
        self._commit(
            lambda stores: finish(
                screening,
                upload,
                media,
                keep_ledger=given.keep_ledger,
                stores=stores,
                now=moment,
            )
        )
        given.spool.remove(screening.path)
        given.on_verdict(upload.verdict)

    def _commit(self, story: Callable[[Stores], None]) -> None:
        self._given.commits.submit(story).result()

    def _leave(self) -> None:
        """End the workers in the middle of what they do; it is begun anew."""
        self._leaving.set()
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close(abandon=True)
