"""
The one small file that says which segments make up an index, and up to which change.

A folder is read through its manifest alone, so whoever replaces the manifest replaces the whole
index in one step. It lives in `MANIFEST`, as JSON.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from seawall.errors import StorageError
from seawall.index.files import TEMPORARY, write_durably

Stamp = tuple[int, int, int]  # a manifest file's inode, time of change and size

FORMAT = 2
REMEDY = "delete the folder; it is rebuilt from the database"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEntry:
    """One segment: its file, how many codes it holds, XXH3-128 of the file, its dead rows."""

    name: str
    count: int
    checksum: str
    dead: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """
    What the segments hold together: every change up to `position`.

    `origin` names the segment a rebuild began with ("" for an index that began empty). Two
    manifests with one origin belong to one history; a new origin replaces what came before.
    """

    bits: int
    position: int = 0
    origin: str = ""
    segments: tuple[SegmentEntry, ...] = ()
    format: int = FORMAT


def save(folder: Path, manifest: Manifest) -> None:
    """The folder now is what this manifest says, durably and in one step."""
    write_durably(folder / "MANIFEST", json.dumps(asdict(manifest)).encode())


def load(folder: Path, *, bits: int) -> Manifest:
    """
    The folder's manifest.

    Raises:
        FileNotFoundError: the folder has none; it is no index yet.
        StorageError: it is damaged, of another format, or for codes of another length.
    """
    text = (folder / "MANIFEST").read_bytes()
    try:
        fields = json.loads(text)
        segments = fields.pop("segments")
        entries = tuple(SegmentEntry(**(one | {"dead": tuple(one["dead"])})) for one in segments)
        manifest = Manifest(**fields, segments=entries)
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise damaged(folder, "its manifest cannot be read") from wrong
    if manifest.format != FORMAT:
        raise damaged(folder, f"it has format {manifest.format}, this version reads {FORMAT}")
    if manifest.bits != bits:
        raise damaged(folder, f"its codes have {manifest.bits} bits, not {bits}")
    return manifest


def damaged(folder: Path, why: str) -> StorageError:
    """The error for an index folder that cannot be used, with what to do about it."""
    return StorageError(f"The index in {folder} cannot be used, {why}: {REMEDY}.")


def stamp(folder: Path) -> Stamp:
    """
    What tells one manifest file from the next without reading it.

    Raises:
        StorageError: there is no manifest.
    """
    try:
        status = (folder / "MANIFEST").stat()
    except FileNotFoundError as gone:
        raise damaged(folder, "its manifest is missing") from gone
    return status.st_ino, status.st_mtime_ns, status.st_size


def tidy(folder: Path, manifest: Manifest) -> None:
    """
    Delete what the manifest does not name: merged segments, leftovers of a crash.

    For the holder of the write lock only. Processes that have a file mapped keep its content;
    where the system refuses to delete such files (Windows), a later merge does it.
    """
    named = {entry.name for entry in manifest.segments}
    for path in [*folder.glob("*.segment"), *folder.glob(f"*{TEMPORARY}")]:
        if path.name not in named:
            with suppress(PermissionError):
                path.unlink()
