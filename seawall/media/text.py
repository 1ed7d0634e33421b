"""
A text as it reads, however it was written.

    text ──override undone──▶ each character made plain ──▶ letters and digits only ──repeats dropped──▶ normalised

Who wants to get a known text past a filter writes it in full width, in small capitals, with Cyrillic letters, with
invisible characters, dots or spaces in between, with letters repeated or stretched, upside of a "right to left" mark.
All these give one and the same sequence of small letters, without spaces, so that scripts with and without spaces are
alike. Each of its characters knows where it came from, so that a matched passage can be marked in what was written.

What is taken away means something to a reader; the result is a thing to compare, not to read.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seawall.media.lookalikes import LOOKALIKES

_SAME_LETTER: Final = {  # what is read: what is written for it on other keyboards, or where a word ends
    "i": "l",
    "ا": "ٱ",
    "ی": "يىېےۍێ",  # Arabic, Persian, Pashto, Urdu, Kurdish
    "ک": "كڪ",
    "ه": "ةہۃەھ",
    "و": "ۆۇۋ",
    "ل": "ڵ",
    "ر": "ڕ",
    "ن": "ں",
    "כ": "ך",
    "מ": "ם",
    "נ": "ן",
    "פ": "ף",
    "צ": "ץ",
    "ं": "ँ",
}
_READ_AS: Final = {
    written: "i" if read == "l" else read
    for alike in (LOOKALIKES, _SAME_LETTER)
    for read, each in alike.items()
    for written in each
}
_LEET: Final = dict(zip("01234567896@$€£¢", "oizeasgtbggaseic", strict=True))
_BLANK: Final = frozenset(
    "\u0640\u115f\u1160\u3164"
)  # tatweel, and fillers of Korean: letters by class, and nothing
_WRITTEN_MARKS: Final = re.compile(
    "[\u0900-\u1aaf\u1b00-\u1bff\u3099\u309a]"
)  # vowels of Indic scripts, voiced kana
_MARKS_TO_DROP: Final = frozenset("़়਼઼଼಼\u0e48\u0e49\u0e4a\u0e4b\u0e4c")  # nuktas; tones of Thai
_DECORATED: Final = re.compile(
    r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])(?: WITH .+)?$"
    r"|LATIN LETTER SMALL CAPITAL ([A-Z])$"
    r"|(?:NEGATIVE |CROSSED NEGATIVE )?(?:CIRCLED|SQUARED) LATIN CAPITAL LETTER ([A-Z])$"
    r"|REGIONAL INDICATOR SYMBOL LETTER ([A-Z])$"
)
_OVERRIDDEN: Final = re.compile("([\u202d\u202e])([^\u202a-\u202e\u2066-\u2069\n\r\u2029]+)")
_RIGHT_TO_LEFT: Final = "\u202e"


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text as it is compared, and for each of its characters its first and last place in what was written."""

    text: str
    first: NDArray[np.int64]  # (len(text),)
    last: NDArray[np.int64]  # (len(text),): another than the first where a letter was repeated

    def written(self, start: int, end: int) -> tuple[int, int]:
        """
        From where to where the passage from `start` to before `end` stands in what was written.

        >>> normalised("See: f u l l").written(2, 5)
        (5, 12)
        """
        places = np.concatenate((self.first[start:end], self.last[start:end]))
        if not len(places):
            return (0, 0)
        return int(places.min()), int(places.max()) + 1


def normalised(text: str, *, leet: bool = False) -> Normalised:
    """
    The text as it is compared; `leet` also reads digits as the letters they stand for.

    >>> normalised("Ｔｈе  b-e-s-t!").text, normalised("b3st", leet=True).text
    ('thebest', 'best')
    """
    written = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    order = _reading_order(text)
    distinct, which = np.unique(written[order], return_inverse=True)
    plain = [_plain(chr(code), leet=leet) for code in distinct.tolist()]
    letters = np.frombuffer("".join(plain).encode("utf-32-le"), np.uint32)
    lengths = np.fromiter(map(len, plain), np.int64, len(plain))
    starts = np.cumsum(lengths) - lengths

    counts = lengths[which]
    source = np.repeat(np.arange(len(order)), counts)
    within = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    read = letters[starts[which][source] + within]
    fresh = np.ones(len(read), np.bool_)
    fresh[1:] = (read[1:] != read[:-1]) | (read[1:] <= ord("9"))  # of digits, repeats count
    places = order[source]
    return Normalised(
        read[fresh].tobytes().decode("utf-32-le"),
        first=places[fresh],
        last=places[np.roll(fresh, -1)],  # before each fresh one, and at the end
    )


def _reading_order(text: str) -> NDArray[np.int64]:
    """The places of the characters in the order a reader meets them, where a direction is forced on them."""
    order = np.arange(len(text), dtype=np.int64)
    for found in _OVERRIDDEN.finditer(text):
        backwards = sum(map(_runs_backwards, found[2]))
        forwards = sum(map(_runs_forwards, found[2]))
        if (forwards > backwards) is (found[1] == _RIGHT_TO_LEFT):
            start, end = found.span(2)
            order[start:end] = order[start:end][::-1].copy()
    return order


def _runs_forwards(character: str) -> bool:
    return unicodedata.bidirectional(character) == "L"


def _runs_backwards(character: str) -> bool:
    return unicodedata.bidirectional(character) in {"R", "AL"}


@lru_cache(maxsize=65_536)
def _plain(character: str, *, leet: bool) -> str:
    """What is left of one character: no letter, one, or several."""
    if leet and character in _LEET:
        return _LEET[character]
    small = unicodedata.normalize("NFKD", character).casefold()
    return "".join(_letter(each, leet=leet) for each in unicodedata.normalize("NFKD", small))


def _letter(character: str, *, leet: bool) -> str:
    """One character of a decomposed text in its plain form, or nothing."""
    if character in _READ_AS:
        return _READ_AS[character]
    category = unicodedata.category(character)
    if category == "Nd":
        digit = str(unicodedata.decimal(character))
        return _LEET[digit] if leet else digit
    if decorated := _DECORATED.match(unicodedata.name(character, "")):
        letter = str(next(filter(None, decorated.groups()))).lower()
        return _READ_AS.get(letter, letter)
    if category in ("Mn", "Mc"):
        kept = _WRITTEN_MARKS.match(character) and character not in _MARKS_TO_DROP
        return character if kept else ""
    return character if category[0] in "LN" and character not in _BLANK else ""
