"""
Screening in the background: one process of a home does it, with workers of its own, so that it holds up nobody.

    lock ─▶ take up what waits, at once after a commit of ours and twice a second ─▶ worker ─▶ verdict, file gone
                                                     ▲                          ├─ how far it is, as often
                                     └──── later, each time ────┴─ a fault of ours: it was not begun
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from seawall.errors import Error, InputError, OutsideError, WrongState
from seawall.index.files import only_writer
from seawall.sandbox.sandbox import Sandbox
from seawall.sandbox.worker import chunks, opened
from seawall.screening.verdict import Verdict
from seawall.signals.fingerprint import Fingerprint, fingerprint_unread
from seawall.storage.group_commit import GroupCommit
from seawall.storage.memory import Memory, Stores
from seawall.storage.screenings import Screening
from seawall.storage.spool import Spool
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.screenings import (
    MOST_TRIES,
    context_of,
    fingerprint_of_lost,
    finish,
    is_hopeless,
    sweep,
    take_up,
)
from seawall.workflows.sealing import Safe, keep_file, keep_nothing
from seawall.workflows.upload import screen_upload

log = logging.getLogger("seawall.screener")

LOOK_EVERY = 0.5  # seconds: what another process has accepted begins within as much
PAUSE = 5.0  # seconds after something of ours was away; for one screening twice as long each time
LONGEST_PAUSE = 600.0  # seconds
SWEEP_EVERY = timedelta(minutes=10)
WORN_OUT = f"It was begun {MOST_TRIES} times, and nobody survived it."
GONE = "Its bytes are not where they were put aside any more; send it again."


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


class Rest(NamedTuple):
    """A screening came to nothing so often, and is left alone until then."""

    faults: int
    until: float  # on the monotonic clock


class Screener:
    """Screens what was accepted until it is closed; what it is in the middle of is begun anew by the next."""

    def __init__(self, given: Screened) -> None:
        self._given = given
        self._sandbox: Sandbox | None = None
        self._doing: dict[str, Future[None]] = {}
        self._shares: dict[str, float] = {}  # how far each is, where that has not been written yet
        self._back: deque[Screening] = deque()  # begun, and not done by a fault of ours
        self._rests: dict[str, Rest] = {}
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
                    except (Error, OSError) as failed:  # the database, or memory for workers
                        log.warning("what waits cannot be screened now: %s", failed)
                        self._stopped.wait(PAUSE)
                    self._stirred.wait(LOOK_EVERY)
            finally:
                self._leave()
        self._give_back()

    def _round(self, pool: ThreadPoolExecutor) -> None:
        self._doing = {ident: each for ident, each in self._doing.items() if not each.done()}
        self._tell()
        self._give_back()
        self._begin(pool)
        moment = self._given.now()
        if self._swept is None or moment - self._swept >= SWEEP_EVERY:
            for lost in sweep(self._given.memory, spool=self._given.spool, now=moment):
                self._conclude(lost, GONE)
            self._swept = moment

    def _begin(self, pool: ThreadPoolExecutor) -> None:
        here = self._given.spool.names()
        for gone in set(self._rests) - here:
            del self._rests[gone]
        free, waits = self._given.at_once - len(self._doing), here - self._busy()
        if not free or not waits:
            return
        if self._sandbox is None:  # first: what no worker looks at is not begun
            self._sandbox = self._given.open_sandbox()
        taken = take_up(
            self._given.memory,
            spool=self._given.spool,
            most=free,
            besides=self._busy(),
            now=self._given.now(),
        )
        for screening in taken:
            self._doing[screening.id] = pool.submit(self._screen, screening, self._sandbox)

    def _busy(self) -> set[str]:
        moment = time.monotonic()
        resting = {ident for ident, rest in self._rests.items() if rest.until > moment}
        return {*self._doing, *resting}

    def _tell(self) -> None:
        shares, self._shares = self._shares, {}
        if not shares:
            return
        with self._given.memory.transaction() as stores:
            for ident, share in shares.items():
                stores.screenings.tell(ident, share, at=self._given.now())

    def _give_back(self) -> None:
        back = list(self._back)
        if not back:
            return
        with self._given.memory.transaction() as stores:
            for screening in back:
                stores.screenings.give_back(screening, at=self._given.now())
        for _ in back:
            self._back.popleft()

    def _screen(self, screening: Screening, sandbox: Sandbox) -> None:
        """One of them, in a thread of its own; what goes wrong is tried again, at longer and longer intervals."""
        try:
            self._finish(screening, sandbox)
        except WrongState as ended:
            log.warning("%s", ended)
        except InputError as unreadable:
            log.warning("%s: %s", screening.id, unreadable)
            self._rest(screening)
        except (Error, OSError, MemoryError) as failed:
            log.warning("%s: %s", screening.id, failed)
            self._back.append(screening)
            self._rest(screening)
        except Exception:  # it may be the upload's fault, so this try counts
            log.exception("screening %s broke", screening.id)
            self._rest(screening)
        finally:
            self.stir()

    def _rest(self, screening: Screening) -> None:
        before = self._rests.get(screening.id)
        faults = before.faults + 1 if before else 1
        pause = min(PAUSE * 2 ** (faults - 1), LONGEST_PAUSE)
        self._rests[screening.id] = Rest(faults, time.monotonic() + pause)

    def _finish(self, screening: Screening, sandbox: Sandbox) -> None:
        def tell(share: float) -> None:
            self._shares[screening.id] = share

        path = self._given.spool.path(screening.path)
        if is_hopeless(screening):
            self._conclude(screening, WORN_OUT)
            return
        found = sandbox.submit_file(path, tell=tell).result()
        if self._leaving.is_set():  # all that was found is that
            raise OutsideError("The workers were closed in the middle of it; it is begun anew.")
        self._remember(screening, found, sandbox=sandbox)

    def _conclude(self, screening: Screening, reason: str) -> None:
        """No worker will look into it any more: its digests and the rule for failures decide."""
        try:
            with opened(self._given.spool.path(screening.path)) as file:
                found = fingerprint_unread(chunks(file), reason=reason)
        except (InputError, OSError):
            self._remember(screening, fingerprint_of_lost(screening, reason), lost=reason)
        else:
            self._remember(screening, found)

    def _remember(
        self,
        screening: Screening,
        found: Fingerprint,
        *,
        sandbox: Sandbox | None = None,
        lost: str | None = None,
    ) -> None:
        given, moment = self._given, self._given.now()
        upload = screen_upload(
            found,
            context_of(screening),
            knowledge=given.knowledge,
            chance=secrets.SystemRandom().random(),
            now=moment,
        )
        path = given.spool.path(screening.path)
        media = (
            keep_file(path, upload, safe=given.safe, sandbox=sandbox)
            if lost is None
            else keep_nothing(upload, lost, safe=given.safe)
        )
        self._commit(
            lambda stores: finish(
                screening,
                upload,
                media,
                keep_ledger=given.keep_ledger,
                stores=stores,
                now=moment,
                lost=lost,
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
