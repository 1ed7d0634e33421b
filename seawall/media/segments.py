"""The segments in front of a JPEG's picture: where cameras and editors write what they know about it."""

from collections.abc import Iterator

APP1 = 0xE1  # EXIF
APP14 = 0xEE  # Adobe
_END_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xDA
_MOST = 256  # segments looked at; files made by cameras and editors have at most a few dozen


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The marker and content of each segment before the picture begins (ITU-T T.81, Annex B), as far as they hold."""
    at = 2
    for _ in range(_MOST):
        if len(data) < at + 4 or data[at] != 0xFF:
            return
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in (_END_OF_IMAGE, _START_OF_SCAN) or length < 2:
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length
