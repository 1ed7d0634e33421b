"""
What the service and a worker say to each other: tasks and answers, fingerprints as JSON, previews as pixels.

JSON, or plain pixels, because a worker may have been taken over by what it decoded: nothing it says is ever run,
only read.
"""

from typing import Any

import numpy as np
import orjson

from seawall.media.media import Kind, Region
from seawall.media.preview import LONGEST_SIDE, Pixels
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import Cause, NoSignal, Orientation, Reading, Signal

# A task is one of six words and what to look into, perhaps after words that say how; an answer is whether the worker
# is fit for another, one of three words, and what belongs to it.
BYTES, TEXT, FILE, LONG, PREVIEW = b"bytes:", b"text:", b"file:", b"long:", b"preview:"
SHEET = b"sheet:"  # a preview of a long file
DEAF = b"deaf+"  # a video is looked at without its sound, of which a worker may have died
CROPS = b"crops+"  # of a picture, what copies may be cut down to as well
FIT, SPENT = b"+", b"-"
FOUND, REFUSED, FAILED = (
    b"found:",
    b"refused:",
    b"failed:",
)  # a fingerprint or pixels, a sentence, an exception's words
_GREY, _COLOURS = 1, 3  # bytes of a pixel
_SIDE = 2  # bytes of a side's length


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


def written_pixels(pixels: Pixels) -> bytes:
    """The pixels of a preview: height, width, bytes of a pixel, then row after row."""
    height, width, *colours = pixels.shape
    head: bytes = height.to_bytes(_SIDE) + width.to_bytes(_SIDE) + bytes(colours or (_GREY,))
    return head + bytes(pixels.data)


def read_pixels(text: bytes) -> Pixels:
    """
    The pixels a worker wrote.

    Raises:
        ValueError: They are not those of a preview.

    """
    height, width = int.from_bytes(text[:_SIDE]), int.from_bytes(text[_SIDE : 2 * _SIDE])
    depth, samples = text[2 * _SIDE : 2 * _SIDE + 1], text[2 * _SIDE + 1 :]
    if depth not in (bytes((_GREY,)), bytes((_COLOURS,))) or not (
        0 < height <= LONGEST_SIDE and 0 < width <= LONGEST_SIDE
    ):
        raise ValueError("These are not the pixels of a preview.")
    shape = (height, width) if depth[0] == _GREY else (height, width, _COLOURS)
    return np.frombuffer(samples, np.uint8).reshape(shape)  # a ValueError where they are too few


def _fingerprint(fields: dict[str, Any]) -> Fingerprint:
    return Fingerprint(
        kind=Kind(fields["kind"]),
        media_type=str(fields["media_type"]),
        width=None if fields["width"] is None else int(fields["width"]),
        height=None if fields["height"] is None else int(fields["height"]),
        duration=None if fields["duration"] is None else float(fields["duration"]),
        size=int(fields["size"]),
        readings=tuple(_reading(**reading) for reading in fields["readings"]),
        missing=tuple(_missing(**missing) for missing in fields["missing"]),
        error=None if fields["error"] is None else str(fields["error"]),
    )


def _reading(
    *,
    signal: dict[str, str],
    quality: int | None,
    orientation: str,
    frame: int,
    region: dict[str, Any] | None,
    pitch: float,
) -> Reading:
    return Reading(
        signal=Signal(str(signal["type"]), str(signal["value"])),
        quality=None if quality is None else int(quality),
        orientation=Orientation(orientation),
        frame=int(frame),
        region=None if region is None else _region(**region),
        pitch=float(pitch),
    )


def _region(*, kind: str, left: int, top: int, width: int, height: int) -> Region:
    return Region(
        kind=str(kind), left=int(left), top=int(top), width=int(width), height=int(height)
    )


def _missing(*, type: str, reason: str, cause: str) -> NoSignal:  # noqa: A002 - the field's name
    return NoSignal(type=str(type), reason=str(reason), cause=Cause(cause))
