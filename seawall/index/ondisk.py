"""What a folder holds, read as one: its manifest, and the segments that it names."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seawall.index.fold import ALWAYS, Change, Fold, Held
from seawall.index.manifest import Manifest, Stamp, damaged, load, stamp
from seawall.index.segment import Segment, open_segment


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A manifest, its stamp, and its segments by name, open and verified."""

    stamp: Stamp
    manifest: Manifest
    segments: dict[str, Segment]

    def folded(self, changes: Iterable[Change]) -> Fold:
        """What is in the index once these changes are folded over the segments."""
        held = [
            Held(self.segments[entry.name], dict.fromkeys(entry.dead, ALWAYS))
            for entry in self.manifest.segments
        ]
        fold = Fold(self.manifest.bits // 64, held)
        fold.take_in(changes)
        return fold


def read(folder: Path, *, bits: int, known: dict[str, Segment]) -> OnDisk:
    """
    What the folder holds now; segments that are `known` already are not opened again.

    When another process replaces the manifest meanwhile, the reading begins once more.

    Raises:
        StorageError: a file is damaged, missing, or of another format or code length.
    """
    while True:
        before = stamp(folder)
        try:
            manifest = load(folder, bits=bits)
            segments = {
                entry.name: known.get(entry.name) or open_segment(folder, entry, bits=bits)
                for entry in manifest.segments
            }
        except FileNotFoundError as missing:
            if before == stamp(folder):
                raise damaged(folder, f"{missing.filename} is missing") from missing
            continue
        if before == stamp(folder):
            return OnDisk(before, manifest, segments)
