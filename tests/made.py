"""Things that tests need in numbers: entries, readings, rules, a moment."""

import random
from datetime import UTC, datetime

from seawall.banks.entry import Entry
from seawall.media.media import Kind, Media
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.registry import parse_signal
from seawall.signals.signal import NoSignal, Orientation, Reading, Signal
from seawall.signals.text import Text

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def pdq(seed: int = 0) -> Signal:
    """A PDQ signal that this number always gives."""
    return Signal("pdq", random.Random(seed).randbytes(32).hex())


def flipped(signal: Signal, bits: int, seed: int = 0) -> Signal:
    """The signal with this many bits changed."""
    code = int(signal.value, 16)
    for bit in random.Random(seed).sample(range(256), bits):
        code ^= 1 << bit
    return Signal(signal.type, f"{code:064x}")


def video(*frames: Signal) -> Signal:
    """A video of these pictures, one a second."""
    return parse_signal(
        "vpdq:" + ";".join(f"{frame.value},100,{at}.0" for at, frame in enumerate(frames))
    )


def sound(seed: int, seconds: int = 20) -> Signal:
    """A sound that this number always gives, and that nobody could listen to."""
    numbers = random.Random(seed)
    return parse_signal(
        "chromaprint:" + ",".join(str(numbers.getrandbits(32)) for _ in range(seconds * 8))
    )


def words(seed: int, letters: int = 600) -> Signal:
    """A text of made-up words that this number always gives."""
    drawn = random.Random(seed)
    each = ("".join(drawn.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(letters // 7))
    media = Media(kind=Kind.TEXT, media_type="text/plain", text=" ".join(each))
    (found,) = Text().compute(media) or ()  # type: ignore[misc] # it is long enough to have one
    return found.signal  # type: ignore[union-attr] # the same


def entry(signal: Signal, **fields: object) -> Entry:
    """An entry in the bank `known`."""
    usual = {
        "id": f"en_{signal.value[:8]}",
        "bank": "known",
        "signal": signal,
        "categories": ("terrorist-content",),
        "vouchers": ("alpha",),
        "created_at": NOON,
    }
    return Entry(**(usual | fields))  # type: ignore[arg-type]


def reading(
    signal: Signal, orientation: Orientation = Orientation.UPRIGHT, frame: int = 0
) -> Reading:
    """The signal as read off a picture."""
    return Reading(signal=signal, quality=100, orientation=orientation, frame=frame)


def fingerprint(
    *signals: Signal, missing: tuple[NoSignal, ...] = (), kind: Kind = Kind.IMAGE
) -> Fingerprint:
    """A picture, or something else, with these signals."""
    return Fingerprint(
        kind=kind,
        media_type="image/jpeg",
        width=800,
        height=600,
        size=12_345,
        readings=tuple(map(reading, signals)),
        missing=missing,
        error=None,
    )
