"""
Texts: alike as a whole, or one within the other, however they were written.

    text ──normalised──▶ 256-bit SimHash of the whole ─┬─▶ value ──looked up──▶ shared passages ──▶ segments
                      └▶ winnowed passages and places ─┘

The SimHash is searched like a photo's code; each passage is searched exactly. Either finds a candidate (a text that
says one thing hundreds of times only the SimHash does), and the passages that the two share decide: how many, how close
together, how much of the shorter text. Thresholds were measured on ordinary text (benchmarks/text.py).
"""

from base64 import b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from seawall.errors import SignalError
from seawall.media.characters import MAX_CHARACTERS
from seawall.media.media import Kind, Media
from seawall.media.text import normalised
from seawall.signals.passages import differing, equal, shared
from seawall.signals.sequence import EXACT, MOST_CODES, Filed, Hits, Likeness, likeness
from seawall.signals.shingles import (
    BITS,
    PASSAGE,
    WINDOW,
    Passages,
    passages,
    simhash,
    spread,
    weight,
)
from seawall.signals.signal import Cause, NoSignal, Reading, Signal, shown

LEAST_PASSAGES = 18  # that two texts share in one order; fewer are phrases that many people use
LEAST_SHARE = (
    0.35  # of the passages of the shorter text; a quotation within a longer text is no copy
)
LEAST_LETTERS = (
    PASSAGE - 1 + WINDOW * LEAST_PASSAGES
)  # 83: a shorter text may have too few; a kana counts as two
REACH = 31  # bits of SimHash within which texts are candidates

_HEAD: Final = BITS // 8  # bytes of the value before its passages: the SimHash


class Text:
    """The near-duplicates of a text, and the texts it is a part of."""

    name = "text"
    bits = BITS
    index = "text"
    reach: int | None = REACH
    kinds = frozenset({Kind.TEXT})

    @property
    def examples(self) -> tuple[str, ...]:
        """The value of three lines of Shakespeare's."""
        lines = (
            "Shall I compare thee to a summer's day? Thou art more lovely and more temperate."
            " Rough winds do shake the darling buds of May."
        )
        return (_encoded(normalised(lines, leet=True).text),)

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """One reading, or why the text is too short; None for what is no text."""
        if media.kind is not Kind.TEXT:
            return None
        if media.text is None:
            return NoSignal(
                type=self.name,
                reason=media.unreadable or "The text was not read.",
                cause=Cause.FAILED,
            )
        plain = normalised(media.text, leet=True).text
        if len(plain) > MAX_CHARACTERS:
            reason = f"too long: {len(plain)} letters, and {MAX_CHARACTERS} are the most"
            return NoSignal(type=self.name, reason=reason, cause=Cause.FAILED)
        if (letters := weight(plain)) < LEAST_LETTERS:
            reason = f"too short: {letters} letters, and {LEAST_LETTERS} are needed"
            return NoSignal(type=self.name, reason=reason)
        return (Reading(signal=Signal(self.name, _encoded(plain))),)

    def parse(self, text: str) -> Signal:
        """
        Read a text's signal somebody sent us, whatever its surrounding space.

        Raises:
            SignalError: It is not the SimHash and the passages of a text.

        """
        value = text.strip()
        if not _possible(value) or _respelled(value) != value:
            raise SignalError(
                f"A text's signal is its SimHash and its passages in base64; this is '{shown(text)}'."
            )
        return Signal(self.name, value)

    def filed(self, signal: Signal) -> tuple[Filed, ...]:
        """The SimHash as part 0, and each passage as one more."""
        whole, found = _decoded(signal.value)
        parts = np.arange(len(found.hashes) + 1, dtype=np.int64)
        return (
            Filed(self.index, np.frombuffer(whole, np.uint8)[None], parts[:1]),
            Filed(EXACT, spread(found.hashes, 2), parts[1:]),
        )

    def asked(self, signal: Signal) -> tuple[Filed, ...]:
        """As for a known one."""
        return self.filed(signal)

    def compare(self, asked: Signal, known: Signal, hits: Hits) -> Likeness | None:
        """
        Where the one stands in the other, by the passages they share; None where these are phrases.

        The distance is about how many of 256 characters differ in what they share.
        """
        mine, theirs = _decoded(asked.value).passages, _decoded(known.value).passages
        kept = (hits.asked > 0) & (hits.known > 0)
        pairs = np.stack((hits.asked[kept], hits.known[kept]), axis=1) - 1
        if not kept.all():  # the SimHash is near too
            pairs = np.concatenate((pairs, equal(mine, theirs)))
        found = shared(mine, theirs, pairs)
        shorter = min(len(mine.hashes), len(theirs.hashes))
        if found.evidence < LEAST_PASSAGES or found.passages < LEAST_SHARE * shorter:
            return None
        return likeness(
            found.segments,
            distance=differing(found.share),
            asked_share=found.asked / mine.extent,
            known_share=found.known / theirs.extent,
        )


class _Decoded(NamedTuple):
    simhash: bytes
    passages: Passages


def _encoded(plain: str) -> str:
    """The value of a normalised text: SimHash, and for each passage its hash, its step from the last, its span."""
    found = passages(plain)
    steps = np.diff(found.starts, prepend=-1).astype(np.uint64)
    rows = found.hashes << np.uint64(16) | steps << np.uint64(8) | found.spans.astype(np.uint64)
    return _spelled(simhash(plain) + rows.astype("<u8").tobytes())


@lru_cache(maxsize=4)  # an upload is compared with many known ones; a million letters take 10 MB
def _decoded(value: str) -> _Decoded:
    """
    What a value says, whether or not it can be true.

    Raises:
        ValueError: It is not base64, or not of a length that a value can have.

    """
    data = b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    rows = np.frombuffer(data[_HEAD:], "<u8").astype(np.uint64)
    steps = (rows >> np.uint64(8) & np.uint64(255)).astype(np.int64)
    spans = (rows & np.uint64(255)).astype(np.int64)
    return _Decoded(
        simhash=data[:_HEAD],
        passages=Passages(rows >> np.uint64(16), np.cumsum(steps) - 1, spans),
    )


def _possible(value: str) -> bool:
    """Whether some text has this value, as far as its places tell."""
    try:
        found = _decoded(value).passages
    except ValueError:
        return False
    steps = np.diff(found.starts, prepend=-1)
    return (
        0 < len(steps) < MOST_CODES
        and 1 <= steps.min() <= steps.max() <= WINDOW
        and 1 <= found.spans.min() <= found.spans.max() <= PASSAGE
        and found.extent <= MAX_CHARACTERS
    )


def _respelled(value: str) -> str:
    """The one spelling of a value: base64 leaves the last bits free."""
    return _spelled(b64decode(value + "=" * (-len(value) % 4), altchars=b"-_"))


def _spelled(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
