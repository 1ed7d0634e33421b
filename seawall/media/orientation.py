"""
Which way up a picture is: the orientation its camera wrote down (EXIF 2.3, tag 0x0112), read without trusting a byte.

    1 as it is            5 mirrored along the falling diagonal
    2 mirrored            6 needs a quarter turn clockwise
    3 needs a half turn   7 mirrored along the rising diagonal
    4 upside down mirror  8 needs a quarter turn anticlockwise

Only the first directory is looked at and no offset is followed twice, so a looping or swollen EXIF block costs nothing.
Whatever cannot be read means 1, as it does in browsers.
"""

import struct

import numpy as np

from seawall.media.media import Luma

UPRIGHT = 1
_TAG = 0x0112
_SHORT = 3
_ENTRY = 12  # bytes of one entry: tag, type, count, value
_MOST_ENTRIES = 1024  # real first directories have a few dozen
_EXIF = b"Exif\0\0"


def orientation_in(exif: bytes) -> int:
    """The orientation, 1 to 8, in a block of EXIF, with or without its `Exif` heading."""
    tiff = exif.removeprefix(_EXIF)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for entry in range(min(entries, _MOST_ENTRIES)):
            tag, sort, _, value = struct.unpack_from(
                order + "HHIH", tiff, directory + 2 + entry * _ENTRY
            )
            if tag == _TAG:
                return value if sort == _SHORT and 1 <= value <= 8 else UPRIGHT
    except struct.error:  # an offset or a count that points past the end
        return UPRIGHT
    return UPRIGHT


def turned_upright(luma: Luma, orientation: int) -> Luma:
    """The picture as its camera's owner saw it, (height, width) or turned (width, height); colours may follow."""
    match orientation:
        case 2:
            turned = np.fliplr(luma)
        case 3:
            turned = np.rot90(luma, 2)
        case 4:
            turned = np.flipud(luma)
        case 5:
            turned = luma.swapaxes(0, 1)
        case 6:
            turned = np.rot90(luma, -1)
        case 7:
            turned = np.rot90(luma, 2).swapaxes(0, 1)
        case 8:
            turned = np.rot90(luma)
        case _:
            turned = luma
    return np.ascontiguousarray(turned)


def swaps_sides(orientation: int) -> bool:
    """Whether width and height change places when the picture is turned upright."""
    return orientation >= 5
