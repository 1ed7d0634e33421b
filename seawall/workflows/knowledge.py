"""
What is known at this moment, kept in step with the database.

    committed change ──number──▶ refresh ──▶ catalogue, rules, keys, and the entries remembered from recent matches

Every process has one; each asks for the last change's number before it answers, so that what one process has committed
the next query of any other sees.
"""

import logging
import shutil
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from seawall.access.key import Key
from seawall.banks.catalogue import Catalogue, radii
from seawall.banks.entry import Entry
from seawall.collecting import uncollected
from seawall.errors import StorageError
from seawall.media.limits import MIB
from seawall.policy.category import Taxonomy
from seawall.policy.rule import Rules
from seawall.screening.recognise import Known, Recognised, recognised
from seawall.signals.registry import SIGNAL_TYPES
from seawall.signals.signal import Reading
from seawall.storage.memory import Memory, Stores

log = logging.getLogger(__name__)

PAGE = 20_000  # changes taken in at a time
MERGE_EVERY = 25 * PAGE  # changes; what is merged more often is written more often
ENTRIES_REMEMBERED = 100_000
REMEMBERED = 128 * MIB  # characters of their signals: those of long videos have megabytes


def open_catalogue(folder: Path, *, last: int) -> Catalogue:
    """The catalogue in this folder, emptied if it is damaged or ahead of `last`, the database's last number."""
    try:
        catalogue = Catalogue.open(folder)
    except StorageError as damaged:
        log.warning("%s It is being rebuilt now.", damaged)
        shutil.rmtree(folder)
        catalogue = Catalogue.open(folder)
    # An index that is ahead was made of what a restored, older copy of the database no longer has.
    if catalogue.position > last:
        catalogue.close()
        shutil.rmtree(folder)
        catalogue = Catalogue.open(folder)
    return catalogue


