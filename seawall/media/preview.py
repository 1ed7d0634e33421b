"""
A picture is shown to a person little by little: each level is larger, clearer, or at last in colour.

    bytes ─▶ decoded, reduced, blurred (in the sandbox) ─▶ pixels ─▶ a JPEG of our own (in the service)

A video is shown as a sheet of its frames, a sound as its waveform, which is the same at every level. Pixels are all
that leaves the sandbox, so nothing a stranger wrote, metadata or markup, is in what a browser gets, and nothing moves
or sounds.
"""

from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from seawall.errors import MediaError
from seawall.media.contact_sheet import laid_out, stills
from seawall.media.content import Content
from seawall.media.limits import MediaLimits
from seawall.media.luma import eight_bits_on
from seawall.media.media import Kind
from seawall.media.orientation import turned_upright
from seawall.media.pillow import PLUGINS, opened, orientation_of
from seawall.media.sniff import HEAD, kind_of, media_type
from seawall.media.sound import sound_of
from seawall.media.waveform import waveform

Pixels = NDArray[np.uint8]  # (height, width) grey, or (height, width, 3) red, green, blue

BEHIND = 128  # the grey behind what is transparent: drawings in black and in white show on it
QUALITY = 80  # of our JPEG


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How much of a picture is shown."""

    side: int  # pixels of the longer side at most; a smaller picture is not enlarged
    blur: int = 0  # pixels of the radius, once reduced
    colour: bool = False


LEVELS = (
    Level(side=96, blur=4),
    Level(side=320, blur=4),
    Level(side=640),
    Level(side=1280),
    Level(side=1280, colour=True),
    Level(side=96, blur=4, colour=True),  # from here on the least, as somebody may prefer it
    Level(side=96),
    Level(side=96, colour=True),
)
CLEAREST = 4  # the level that shows most
LONGEST_SIDE = max(level.side for level in LEVELS)


def previewed(data: Content, level: int, limits: MediaLimits) -> Pixels:
    """
    The first frame of a picture, or a sheet of a video's, as this level of `LEVELS` shows it, upright; or a waveform.

    Raises:
        MediaError: It is nothing we decode, is damaged, or is larger than the limits.

    """
    name = media_type(data[:HEAD])
    try:
        limits.check_bytes(len(data))
        return _shown(data, name, LEVELS[level], limits)
    except MediaError:
        raise
    except MemoryError:
        raise MediaError(f"A preview of this {name} needs more memory than it may use.") from None
    except (
        Exception
    ) as error:  # a decoder fed hostile bytes raises anything, and all of it means this
        raise MediaError(
            f"This {name} cannot be decoded ({type(error).__name__}: {error}), so there is no preview."
        ) from error


def as_jpeg(pixels: Pixels) -> bytes:
    """The pixels as a JPEG without any metadata."""
    grey = pixels.ndim == 2
    jpeg: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels[:, :, np.newaxis] if grey else pixels),
        quality=QUALITY,
        colorspace="GRAY" if grey else "RGB",
        colorsubsampling="Gray" if grey else "420",
    )
    return jpeg


def _shown(data: Content, name: str, level: Level, limits: MediaLimits) -> Pixels:
    if name in PLUGINS:
        return _picture(bytes(data), name, level, limits)
    kind = kind_of(name)
    sheet = _sheet(data, name, level, limits) if kind is Kind.VIDEO else None
    if sheet is not None:
        return sheet
    sound = sound_of(data, limits) if kind in (Kind.VIDEO, Kind.SOUND) else None
    if sound is None:
        raise MediaError(f"There is no preview of {name}; pictures, videos and sounds have one.")
    return waveform(sound.samples)


def _picture(data: bytes, name: str, level: Level, limits: MediaLimits) -> Pixels:
    with opened(data, name) as picture:
        limits.check_pixels(*picture.size)
        picture.draft("RGB" if level.colour else "L", (level.side, level.side))
        picture.load()
        shown = eight_bits_on(BEHIND, picture, colour=level.colour)
        orientation = orientation_of(picture)
    shown.thumbnail((level.side, level.side), Pillow.Resampling.BOX)
    return turned_upright(np.asarray(_blurred(shown, level)), orientation)


def _sheet(data: Content, name: str, level: Level, limits: MediaLimits) -> Pixels | None:
    """The frames of a video, each blurred by itself; None where it has none."""
    found = stills(data, name, limits, side=level.side, colour=level.colour)
    if found is None:
        return None
    blurred = [
        None if still is None else np.asarray(_blurred(Pillow.fromarray(still), level))
        for still in found
    ]
    return laid_out(blurred, behind=BEHIND)


def _blurred(shown: Pillow.Image, level: Level) -> Pillow.Image:
    return shown.filter(ImageFilter.GaussianBlur(level.blur)) if level.blur else shown
