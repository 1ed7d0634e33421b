"""
Every picture but the usual JPEG: opened by Pillow, and each of its frames turned into upright luma.

Pillow's own bomb limit is a warning; ours is checked from the header before anything is decoded, and again for every
frame, because a frame of a GIF or a page of a TIFF may be larger than the first.
"""

from contextlib import suppress
from io import BytesIO
from itertools import count

import pillow_heif
from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from PIL.ImageFile import ImageFile

from seawall.errors import MediaError
from seawall.media.limits import MediaLimits
from seawall.media.luma import alpha_varies, luma_on
from seawall.media.media import Image, Luma
from seawall.media.orientation import UPRIGHT, orientation_in, swaps_sides, turned_upright

PLUGINS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
}
BLACK, WHITE = 0, 255

Pillow.MAX_IMAGE_PIXELS = None  # ours is checked instead
pillow_heif.register_heif_opener(thumbnails=False)


def frames(data: bytes, media_type: str, limits: MediaLimits) -> Image:
    """
    The upright luma of the frames of a picture, reduced.

    A first frame that is damaged makes the whole picture unreadable; a later one ends the frames looked at.

    Raises:
        MediaError: It is not of that type, or larger than the limits.
        Exception: Decoders raise nearly anything for damaged files.

    """
    with opened(data, media_type) as picture:
        limits.check_pixels(*picture.size)
        picture.load()
        orientation = orientation_of(picture)
        width, height = picture.size
        on_white, on_black = [luma_on(WHITE, picture)], _on_black(picture)
        left_out = 0
        if getattr(picture, "is_animated", False):
            for white, black in _other_frames(picture, limits):
                on_white.append(white)
                on_black += black
            left_out = max(0, getattr(picture, "n_frames", 1) - len(on_white))
    seen = on_white + on_black  # so the numbers of frames do not depend on what is laid twice
    if swaps_sides(orientation):
        width, height = height, width
    upright = tuple(turned_upright(luma, orientation) for luma in seen)
    return Image(width=width, height=height, frames=upright, frames_left_out=left_out)


def opened(data: bytes, media_type: str) -> ImageFile:
    """
    The picture with its header read and no pixel decoded.

    Raises:
        MediaError: It is not of that type.

    """
    try:
        return Pillow.open(BytesIO(data), formats=[PLUGINS[media_type]])
    except UnidentifiedImageError as error:
        raise MediaError(
            f"The bytes begin like {media_type} but do not go on like it; send the whole file again."
        ) from error


def _on_black(frame: ImageFile) -> list[Luma]:
    """The frame laid on black too, if a picture may be drawn in its transparency."""
    return [luma_on(BLACK, frame)] if alpha_varies(frame) else []


def _other_frames(picture: ImageFile, limits: MediaLimits) -> list[tuple[Luma, list[Luma]]]:
    """
    Every frame but the one seen first, on white and on black, as far as the limits reach and the file is sound.

    The one seen first is a HEIF's primary picture, which may stand anywhere in the file.
    """
    seen: list[tuple[Luma, list[Luma]]] = []
    first, pixels = picture.tell(), picture.width * picture.height
    with suppress(
        Exception
    ):  # a damaged frame ends the animation; the caller counts it as left out
        for number in count():
            if len(seen) + 1 >= limits.max_frames:
                break
            if number == first:
                continue
            picture.seek(number)
            pixels += picture.width * picture.height
            if pixels > limits.max_pixels:
                break
            picture.load()
            seen.append((luma_on(WHITE, picture), _on_black(picture)))
    return seen


def orientation_of(picture: ImageFile) -> int:
    """Which way up it is: what EXIF says; nothing for TIFF and HEIF, whose plug-ins have turned the picture already."""
    exif = picture.info.get("exif")
    if picture.format in ("TIFF", "HEIF") or not isinstance(exif, bytes):
        return UPRIGHT
    return orientation_in(exif)
