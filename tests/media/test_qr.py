"""Links in QR codes inside pictures."""

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from seawall.media.limits import MediaLimits
from seawall.media.understand import understand
from seawall.signals.fingerprint import fingerprint
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


def test_a_picture_without_a_code_has_no_link():
    """And nothing is said to be missing."""
    assert links(landscape(4)) == []
