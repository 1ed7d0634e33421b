"""How much of a stranger's bytes we are willing to look at."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """What one upload may cost; beyond it the upload is not decoded and the rule for failures applies."""

    max_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 150_000_000  # a 150-megapixel camera; a 100 kB bomb can claim far more
    max_frames: int = 64  # of an animation; those left out are named in the verdict
    max_seconds: timedelta = timedelta(seconds=20)  # of wall-clock time and of processor time
    max_memory: int = 2 * 1024 * 1024 * 1024  # bytes of a worker's data segment
