"""
The ledger, indexed: which uploads that were let through are near a signal.

    committed line ──number──▶ follow ──▶ every reading of its upload, turned ones too ──▶ near

The same index code as the catalogue of banks, asked the other way round. The ledger's lines say which uploads were let
through, and in what order; their readings are taken from the uploads' fingerprints. A PDQ cannot be turned afterwards
without losing bits, so all eight turns are indexed: what would have been found on its way in is found looking back.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from seawall.banks.catalogue import Catalogue
from seawall.banks.entry import Change
from seawall.index.files import only_writer
from seawall.signals.signal import Reading, Signal
from seawall.storage.memory import Memory
from seawall.workflows.knowledge import open_catalogue

PAGE = 5_000  # lines taken in at a time


class Ledger:
    """What was let through, as this process has it indexed. Nothing is opened before it is first followed."""

    def __init__(self, memory: Memory, folder: Path) -> None:
        self._memory = memory
        self._home = folder
        self._catalogue: Catalogue | None = None

    def __len__(self) -> int:
        """How many signals are indexed."""
        return len(self._catalogue) if self._catalogue is not None else 0

    @property
    def position(self) -> int:
        """The last line of the ledger that is indexed."""
        return self._catalogue.position if self._catalogue is not None else 0

    @contextmanager
    def alone(self, *, wait: bool) -> Iterator[bool]:
        """Whether this process is the only one on this home that looks back, for the length of the block."""
        folder = self._folder()
        folder.mkdir(parents=True, exist_ok=True)
        with only_writer(folder, wait=wait) as mine:
            yield mine

    def follow(self) -> bool:
        """Take in the next page of what was let through; whether that was all of it."""
        catalogue = self._opened()
        catalogue.refresh()  # what another process has merged need not be read again
        with self._memory.reading() as stores:
            last, found = stores.uploads.ledger_after(catalogue.position, limit=PAGE)
        if last == catalogue.position:
            return True
        catalogue.take_in(
            [
                Change(number, tuple(reading.signal for reading in kept.readings), gone=False)
                for number, kept in found
            ],
            position=last,
        )
        catalogue.merge()
        return False

    def near(self, signals: Iterable[Signal], *, radius: Mapping[str, int]) -> set[int]:
        """The numbers of the uploads with a code within each index's radius of one of these signals."""
        asked = [Reading(signal=signal) for signal in dict.fromkeys(signals)]
        hits = self._opened().look_up(asked, radius=dict(radius))
        return {hit.number for hit in hits}

    def rebuild(self) -> None:
        """Throw the index away; it is built anew from the database."""
        self.close()
        shutil.rmtree(self._folder(), ignore_errors=True)
        while not self.follow():
            pass
        self._opened().merge(always=True)

    def close(self) -> None:
        """Let go of the index files."""
        if self._catalogue is not None:
            self._catalogue.close()
            self._catalogue = None

    def _opened(self) -> Catalogue:
        if self._catalogue is None:
            with self._memory.reading() as stores:
                last = stores.uploads.last_line()
            self._catalogue = open_catalogue(self._folder(), last=last)
        return self._catalogue

    def _folder(self) -> Path:
        return self._home / self._memory.database_id()