class _Remembered:
    """Entries of recent matches by number, forgotten all at once when they are too many or too long."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._size = 0

    def get(self, number: int) -> Entry | None:
        return self._entries.get(number)

    def add(self, read: Mapping[int, Entry]) -> None:
        for number, entry in read.items():
            if len(self._entries) >= ENTRIES_REMEMBERED or self._size >= REMEMBERED:
                self.clear()
            self.forget(number)
            self._entries[number] = entry
            self._size += len(entry.signal.value)

    def forget(self, number: int) -> None:
        gone = self._entries.pop(number, None)
        self._size -= len(gone.signal.value) if gone else 0

    def clear(self) -> None:
        self._entries.clear()
        self._size = 0


class Knowledge:
    """The catalogue, the rules and the keys as last committed."""

    def __init__(
        self,
        memory: Memory,
        folder: Path,
        *,
        taxonomy: Taxonomy,
        least_distance: int,
        look_every: timedelta,
        enforce_authority_only: bool = False,
        reaches: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """`look_every` is how old an answer to "has anything changed?" may be; zero asks before every query."""
        self.taxonomy = taxonomy
        self._memory = memory
        self._folder = folder / memory.database_id()
        self._least_distance = least_distance
        self._enforce_authority_only = enforce_authority_only
        self._reaches = reaches
        self._look_every = look_every.total_seconds()
        self._looked_at = float("-inf")
        self._lock = threading.Lock()
        self._entries = _Remembered()
        self._seen = -1
        self._followed_to = -1
        self._banks: object = None
        self.rules = Rules()
        self.allowed: dict[bytes, datetime] = {}  # digests of signals let through, until when
        self.keys: dict[bytes, Key] = {}
        self.catalogue = self._opened()
        self.refresh()

    @property
    def position(self) -> int:
        """The last change that every answer from now on knows of."""
        return self._followed_to

    def should_look(self) -> bool:
        """Whether `refresh` may take longer than a glance: a round trip, or changes to take in."""
        if self._look_every:
            return time.monotonic() - self._looked_at >= self._look_every
        return self._memory.last_change() != self._seen

    def refresh(self) -> None:
        """Take in whatever was committed since the last look."""
        looked_at = time.monotonic()
        if looked_at - self._looked_at < self._look_every:
            return
        if self._memory.last_change() != self._seen:
            with self._lock:
                if self._memory.last_change() != self._seen:  # nobody else has meanwhile
                    self._follow()
        self._looked_at = looked_at

    def refresh_now(self) -> None:
        """Take in what this process has just committed."""
        self._looked_at = float("-inf")
        self.refresh()

    def known(self, readings: Iterable[Reading], *, max_distance: int | None = None) -> list[Known]:
        """Every entry near these readings: within this many bits, or else within what the rules ask for."""
        return self.recognised(readings, max_distance=max_distance).known

    def recognised(
        self,
        readings: Iterable[Reading],
        *,
        max_distance: int | None = None,
        most: int | None = None,
    ) -> Recognised:
        """The same, comparing long known signals until they have `most` characters, and what was left out by that."""
        self.refresh()
        within = {
            name: self.rules.radius(name) if max_distance is None else max_distance
            for name in SIGNAL_TYPES
        }
        hits = self.catalogue.look_up(readings, radius=radii(within))
        entries = self._looked_up({hit.number for hit in hits}) if hits else {}
        found = recognised(hits, entries, most=most)
        near = [each for each in found.known if each.distance <= within[each.entry.signal.type]]
        return found._replace(known=near)

    def merge(self) -> bool:
        """Write grown index tails to disk; whether anything was written."""
        return self.catalogue.merge()

    def rebuild(self) -> None:
        """Throw the index away and build it anew from the database."""
        with self._lock:
            self.catalogue.close()
            shutil.rmtree(self._folder)
            self.catalogue = self._opened()
            self._seen = -1
            self._follow()
            self.catalogue.merge(always=True)

    def close(self) -> None:
        """Let go of the index files."""
        self.catalogue.close()

    def _opened(self) -> Catalogue:
        return open_catalogue(self._folder, last=self._memory.last_change())

    def _follow(self) -> None:
        self.catalogue.refresh()  # what another process has merged need not be read again
        if self.catalogue.position != self._followed_to:  # so its changes will not be seen below
            self._entries.clear()
        with self._memory.reading() as stores:
            last = stores.last_change()
            waiting = 0  # changes that are in no segment yet
            while taken := self._take_in_page(stores):
                waiting += taken
                if waiting >= MERGE_EVERY:
                    self.catalogue.merge()
                    waiting = 0
            if waiting:
                self.catalogue.merge()
            self.catalogue.take_in([], position=last)
            banks = stores.banks.all()
            if banks != self._banks:
                self._entries.clear()
                self._banks = banks
            self.rules = Rules(
                rules=stores.rules.all(),
                least_distance=self._least_distance,
                enforce_authority_only=self._enforce_authority_only,
                reaches=self._reaches,
            )
            self.allowed = stores.rulings.allowed()
            self.keys = {key.digest: key for key in stores.keys.all()}
        self._followed_to = last
        self._seen = last

    def _take_in_page(self, stores: Stores) -> int:
        """Take in the next changes; how many there were."""
        with uncollected():
            page = stores.entries.changes(after=self.catalogue.position, limit=PAGE)
            if page:
                self.catalogue.take_in([change for _, change in page], position=page[-1][0])
            for _, change in page:
                self._entries.forget(change.number)
            return len(page)

    def _looked_up(self, numbers: set[int]) -> dict[int, Entry]:
        remembered = ((number, self._entries.get(number)) for number in numbers)
        found = {number: entry for number, entry in remembered if entry is not None}
        absent = numbers - found.keys()
        if absent:
            with self._lock, self._memory.reading() as stores:  # no change is taken in meanwhile
                read = stores.entries.by_number(absent)
                self._entries.add(read)
            found.update(read)
        return found
