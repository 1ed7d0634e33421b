"""Links in QR codes inside pictures."""

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from seawall.media.limits import MediaLimits
from seawall.media.media import Kind, Media
from seawall.media.qr import links_in
from seawall.media.understand import understand
from seawall.signals.fingerprint import fingerprint
from seawall.signals.signal import Cause, NoSignal
from seawall.workflows.pictures import Picture, jpeg, landscape


def with_code(text: str, share: float = 0.2) -> Picture:
    """A landscape with a QR code of this share of its height."""
    code = zxingcpp.write_barcode_to_image(
        zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode), scale=8
    )
    made = landscape(4)
    side = round(made.height * share)
    made.paste(Image.fromarray(np.asarray(code)).convert("RGB").resize((side, side)), (80, 90))
    return made


def links(picture: Picture) -> list[str]:
    found = fingerprint(understand(jpeg(picture), MediaLimits()))
    return [each.signal.value for each in found.readings if each.signal.type == "url"]


@pytest.mark.parametrize("turn", [0, 90, 180])
def test_a_link_in_a_qr_code_is_screened_as_a_link(turn: int):
    """In its canonical form, whichever way up it was photographed."""
    picture = with_code("HTTPS://Bad.Example/join?utm_source=poster").rotate(turn, expand=True)

    assert links(picture) == ["https://bad.example/join"]


@pytest.mark.parametrize("text", ["WIFI:T:WPA;S:home;P:secret;;", "tel:+491234567", "no link"])
def test_what_is_no_link_is_left_alone(text: str):
    """A code may hold anything; only links are screened."""
    assert links(with_code(text, 0.4)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Visit https://bad.example/x now.",
        "URL:https://bad.example/x",
        r"MEBKM:URL:https\://bad.example/x;TITLE:a page;;",
        "bad.example/x",
    ],
)
def test_a_link_among_other_words_is_a_link(text: str):
    """A telephone offers it to be opened all the same."""
    assert "https://bad.example/x" in links(with_code(text, 0.4))


def sheet(texts: list[str], columns: int) -> NDArray[np.uint8]:
    """The codes of these texts side by side."""
    tiles = [
        np.pad(
            zxingcpp.write_barcode_to_image(
                zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode), scale=2
            ),
            4,
            constant_values=255,
        )
        for text in texts
    ]
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    return np.ascontiguousarray(np.vstack(rows))


def test_every_code_of_a_sheet_is_read():
    """Eight stickers would hide the ninth; beyond what the library looks for, that is said."""
    few = links_in([sheet([f"https://a.co/{n}" for n in range(10, 22)], 4)])
    many = links_in([sheet([f"https://a.co/{n}" for n in range(100, 356)], 16)])

    assert (len(few.found), few.left_out) == (12, ())
    assert many.left_out == ("more QR codes than 255 in a frame",)
    missing = fingerprint(Media(kind=Kind.IMAGE, media_type="image/png", links=many)).missing
    assert NoSignal(type="url", reason=many.left_out[0], cause=Cause.FAILED) in missing


def test_a_code_late_in_an_animation_is_read():
    """Not in its first two frames alone."""
    plain = np.full((80, 80), 128, np.uint8)

    assert links_in([plain, plain, plain, sheet(["https://bad.example/x"], 1)]).found == (
        "https://bad.example/x",
    )


def test_a_picture_without_a_code_has_no_link():
    """And nothing is said to be missing."""
    assert links(landscape(4)) == []
