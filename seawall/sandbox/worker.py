"""What a worker process does: look into one stranger's bytes at a time, in a process that may die of it."""

import signal
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from seawall.errors import InputError, MediaError
from seawall.media.limits import MediaLimits
from seawall.media.understand import understand
from seawall.sandbox.bounds import allow_seconds, bound, die_with_parent
from seawall.signals.fingerprint import Fingerprint, fingerprint, fingerprint_unread

PRELOAD = "seawall.sandbox.preload"
CHUNK = 1024 * 1024  # bytes read at once from a file that is not decoded


def prepare(limits: MediaLimits) -> None:
    """Make this process fit to meet a stranger: deaf to Ctrl-C, silent, gone when its parent is, bounded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service decides when we stop
    warnings.simplefilter("ignore")  # decoders warn about every odd file
    die_with_parent()
    import_module(
        PRELOAD
    )  # done already where workers are forked; before there are limits where they are not
    bound(limits)


def look_into(data: bytes, limits: MediaLimits, *, orientations: bool) -> Fingerprint:
    """The fingerprint of a stranger's bytes."""
    allow_seconds(limits.max_seconds.total_seconds())
    return fingerprint(understand(data, limits), orientations=orientations)


def look_into_file(path: Path, limits: MediaLimits, *, orientations: bool) -> Fingerprint:
    """
    The fingerprint of a file; of one larger than the limits, its exact digests only.

    Raises:
        InputError: It cannot be read.

    """
    allow_seconds(limits.max_seconds.total_seconds())
    with opened(path) as file:
        try:
            limits.check_bytes(path.stat().st_size)
        except MediaError as error:
            return fingerprint_unread(chunks(file), reason=str(error))
        return look_into(file.read(), limits, orientations=orientations)


def opened(path: Path) -> BinaryIO:
    """
    A regular file, open for reading.

    Raises:
        InputError: It is missing, not a regular file, or not ours to read.

    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a device may never end
            raise InputError(f"{path} is not a regular file; name one that is.")
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """A file's bytes, a chunk at a time."""
    while chunk := file.read(CHUNK):
        yield chunk
