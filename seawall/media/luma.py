"""
Pixels of any mode become luma: brightness by ITU-R BT.601, what an eye and the published PDQ compare.

Palette indices are looked up, transparency is laid on a background, deep samples are scaled to eight bits: nothing is
compared as it happens to be stored. Colour profiles are not applied, because the published PDQ does not apply them.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageChops, ImageCms

from seawall.errors import MediaError
from seawall.media.media import Luma, reduction

_SIXTEEN_BITS: Final = ("I;16", "I;16L", "I;16B", "I;16N")
_DEEP: Final = ("I", "F")
_WHITES: Final = (1.0, 255.0, 65535.0)  # what white is in files of fractions, bytes and words


def luma_on(background: int, frame: Pillow.Image) -> Luma:
    """The luma of a frame laid on a background of 0 (black) to 255 (white): (height, width), reduced by averaging."""
    factor = reduction(*frame.size)
    if frame.mode in _DEEP:
        return _eight_bits(np.asarray(frame.reduce(factor)))
    grey, alpha = _grey(frame), _alpha(frame)
    if alpha is not None:
        grey = Pillow.composite(grey, Pillow.new("L", grey.size, background), alpha)
    return np.asarray(grey.reduce(factor))


def eight_bits_on(background: int, frame: Pillow.Image, *, colour: bool) -> Pillow.Image:
    """The frame at its full size in eight bits, grey or RGB, laid on a grey of 0 (black) to 255 (white)."""
    if frame.mode in _DEEP:
        shown = Pillow.fromarray(_eight_bits(np.asarray(frame)))
    elif colour and frame.mode not in _SIXTEEN_BITS:
        shown = _colours(frame)
    else:
        shown = _grey(frame)
    alpha = _alpha(frame)
    if alpha is not None:
        shown.paste((background,) * len(shown.getbands()), mask=ImageChops.invert(alpha))
    return shown.convert("RGB" if colour else "L")


def alpha_varies(frame: Pillow.Image) -> bool:
    """Whether parts of the frame are more transparent than others, so that a picture may be drawn in it."""
    alpha = _alpha(frame)
    if alpha is None:
        return False
    least, most = alpha.getextrema()
    return least != most


def _grey(frame: Pillow.Image) -> Pillow.Image:
    if frame.mode in _SIXTEEN_BITS:
        return Pillow.fromarray((np.asarray(frame) >> 8).astype(np.uint8))
    if frame.mode == "YCbCr":
        return frame.getchannel(0)
    if frame.mode == "LAB":
        return _rgb_of_lab(frame).convert("L")
    if frame.mode in ("1", "L"):
        return frame.convert("L")
    return frame.convert("RGBA" if frame.has_transparency_data else "RGB").convert("L")


def _colours(frame: Pillow.Image) -> Pillow.Image:
    if frame.mode == "LAB":
        return _rgb_of_lab(frame)
    return frame.convert("RGBA" if frame.has_transparency_data else "RGB").convert("RGB")


def _rgb_of_lab(frame: Pillow.Image) -> Pillow.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(frame, lab, srgb, outputMode="RGB")
    if converted is None:
        raise MediaError("The LAB colours cannot be converted; send the picture in RGB.")
    return converted


def _alpha(frame: Pillow.Image) -> Pillow.Image | None:
    if frame.mode in (*_SIXTEEN_BITS, *_DEEP) or not frame.has_transparency_data:
        return None
    return frame.convert("RGBA").getchannel("A")


def _eight_bits(samples: NDArray[np.int32] | NDArray[np.float32]) -> Luma:
    """Samples of 32 bits scaled so that white becomes 255; white is the least usual one that none exceeds."""
    finite = np.nan_to_num(samples.astype(np.float32), nan=0, posinf=0, neginf=0)
    brightest = float(finite.max())
    white = next((usual for usual in _WHITES if brightest <= usual), brightest)
    if samples.dtype.kind == "i" and white == 1:
        white = 255.0  # an integer of one is nearly black, a fraction of one is white
    luma: Luma = np.clip(finite * (255 / white), 0, 255).astype(np.uint8)
    return luma
