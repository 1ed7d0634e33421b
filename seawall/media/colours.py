"""A picture once more, in colour and as a small square: what a model of an operator's own is shown."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from seawall.media.luma import eight_bits_on
from seawall.media.orientation import turned_upright
from seawall.media.pillow import WHITE, opened, orientation_of

Pixels = NDArray[np.uint8]  # (side, side, 3): red, green, blue


def square(data: bytes, media_type: str, side: int) -> Pixels:
    """
    The first frame of a picture that was understood within the limits: whole, upright, scaled to a square.

    Raises:
        Exception: Decoders raise nearly anything for damaged files.

    """
    with opened(data, media_type) as picture:
        picture.draft("RGB", (side, side))
        picture.load()
        shown = eight_bits_on(WHITE, picture, colour=True)
        orientation = orientation_of(picture)
    scaled = shown.resize((side, side), Pillow.Resampling.BILINEAR)
    return turned_upright(np.asarray(scaled), orientation)
