"""
What a worker process does: look into one stranger's bytes at a time, in a process that may die of it.

    task ─▶ understand ─▶ fingerprint ─▶ answer, and whether the worker is still fit
       │         └─ long ─▶ how far it is, a hundred times at most
       └──▶ preview ────▶ pixels ──────┘

`seawall.sandbox.wire` holds the words of tasks and answers.
"""

import mmap
import signal
import socket
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from seawall.errors import InputError, MediaError
from seawall.media.content import Content, Tell, nobody
from seawall.media.limits import MIB, MediaLimits
from seawall.media.preview import Pixels, previewed
from seawall.media.regions import with_crops
from seawall.media.sniff import HEAD, lasts
from seawall.media.understand import understand, understand_text
from seawall.sandbox.bounds import allow_seconds, bound, data_held, die_with_parent
from seawall.sandbox.frames import HUNDRED, SO_FAR, receive, send
from seawall.sandbox.wire import (
    BYTES,
    CROPS,
    DEAF,
    FAILED,
    FIT,
    FOUND,
    LONG,
    PREVIEW,
    REFUSED,
    SHEET,
    SPENT,
    TEXT,
    written,
    written_pixels,
)
from seawall.signals.fingerprint import Fingerprint, fingerprint, fingerprint_unread

GROWTH = 256 * MIB  # bytes a decoder may keep to itself before its worker is spent
CHUNK = MIB  # bytes read at once from a file that is not decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a stranger's bytes are looked into."""

    orientations: bool  # turned ways too
    listen: bool = True  # to the sound of a video
    crops: bool = False  # of a picture, what copies may be cut down to as well
    tell: Tell = nobody  # how far it is


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
        listen, crops = not _taken_off(task, DEAF), _taken_off(task, CROPS)
        long = task.startswith((LONG, SHEET))
        allowed = limits.max_long_seconds if long else limits.max_seconds
        allow_seconds(allowed.total_seconds())
        how = How(
            orientations=orientations,
            listen=listen,
            crops=crops,
            tell=_telling(channel) if long else nobody,
        )
        word, answer, spent = _answered(task, limits, how)
        del task
        unfit = spent or data_held() > fresh + GROWTH
        send(channel, SPENT if unfit else FIT, word, answer)


def _answered(task: bytearray, limits: MediaLimits, how: How) -> tuple[bytes, bytes, bool]:
    """The answer's word, the answer, and whether this worker ran out of memory over it."""
    try:
        if task.startswith(PREVIEW):
            level, data = task[len(PREVIEW)], bytes(memoryview(task)[len(PREVIEW) + 1 :])
            return FOUND, written_pixels(previewed(data, level, limits)), False
        if task.startswith(SHEET):
            level, name = task[len(SHEET)], task[len(SHEET) + 1 :]
            path = Path(name.decode(errors="surrogateescape"))
            return FOUND, written_pixels(preview_file(path, level, limits)), False
        if task.startswith(TEXT):
            text = understand_text(task[len(TEXT) :].decode())
            found = fingerprint(text, orientations=how.orientations)
        elif task.startswith(BYTES):
            found = look_into(bytes(memoryview(task)[len(BYTES) :]), limits, how)
        else:
            path = Path(task.partition(b":")[2].decode(errors="surrogateescape"))
            found = look_into_file(path, limits, how, long=task.startswith(LONG))
        return FOUND, written(found), False
    except InputError as error:
        return REFUSED, str(error).encode(errors="replace"), False
    except Exception as error:  # noqa: BLE001 - the worker's outermost loop; the service tells the words on
        return FAILED, f"{type(error).__name__}: {error}".encode(errors="replace"), True


def look_into(data: Content, limits: MediaLimits, how: How) -> Fingerprint:
    """The fingerprint of a stranger's bytes."""
    media = understand(data, limits, listen=how.listen, tell=how.tell)
    return fingerprint(with_crops(media) if how.crops else media, orientations=how.orientations)


def look_into_file(path: Path, limits: MediaLimits, how: How, *, long: bool = False) -> Fingerprint:
    """
    The fingerprint of a file; of one larger than the limits, its exact digests only.

    A video or a sound may have its larger limits if it is given the time for a `long` task, and is never in memory.

    Raises:
        InputError: It cannot be read.

    """
    with opened(path) as file:
        head = file.read(HEAD)
        file.seek(0)
        mapped = long and lasts(head)
        ours = limits.for_long() if mapped else limits
        try:
            ours.check_bytes(path.stat().st_size)
        except MediaError as error:
            return fingerprint_unread(chunks(file), reason=str(error))
        if not mapped:
            return look_into(file.read(), ours, how)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return look_into(content, ours, how)


def preview_file(path: Path, level: int, limits: MediaLimits) -> Pixels:
    """
    A video's sheet, or a sound's waveform, out of a file that may be larger than memory.

    Raises:
        InputError: It cannot be read, or shown.

    """
    with opened(path) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return previewed(content, level, limits.for_long())


def _telling(channel: socket.socket) -> Tell:
    """What tells the service how far a task is, each hundredth once."""
    told = 0

    def tell(share: float) -> None:
        nonlocal told
        so_far = min(int(share * HUNDRED), HUNDRED - 1)
        if so_far > told:
            told = so_far
            send(channel, SO_FAR, bytes((so_far,)))

    return tell


def _taken_off(task: bytearray, word: bytes) -> bool:
    """Whether the task begins with this word, which is then taken off it."""
    begins = task.startswith(word)
    if begins:
        del task[: len(word)]
    return begins


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
