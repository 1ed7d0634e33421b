"""Folders, patterns and lists become paths of files, one at a time and in a fixed order."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from seawall.errors import InputError

LINK_PREFIXES = ("http://", "https://")


LONGEST_NAME = 40  # characters of a text that are shown for it


class Passage(str):
    """A text itself, where a path stands otherwise."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """How it is called among paths: its beginning."""
        whole = " ".join(self.split())
        return whole if len(whole) <= LONGEST_NAME else f"{whole[:LONGEST_NAME]}…"


def files_in(arguments: Iterable[str]) -> Iterator[str]:
    """
    Every file that these name: files and links as they are, folders with all below them, patterns such as `**/*.jpg`.

    Raises:
        InputError: Something names nothing.

    """
    for argument in arguments:
        if argument.startswith(LINK_PREFIXES) or Path(argument).is_file():
            yield argument
        elif Path(argument).is_dir():
            yield from _below(argument)
        elif glob.has_magic(argument):
            found = glob.glob(argument, recursive=True)  # noqa: PTH207 - absolute patterns too
            yield from (path for path in sorted(found) if Path(path).is_file())
        else:
            raise InputError(f"There is no file or folder '{argument}'.")


def listed_in(lines: Iterable[str]) -> Iterator[str]:
    """The paths in a list, one a line; they are taken as they are, and missing ones are reported when read."""
    for line in lines:
        path = line.rstrip("\r\n")
        if path:
            yield path


def _below(folder: str) -> Iterator[str]:
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders.sort()
        yield from (os.path.join(place, name) for name in sorted(names))  # noqa: PTH118 - a million names, and Path is slow
    yield from (
        error.filename for error in closed
    )  # reading one will fail, and say so in its place


def is_there(name: str) -> bool:
    """Whether there is a file or folder of this name; a signal may be longer than any name is."""
    try:
        return Path(name).exists()
    except OSError:
        return False
