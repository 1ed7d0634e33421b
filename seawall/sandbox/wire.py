"""
What the service and a worker say to each other: frames of bytes over a socket, and fingerprints as JSON.

JSON, because a worker may have been taken over by what it decoded: nothing it says is ever run, only read.
"""

import socket
import time
from typing import Any

import orjson

from seawall.media.media import Kind
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import Cause, NoSignal, Orientation, Reading, Signal

# A task is one of two words and what to look into; an answer is whether the worker is fit for another,
# one of three words, and what belongs to it.
BYTES, FILE = b"bytes:", b"file:"
FIT, SPENT = b"+", b"-"
FOUND, REFUSED, FAILED = (
    b"found:",
    b"refused:",
    b"failed:",
)  # a fingerprint, a sentence, an exception's words

_LENGTH = 8  # bytes of a frame's length
LARGEST_ANSWER = (
    16 * 1024 * 1024
)  # bytes; the largest honest one, 64 frames turned 8 ways, has 100 kB


def send(channel: socket.socket, *parts: bytes) -> None:
    """Send the parts as one frame."""
    channel.sendall(sum(map(len, parts)).to_bytes(_LENGTH))
    for part in parts:
        channel.sendall(part)


def receive(
    channel: socket.socket, *, largest: int | None = None, until: float | None = None
) -> bytearray:
    """
    The next frame, `until` this moment of the monotonic clock at the latest.

    Raises:
        EOFError: The other side is gone, or says it would send more than the largest frame.
        TimeoutError: The moment has passed.

    """
    length = int.from_bytes(_exactly(channel, _LENGTH, until))
    if largest is not None and length > largest:
        raise EOFError
    return _exactly(channel, length, until)


def _exactly(channel: socket.socket, length: int, until: float | None) -> bytearray:
    frame = bytearray(length)
    rest = memoryview(frame)
    while rest:
        if until is not None:
            channel.settimeout(max(0.001, until - time.monotonic()))
        received = channel.recv_into(rest)
        if received == 0:
            raise EOFError
        rest = rest[received:]
        if until is not None and time.monotonic() > until:
            raise TimeoutError
    return frame


def written(fingerprint: Fingerprint) -> bytes:
    """The fingerprint as JSON."""
    return orjson.dumps(fingerprint)


def read(text: bytes | bytearray) -> Fingerprint:
    """
    The fingerprint a worker wrote.

    Raises:
        ValueError: It is not one.

    """
    try:
        return _fingerprint(orjson.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("This is not a fingerprint.") from error


def _fingerprint(fields: dict[str, Any]) -> Fingerprint:
    return Fingerprint(
        kind=Kind(fields["kind"]),
        media_type=str(fields["media_type"]),
        width=None if fields["width"] is None else int(fields["width"]),
        height=None if fields["height"] is None else int(fields["height"]),
        size=int(fields["size"]),
        readings=tuple(_reading(**reading) for reading in fields["readings"]),
        missing=tuple(_missing(**missing) for missing in fields["missing"]),
        error=None if fields["error"] is None else str(fields["error"]),
    )


def _reading(
    *, signal: dict[str, str], quality: int | None, orientation: str, frame: int
) -> Reading:
    return Reading(
        signal=Signal(str(signal["type"]), str(signal["value"])),
        quality=None if quality is None else int(quality),
        orientation=Orientation(orientation),
        frame=int(frame),
    )


def _missing(*, type: str, reason: str, cause: str) -> NoSignal:  # noqa: A002 - the field's name
    return NoSignal(type=str(type), reason=str(reason), cause=Cause(cause))
