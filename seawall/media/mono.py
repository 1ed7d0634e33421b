"""
The frames of a track of sound become one row of samples, on the clock of their file.

    frame ──channels mixed──▶ mono, 11 025 Hz, 16 bits ──▶ samples
      │                         └── they cancel out ──▶ one of the channels
      └──later than the one before ended──▶ silence in between
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from seawall.media.media import SAMPLE_RATE as RATE
from seawall.media.media import Samples

if TYPE_CHECKING:
    from av import AudioFrame

CANCELLED = (
    64.0  # times the power of the mix that a channel has: where one is the other upside down
)
AS_LOUD = (
    0.25  # of the power of the loudest channel: the first such one is taken, and stays the same
)
EVERY = 8  # frames, a fifth of a second: how often the channels are compared, which costs as much as decoding them
GAP = 0.5  # seconds between two frames that are a pause; less is rounding


class Mono:
    """One channel of what is decoded of a track."""

    def __init__(self, *, begins: float | None, most: float) -> None:
        """`begins`: the time at which the file does, in seconds; with its pauses it has `most` of them."""
        from av import AudioResampler  # noqa: PLC0415 - FFmpeg takes a tenth of a second to load

        self._mixed = AudioResampler(format="s16", layout="mono", rate=RATE)
        self._apart = AudioResampler(format="s16p", rate=RATE)
        self._channel: int | None = None  # which is heard instead of the mix
        self._frames = 0
        self._until = begins
        self._most = most
        self._samples = bytearray()
        self._silent = 0  # samples put in for pauses

    @property
    def samples(self) -> Samples:
        """What was heard so far, and the pauses in it."""
        return np.frombuffer(self._samples, np.int16)

    @property
    def seconds(self) -> float:
        """How long that is."""
        return len(self._samples) / 2 / RATE

    @property
    def heard(self) -> float:
        """The same without the pauses."""
        return self.seconds - self._silent / RATE

    def hear(self, frame: "AudioFrame") -> None:
        """Add the next frame."""
        self._pause(frame)
        mixed = _joined(self._mixed.resample(frame))
        compared = frame.layout.nb_channels > 1 and self._frames % EVERY == 0
        self._frames += 1
        if compared or self._channel is not None:
            channels = _joined(self._apart.resample(frame))
            if compared and channels.any():
                self._channel = _audible(mixed, channels)
            if self._channel is not None:
                mixed = channels[self._channel]
        self._samples += mixed.tobytes()

    def end(self) -> None:
        """Add what is left of the last frame."""
        if self._channel is None:
            self._samples += _joined(self._mixed.resample(None)).tobytes()
        else:
            self._samples += _joined(self._apart.resample(None))[self._channel].tobytes()

    def _pause(self, frame: "AudioFrame") -> None:
        """Silence until the frame begins, unless times like these cannot be."""
        at = self._until if frame.time is None else frame.time
        gap = 0.0 if at is None or self._until is None else at - self._until
        if gap > GAP and self.seconds + gap <= self._most:
            silent = round(gap * RATE)
            self._samples += bytes(2 * silent)
            self._silent += silent
        self._until = None if at is None else at + frame.samples / frame.sample_rate


def _joined(frames: "Iterable[AudioFrame]") -> NDArray[np.int16]:
    """All samples of these frames: (channels, n)."""
    rows = [frame.to_ndarray().astype(np.int16, copy=False) for frame in frames]
    if len(rows) == 1:
        return rows[0]
    return np.hstack(rows) if rows else _NOTHING


def _audible(mixed: NDArray[np.int16], channels: NDArray[np.int16]) -> int | None:
    """The channel to be heard where the channels cancel each other out in the mix; None where they do not."""
    power = np.square(channels, dtype=np.float32).sum(axis=1)
    if power.max() <= CANCELLED * np.square(mixed, dtype=np.float32).sum():
        return None
    return int(np.argmax(power >= AS_LOUD * power.max()))


_NOTHING: Final = np.empty((1, 0), np.int16)
