"""What a signal is, and what a signal type must be able to do."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from seawall.media.media import Kind, Media, Region

LONGEST_SHOWN = 80  # characters of somebody's text that an error message repeats
LONGEST_REPEATED = 4_096  # characters of a signal that is told again with each of its matches
LONGEST_GIVEN = (
    6 << 20
)  # characters of one that is handed in: two hours of video have half a million


class Orientation(StrEnum):
    """
    How the uploaded picture must be turned to look like the known one.

    `mirror` flips left and right; `mirror-rotate90` flips, then turns a quarter clockwise.
    """

    UPRIGHT = "upright"
    ROTATE90 = "rotate90"
    ROTATE180 = "rotate180"
    ROTATE270 = "rotate270"
    MIRROR = "mirror"
    MIRROR_ROTATE90 = "mirror-rotate90"
    MIRROR_ROTATE180 = "mirror-rotate180"
    MIRROR_ROTATE270 = "mirror-rotate270"


@dataclass(frozen=True, slots=True)
class Signal:
    """A fingerprint, always representable as text: `pdq:f8f8…`, `sha256:…`, `url:https://…`."""

    type: str
    value: str

    def __str__(self) -> str:
        return f"{self.type}:{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One signal as it was read off a piece of media: of which frame or region, how turned, how reliable."""

    signal: Signal
    quality: int | None = None  # 0 to 100, for types that publish one
    orientation: Orientation = Orientation.UPRIGHT
    frame: int = 0
    region: Region | None = None  # None: the whole picture
    pitch: float = 0.0  # semitones the sound was lowered by before it was read

    @property
    def plain(self) -> bool:
        """Whether it is of the media as it lies: whole, not turned, and not retuned."""
        return self.unturned and self.region is None

    @property
    def unturned(self) -> bool:
        """Whether it is of the media upright, or at its own pitch."""
        return self.orientation is Orientation.UPRIGHT and not self.pitch


class Cause(StrEnum):
    """Why there is no signal; rules answer to each of these on its own."""

    EMPTY = "empty"  # it was read, and has nothing to fingerprint: too flat, too small
    FAILED = "failed"  # it could not be read: truncated, a bomb, a crash
    UNSUPPORTED = "unsupported"  # a kind of media this type cannot look into


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSignal:
    """Why a piece of media has no signal of this type."""

    type: str
    reason: str
    cause: Cause = Cause.EMPTY


class SignalType(Protocol):
    """
    A way to fingerprint media.

    To add one, write a file beside this one, list it in `registry`, and
    subclass `seawall.testing.SignalTypeContract` in its test.
    """

    name: str
    bits: int  # of a code that is compared by Hamming distance; 0 where only equality counts
    index: str  # the Hamming index its codes are in, which types may share; "" where only equality counts
    reach: (
        int | None
    )  # bits a code may differ in and still matter; None: as many as the rules ask for
    kinds: frozenset[Kind]  # what it looks into

    @property
    def examples(self) -> tuple[str, ...]:
        """Values as `parse` writes them, for documentation and tests."""
        ...

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """Read this type's signals off the media, or say why there are none; None: not for this kind of media."""
        ...

    def parse(self, text: str) -> Signal:
        """
        Read a signal somebody sent us, whatever its case or surrounding space.

        Raises:
            SignalError: The text is not a signal of this type.

        """
        ...


def brief(signal: Signal) -> Signal:
    """The signal; of one that is long, its type and the SHA-256 of its text: what a match says of both its sides."""
    if len(signal.value) <= LONGEST_REPEATED:
        return signal
    return Signal(signal.type, f"sha256-{sha256(str(signal).encode()).hexdigest()}")


def shown(text: str) -> str:
    """What somebody sent, cut short enough to stand in an error message."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
