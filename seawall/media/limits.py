"""How much of a stranger's bytes we are willing to look at."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta
from typing import Any, Self

from seawall.errors import MediaError

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """What one upload may cost; beyond it the upload is not decoded and the rule for failures applies."""

    max_bytes: int = 64 * 1024 * 1024  # of what is answered while its sender waits
    max_long_bytes: int = 2 * 1024 * 1024 * 1024  # of a video or a sound that lies in a file
    max_pixels: int = 150_000_000  # of all frames looked at together: a 150-megapixel camera; 100 kB can claim far more
    max_frames: int = 64  # of an animation; those left out are named in the verdict
    max_video: timedelta = timedelta(hours=6)  # of video in one file
    max_sound: timedelta = timedelta(hours=3)  # of sound in one file; 76 MiB an hour
    max_regions: int = 12  # of a picture, looked at beside the whole: without its border; 0: none
    max_seconds: timedelta = timedelta(seconds=20)  # of wall-clock time and of processor time
    max_long_seconds: timedelta = timedelta(minutes=20)  # the same for a video or sound in a file
    max_memory: int = 2 * 1024 * 1024 * 1024  # bytes of data a worker may take for it

    def numbers(self) -> dict[str, float]:
        """Every limit as a number, moments of time in seconds."""
        limits = asdict(self).items()
        return {
            name: each.total_seconds() if isinstance(each, timedelta) else each
            for name, each in limits
        }

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, float]) -> Self:
        """The limits these numbers are of."""
        lasting = {each.name for each in fields(cls) if isinstance(each.default, timedelta)}
        limits: dict[str, Any] = {
            name: timedelta(seconds=number) if name in lasting else number
            for name, number in numbers.items()
        }
        return cls(**limits)

    def for_long(self) -> "MediaLimits":
        """The limits of a video or a sound that lies in a file, and whose sender does not wait for the answer."""
        return replace(self, max_bytes=self.max_long_bytes, max_seconds=self.max_long_seconds)

    def check_bytes(self, size: int) -> None:
        """
        Refuse a file that is larger than we look into.

        Raises:
            MediaError: It has more than `max_bytes`.

        """
        if size > self.max_bytes:
            raise MediaError(
                f"The file has {size / MIB:.1f} MiB; the limit is {self.max_bytes / MIB:.1f} MiB."
                " Send a smaller copy, or raise max_bytes."
            )

    def check_pixels(self, width: int, height: int) -> None:
        """
        Refuse a picture by the size its header claims, before a pixel of it is decoded.

        Raises:
            MediaError: It claims more than `max_pixels`.

        """
        if width * height > self.max_pixels:
            raise MediaError(
                f"The picture claims {width} by {height} pixels; the limit is {self.max_pixels}."
                " Send a smaller copy, or raise max_pixels."
            )

    def check_video(self, seconds: float) -> None:
        """
        Refuse a video by the duration of its packets, before a frame of it is decoded.

        Raises:
            MediaError: It is longer than `max_video`.

        """
        if seconds > self.max_video.total_seconds():
            raise MediaError(
                f"The video lasts more than {self.max_video}, the limit. Send it in parts, or raise max_video."
            )

    def check_sound(self, seconds: float) -> None:
        """
        Refuse a sound by the duration its header claims, and again by what has been decoded of it.

        Raises:
            MediaError: It is longer than `max_sound`.

        """
        if seconds > self.max_sound.total_seconds():
            raise MediaError(
                f"The sound lasts more than {self.max_sound}, the limit. Send it in parts, or raise max_sound."
            )
