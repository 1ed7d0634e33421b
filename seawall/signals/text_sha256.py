"""The digest of a text as it reads: equal for every way of writing the same letters and digits."""

import hashlib

from seawall.media.media import Kind, Media
from seawall.media.text import normalised
from seawall.signals.digests import hexadecimal
from seawall.signals.signal import Cause, NoSignal, Reading, Signal


class TextSha256:
    """SHA-256 (FIPS 180-4) of the normalised text in UTF-8; digits stay digits."""

    name = "text_sha256"
    bits = 0
    index = ""
    reach: int | None = None
    kinds = frozenset({Kind.TEXT})
    examples = ("681e825374a177335b1517c9006f0dd2ddfa872fb94b7489a2ad75f70e7c30dc",)

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """One reading, or why there is none; None for what is no text."""
        if media.kind is not Kind.TEXT:
            return None
        if media.text is None:
            reason = media.unreadable or "The text was not read."
            return NoSignal(type=self.name, reason=reason, cause=Cause.FAILED)
        plain = normalised(media.text).text
        if not plain:
            return NoSignal(type=self.name, reason="there is no letter and no digit in it")
        return (Reading(signal=Signal(self.name, hashlib.sha256(plain.encode()).hexdigest())),)

    def parse(self, text: str) -> Signal:
        """
        Read a digest somebody sent us, whatever its case or surrounding space.

        Raises:
            SignalError: The text is not 64 hexadecimal digits.

        """
        return Signal(self.name, hexadecimal(text, 64, title="The SHA-256 of a text"))
