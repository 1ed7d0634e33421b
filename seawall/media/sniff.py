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
HEAD = 4096  # bytes that are looked at; all signatures of whole files lie there

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
_SOUND_ONLY = {b"M4A ", b"M4B ", b"M4P "}
_KINDS = {"image": Kind.IMAGE, "video": Kind.VIDEO, "audio": Kind.SOUND}
_MP3_RATES = (  # kbit/s of MPEG 1, and of its halves
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_MP3_SPEEDS = (44_100, 48_000, 32_000)  # samples a second
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
    "video/quicktime",
}  # here already: puremagic errs
_VIDEO_FIRST_BYTES = {
    b"FLV\x01": "video/x-flv",
    b"\0\0\x01\xba": "video/mpeg",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "video/x-ms-asf",
}
_QUICKTIME_BOXES = {b"moov", b"mdat", b"pnot"}  # files from before there was `ftyp`
_SMALL_BOXES = {
    b"wide",
    b"free",
    b"skip",
    b"styp",
    b"moof",
}  # may come first too; some are words that texts have there
_EBML_HEAD = 64  # bytes that hold a Matroska's document type, or an Ogg's first codec
_TS_PACKET = 188  # bytes
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
    if data.startswith(b"OggS"):
        return "video/ogg" if b"\x80theora" in data[:HEAD] else "audio/ogg"
    if _mpeg_sound(data):
        return "audio/mpeg"
    return _boxed(data) or _filmed(data) or _named_by_puremagic(data)


def lasts(head: bytes) -> bool:
    """Whether bytes that begin so are a video or a sound."""
    return kind_of(media_type(head)) in (Kind.VIDEO, Kind.SOUND)


def kind_of(name: str) -> Kind:
    """What sort of thing has this media type, of the sorts that are looked into."""
    return _KINDS.get(name.partition("/")[0], Kind.OTHER)


def _boxed(data: bytes) -> str | None:
    """HEIF and AVIF by the brands in their first box (ISO/IEC 14496-12, `ftyp`; ISO/IEC 23008-12, Annex B)."""
    if data[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(data[:4]), _LARGEST_BRAND_LIST)
    brands = {data[at : at + 4] for at in (8, *range(16, size, 4))}
    if brands & _AVIF:
        return "image/avif"
    if brands & _HEIF:
        return "image/heic"
    if data[8:12] in _SOUND_ONLY:
        return "audio/mp4"
    return "video/quicktime" if data[8:12] == b"qt  " else "video/mp4"


def _mpeg_sound(data: bytes) -> bool:
    """Whether an MP3 without a tag begins here: a frame (ISO/IEC 11172-3, 2.4.1.3), and where it ends another."""
    after = _frame_length(data[:4])
    return after > 0 and _frame_length(data[after : after + 4]) > 0


def _frame_length(header: bytes) -> int:
    """Bytes of the MP3 frame with this header; 0 where it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    newest = header[1] >> 3 & 3  # 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
    rate, speed = header[2] >> 4, header[2] >> 2 & 3
    if newest == 1 or not 0 < rate < len(_MP3_RATES[0]) or speed == len(_MP3_SPEEDS):
        return 0
    halved = {3: 0, 2: 1, 0: 2}[newest]
    kilobits = _MP3_RATES[min(halved, 1)][rate]
    samples = 1152 >> min(halved, 1)
    return samples // 8 * kilobits * 1000 // (_MP3_SPEEDS[speed] >> halved) + (header[2] >> 1 & 1)


def _filmed(data: bytes) -> str | None:
    """Containers of video by how they begin; the same ones may hold sound alone."""
    for start, name in _VIDEO_FIRST_BYTES.items():
        if data.startswith(start):
            return name
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in data[:_EBML_HEAD] else "video/x-matroska"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "video/x-msvideo"
    if data[4:8] in _QUICKTIME_BOXES or (data[:1] == b"\0" and data[4:8] in _SMALL_BOXES):
        return "video/quicktime"
    synchronised = {data[at : at + 1] for at in range(0, 3 * _TS_PACKET, _TS_PACKET)}
    return "video/mp2t" if synchronised == {b"G"} else None


def _named_by_puremagic(data: bytes) -> str:
    try:
        candidates = puremagic.magic_string(data[:HEAD])
    except (puremagic.PureError, ValueError):  # nothing known, or no bytes at all
        return UNKNOWN
    names = (candidate.mime_type for candidate in candidates)
    return next((name for name in names if name and name not in _TOLD_APART), UNKNOWN)
