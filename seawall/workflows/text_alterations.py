"""
Ways of writing a text so that a filter does not know it: pure functions of the text and of a `Random`.

Names are AugLy's where it has the alteration (https://github.com/facebookresearch/AugLy, augly/text). One that has no
effect on a script gives the text back as it was.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache, partial
from random import Random

from seawall.errors import MediaError
from seawall.media.characters import characters
from seawall.media.media import Kind
from seawall.signals.text import Text
from seawall.workflows.alterations import Alteration, Ladder, nearest

Evasion = Callable[[str, Random], str]

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
LEET = str.maketrans("aeiostbgl", "431057891")
LOOKS_LIKE = str.maketrans(
    "aceijopsxyhkmtABCEHKMOPTXасеорхукмтАВСЕНКМОРТХ",
    "асеіјорѕхуһкмтАВСЕНКМОРТХaceopxykmtABCEHKMOPTX",
)
VARIANTS = str.maketrans("يكهىیکہەеиँंsß", "یکہیيكههёйंँſẞ")
MARKS = {"ARABIC": "ًٌٍَُِّْ", "DEVANAGARI": "़", "THAI": "่้๊๋"}
COMBINING = "\u0301\u0308\u0323\u0335\u0489\u20dd"
FILLERS = ("🙂", "✨", "!!!", "🔥🔥", "#1", "→")


def change_case(text: str, rng: Random) -> str:
    """Every letter in a case by chance."""
    return "".join(rng.choice((each.upper(), each.lower())) for each in text)


def insert_punctuation_chars(text: str, rng: Random) -> str:
    """A mark behind every other character or so."""
    return "".join(each + rng.choice((".", "-", "*", "_", "", "", "")) for each in text)


def insert_whitespace_chars(text: str, _rng: Random) -> str:
    """A space behind every character."""
    return " ".join(text)


def insert_zero_width_chars(text: str, rng: Random) -> str:
    """Something invisible behind every character."""
    return "".join(each + rng.choice(INVISIBLE) for each in text)


def replace_bidirectional(text: str, _rng: Random) -> str:
    """Written backwards, and marked to be shown the other way around."""
    forwards = unicodedata.bidirectional(next(filter(str.isalpha, text), "a")) == "L"
    return "\n".join(("\u202e" if forwards else "\u202d") + line[::-1] for line in text.split("\n"))


def replace_fun_fonts(text: str, rng: Random) -> str:
    """Letters from a to z in one of the alphabets of mathematics, or in squares."""
    small, capital = rng.choice(
        ((0x1D41A, 0x1D400), (0x1D5EE, 0x1D5D4), (0x24D0, 0x24B6), (0x1F170, 0x1F170))
    )
    fonts = {ord("a") + i: small + i for i in range(26)} | {
        ord("A") + i: capital + i for i in range(26)
    }
    return text.translate(fonts)


def replace_similar_chars(text: str, _rng: Random) -> str:
    """Digits that look like letters."""
    return text.translate(LEET)


def replace_similar_unicode_chars(text: str, rng: Random) -> str:
    """Letters of another alphabet that look the same, most of the time."""
    return "".join(each.translate(LOOKS_LIKE) if rng.random() < 0.8 else each for each in text)


def replace_with_compatible(text: str, rng: Random) -> str:
    """Full width, circled, in its form at the end of a word: another character of the same meaning."""
    return "".join(rng.choice(_compatible().get(each, (each,))) for each in text)


def add_diacritics(text: str, rng: Random) -> str:
    """Marks above, below and through half of the letters."""
    altered = []
    for each in text:
        script = unicodedata.name(each, "").partition(" ")[0]
        mark = (
            rng.choice(MARKS.get(script, COMBINING))
            if each.isalpha() and rng.random() < 0.5
            else ""
        )
        altered.append(each + mark)
    return "".join(altered)


def repeat_letters(text: str, rng: Random) -> str:
    """Every tenth letter two to five times."""
    return "".join(each * (rng.randint(2, 5) if rng.random() < 0.1 else 1) for each in text)


def stretch_letters(text: str, rng: Random) -> str:
    """Arabic's tatweel between letters, and soft hyphens in other scripts."""
    return re.sub(
        r"(\w)(?=\w)",
        lambda m: (
            m[1] + ("\u0640" if "\u0600" <= m[1] <= "\u06ff" else "\u00ad") * rng.randint(0, 2)
        ),
        text,
    )


