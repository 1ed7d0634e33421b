"""The nouns: what a stranger's bytes turn out to be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from seawall.media.content import Content

Luma = NDArray[
    np.uint8
]  # (height, width), 0 black to 255 white (ITU-R BT.601, full range), upright

Samples = NDArray[np.int16]  # one channel, `SAMPLE_RATE` a second
SAMPLE_RATE = 11_025  # a second

SMALLEST_SIDE = 256  # pixels; luma is not reduced below it: smaller, and fingerprints drift by more than 10 bits


class Kind(StrEnum):
    """What sort of thing was handed to us."""

    IMAGE = "image"
    VIDEO = "video"
    SOUND = "sound"
    TEXT = "text"
    LINK = "link"
    OTHER = "other"  # bytes that are no media we can look into; their exact hashes still count


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of an upright picture that was looked at by itself: which, in pixels, and why."""

    kind: str  # "without-border", "inner-picture", …
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A region's luma, and the number of the frame it is of."""

    frame: int
    region: Region
    luma: Luma


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """What a copy of a picture may be cut down to: where that begins and its side, in percent of the picture's."""

    left: int
    top: int
    side: int
    luma: Luma


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """
    A decoded picture: its upright size in pixels as the file declares it, and each frame's luma, perhaps smaller.

    A still with an alpha channel that varies has two frames: laid on white, then laid on black, so that
    a picture drawn in transparency shows in one of them.
    """

    width: int
    height: int
    frames: tuple[Luma, ...]
    frames_left_out: int = 0  # an animation longer than the limit
    parts: tuple[Part, ...] = ()  # which may be pictures of their own
    crops: tuple[Crop, ...] = ()  # of a picture that is to be known, where somebody asked for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture of a video: its number in the file, when it is shown in seconds, and its luma, perhaps smaller."""

    number: int
    at: float
    luma: Luma


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """
    A video: its upright size in pixels, its length in seconds, and its frames, which are decoded as they are read.

    Once they were read, `left_out` says in sentences what of it was not looked at.
    """

    width: int
    height: int
    duration: float
    frames: Iterable[Frame]
    left_out: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What is heard: its length in seconds, its samples, and in sentences what of it was not listened to."""

    duration: float
    samples: Samples
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Pages that a text or the QR codes of a picture lead to, canonical, and in sentences what was not looked at."""

    found: tuple[str, ...] = ()  # each once, in their order
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """
    A stranger's bytes, understood as far as they could be.

    Exactly one of `image` and `unreadable` is set for a picture; `link` is set for a link, whose `data` is empty. A
    video may have a sound beside it.
    """

    kind: Kind
    media_type: str  # as sniffed from the bytes: "image/jpeg"; "text/uri-list" for a link
    data: Content = b""
    image: Image | None = None
    video: Video | None = None
    sound: Sound | None = None
    text: str | None = None
    links: Links = Links()  # inside a text or a picture
    link: str | None = None
    unheard: str | None = None  # a sentence: why the sound of a video could not be read
    unreadable: str | None = None  # a sentence: why what is inside could not be decoded


def reduction(width: int, height: int) -> int:
    """By how much a picture may be reduced before it is fingerprinted: a power of two that spares the smaller side."""
    return 1 << max(0, (min(width, height) // SMALLEST_SIDE).bit_length() - 1)
