"""
Links in QR codes inside pictures.

    frames ──zxing-cpp──▶ the text of each code ──what is a link──▶ links

Read off the luma that is decoded anyway, in 0.15 ms: a code is found when it takes 15 % of the smaller side of a photo
of any size, 2 pixels a module; one that takes 10 % would need a decode of four times the pixels, and is missed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from seawall.media.links_in_text import pages, spelled
from seawall.media.media import Links, Luma

MOST = 255  # codes that the library looks for in one frame, which takes it 30 ms

_BOOKMARK: Final = re.compile(
    "[A-Z]+:.*;;", re.DOTALL
)  # MEBKM, MECARD: fields with an escape before their marks
_FIELD_END: Final = re.compile(r"(?<!\\);")
_ESCAPED: Final = re.compile(r"\\(.)")


def links_in(frames: Iterable[Luma]) -> Links:
    """The links that the QR codes of a picture lead to, whichever of its frames they are in."""
    codes = [_codes(luma) for luma in frames]
    found = pages(link for each in codes for text in each for link in _spelled(text))
    if all(len(each) < MOST for each in codes):
        return found
    return replace(found, left_out=(f"more QR codes than {MOST} in a frame", *found.left_out))


def _codes(luma: Luma) -> list[str]:
    """The texts of the codes in a frame."""
    import zxingcpp  # noqa: PLC0415 - a compiled library; only workers need it

    codes = zxingcpp.read_barcodes(
        luma,
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        try_rotate=False,
        try_downscale=False,
    )
    return [code.text for code in codes]


def _spelled(text: str) -> Iterator[str]:
    """The text, which may be a link that no sentence would have, and what looks like one within it."""
    yield text
    if _BOOKMARK.fullmatch(text):
        text = _ESCAPED.sub(r"\1", _FIELD_END.sub("\n", text))
    yield from spelled(text)
