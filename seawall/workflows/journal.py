"""
How far a scan has come, so that it can go on after an interruption.

One file in the home for each scan, named after what is scanned; a line for each path that has been reported, with its
size and time, so that a file changed since is looked at again. A scan that finishes removes its journal.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from seawall.policy.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One path that has been reported."""

    path: str
    size: int
    changed: int  # nanoseconds
    measure: Measure | None
    found: bool
    failed: bool


class Journal:
    """The lines of one scan."""

    def __init__(self, home: Path, arguments: Iterable[str]) -> None:
        named = "\0".join(sorted(str(Path(argument).absolute()) for argument in arguments))
        self.path = home / "scans" / f"{hashlib.sha256(named.encode()).hexdigest()[:16]}.ndjson"

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if kind is None:
            self.path.unlink(missing_ok=True)

    def write(self, line: Line) -> None:
        """Remember that this path has been reported."""
        self._file.write(
            json.dumps({name: getattr(line, name) for name in Line.__dataclass_fields__}) + "\n"
        )
        self._file.flush()

    def read(self) -> dict[str, Line]:
        """The paths an interrupted scan has reported; a line cut short by the interruption does not count."""
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return {}
        return {line.path: line for line in _lines(text)}

    def forget(self) -> None:
        """Start anew."""
        self.path.unlink(missing_ok=True)


def stamp(path: str) -> tuple[int, int]:
    """Size and time of a file, by which it is known again; zeros for what is no file."""
    try:
        seen = Path(path).stat()
    except OSError:
        return 0, 0
    return seen.st_size, seen.st_mtime_ns


def _lines(text: str) -> Iterator[Line]:
    for each in text.splitlines():
        try:
            fields = json.loads(each)
        except ValueError:
            continue
        measure = fields["measure"]
        yield Line(**fields | {"measure": Measure(measure) if measure else None})
