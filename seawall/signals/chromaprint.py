"""
Chromaprint: a sound as 32 bits for every 0.1238 s, which stay nearly the same when it is re-encoded or made louder.

The numbers are those of `fpcalc -raw` (https://acoustid.org/chromaprint), written as URL-safe base64 of little-endian
32-bit words. A code in the index is eight of them, every second one: 1.9 s of numbers, 4.4 s of sound.

A copy that was played faster is higher too, and its notes cross from one of the twelve to the next. So an upload is
read eleven times from one transform: as it is, and as if it had been raised or lowered by up to half a semitone.

Bits of 256 in which two codes differ, over 40 made tracks of two minutes, one in five of them like speech:

    an excerpt of 30 s at any offset, MP3 64 kbit/s, noise at 20 dB   median 9, and 99 of 100 within 24
    one number (0.12 s) out of step                                   median 35; two numbers 60
    played 3 % faster or slower, read at the nearest pitch            median 13 to 17
    unrelated tracks                                                  median 123, 1 in 1 000 within 78, the nearest 40
"""

import base64
import binascii
import re

import numpy as np

from seawall.errors import SignalError
from seawall.media.media import Kind, Media
from seawall.signals.chromaprint_kernel import Numbers, retuned
from seawall.signals.chromaprint_match import SHORTEST_CODE, SPAN, SPREAD, busy, matched
from seawall.signals.sequence import Filed, Hits, Likeness
from seawall.signals.signal import Cause, NoSignal, Reading, Signal, shown

MOST = 1 << 17  # numbers of one signal: 4 h 30 min
EACH_FILED = 8  # a known code begins every so many numbers, once a second
EACH_ASKED = 3  # and one asked every so many: they meet every 24 numbers, 3 s, however they lie
ALL_ASKED = 128  # a sound of no more numbers is asked whole
PITCHES = (
    0.0,
    0.1,
    -0.1,
    0.2,
    -0.2,
    0.3,
    -0.3,
    0.4,
    -0.4,
    0.5,
    -0.5,
)  # semitones: 3 % faster is 0.51
LONGEST_RETUNED = 15 * 60  # seconds; longer sounds are read as they are only
WORD = np.dtype("<u4")


class Chromaprint:
    """The Chromaprint of a sound, or of the sound track of a video."""

    name = "chromaprint"
    bits = 256
    index = "chromaprint"
    reach: int | None = 24  # of codes; the likeness of whole sounds is what rules ask about
    kinds = frozenset({Kind.SOUND, Kind.VIDEO})
    examples: tuple[str, ...] = (
        "pIAYXqSACFaswApWqHAKf7ksC3yqKBh8qikYfOoqe3wqeqr8Csqu_AvepNwIdqDWCELglhhDYYYsU2KGLPOjhiTjsJYk_rCUAMqSlA",
    )

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """One reading for each pitch, as it is first; None where there is nothing to hear."""
        if media.kind not in self.kinds:
            return None
        if media.sound is None:
            return self._without_sound(media)
        pitches = PITCHES if media.sound.duration <= LONGEST_RETUNED else PITCHES[:1]
        rows = retuned(media.sound.samples, pitches)
        reason = _too_little(rows[0], media.sound.duration)
        if reason:
            return NoSignal(type=self.name, reason=reason)
        return tuple(
            Reading(signal=_signal(row), quality=round(100 * busy(row).mean()), pitch=pitch)
            for pitch, row in zip(pitches, rows, strict=True)
        )

    def parse(self, text: str) -> Signal:
        """
        Read our own spelling, or the list of numbers `fpcalc -raw` prints.

        Raises:
            SignalError: It is neither, or of too few numbers for a code, or too many.

        """
        value = text.strip()
        numbers = _listed(value) if "," in value else _unpacked(value)
        if numbers is None or not SPAN <= len(numbers) <= MOST:
            raise SignalError(
                f"A Chromaprint is {SPAN} to {MOST} numbers, as fpcalc -raw prints them or as URL-safe base64 of"
                f" little-endian 32-bit words; this is '{shown(text)}'."
            )
        return _signal(numbers)

    def filed(self, signal: Signal) -> tuple[Filed, ...]:
        """A code of every second of it, but for those too plain to tell sounds apart."""
        return self._codes(numbers_of(signal), EACH_FILED)

    def asked(self, signal: Signal) -> tuple[Filed, ...]:
        """Codes so close together that some begin where known ones do, however the sounds lie."""
        numbers = numbers_of(signal)
        return self._codes(numbers, EACH_ASKED if len(numbers) > ALL_ASKED else 1)

    def compare(self, asked: Signal, known: Signal, hits: Hits) -> Likeness | None:
        """Where the two run alongside each other, at the known one's speed or up to 6 % off it; None: nowhere."""
        return matched(numbers_of(asked), numbers_of(known), hits)

    def _codes(self, numbers: Numbers, each: int) -> tuple[Filed, ...]:
        parts = np.arange(0, len(numbers) - SPAN + 1, each)
        parts = parts[busy(numbers)[parts]]
        words = numbers[parts[:, None] + np.arange(0, SPAN, SPREAD)].astype(WORD)
        return (Filed(self.index, words.view(np.uint8), parts),)

    def _without_sound(self, media: Media) -> NoSignal | None:
        reason = media.unreadable or media.unheard
        return NoSignal(type=self.name, reason=reason, cause=Cause.FAILED) if reason else None


def numbers_of(signal: Signal) -> Numbers:
    """The numbers of a signal as `parse` writes it."""
    numbers = _unpacked(signal.value)
    assert numbers is not None  # noqa: S101 - only `parse` and `compute` make such signals
    return numbers


def _too_little(numbers: Numbers, seconds: float) -> str | None:
    """Why a sound has nothing to be known by; None where it has."""
    if len(numbers) < SPAN:
        return f"too short: {seconds:.1f} s of sound, and {SHORTEST_CODE:.1f} s are needed"
    if not busy(numbers).any():
        return "too plain: silence or a steady tone, which all sound alike"
    return None


def _signal(numbers: Numbers) -> Signal:
    packed = base64.urlsafe_b64encode(numbers.astype(WORD).tobytes()).rstrip(b"=")
    return Signal(Chromaprint.name, packed.decode())


def _unpacked(value: str) -> Numbers | None:
    if not re.fullmatch("[A-Za-z0-9_-]*", value) or len(value) * 6 // 8 % WORD.itemsize:
        return None
    try:
        packed = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        return None
    return np.frombuffer(packed, WORD).astype(np.uint32)


def _listed(value: str) -> Numbers | None:
    fields = value.split(",", MOST + 1)
    if not all(re.fullmatch("[0-9]{1,10}", field.strip()) for field in fields):
        return None
    numbers = np.array([int(field) for field in fields], np.uint64)
    return numbers.astype(np.uint32) if numbers.max() <= np.iinfo(np.uint32).max else None
