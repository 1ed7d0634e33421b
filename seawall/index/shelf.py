"""
The life of an index on disk, whatever it is asked for.

    add, remove ─▶ tail in memory ──merge──▶ segment ──merge──▶ larger segment
                                               │
                    every process ◀──refresh── MANIFEST

Queries read one immutable moment and take no lock. The database is the truth: an index folder can
be deleted while nobody has it open, and is filled again from the database.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Self

import numpy as np

from seawall.errors import WrongState
from seawall.index.config import ShelfConfig
from seawall.index.cut import Cut
from seawall.index.files import only_writer
from seawall.index.fold import Added, Change, Fold, Moment, Removed
from seawall.index.inputs import Codes, Keys, as_keys, as_pairs
from seawall.index.log import Log
from seawall.index.manifest import Manifest, damaged, save, stamp, tidy
from seawall.index.merging import merged
from seawall.index.ondisk import read
from seawall.index.segment import write_segment


class Shelf:
    """
    Keys filed under codes of `bits` bits, shared by threads and processes.

    Any number of threads may query; changes from several threads are put one after the other.
    """

    def __init__(self, folder: Path, bits: int, config: ShelfConfig) -> None:
        self._folder, self._bits, self._config = folder, bits, config
        self._writing = Lock()  # held for microseconds: log, fold and moment change together
        self._swapping = Lock()  # held while a manifest is read or written
        self._disk = read(folder, bits=bits, known={})
        self._log = Log(self._disk.manifest.position, self._disk.manifest.position)
        self._fold: Fold
        self._moment: Moment | None
        self._show()

    @staticmethod
    def _cut(bits: int, count: int, config: ShelfConfig) -> Cut:
        """How a segment of this many codes is cut into chunks."""
        raise NotImplementedError

    @classmethod
    def _open(cls, folder: Path, bits: int, config: ShelfConfig) -> Self:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "MANIFEST").exists():
            with only_writer(folder, wait=True):
                if not (folder / "MANIFEST").exists():
                    save(folder, Manifest(bits=bits))
        return cls(folder, bits, config)

    @classmethod
    def _build(
        cls, folder: Path, bits: int, codes: Codes, keys: Keys, position: int, config: ShelfConfig
    ) -> Self:
        words, numbers = as_pairs(codes, keys, bits)
        once, firsts = np.unique(numbers, return_index=True)
        if len(once) < len(numbers):
            firsts.sort()
            words, numbers = words[firsts], numbers[firsts]
        folder.mkdir(parents=True, exist_ok=True)
        with only_writer(folder, wait=True):
            entry = write_segment(folder, words, numbers, cls._cut(bits, len(numbers), config))
            built = Manifest(bits=bits, position=position, origin=entry.name, segments=(entry,))
            save(folder, built)
            tidy(folder, built)
        return cls(folder, bits, config)

    # Changes: visible to the next query.

    @property
    def position(self) -> int:
        """The last change number of the database taken in, the tail included."""
        return self._log.position

    def add(self, codes: Codes, keys: Keys) -> None:
        """
        The next query finds these keys under these codes; keys that are here stay as they are.

        codes: n codes of `bits` / 8 bytes, or uint8 (n, bits / 8); keys: n numbers from 0 to
        2^64 - 1.

        Raises:
            InputError: a code has another length, a key is out of range, or their numbers
                differ; nothing was added.
        """
        words, numbers = as_pairs(codes, keys, self._bits)
        self._change(Added(words.copy(), numbers))

    def remove(self, keys: Iterable[int]) -> None:
        """
        The next query finds none of these keys; unknown ones are no matter.

        Raises:
            InputError: a key is out of range; nothing was removed.
        """
        self._change(Removed(as_keys(list(keys))))

    def advance(self, position: int) -> None:
        """
        What was added and removed so far is every change of the database up to this one.

        Only what was advanced over is ever merged to disk. When a refresh has meanwhile brought
        a later position, the changes since the last advance are in it, and are forgotten here.
        """
        with self._writing:
            forgotten = bool(self._log.pending) and position < self._log.position
            self._log = self._log.advanced(position)
            if forgotten:
                self._show()

    def _change(self, change: Change) -> None:
        if not len(change.keys):
            return
        with self._writing:
            self._now()
            self._log = self._log.with_change(change)
            self._fold.take_in([change])
            self._moment = self._fold.moment()

    # Queries.

    def __len__(self) -> int:
        """How many keys can be found."""
        return self._now().live

    def close(self) -> None:
        """Let go of the files. Queries under way finish; later ones are refused."""
        with self._swapping, self._writing:
            self._moment = None
            self._disk = replace(self._disk, segments={})
            self._fold = Fold(self._bits // 64, ())

    def _now(self) -> Moment:
        moment = self._moment
        if moment is None:
            raise WrongState("This index is closed: open it again to use it.")
        return moment

    # Merging and refreshing.

    @property
    def wants_merge(self) -> bool:
        """Whether `tail_limit` changes or more wait in memory to be merged."""
        return sum(batch.size for batch in self._log.batches) >= self._config.tail_limit

    def merge(self) -> bool:
        """
        Everything up to `position` is on disk; True when that was not so before.

        Segments that are not much larger than the new one are merged into it, their dead rows
        dropped. False when there is nothing to do, when someone else is merging, and when what
        another process wrote must be taken over by `refresh` first. Takes seconds for millions of
        codes; queries and changes go on meanwhile. Never moves `position` back.

        Raises:
            StorageError: the folder is damaged or gone; memory still answers.
            OSError: the disk refused; the folder is as it was.
        """
        if not self._swapping.acquire(blocking=False):
            return False
        try:
            with only_writer(self._folder, wait=False) as mine:
                if not mine or not (self._is_current() or self._take_over(back=False)):
                    return False
                return self._merge()
        except FileNotFoundError as gone:
            raise damaged(self._folder, "it was deleted while open") from gone
        finally:
            self._swapping.release()

    def refresh(self) -> bool:
        """
        What another process merged is taken over; True when there was something to take.

        Costs one look at the folder when nothing changed. `position` may move forward, and after
        a rebuild back; only this moves it back, so the thread that follows the database refreshes
        first, then reads `position`, then asks for what comes after it. False, too, while changes
        that await `advance` might be undone in what is there, and while a merge is under way.

        Raises:
            StorageError: the folder is damaged; what was known stays in use.
        """
        if not self._swapping.acquire(blocking=False):
            return False
        try:
            return not self._is_current() and self._take_over(back=True)
        finally:
            self._swapping.release()

    def _is_current(self) -> bool:
        return self._disk.stamp == stamp(self._folder)

    def _take_over(self, *, back: bool) -> bool:
        """Adopt what is in the folder, unless it is further back or pending changes forbid it."""
        disk = read(self._folder, bits=self._bits, known=self._disk.segments)
        position = disk.manifest.position
        with self._writing:
            self._now()
            if disk.manifest.origin == self._disk.manifest.origin and self._log.fits(position):
                self._log = self._log.after(position)
            elif self._log.pending or (position < self._log.position and not back):
                return False
            else:
                self._log = Log(position, position)
            self._disk = disk
            self._show()
        return True

    def _show(self) -> None:
        """Make the disk and the log beyond it what queries see."""
        self._fold = self._disk.folded(self._log.changes)
        self._moment = self._fold.moment()

    def _merge(self) -> bool:
        """Write what the log tells; the caller holds the folder's lock and `_swapping`."""
        with self._writing:
            log, disk = self._log, self._disk
        if log.position == disk.manifest.position and not log.told:
            return False
        following = merged(
            self._folder,
            disk.manifest,
            disk.folded(log.told).moment(),
            log.position,
            cut=lambda count: self._cut(self._bits, count, self._config),
            config=self._config,
        )
        save(self._folder, following)
        self._take_over(back=False)
        tidy(self._folder, following)
        return True
