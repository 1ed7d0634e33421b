"""
Every text of the desk in the reader's language.

    "Sign in" ── languages/ar.json ──▶ "تسجيل الدخول"

English is the key, and what is shown where a text is missing.

`qps` is made up: every text in brackets and accents, so that a test sees what was forgotten.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "languages"
USUAL = "en"
PSEUDO = "qps"
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


def _read(paths: Iterable[Path]) -> list[Language]:
    documents = ((path.stem, json.loads(path.read_text("utf-8"))) for path in paths)
    return [Language(code=code, **document) for code, document in documents]


def _accented(english: str) -> str:
    """The text in brackets, with accents outside of what is filled in."""
    parts = english.replace("}", "}{").split("{")
    return "[" + "".join(_marked(part) for part in parts) + "]"


def _marked(part: str) -> str:
    return f"{{{part}" if part.endswith("}") else part.translate(_ACCENTS)
