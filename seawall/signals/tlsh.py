"""
TLSH, as others exchange it for texts: kept, shared and found equal.

How far two TLSH values are apart is no number of bits, so that no index finds the near ones; `text` does that here.
Source: J. Oliver, C. Cheng, Y. Chen, "TLSH - a locality sensitive hash", 2013.
"""

import re
from functools import cache
from types import ModuleType
from typing import cast

from seawall.errors import SignalError
from seawall.media.media import Kind, Media
from seawall.signals.signal import Cause, NoSignal, Reading, Signal, shown

LEAST_BYTES = 50  # below it the algorithm has no value


class Tlsh:
    """TLSH (version 1, 128 buckets, one byte of checksum) of a text's UTF-8, where `seawall[tlsh]` is installed."""

    name = "tlsh"
    bits = 0
    index = ""
    reach: int | None = None
    kinds = frozenset({Kind.TEXT})
    examples = ("T1C4A01122B3082A88A0A2C320080AA0A2CB02A3E08C0CA088008800A0BAA8080803B0A8",)

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """One reading, or why there is none; None for what is no text, or where it is not installed."""
        tlsh = _library()
        if tlsh is None or media.kind is not Kind.TEXT:
            return None
        if media.text is None:
            reason = media.unreadable or "The text was not read."
            return NoSignal(type=self.name, reason=reason, cause=Cause.FAILED)
        value = tlsh.hash(media.text.encode(errors="replace"))
        if value == "TNULL":
            reason = f"too short or too uniform: {LEAST_BYTES} bytes that vary are needed"
            return NoSignal(type=self.name, reason=reason)
        return (Reading(signal=Signal(self.name, value)),)

    def parse(self, text: str) -> Signal:
        """
        Read a TLSH somebody sent us, whatever its case or surrounding space, with its version or without.

        Raises:
            SignalError: The text is not a TLSH.

        """
        found = re.fullmatch("(?:T1)?([0-9A-F]{70})", text.strip().upper())
        if found is None:
            raise SignalError(f"A TLSH is T1 and 70 hexadecimal digits; this is '{shown(text)}'.")
        return Signal(self.name, f"T1{found[1]}")


@cache
def _library() -> ModuleType | None:
    try:
        import tlsh  # noqa: PLC0415 - an extra: it is compiled where it is installed
    except ImportError:
        return None
    return cast("ModuleType", tlsh)
