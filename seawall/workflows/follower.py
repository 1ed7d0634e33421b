"""
Following hubs all the time: one process of a home does it, a thread for each membership.

    lock ─▶ look for memberships, twice a second ─▶ thread: question, apply, tell, report, renew ─▶ question …
"""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable

from seawall.errors import Error, StorageError
from seawall.exchange.membership import Membership, State
from seawall.index.files import only_writer
from seawall.partners.hub import Hub
from seawall.workflows.following import follow
from seawall.workflows.membership import Node
from seawall.workflows.renewing import renew_key
from seawall.workflows.settling import settle
from seawall.workflows.telling import MESSAGES, deliver, report_sightings

log = logging.getLogger("seawall.follower")

LOOK_EVERY = 0.5  # seconds: a membership that another process made is followed within a second
FIRST_PAUSE = 0.25  # seconds after the first failure; each further one doubles it
LONGEST_PAUSE = 30.0
LEAST = (
    0.05  # seconds that a question without an answer takes at least, so that no hub makes us spin
)


class Follower:
    """Follows every membership of a home until it is closed."""

    def __init__(self, node: Node, *, on_change: Callable[[], None]) -> None:
        """`on_change` is called after each commit that changed entries."""
        self._node = node
        self._on_change = on_change
        self._stopped = threading.Event()
        self._threads: dict[str, _Thread] = {}
        self._thread = threading.Thread(target=self._serve, name="follower", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what is being applied, then stop."""
        self._stopped.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                self._node.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with only_writer(self._node.folder, wait=False) as mine:
                    if mine:
                        self._follow()
            except (OSError, Error) as failed:
                log.warning("following is not possible now: %s", failed)
            self._stopped.wait(LOOK_EVERY)

    def _follow(self) -> None:
        try:
            while not self._stopped.wait(LOOK_EVERY):
                self._look()
        finally:
            for each in self._threads.values():
                each.stop()
            for each in self._threads.values():
                while each.is_alive():
                    each.stop()  # again: it may have asked just after it was told
                    each.join(0.1)
            self._threads.clear()

    def _look(self) -> None:
        try:
            with self._node.memory.reading() as stores:
                wanted = {each.id for each in stores.memberships.all()}
        except Error as failed:  # the database may be away for a while
            log.warning("memberships cannot be read now: %s", failed)
            return
        for ident in [ident for ident in self._threads if ident not in wanted]:
            self._threads.pop(ident).stop()
        for ident in wanted:
            if ident not in self._threads or not self._threads[ident].is_alive():
                self._threads[ident] = _Thread(ident, self._node, self._on_change)


class _Thread(threading.Thread):
    """One membership's questions, one after the other."""

    def __init__(self, ident: str, node: Node, on_change: Callable[[], None]) -> None:
        super().__init__(name=f"following-{ident}", daemon=True)
        self._membership = ident
        self._node = node
        self._on_change = on_change
        self._stopped = threading.Event()
        self._hub: Hub | None = None
        self._opened: tuple[str, bytes] | None = None
        self._failures = 0
        self._more = False  # to tell than was told in the last round
        self._reported_at = time.monotonic()
        self.start()

    def stop(self) -> None:
        """Ask nothing more; a question that is open is given up."""
        self._stopped.set()
        if self._hub is not None:
            self._hub.interrupt()

    def run(self) -> None:
        """Until it is stopped, or the membership is no more."""
        try:
            pause = 0.0
            while not self._stopped.wait(pause):
                here = self._round()
                if here is None:
                    return
                pause = self._pause(here)
        finally:
            if self._hub is not None:
                self._hub.__exit__(None, None, None)

    def _round(self) -> Membership | None:
        before = self._read()
        if before is None:
            return None
        try:
            hub = self._client(before)
            begun = time.monotonic()
            after = follow(
                self._membership,
                hub=hub,
                wait=0 if self._more else self._node.wait.total_seconds(),
                node=self._node,
                stopped=self._stopped.is_set,
            )
            if after is None or self._stopped.is_set():
                return after
            if after.position != before.position:
                self._on_change()
            elif time.monotonic() - begun < LEAST:
                self._stopped.wait(LEAST)
            self._tell(after, hub)
        except StorageError as broken:
            log.warning("%s: %s", before.agreement, broken)
            return self._failing(before, broken)
        except Exception as broken:
            log.exception("following %s broke", before.agreement)
            return self._failing(before, broken)
        else:
            return after

    def _tell(self, here: Membership, hub: Hub) -> None:
        if here.state not in (State.FOLLOWING, State.ROLLED_BACK):
            return
        if time.monotonic() - self._reported_at >= self._node.report_every.total_seconds():
            self._reported_at = time.monotonic()
            report_sightings(here, node=self._node)
        done = 0
        for told in deliver(here, hub=hub, node=self._node):
            done += not told.kept
            if told.error:
                log.warning("%s: %s", here.agreement, told.error)
        self._more = done >= MESSAGES
        if self._node.now() - here.key_at >= self._node.renew_key:
            try:
                renew_key(here, hub=hub, node=self._node)
            except StorageError:
                raise
            except Error as failed:  # the next round tries again
                log.warning("%s: the key was not renewed: %s", here.agreement, failed)

    def _client(self, membership: Membership) -> Hub:
        """The hub's client; a new one when the address or the key has changed."""
        wanted = membership.hub, membership.key
        if self._hub is None or self._opened != wanted:
            if self._hub is not None:
                self._hub.__exit__(None, None, None)
            self._hub = self._node.hub_of(membership)
            self._opened = wanted
        return self._hub

    def _read(self) -> Membership | None:
        with self._node.memory.reading() as stores:
            return next((m for m in stores.memberships.all() if m.id == self._membership), None)

    def _failing(self, before: Membership, broken: Exception) -> Membership:
        with contextlib.suppress(
            Error
        ):  # the disk that refused may refuse this too; the log has it
            return settle(before, State.FAILING, self._node, error=str(broken))
        return before

    def _pause(self, here: Membership) -> float:
        if here.state in (State.FOLLOWING, State.JOINED):
            self._failures = 0
            return 0.0
        self._failures += 1
        asked = self._hub.pause if self._hub is not None else 0.0
        grown = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(self._failures - 1, 10)))
        return max(asked, grown * random.uniform(0.5, 1))  # noqa: S311 - so that not all come back at once
