"""
PDQ: 256 bits that stay nearly the same when a picture is resized, recompressed or recoloured.

Two pictures are near when at most 31 of the bits differ; unrelated ones differ in about 128. Source: "The TMK+PDQF
Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook, 2019.
"""

import re

from seawall.errors import SignalError
from seawall.media.media import Kind, Luma, Media, Part
from seawall.signals.signal import Cause, NoSignal, Orientation, Reading, Signal, shown

SMALLEST_SIDE = 5  # pixels: the published minimum
LOWEST_QUALITY = 50  # below it, published advice is to discard: flat pictures all look alike


class Pdq:
    """The PDQ of each frame of a picture, turned all eight ways, and of its parts."""

    name = "pdq"
    bits = 256
    index = "pdq"
    reach: int | None = None
    kinds = frozenset({Kind.IMAGE, Kind.OTHER})
    examples: tuple[str, ...] = (
        "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    )

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """Eight readings for every frame with something on it, or why there are none; None for what is no picture."""
        if media.kind not in self.kinds:
            return None
        if media.kind is Kind.OTHER:
            return NoSignal(
                type=self.name,
                reason=f"{media.media_type} is no picture; only its exact digests were compared",
                cause=Cause.UNSUPPORTED,
            )
        if media.image is None:
            return NoSignal(
                type=self.name,
                reason=media.unreadable or "The picture was not decoded.",
                cause=Cause.FAILED,
            )
        if min(media.image.width, media.image.height) < SMALLEST_SIDE:
            size = f"{media.image.width} by {media.image.height} pixels"
            return NoSignal(
                type=self.name, reason=f"too small: {size}, and a side needs {SMALLEST_SIDE}"
            )
        frames = [_readings(luma, number) for number, luma in enumerate(media.image.frames)]
        parts = [_reading_of(part) for part in media.image.parts]
        found = tuple(reading for row in (*frames, parts) for reading in row if _steep(reading))
        best = max(reading.quality or 0 for frame in frames for reading in frame)
        return found or NoSignal(
            type=self.name,
            reason=f"too flat: quality {best} of 100, and {LOWEST_QUALITY} is needed",
        )

    def parse(self, text: str) -> Signal:
        """
        Read a PDQ somebody sent us, whatever its case or surrounding space.

        Raises:
            SignalError: The text is not 64 hexadecimal digits.

        """
        value = text.strip().lower()
        if not re.fullmatch("[0-9a-f]{64}", value):
            raise SignalError(f"A PDQ is 64 hexadecimal digits; this is '{shown(text)}'.")
        return Signal(self.name, value)


def _readings(luma: Luma, frame: int) -> list[Reading]:
    """The frame's code for each way the upload could be turned to look like the known picture."""
    from seawall.signals.pdq_kernel import pdq  # noqa: PLC0415 - Numba takes a second to load; only workers need it

    codes, quality = pdq(luma)
    return [
        Reading(
            signal=Signal(Pdq.name, code.tobytes().hex()),
            quality=quality,
            orientation=orientation,
            frame=frame,
        )
        for orientation, code in zip(Orientation, codes, strict=True)
    ]


def _reading_of(part: Part) -> Reading:
    """The code of a part as it lies: turned ones would cost a lookup each, and few turn what they paste."""
    from seawall.signals.pdq_kernel import TURNS, pdq  # noqa: PLC0415 - the same

    codes, quality = pdq(part.luma, TURNS[:1])
    return Reading(
        signal=Signal(Pdq.name, codes.tobytes().hex()),
        quality=quality,
        frame=part.frame,
        region=part.region,
    )


def _steep(reading: Reading) -> bool:
    return (reading.quality or 0) >= LOWEST_QUALITY
