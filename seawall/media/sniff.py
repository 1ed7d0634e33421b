"""
What bytes are, by their own first bytes: never by a filename, never by what somebody says they are.

The pictures we decode are told apart here, because it must be fast and sure. puremagic names everything
else; it calls HEIC `video/mp4` and does not know BigTIFF (version 1.30). A polyglot is what its first
bytes say, which is what a browser would show.
"""

from typing import Final

import puremagic

from seawall.media.media import Kind

UNKNOWN: Final = "application/octet-stream"
HEAD = 4096  # bytes handed to puremagic; its signatures of whole files all lie there

_FIRST_BYTES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
    b"II+\0": "image/tiff",  # BigTIFF
    b"MM\0+": "image/tiff",
}
_AVIF = {b"avif", b"avis"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_BMP_HEADERS = {
    12,
    40,
    52,
    56,
    64,
    108,
    124,
}  # bytes; without this look, text that begins with BM is one
_TOLD_APART = {
    *_FIRST_BYTES.values(),
    "image/webp",
    "image/x-ms-bmp",
}  # here already: puremagic errs
_LARGEST_BRAND_LIST = 256  # bytes of the first box; real files name a dozen brands of four


def media_type(data: bytes) -> str:
    """The media type of some bytes: `image/png`; `application/octet-stream` when nobody knows."""
    for start, name in _FIRST_BYTES.items():
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "image/bmp"
    return _boxed(data) or _named_by_puremagic(data)


def kind_of(name: str) -> Kind:
    """What sort of thing has this media type, of the sorts that are looked into."""
    return Kind.IMAGE if name.startswith("image/") else Kind.OTHER


def _boxed(data: bytes) -> str | None:
    """HEIF and AVIF by the brands in their first box (ISO/IEC 14496-12, `ftyp`; ISO/IEC 23008-12, Annex B)."""
    if data[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(data[:4]), _LARGEST_BRAND_LIST)
    brands = {data[at : at + 4] for at in (8, *range(16, size, 4))}
    if brands & _AVIF:
        return "image/avif"
    return "image/heic" if brands & _HEIF else None


def _named_by_puremagic(data: bytes) -> str:
    try:
        candidates = puremagic.magic_string(data[:HEAD])
    except (puremagic.PureError, ValueError):  # nothing known, or no bytes at all
        return UNKNOWN
    names = (candidate.mime_type for candidate in candidates)
    return next((name for name in names if name and name not in _TOLD_APART), UNKNOWN)
