"""Videos made here: a camera that moves over pictures, one scene after another."""

from collections.abc import Iterable, Iterator
from io import BytesIO

import av
import numpy as np
from numpy.typing import NDArray

from tests.media.files import picture

SIZE = (320, 240)
Pixels = NDArray[np.uint8]  # (height, width, 3)


def scene(seed: int, seconds: float, *, fps: int = 10) -> Iterator[Pixels]:
    """The camera goes over a picture four times as large; the same seed shows the same."""
    wide = np.asarray(picture(seed, (SIZE[0] * 2, SIZE[1] * 2)))
    for number in range(round(seconds * fps)):
        way = min(number / fps / 20, 1.0)
        left, top = int(way * SIZE[0]), int(way * SIZE[1])
        yield wide[top : top + SIZE[1], left : left + SIZE[0]]


def film(
    frames: Iterable[Pixels],
    *,
    fps: int = 10,
    to: str = "mp4",
    codec: str = "libx264",
    gop: int = 30,
    **options: str,
) -> bytes:
    """The frames as a file, with B-frames where the codec has them."""
    file = BytesIO()
    with av.open(file, "w", format=to) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.options = {"g": str(gop), "bf": "2", "preset": "veryfast", "threads": "1"} | options
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number, pixels in enumerate(frames):
            if number == 0:
                stream.height, stream.width = pixels.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def with_matrix(mp4: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    """An MP4 whose track is to be shown turned: a, b, c, d of the matrix in its track header (ISO/IEC 14496-12)."""
    at = mp4.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    a, b, c, d = (value.to_bytes(4, signed=True) for value in (each << 16 for each in matrix))
    none = bytes(4)
    return mp4[:at] + a + b + none + c + d + none + mp4[at + 24 :]
