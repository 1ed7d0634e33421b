"""Things that tests need in numbers: entries, readings, rules, a moment."""

import random
from datetime import UTC, datetime

from seawall.banks.entry import Entry
from seawall.media.media import Kind
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import NoSignal, Orientation, Reading, Signal

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


def fingerprint(*signals: Signal, missing: tuple[NoSignal, ...] = ()) -> Fingerprint:
    """A picture with these signals."""
    return Fingerprint(
        kind=Kind.IMAGE,
        media_type="image/jpeg",
        width=800,
        height=600,
        size=12_345,
        readings=tuple(map(reading, signals)),
        missing=missing,
        error=None,
    )
