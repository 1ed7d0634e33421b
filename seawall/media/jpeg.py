"""
JPEG: only the brightness, and only as large as a fingerprint needs.

libjpeg-turbo scales while it decodes, and PDQ averages a picture down to 64 by 64 anyway, so a 12-megapixel photo is
decoded to about 500 by 380 pixels of luma; its colour is never reconstructed. Ink (CMYK, YCCK) is mixed here.
"""

import re
from contextlib import suppress

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from seawall.errors import MediaError
from seawall.media.limits import MediaLimits
from seawall.media.media import SMALLEST_SIDE, Image, Luma
from seawall.media.orientation import UPRIGHT, orientation_in, swaps_sides, turned_upright
from seawall.media.segments import APP1, APP14, segments

BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green, blue: ITU-R BT.601
_EIGHTHS = (
    1,
    2,
    4,
)  # libjpeg-turbo's scales; at 3 a copy of half the size is 5 bits away on average, not 1
_END = b"\xff\xd9"
_PADDED = re.compile("extraneous bytes before marker 0xd9")


def brightness(data: bytes, limits: MediaLimits) -> Image | None:
    """
    The upright luma of a JPEG, reduced; None for the rare kinds TurboJPEG does not take, which Pillow may.

    Raises:
        MediaError: It is damaged, cut short, or larger than the limits.

    """
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except (ValueError, KeyError):  # odd sampling, sides beyond 65500, colours it has no name for
        return None
    limits.check_pixels(width, height)
    scaled = reduced(width, height)
    if colours in ("CMYK", "YCCK"):
        luma = _mixed(_whole(data, scaled, "CMYK"), inverted=_made_by_adobe(data))
    else:
        luma = _whole(data, scaled, "GRAY")[:, :, 0]
    orientation = _orientation(data)
    if swaps_sides(orientation):
        width, height = height, width
    return Image(width=width, height=height, frames=(turned_upright(luma, orientation),))


def reduced(width: int, height: int) -> tuple[int, int]:
    """Width and height at the smallest scale that spares the smaller side."""
    scales = (n for n in _EIGHTHS if min(width, height) * n >= 8 * SMALLEST_SIDE)
    eighths = next(scales, 8)
    return -(-width * eighths // 8), -(-height * eighths // 8)


def _whole(data: bytes, scaled: tuple[int, int], colours: str) -> NDArray[np.uint8]:
    """
    The decoded samples, (height, width, channels), of a picture that is all there.

    libjpeg paints grey over what is missing and calls it a warning, so a warning is an error here, except two that
    leave the picture whole: padding before the end marker, and a missing end marker.
    """
    try:
        return _decoded(data, scaled, colours, strict=True)
    except ValueError as warning:
        if _PADDED.search(str(warning)):  # the first warning, and nothing but the end follows it
            return _decoded(data, scaled, colours, strict=False)
        if not data.endswith(_END):
            with suppress(ValueError):
                return _decoded(data + _END, scaled, colours, strict=True)
        raise MediaError(
            f"The JPEG is damaged or cut short after {len(data)} bytes ({warning}); send the whole file again."
        ) from warning


def _decoded(
    data: bytes, scaled: tuple[int, int], colours: str, *, strict: bool
) -> NDArray[np.uint8]:
    width, height = scaled
    samples: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        data, colorspace=colours, min_width=width, min_height=height, strict=strict
    )
    return samples


def _mixed(ink: NDArray[np.uint8], *, inverted: bool) -> Luma:
    """The luma of cyan, magenta, yellow and black ink, (height, width, 4); inverted, 255 is no ink."""
    light = ink if inverted else 255 - ink
    colours = light[:, :, :3] * (light[:, :, 3:] / np.float32(255))
    luma: Luma = np.rint(colours @ BRIGHTNESS).astype(np.uint8)
    return luma


def _made_by_adobe(data: bytes) -> bool:
    """Whether ink is stored the way Adobe does, 255 for none; nearly every CMYK JPEG there is."""
    return any(marker == APP14 and content[:5] == b"Adobe" for marker, content in segments(data))


def _orientation(data: bytes) -> int:
    exif = (content for marker, content in segments(data) if marker == APP1)
    return next((orientation_in(content) for content in exif if content[:4] == b"Exif"), UPRIGHT)
