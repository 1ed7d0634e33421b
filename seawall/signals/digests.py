"""Exact fingerprints: digests of the bytes as they came, equal or not, for anything but a link."""

import hashlib
import re
from collections.abc import Callable
from typing import Any, ClassVar

from seawall.errors import SignalError
from seawall.media.media import Kind, Media
from seawall.signals.signal import NoSignal, Reading, Signal, shown


class Digest:
    """A digest by one of the published algorithms, in lower-case hexadecimal digits."""

    name: str
    bits = 0
    index = ""
    reach: int | None = None
    kinds = frozenset(Kind) - {Kind.LINK}
    examples: tuple[str, ...]
    title: ClassVar[str]
    digits: ClassVar[int]
    start: ClassVar[Callable[..., Any]]  # of hashlib; its result has update() and hexdigest()

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """The digest of the bytes as they came; a link has none, since what it leads to may change."""
        if media.kind is Kind.LINK:
            return None
        digest = self.start(media.data, usedforsecurity=False).hexdigest()
        return (Reading(signal=Signal(self.name, digest)),)

    def parse(self, text: str) -> Signal:
        """
        Read a digest somebody sent us, whatever its case or surrounding space.

        Raises:
            SignalError: The text is not this many hexadecimal digits.

        """
        return Signal(self.name, hexadecimal(text, self.digits, title=self.title))


def hexadecimal(text: str, digits: int, *, title: str) -> str:
    """
    The digest somebody sent us as it is kept, whatever its case or surrounding space.

    Raises:
        SignalError: The text is not this many hexadecimal digits; the sentence begins with the title.

    """
    value = text.strip().lower()
    if not re.fullmatch(f"[0-9a-f]{{{digits}}}", value):
        raise SignalError(f"{title} is {digits} hexadecimal digits; this is '{shown(text)}'.")
    return value


class Md5(Digest):
    """MD5 (RFC 1321): what older lists exchange; found by anyone who wants a collision, so never trusted alone."""

    name = "md5"
    examples = ("d41d8cd98f00b204e9800998ecf8427e",)
    title = "An MD5"
    digits = 32
    start = hashlib.md5


class Sha1(Digest):
    """SHA-1 (RFC 3174): what hotlines exchange beside MD5."""

    name = "sha1"
    examples = ("da39a3ee5e6b4b0d3255bfef95601890afd80709",)
    title = "A SHA-1"
    digits = 40
    start = hashlib.sha1


class Sha256(Digest):
    """SHA-256 (FIPS 180-4): the exact fingerprint to prefer."""

    name = "sha256"
    examples = ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",)
    title = "A SHA-256"
    digits = 64
    start = hashlib.sha256
