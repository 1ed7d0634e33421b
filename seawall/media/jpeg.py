"""
JPEG, the fast way: only the brightness, and only as large as a fingerprint needs.

libjpeg-turbo scales while it decodes, and PDQ averages a picture down to 64 by 64 anyway, so a 12-megapixel photo is
decoded to about 500 by 380 pixels of luma; its colour is never reconstructed.
"""

import re
from contextlib import suppress

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from seawall.errors import MediaError
from seawall.media.limits import MediaLimits
from seawall.media.media import Image, reduction
from seawall.media.orientation import orientation_of_jpeg, swaps_sides, turned_upright

_LARGEST_FACTOR = 8  # libjpeg-turbo scales down no further
_END = b"\xff\xd9"
_PADDED = re.compile("extraneous bytes before marker 0xd9")


def brightness(data: bytes, limits: MediaLimits) -> Image | None:
    """
    The upright luma of a JPEG, reduced; None when its colours need Pillow (CMYK, YCCK, RGB).

    Raises:
        MediaError: It is damaged, cut short, or larger than the limits.

    """
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except ValueError as error:
        raise MediaError(
            f"The JPEG's header cannot be read ({error}); send the file again."
        ) from error
    limits.check_pixels(width, height)
    if colours not in ("YCbCr", "Gray"):
        return None
    factor = min(reduction(width, height), _LARGEST_FACTOR)
    luma = _whole(data, (-(-width // factor), -(-height // factor)))[:, :, 0]
    orientation = orientation_of_jpeg(data)
    if swaps_sides(orientation):
        width, height = height, width
    return Image(width=width, height=height, frames=(turned_upright(luma, orientation),))


def _whole(data: bytes, smallest: tuple[int, int]) -> NDArray[np.uint8]:
    """
    The decoded luma, (height, width, 1), of a picture that is all there.

    libjpeg paints grey over what is missing and calls it a warning, so a warning is an error here, except two that
    leave the picture whole: padding before the end marker, and a missing end marker.
    """
    try:
        return _decoded(data, smallest, strict=True)
    except ValueError as warning:
        if _PADDED.search(str(warning)):  # the first warning, and nothing but the end follows it
            return _decoded(data, smallest, strict=False)
        if not data.endswith(_END):
            with suppress(ValueError):
                return _decoded(data + _END, smallest, strict=True)
        raise MediaError(
            f"The JPEG is damaged or cut short after {len(data)} bytes ({warning}); send the whole file."
        ) from warning


def _decoded(data: bytes, smallest: tuple[int, int], *, strict: bool) -> NDArray[np.uint8]:
    width, height = smallest
    luma: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        data, colorspace="GRAY", min_width=width, min_height=height, strict=strict
    )
    return luma
