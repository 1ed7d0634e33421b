"""Texts that cost more than they say: invalid, endless, invisible, of a million links, or made to expand."""

import random
from collections.abc import Callable

LARGEST = 64_000_000  # bytes

Maker = Callable[[random.Random], bytes]
PLAIN = "The harbour lay quiet in the evening, and the boats came home one after another with the tide. "


def _long(piece: str, encoding: str = "utf-8") -> Maker:
    """A piece again and again, up to any size there is."""
    raw = piece.encode(encoding, "surrogatepass")
    return lambda rng: (
        raw * (rng.choice((1_000, 10_000, 100_000, 990_000, 990_000, LARGEST)) // len(raw))
    )


def _spoiled(rng: random.Random) -> bytes:
    """Bytes that are no UTF-8, strewn in."""
    text = bytearray(PLAIN.encode() * rng.choice((1, 20, 2000)))
    for _ in range(rng.choice((1, len(text) // 200, len(text) // 10))):
        text[rng.randrange(len(text))] = rng.choice((0x80, 0xC0, 0xE9, 0xF5, 0xFF))
    return bytes(text)


def _surrogates(rng: random.Random) -> bytes:
    return (PLAIN * 3).encode("utf-16") + rng.choice((b"\x00\xd8", b"\x00\xdc", b"\x41"))


def _bidi(rng: random.Random) -> bytes:
    marks = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    count = rng.choice((1_000, 300_000))
    return "".join(rng.choice(marks) + rng.choice("abא ") for _ in range(count)).encode()


def _nested(rng: random.Random) -> bytes:
    opening, closing = rng.choice((("\u202e", "\u202c"), ("(", ")"), ("[", "]"), ("<a>", "</a>")))
    return (opening * 100_000 + "x" + closing * 100_000).encode()


def _zalgo(rng: random.Random) -> bytes:
    marks = [chr(code) for code in range(0x300, 0x370)]
    return "".join(
        letter + "".join(rng.choices(marks, k=rng.choice((5, 100)))) for letter in PLAIN * 20
    ).encode()


def _noise(rng: random.Random) -> bytes:
    """Any characters Unicode may have."""
    codes = (rng.randrange(1, 0x110000) for _ in range(rng.choice((500, 50_000))))
    return "".join(chr(code) for code in codes if not 0xD800 <= code < 0xE000).encode()


def _links(rng: random.Random) -> bytes:
    count = rng.choice((300, 20_000, 1_000_000))
    return b"".join(b"http://a.io/%d\n" % number for number in range(count))


TEXTS: tuple[tuple[str, Maker], ...] = (
    ("text of invalid UTF-8", _spoiled),
    ("text of broken UTF-16", _surrogates),
    (
        "UTF-16 without a mark",
        lambda rng: (PLAIN * 3).encode(rng.choice(("utf-16-le", "utf-16-be"))),
    ),
    (
        "Cyrillic UTF-16 without a mark",
        lambda _: ("Вечером гавань лежала тихо, и лодки вернулись. " * 5).encode("utf-16-le"),
    ),
    (
        "Windows-1251",
        lambda _: ("Вечером гавань лежала тихо, и лодки вернулись. " * 5).encode("cp1251"),
    ),
    ("combining marks", _long("\u0301\u0489\u0334")),
    ("zalgo", _zalgo),
    ("a million of no width", _long("\u200b\u2060\ufeff\u200d")),
    ("tags and variation selectors", _long("\U000e0041\ufe0f\U000e0100")),
    ("a million links", _links),
    ("one link of a million characters", lambda _: b"http://" + b"a." * 490_000 + b"com/x"),
    ("bidi flood", _bidi),
    ("nested overrides", _nested),
    ("zeros", lambda rng: bytes(rng.choice((1, 1000, 30_000_000)))),
    ("zeros in a text", lambda _: b"\0".join(word.encode() for word in (PLAIN * 50).split(" "))),
    ("characters that expand", _long("\ufdfa")),
    (
        "characters that expand, of all kinds",
        _long("\ufdfa\u0390\u1f82\u2a74\u3315\U0001d160\uac01\ufb03"),
    ),
    ("candidates of regular expressions", _long("a-" * 40 + ".")),
    ("hosts without an end", _long("a.b-c_")),
    ("brackets around dots", _long("[.](.){.} ")),
    ("hxxp without an end", _long("hxxp://")),
    ("one letter", _long("a")),
    ("one Chinese character", _long("海")),
    ("one flag", _long("\U0001f1e6")),
    ("any characters", _noise),
    ("percent signs", lambda _: b"http://a.io/" + b"%25" * 300_000),
    (
        "an address of marks",
        lambda _: ("http://" + "\uff41\u0301" * 50_000 + "\uff0ecom/x").encode(),
    ),
    ("lines without an end", _long("\r\n\u2028\u2029")),
)
