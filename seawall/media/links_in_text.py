"""
The links in a text, as a reader would find them: also those written so that a filter does not.

Read are `https://…`, `www.…`, `host.com/page` without a scheme, and `hxxps://host[.]com`; in full width, with invisible
characters inside, or between marks of Chinese and Arabic. A link ends where the sentence goes on.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from seawall.errors import InputError
from seawall.media.link import canonical
from seawall.media.media import Links

MAX_LINKS = 2_000  # of one text or picture, 18 µs each; a list longer than this is a file to scan, not a post

_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
_DEFANGED: Final = (
    (re.compile(r"\bhxxp(s?)://", re.IGNORECASE), r"http\1://"),
    (re.compile(r"\s?[\[({]\.[\])}]\s?"), "."),
)
_END: Final = '\\s<>"`{}|\\\\^«»“”„‘’‹›、。，．！？；：（）【】《》「」『』،؛؟।'
_LINK: Final = re.compile(
    rf"(?:https?://|\bwww\.)[^{_END}]+"
    rf"|(?<![\w@./-])(?:[\w-]+\.)+(?:[a-z]{{2,24}}|xn--[\w-]+)(?::\d+)?/[^{_END}]+"
    r"|(?<![\w@./-])(?:[\w-]+\.)+(?:com|net|org|info|biz|me|io|co|tv|cc|to|ru|ly|gg|xyz|top|site|online|onion)(?![\w-])",
    re.IGNORECASE,
)
_WIDE_MARKS: Final = "．／：＿－＝＆％＃＠"
_TRAILING: Final = ".,;:!?'*_~-"
_BRACKETS: Final = {")": "(", "]": "["}


def links(text: str) -> Links:
    """
    The links in the text.

    >>> links("See (https://example.org/a), ｗｗｗ．example.net and hxxps://bad[.]example/x.").found
    ('https://example.org/a', 'https://www.example.net/', 'https://bad.example/x')
    """
    return pages(spelled(text))


def pages(written: Iterable[str]) -> Links:
    """The first `MAX_LINKS` pages that these lead to, those of them that are links, and how many spellings are left."""
    found: dict[str, None] = {}
    spellings = iter(dict.fromkeys(written))
    for each in spellings:
        try:
            found.setdefault(canonical(each))
        except InputError:
            continue  # it only looked like a link
        if len(found) == MAX_LINKS:
            break
    left = sum(1 for _ in spellings)
    said = f"{left} more {'link was' if left == 1 else 'links were'} not looked at"
    return Links(found=tuple(found), left_out=(said,) if left else ())


def spelled(text: str) -> Iterator[str]:
    """What looks like a link in the text, as it is written there."""
    seen = _INVISIBLE.sub("", text)
    for written, meant in _DEFANGED:
        seen = written.sub(meant, seen)
    for match in _LINK.finditer("".join(map(_plain, seen))):
        yield _trimmed(match[0])


def _plain(character: str) -> str:
    """The ASCII letter, digit or mark that this one is a form of; marks that may end a sentence stay as they are."""
    if character < "\x80":
        return character
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain.isascii() and (plain.isalnum() or character in _WIDE_MARKS) else character


def _trimmed(link: str) -> str:
    """The link without the marks of the sentence it stands in."""
    unopened = {last: link.count(last) - link.count(first) for last, first in _BRACKETS.items()}
    end = len(link)
    while end:
        last = link[end - 1]
        if unopened.get(last, 0) > 0:
            unopened[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return link[:end]
