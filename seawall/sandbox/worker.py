"""
What a worker process does: look into one stranger's bytes at a time, in a process that may die of it.

    task ─▶ understand ─▶ fingerprint ─▶ answer, and whether the worker is still fit
       └──▶ preview ────▶ pixels ──────┘

`seawall.sandbox.wire` holds the words of tasks and answers.
"""

import signal
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from seawall.errors import InputError, MediaError
from seawall.media.limits import MIB, MediaLimits
from seawall.media.preview import previewed
from seawall.media.regions import with_crops
from seawall.media.understand import understand
from seawall.sandbox.bounds import allow_seconds, bound, data_held, die_with_parent
from seawall.sandbox.frames import receive, send
from seawall.sandbox.wire import (
    BYTES,
    CROPS,
    FAILED,
    FILE,
    FIT,
    FOUND,
    PREVIEW,
    REFUSED,
    SPENT,
    written,
    written_pixels,
)
from seawall.signals.fingerprint import Fingerprint, fingerprint, fingerprint_unread

GROWTH = 256 * MIB  # bytes a decoder may keep to itself before its worker is spent
CHUNK = MIB  # bytes read at once from a file that is not decoded


def serve(channel: socket.socket, limits: MediaLimits, *, orientations: bool) -> None:
    """Answer tasks until the service goes away: deaf to signals meant for it, silent, bounded."""
    die_with_parent()
    for meant_for_the_service in (signal.SIGINT, signal.SIGTERM):
        signal.signal(meant_for_the_service, signal.SIG_IGN)
    warnings.simplefilter("ignore")  # decoders warn about every odd file
    bound(limits)
    fresh = data_held()
    while True:
        try:
            task = receive(channel)
        except EOFError:
            return
        allow_seconds(limits.max_seconds.total_seconds())
        word, answer, spent = _answered(task, limits, orientations=orientations)
        del task
        unfit = spent or data_held() > fresh + GROWTH
        send(channel, SPENT if unfit else FIT, word, answer)


def _answered(
    task: bytearray, limits: MediaLimits, *, orientations: bool
) -> tuple[bytes, bytes, bool]:
    """The answer's word, the answer, and whether this worker ran out of memory over it."""
    crops = task.startswith(CROPS)
    if crops:
        del task[: len(CROPS)]
    try:
        if task.startswith(PREVIEW):
            level, data = task[len(PREVIEW)], bytes(memoryview(task)[len(PREVIEW) + 1 :])
            return FOUND, written_pixels(previewed(data, level, limits)), False
        if task.startswith(FILE):
            path = Path(task[len(FILE) :].decode(errors="surrogateescape"))
            found = look_into_file(path, limits, orientations=orientations, crops=crops)
        else:
            data = bytes(memoryview(task)[len(BYTES) :])
            found = look_into(data, limits, orientations=orientations, crops=crops)
        return FOUND, written(found), False
    except InputError as error:
        return REFUSED, str(error).encode(errors="replace"), False
    except Exception as error:  # noqa: BLE001 - the worker's outermost loop; the service tells the words on
        return FAILED, f"{type(error).__name__}: {error}".encode(errors="replace"), True


def look_into(
    data: bytes, limits: MediaLimits, *, orientations: bool, crops: bool = False
) -> Fingerprint:
    """The fingerprint of a stranger's bytes; with `crops`, of what copies may be cut down to as well."""
    media = understand(data, limits)
    return fingerprint(with_crops(media) if crops else media, orientations=orientations)


def look_into_file(
    path: Path, limits: MediaLimits, *, orientations: bool, crops: bool = False
) -> Fingerprint:
    """
    The fingerprint of a file; of one larger than the limits, its exact digests only.

    Raises:
        InputError: It cannot be read.

    """
    with opened(path) as file:
        try:
            limits.check_bytes(path.stat().st_size)
        except MediaError as error:
            return fingerprint_unread(chunks(file), reason=str(error))
        return look_into(file.read(), limits, orientations=orientations, crops=crops)


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
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte in it
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path} cannot be read: {reason}.") from error


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """A file's bytes, a chunk at a time."""
    while chunk := file.read(CHUNK):
        yield chunk
