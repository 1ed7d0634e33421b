"""Pictures and bombs, made here, so that every byte of them is known."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()


def picture(seed: int = 1, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """A picture with large shapes and fine ones, different for each seed, of quality 100 to PDQ."""
    rng = np.random.default_rng(seed)
    octaves = [
        Image.fromarray(rng.integers(0, 256, (3 * cells, 4 * cells, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        for cells in (2, 16)
    ]
    return Image.blend(*octaves, alpha=0.5)


def saved(image: Image.Image, to: str = "PNG", **options: Any) -> bytes:
    """The picture as a file."""
    file = BytesIO()
    image.save(file, to, **options)
    return file.getvalue()


def png(width: int, height: int, *chunks: bytes, rows: bytes | None = None) -> bytes:
    """A grey PNG that claims a size, with chunks before its pixels; black unless told otherwise."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((width + 1) * height) if rows is None else rows)
    parts = (chunk(b"IHDR", header), *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def gif_of(frames: int) -> bytes:
    """A GIF of this many frames of a pixel each."""
    start = b"GIF89a" + struct.pack("<HH", 64, 64) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    control = b"\x21\xf9\x04\0\x01\0\0\0"
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"
    return start + (control + frame) * frames + b";"


def exif(orientation: int, *, order: str = "<", loops: bool = False) -> bytes:
    """An EXIF block that says which way up a picture is; its directory may point at itself."""
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    value = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    again = struct.pack(order + "HHII", 0x8769, 4, 1, 8)
    entries = (again, value) if loops else (value,)
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries)
    return b"Exif\0\0" + start + directory + struct.pack(order + "I", 8 if loops else 0)


def with_segment(jpeg: bytes, content: bytes, marker: int = 0xE1) -> bytes:
    """A JPEG with a segment put in front of the others."""
    return (
        jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content + jpeg[2:]
    )


def claiming(jpeg: bytes, width: int, height: int) -> bytes:
    """A baseline JPEG whose header claims another size than its content has."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]
