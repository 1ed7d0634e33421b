"""
What the service and a worker say to each other: tasks and answers, and fingerprints as JSON.

JSON, because a worker may have been taken over by what it decoded: nothing it says is ever run, only read.
"""

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