def replace_letter_variants(text: str, _rng: Random) -> str:
    """The same letters as another language's keyboard writes them."""
    return text.translate(VARIANTS)


def decompose(text: str, _rng: Random) -> str:
    """Letters and their marks as characters of their own (NFKD)."""
    return unicodedata.normalize("NFKD", text)


def merge_words(text: str, _rng: Random) -> str:
    """No spaces."""
    return text.replace(" ", "")


def split_words(text: str, rng: Random) -> str:
    """A space within every third word or so."""
    return re.sub(r"\w(?=\w)", lambda m: m[0] + (" " if rng.random() < 0.1 else ""), text)


def simulate_typos(text: str, rng: Random) -> str:
    """Letters swapped, left out, doubled with a neighbour or mistaken: one in 25."""
    letters = list(text)
    for at in rng.sample(range(len(letters) - 1), len(letters) // 25):
        other = rng.choice(text)
        match rng.randrange(4):
            case 0:
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
            case 1:
                letters[at] = ""
            case 2:
                letters[at] = other
            case _:
                letters[at] += other
    return "".join(letters)


def replace_words(text: str, rng: Random) -> str:
    """One word in eight, or in a script without spaces one place in twelve, is another of the text."""
    words = _words(text)
    share = 8 if " " in text else 12
    for at in rng.sample(range(len(words)), len(words) // share):
        words[at] = rng.choice(words)
    return "".join(words)


def insert_text(text: str, rng: Random) -> str:
    """Emoji, shouts and stray words in between."""
    words = _words(text)
    for _ in range(len(words) // 10):
        words.insert(rng.randrange(len(words)), rng.choice((*FILLERS, rng.choice(words))))
    return "".join(words)


def shuffle_sentences(text: str, rng: Random) -> str:
    """The same sentences in another order."""
    sentences = re.split(r"(?<=[.。।؟])\s*|\n", text)
    rng.shuffle(sentences)
    return " ".join(sentences)


def take_middle(text: str, _rng: Random) -> str:
    """Without its first and its last fifth."""
    return text[len(text) // 5 : -len(text) // 5]


def insert_in_longer(text: str, rng: Random) -> str:
    """Between other words, each as long as itself: its own, in another order."""
    before, after = _words(text), _words(text)
    rng.shuffle(before)
    rng.shuffle(after)
    return "\n".join(("".join(before), text, "".join(after)))


def read(data: bytes) -> str:
    """
    The text of a file.

    Raises:
        MediaError: It is none.

    """
    text = characters(data)
    if text is None:
        raise MediaError("This is no text that can be altered.")
    return text


def _written(text: str, rng: Random, *, evade: Evasion) -> bytes:
    return evade(text, rng).encode()


@cache
def _compatible() -> Mapping[str, tuple[str, ...]]:
    """For each character, those whose compatibility form it is."""
    forms: dict[str, list[str]] = defaultdict(list)
    for code in range(0x110000):
        each = chr(code)
        plain = unicodedata.normalize("NFKC", each)
        if plain != each and len(plain) == 1:
            forms[plain].append(each)
    return {plain: tuple(written) for plain, written in forms.items()}


def _words(text: str) -> list[str]:
    """Words with the space behind them; characters where there are no spaces."""
    return re.findall(r"\S+\s*", text) if " " in text else list(text)


EVASIONS: tuple[Evasion, ...] = (
    change_case,
    insert_punctuation_chars,
    insert_whitespace_chars,
    insert_zero_width_chars,
    replace_bidirectional,
    replace_fun_fonts,
    replace_similar_chars,
    replace_similar_unicode_chars,
    replace_with_compatible,
    add_diacritics,
    repeat_letters,
    stretch_letters,
    replace_letter_variants,
    decompose,
    merge_words,
    split_words,
    simulate_typos,
    replace_words,
    insert_text,
    shuffle_sentences,
    take_middle,
    insert_in_longer,
)

TEXTS: Ladder[str] = Ladder(
    kind=Kind.TEXT,
    type=Text.name,
    read=read,
    nearest=partial(nearest, Text()),
    alterations=tuple(
        Alteration(name=evade.__name__, strength="", apply=partial(_written, evade=evade))
        for evade in EVASIONS
    ),
)
