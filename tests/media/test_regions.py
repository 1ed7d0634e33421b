"""Parts of a picture that may be pictures of their own: found, named, placed, few."""

from random import Random

import numpy as np
import pytest
from PIL import Image

from seawall.media.limits import MediaLimits
from seawall.media.media import Kind
from seawall.media.regions import regions
from seawall.media.understand import understand
from seawall.signals.fingerprint import Fingerprint, fingerprint
from seawall.signals.signal import Reading
from seawall.workflows.photo_alterations import PHOTOS, nearest
from seawall.workflows.pictures import jpeg, landscape
from tests.media.files import picture, saved

NEAR = 31  # bits: the published threshold of a match
ORIGINAL = landscape(2)
FRAMED = {
    "pad letterbox 30%": "without-border",
    "pad frame 12%": "without-border",
    "pad_square white": "without-border",
    "meme_format 15%": "without-caption",
    "overlay_onto_screenshot phone": "in-screenshot",
    "overlay_onto_screenshot desktop": "in-screenshot",
    "collage 2x2, 12 px between": "in-collage",
    "overlay_onto_background_image 60%": "inner-picture",
}


def fingerprinted(data: bytes, most: int = 12) -> Fingerprint:
    return fingerprint(understand(data, MediaLimits(max_regions=most)))


def altered(label: str) -> bytes:
    """A copy of the landscape, altered as the ladder declares."""
    rung = next(each for each in PHOTOS.alterations if each.label == label)
    return rung.apply(ORIGINAL, Random(2))


@pytest.mark.parametrize(("label", "kind"), FRAMED.items(), ids=list(FRAMED))
def test_a_picture_within_something_else_is_found(label: str, kind: str):
    """The whole is far from the known picture, a part of it near, and the part says what it is."""
    known, copy = fingerprinted(jpeg(ORIGINAL)), fingerprinted(altered(label))
    near = nearest(known, copy)

    assert near.whole is not None
    assert near.whole > NEAR
    assert near.distance is not None
    assert near.distance <= NEAR
    assert kind in {each.region.kind for each in near_ones(known, copy) if each.region}


def near_ones(known: Fingerprint, copy: Fingerprint) -> list[Reading]:
    """The readings of the copy that are near the known picture."""
    code = int(next(each for each in known.readings if each.signal.type == "pdq").signal.value, 16)
    pdqs = [each for each in copy.readings if each.signal.type == "pdq"]
    return [each for each in pdqs if (int(each.signal.value, 16) ^ code).bit_count() <= NEAR]


def test_a_region_is_in_pixels_of_the_upright_picture():
    """A person is shown where it is; the luma it was found in is smaller."""
    picture_with_bars = fingerprinted(altered("pad letterbox 30%"))
    region = next(each.region for each in picture_with_bars.readings if each.region)

    assert (region.left, region.width) == (0, 1200)
    assert abs(region.top - 240) <= 2
    assert abs(region.height - 800) <= 4


def test_there_are_no_more_than_the_limit():
    """Each costs a code and a look-up; none at all can be asked for."""
    screenshot = altered("overlay_onto_screenshot desktop")

    counts = {
        most: len(understand(screenshot, MediaLimits(max_regions=most)).image.parts)
        for most in (0, 3, 12)
    }  # type: ignore[union-attr]

    assert counts[0] == 0
    assert counts[3] == 3
    assert 3 < counts[12] <= 12


@pytest.mark.parametrize(
    "luma",
    [
        np.zeros((300, 400), np.uint8),
        np.random.default_rng(1).integers(0, 256, (300, 400), dtype=np.uint8),
        np.zeros((1, 500), np.uint8),
        np.asarray(picture(size=(400, 300)).convert("L")),
    ],
    ids=["black", "noise", "a line", "a picture"],
)
def test_what_has_nothing_within_it_costs_nothing(luma: np.ndarray):
    """No straight edge, no region."""
    assert regions(luma, 12) == []


def test_a_turned_animation_has_the_regions_of_its_beginning():
    """Only so many frames are looked into, and the frame is said."""
    frame = Image.new("RGB", (400, 500), "black")
    frame.paste(picture(size=(400, 300)), (0, 100))
    media = understand(
        saved(frame, "GIF", save_all=True, append_images=[frame.rotate(1)] * 3), MediaLimits()
    )

    assert media.kind is Kind.IMAGE
    assert media.image is not None
    assert len(media.image.frames) >= 2
    assert {part.frame for part in media.image.parts} <= {0, 1}
    assert 0 in {part.frame for part in media.image.parts}
