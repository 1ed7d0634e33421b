"""
The life of an index on disk, whatever it is asked for.

    add, remove ─▶ tail in memory ──merge──▶ segment ──merge──▶ larger segment
                                               │
                    every process ◀──refresh── MANIFEST

Queries read one immutable moment and take no lock. The database is the truth: an index folder can
be deleted while nobody has it open, and is filled again from the database.
"""

from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Self

import numpy as np

from seawall.errors import WrongState
from seawall.index.config import ShelfConfig
from seawall.index.cut import Cut
from seawall.index.files import only_writer
from seawall.index.fold import ALWAYS, Added, Change, Fold, Held, Moment, Removed
from seawall.index.inputs import Codes, Keys, as_keys, as_pairs
from seawall.index.log import Log
from seawall.index.manifest import Manifest, Stamp, damaged, load, save, stamp, tidy
from seawall.index.merging import merged
from seawall.index.segment import Segment, open_segment, write_segment


class Shelf:
    """
    Keys filed under codes of `bits` bits, shared by threads and processes.

    Any number of threads may query; changes from several threads are put one after the other.
    """

    def __init__(self, folder: Path, bits: int, config: ShelfConfig) -> None:
        self._folder, self._bits, self._config = folder, bits, config
        self._writing = Lock()  # held for microseconds: log, fold and moment change together
        self._swapping = Lock()  # held while a manifest is read or written
        self._segments: dict[str, Segment] = {}
        self._stamp, self._manifest = self._read()
        self._log = Log(self._manifest.position, self._manifest.position)
        self._fold = self._folded(self._manifest, ())
        self._moment: Moment | None = self._fold.moment()

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
                self._fold = self._folded(self._manifest, self._log.changes)
                self._moment = self._fold.moment()

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
            self._moment, self._segments = None, {}
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
        dropped. False when there is nothing to do, when someone else is merging, or when another
        process has merged past the changes that await `advance` here. Takes seconds for millions
        of codes; queries and changes go on meanwhile.

        Raises:
            StorageError: the folder is damaged or gone; memory still answers.
            OSError: the disk refused; the folder is as it was.
        """
        if not self._swapping.acquire(blocking=False):
            return False
        try:
            with only_writer(self._folder, wait=False) as mine:
                if not mine or not (self._is_current() or self._take_over()):
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
        a rebuild backward: ask the database for what comes after it. False, too, while changes
        await `advance` that the other process is already past, and while a merge is under way.

        Raises:
            StorageError: the folder is damaged; what was known stays in use.
        """
        if not self._swapping.acquire(blocking=False):
            return False
        try:
            return not self._is_current() and self._take_over()
        finally:
            self._swapping.release()

    def _is_current(self) -> bool:
        return self._stamp == stamp(self._folder)

    def _take_over(self) -> bool:
        """Adopt the manifest in the folder, unless pending changes forbid it for now."""
        found, manifest = self._read()
        with self._writing:
            if manifest.origin == self._manifest.origin and self._log.fits(manifest.position):
                self._log = self._log.after(manifest.position)
            elif self._log.pending:
                return False
            else:
                self._log = Log(manifest.position, manifest.position)
            self._stamp, self._manifest = found, manifest
            self._fold = self._folded(manifest, self._log.changes)
            self._moment = self._fold.moment()
            self._segments = {entry.name: self._segments[entry.name] for entry in manifest.segments}
        return True

    def _read(self) -> tuple[Stamp, Manifest]:
        """The manifest as it is now, its segments open; a merge in between means once more."""
        while True:
            found = stamp(self._folder)
            try:
                manifest = load(self._folder, bits=self._bits)
                for entry in manifest.segments:
                    if entry.name not in self._segments:
                        segment = open_segment(self._folder, entry, bits=self._bits)
                        self._segments[entry.name] = segment
            except FileNotFoundError as missing:
                if found == stamp(self._folder):
                    raise damaged(self._folder, f"{missing.filename} is missing") from missing
                continue
            if found == stamp(self._folder):
                return found, manifest

    def _folded(self, manifest: Manifest, changes: Iterable[Change]) -> Fold:
        held = [
            Held(self._segments[entry.name], dict.fromkeys(entry.dead, ALWAYS))
            for entry in manifest.segments
        ]
        fold = Fold(self._bits // 64, held)
        fold.take_in(changes)
        return fold

    def _merge(self) -> bool:
        """Write what the log tells; the caller holds the folder's lock and `_swapping`."""
        with self._writing:
            log, manifest = self._log, self._manifest
        if log.position == manifest.position and not log.told:
            return False
        following = merged(
            self._folder,
            manifest,
            self._folded(manifest, log.told).moment(),
            log.position,
            cut=lambda count: self._cut(self._bits, count, self._config),
            config=self._config,
        )
        save(self._folder, following)
        self._take_over()
        tidy(self._folder, following)
        return True
