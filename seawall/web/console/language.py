"""
Every text of the desk in the reader's language.

    "Sign in" ── languages/ar.json ──▶ "تسجيل الدخول"

English is the key, and what is shown where a text is missing.

What an error says has its values in it already; it is known by the words around them:

    "There is no case 'case_1'." ── "There is no case '{0}'." ──▶ "لا توجد قضية 'case_1'."

`qps` is made up: every text in brackets and accents, so that a test sees what was forgotten.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "languages"
USUAL = "en"
PSEUDO = "qps"
LONGEST = 2_000  # characters of an error that is looked up by its words
_HOLE = re.compile(r"\{\d\}")
_ACCENTS = str.maketrans("aeiounycAEIOUNYC", "áéíóúñýçÁÉÍÓÚÑÝÇ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language: its code, which way it runs, and its texts by the English ones."""

    code: str
    name: str
    direction: str = "ltr"
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def text(self, english: str, /, **values: object) -> str:
        """
        The same in this language, with the values put in.

        >>> Language(code="en", name="English").text("{count} people", count=3)
        '3 people'

        """
        found = _accented(english) if self.code == PSEUDO else self.texts.get(english, english)
        return found.format(**values) if values else found

    def sentence(self, english: str) -> str:
        """What an error says in this language, with its values; in English where it is not known."""
        if self.code == PSEUDO or english in self.texts or len(english) > LONGEST:
            return self.text(english)
        for shape, other in _shapes(self.code):
            found = shape.fullmatch(english)
            if found is not None:
                spans = enumerate(found.groups(), start=1)
                return other.format(*(self._value(english, found.start(i), v) for i, v in spans))
        return english

    def _value(self, english: str, start: int, value: str) -> str:
        """A value that is a word or sentence of ours is translated; a name stands in quotes and stays."""
        return value if english[:start].endswith("'") else self.sentence(value)


def language(code: str | None) -> Language:
    """The language of this code; English where there is none."""
    return _languages().get(code or USUAL, _languages()[USUAL])


def offered() -> list[Language]:
    """What people may choose from."""
    return [each for each in _languages().values() if each.code != PSEUDO]


def preferred(header: str) -> Language:
    """The first that a browser asks for and we have (RFC 9110, section 12.5.4; the order is taken for the weight)."""
    for part in header.split(","):
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in _languages():
            return language(code)
    return language(USUAL)


@cache
def _languages() -> dict[str, Language]:
    known = [Language(code=USUAL, name="English"), Language(code=PSEUDO, name="[Þšéúðö]")]
    known += _read(sorted(FOLDER.glob("*.json")))
    return {each.code: each for each in known}


@cache
def _shapes(code: str) -> list[tuple[re.Pattern[str], str]]:
    """Sentences with holes, as patterns of what is said once these are filled; the wordiest first."""
    holed = [(key, other) for key, other in language(code).texts.items() if _HOLE.search(key)]
    holed.sort(key=lambda pair: len(_HOLE.sub("", pair[0])), reverse=True)
    return [
        (re.compile("(.*?)".join(map(re.escape, _HOLE.split(key))), re.DOTALL), other)
        for key, other in holed
    ]


def _read(paths: Iterable[Path]) -> list[Language]:
    documents = ((path.stem, json.loads(path.read_text("utf-8"))) for path in paths)
    return [Language(code=code, **document) for code, document in documents]


def _accented(english: str) -> str:
    """The text in brackets, with accents outside of what is filled in."""
    parts = english.replace("}", "}{").split("{")
    return "[" + "".join(_marked(part) for part in parts) + "]"


def _marked(part: str) -> str:
    return f"{{{part}" if part.endswith("}") else part.translate(_ACCENTS)
