"""
Bytes become characters: UTF-8, or UTF-16 and UTF-32 as their first bytes or their zeros tell.

Older encodings cannot be told from one another for certain, and nothing is guessed: such bytes are no text to us. But
a few bytes that are no UTF-8, strewn into a text, hide it from nobody who reads it, nor from us.
"""

import codecs
import re
from typing import Final

from seawall.errors import MediaError

MAX_CHARACTERS = 1_000_000  # a long novel
HEAD = 4096  # bytes in which the zeros of UTF-16 without a mark are looked for

_MARKS: Final = (  # the longer ones first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_CONTROLS_IN_TEXT = (
    0.02  # of its characters: a stray one must not hide a text; files of other kinds have far more
)
_INVALID_IN_TEXT = 0.02  # of its characters, as with controls
_INVALID: Final = "\ufffd"  # what stands for a byte that is no character
_ZEROS_IN_UTF16 = 0.3  # of every second byte: what text with Latin letters or spaces has at least


def characters(data: bytes) -> str | None:
    """
    The text these bytes are, without its byte order mark; None where they are none.

    Raises:
        MediaError: They are text, of more than `MAX_CHARACTERS`.

    """
    text = data.decode(_encoding(data), "replace")
    head = text[:MAX_CHARACTERS]
    invalid, controls = head.count(_INVALID), len(_CONTROLS.findall(head))
    if invalid > _INVALID_IN_TEXT * len(head) or controls > _CONTROLS_IN_TEXT * len(head):
        return None
    if not text.strip():
        return None
    if len(text) > MAX_CHARACTERS:
        raise MediaError(
            f"The text has {len(text)} characters; the limit is {MAX_CHARACTERS}. Send it in parts."
        )
    return text


def _encoding(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    head = data[:HEAD]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if min(even, odd) == 0 < max(even, odd) and max(even, odd) > _ZEROS_IN_UTF16 * len(head) / 2:
        return "utf-16-le" if odd else "utf-16-be"
    return "utf-8"
