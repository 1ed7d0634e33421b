"""
Write `seawall/media/lookalikes.py`: letters that are taken for others, by Unicode's confusables data.

    pip install confusable-homoglyphs==3.3.1 && python tools/lookalikes.py

The data is confusables.txt of Unicode Technical Standard 39 (https://www.unicode.org/reports/tr39/, Unicode License
v3), as the package confusable-homoglyphs (MIT) carries it. Kept are single letters that normalisation does not already
make plain: those that look like a letter from a to z, and those of Chinese and Japanese that look like each other.
"""

import json
import unicodedata
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

TARGET = Path(__file__).parents[1] / "seawall/media/lookalikes.py"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
EAST = ("CJK", "KATAKANA", "HIRAGANA", "BOPOMOFO")
# Scripts whose letters resemble Latin ones only by being round or straight: nobody writes English with them.
APART = (
    *EAST, "ARABIC", "HEBREW", "SYRIAC", "NKO", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL",
    "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI", "LAO", "TIBETAN", "MYANMAR", "GEORGIAN", "HANGUL", "ETHIOPIC",
    "KHMER", "MONGOLIAN", "YI", "VAI", "MENDE", "WARANG", "ADLAM",
)  # fmt: skip
HEADER = '''"""
Letters that look like others: Unicode's confusables (UTS 39), as far as normalisation does not already make them plain.

Written by tools/lookalikes.py from data under the Unicode License v3; do not edit.
"""

LOOKALIKES = {  # what is read: what may be written for it, in small letters
'''


def plain(letter: str) -> str:
    """The letter without what normalisation takes away."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", letter).casefold())


def read_as(letter: str, alike: dict[str, set[str]]) -> str | None:
    """The letter from a to z, or of the East, that this small letter, or else its capital, is taken for."""
    name = unicodedata.name(letter, "")
    if name.startswith(EAST):
        east = {each for each in alike[letter] if unicodedata.name(each, "").startswith(EAST)}
        least = min({letter} | {plain(each) for each in east})
        return least if least != letter else None
    if name.startswith(APART) or not letter.isalpha():
        return None
    for written in (letter, letter.upper()):
        seen = sorted({each.lower() for each in alike[written] if each.lower() in LETTERS})
        if seen:
            return seen[0]
    return None


def main() -> None:
    """Read the package's data and write the module."""
    data = json.loads(
        files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")
    )
    alike: dict[str, set[str]] = defaultdict(set)
    for written, others in data.items():
        alike[written] |= {other["c"] for other in others if len(other["c"]) == 1}
    written_for: dict[str, set[str]] = defaultdict(set)
    for letter in list(alike):
        small = plain(letter)
        if len(small) == 1 and small not in LETTERS and (read := read_as(small, alike)):
            written_for[read].add(small)
    rows = (
        f'    "{read}": "{"".join(sorted(each))}",\n' for read, each in sorted(written_for.items())
    )
    TARGET.write_text(f"{HEADER}{''.join(rows)}}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
