"""
A video on one picture: frames of it, evenly spaced from its beginning to its end, in rows.

    ┌────┬────┐
    │ 0:02 0:07 │   four frames of twenty seconds, each from the middle of its quarter
    │ 0:12 0:17 │
    └────┴────┘

When each is shown follows from the length of the video alone, so that a page can write it over the picture.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seawall.errors import MediaError
from seawall.media.content import Content
from seawall.media.limits import MediaLimits
from seawall.media.video import PATIENCE, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

Still = NDArray[np.uint8]  # (height, width) grey, or (height, width, 3) red, green, blue

MOST = 16  # frames
APART = 0.5  # seconds between two of them, at least
MOST_DECODED = 300  # frames from the key frame before on; ten seconds at 30 a second


def moments(duration: float) -> tuple[float, ...]:
    """
    When the frames on the sheet of a video are shown, in seconds: in the middle of each of as many equal parts.

    >>> moments(2.0), len(moments(3600.0))
    ((0.25, 0.75, 1.25, 1.75), 16)
    """
    count = min(MOST, max(1, int(duration / APART)))
    return tuple((place + 0.5) * duration / count for place in range(count))


def columns(count: int) -> int:
    """
    How many of so many frames stand in a row.

    >>> columns(16), columns(5), columns(1)
    (4, 3, 1)
    """
    return math.ceil(math.sqrt(count))


def stills(
    data: Content, media_type: str, limits: MediaLimits, *, side: int, colour: bool
) -> list[Still | None] | None:
    """
    The frames of the sheet, upright and of one size, so that the sheet's longer side has at most `side` pixels.

    None stands for a frame that cannot be decoded, or not in time; instead of all of them for a file without pictures.

    Raises:
        MediaError: It cannot be read, is larger than the limits, or has no frame that can be decoded.

    """
    source = Source(data, media_type, limits)
    outline = source.outline()
    if outline is None:
        return None
    times = moments(outline.duration)
    across = columns(len(times))
    size = _fitted(outline.width, outline.height, across, -(-len(times) // across), side)
    until = time.process_time() + PATIENCE * limits.max_seconds.total_seconds()
    found: list[Still | None] = []
    with source.opened() as (container, stream):
        assert stream is not None  # noqa: S101 - the outline is of it
        context = stream.codec_context
        context.thread_count = 1
        context.skip_frame = "NONREF"
        context.options = {"max_pixels": str(limits.max_pixels), "skip_loop_filter": "all"}
        for at in times:
            late = time.process_time() > until
            frame = None if late else _shown_at(outline.first + at, container, stream)
            found.append(None if frame is None else _still(frame, size, colour=colour))
    if not any(each is not None for each in found):
        raise MediaError(
            f"No frame of this {media_type} can be decoded; send the whole file again."
        )
    return found


def laid_out(found: list[Still | None], *, behind: int) -> Still:
    """The frames in rows on a ground of this grey, with a line of it between them."""
    some = next(each for each in found if each is not None)
    height, width, *colours = some.shape
    across = columns(len(found))
    sheet = np.full((height * -(-len(found) // across), width * across, *colours), behind, np.uint8)
    for place, still in enumerate(found):
        if still is not None:
            top, left = place // across * height, place % across * width
            inside = (slice(0, max(height - 1, 1)), slice(0, max(width - 1, 1)))
            sheet[top : top + height, left : left + width][inside] = still[inside]
    return sheet


def _fitted(width: int, height: int, across: int, down: int, side: int) -> tuple[int, int]:
    """Width and height of one frame on the sheet; a small video is not enlarged."""
    scale = min(side / (width * across), side / (height * down), 1.0)
    return max(1, int(width * scale)), max(1, int(height * scale))


def _shown_at(at: float, container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    """What is shown at this moment, or the nearest to it that is decoded soon enough."""
    import av  # noqa: PLC0415 - loads FFmpeg; only workers need it

    found = None
    if stream.time_base:
        with suppress(av.FFmpegError):  # where it cannot jump, it goes on from where it is
            container.seek(round(at / stream.time_base), stream=stream)
    with suppress(av.FFmpegError):
        for frame in _sound_ones(container, stream):
            if found is not None and frame.time is not None and frame.time > at:
                break
            found = frame
    return found


def _sound_ones(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    decoded = islice(container.decode(stream), MOST_DECODED)
    return (frame for frame in decoded if not frame.is_corrupt)


def _still(frame: VideoFrame, size: tuple[int, int], *, colour: bool) -> Still:
    """The frame in this size, turned as its file says it should be."""
    quarters = round(frame.rotation / 90) % 4
    width, height = size if quarters % 2 == 0 else size[::-1]
    small = frame.reformat(
        width=width, height=height, format="rgb24" if colour else "gray", interpolation="AREA"
    )
    return np.rot90(small.to_ndarray(), quarters)
