"""PDQ: exactly the published bits, from every format, turned every way."""

import csv
from pathlib import Path

import numpy as np
import pdqhash
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from seawall.media.limits import MediaLimits
from seawall.media.link import understand_link
from seawall.media.media import Image as Picture
from seawall.media.media import Kind, Media
from seawall.media.understand import understand
from seawall.signals.pdq import Pdq
from seawall.signals.pdq_kernel import pdq
from seawall.signals.signal import Cause, NoSignal, Orientation, Reading
from seawall.testing.signal_type import SignalTypeContract
from tests.media.files import picture, saved
from tests.shared import shared_data

NEAR = 31  # bits: the published threshold of a match
SAME = 10  # bits: the published tolerance of an implementation, for pictures of quality 80 and more


def decoded(image: Image.Image) -> Media:
    """A picture as the decoder would hand it on, not reduced."""
    luma = np.asarray(image.convert("L"))
    shape = Picture(width=image.width, height=image.height, frames=(luma,))
    return Media(kind=Kind.IMAGE, media_type="image/png", image=shape)


def readings(data: bytes) -> dict[Orientation, Reading]:
    """The readings of the whole first frame of a file."""
    found = Pdq().compute(understand(data, MediaLimits()))
    assert isinstance(found, tuple), found
    whole = (reading for reading in found if reading.frame == 0 and reading.region is None)
    return {reading.orientation: reading for reading in whole}


def upright(data: bytes) -> str:
    return readings(data)[Orientation.UPRIGHT].signal.value


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def published(pixels: NDArray[np.uint8]) -> tuple[bytes, int]:
    """What the reference makes of (height, width, 3) pixels."""
    bits, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    return np.packbits(bits.astype(np.uint8)).tobytes(), quality


def brightness(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The luma the reference computes, unrounded."""
    red, green, blue = (pixels[:, :, channel] for channel in range(3))
    return (red * 0.299 + green * 0.587 + blue * 0.114).astype(np.float32)


def turned(image: Image.Image, how: Orientation) -> Image.Image:
    """The picture, turned by Pillow the way `Orientation` describes in words."""
    name = str(how)
    if name.startswith("mirror"):
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    quarters = {"90": Image.Transpose.ROTATE_270, "180": Image.Transpose.ROTATE_180}
    quarters["270"] = Image.Transpose.ROTATE_90  # Pillow counts anticlockwise
    clockwise = next((turn for degrees, turn in quarters.items() if name.endswith(degrees)), None)
    return image if clockwise is None else image.transpose(clockwise)


class TestPdq(SignalTypeContract):
    """What every type of signal promises."""

    type = Pdq()
    media = (decoded(picture()), decoded(Image.new("L", (99, 99))), decoded(picture(size=(4, 90))))


@pytest.mark.parametrize(
    "size", [(5, 5), (5, 300), (37, 100), (64, 64), (65, 63), (129, 128), (504, 378), (1001, 777)]
)
@pytest.mark.parametrize("kind", ["noise", "picture", "flat"])
def test_every_bit_is_the_published_one(size: tuple[int, int], kind: str):
    """On the same pixels, whatever their number, down to rounding; in colour, and in grey."""
    width, height = size
    noise = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    pixels = {
        "noise": noise,
        "picture": np.asarray(picture(size=size)),
        "flat": np.full((height, width, 3), 7, np.uint8),
    }[kind]

    codes, quality = pdq(brightness(pixels))

    assert (codes[0].tobytes(), quality) == published(pixels)


@pytest.mark.parametrize("size", [(64, 64), (504, 378), (1001, 777)])
def test_grey_bytes_and_grey_floats_are_the_same(size: tuple[int, int]):
    """Luma comes as bytes; the reference computes with floats."""
    luma = np.asarray(picture(size=size).convert("L"))

    from_bytes, from_floats = pdq(luma), pdq(luma.astype(np.float32))

    assert np.array_equal(from_bytes[0], from_floats[0])
    assert from_bytes[1] == from_floats[1]


def test_the_eight_turns_are_the_published_eight():
    """Bit for bit, from one transform; only their order is our own."""
    pixels = np.asarray(picture(size=(504, 378)))
    theirs, quality = pdqhash.compute_dihedral(pixels.copy())

    ours = pdq(brightness(pixels))

    assert {code.tobytes() for code in ours[0]} == {
        np.packbits(bits.astype(np.uint8)).tobytes() for bits in theirs
    }
    assert ours[1] == quality


@pytest.mark.parametrize("how", list(Orientation))
def test_an_orientation_is_how_to_turn_the_upload(how: Orientation):
    """The reading says `how`: turn the upload that way, and it has this code."""
    upload = picture(seed=3, size=(640, 480))

    wanted = upright(saved(turned(upload, how)))

    assert apart(readings(saved(upload))[how].signal.value, wanted) <= NEAR


@pytest.mark.parametrize(
    ("was", "restored_by"),
    [
        (Orientation.ROTATE90, Orientation.ROTATE270),
        (Orientation.ROTATE180, Orientation.ROTATE180),
        (Orientation.ROTATE270, Orientation.ROTATE90),
        (Orientation.MIRROR, Orientation.MIRROR),
        (Orientation.MIRROR_ROTATE90, Orientation.MIRROR_ROTATE90),
        (Orientation.MIRROR_ROTATE180, Orientation.MIRROR_ROTATE180),
        (Orientation.MIRROR_ROTATE270, Orientation.MIRROR_ROTATE270),
    ],
)
def test_a_turned_upload_says_how_it_is_turned_back(was: Orientation, restored_by: Orientation):
    """A known picture turned a quarter clockwise is found, and needs a quarter anticlockwise."""
    known = picture(seed=4, size=(640, 480))

    upload = readings(saved(turned(known, was)))
    nearest = min(upload, key=lambda how: apart(upload[how].signal.value, upright(saved(known))))

    assert nearest is restored_by
    assert apart(upload[nearest].signal.value, upright(saved(known))) <= NEAR


def test_turned_photos_are_turned_back():
    """The same with photos that were turned, and compressed anew, by somebody else."""
    known = upright(shared_data("images/bridge-mods/aaa-orig.jpg").read_bytes())
    nearest = {}
    for path in sorted(shared_data("images/dihedral").iterdir()):
        upload = readings(path.read_bytes())
        how = min(upload, key=lambda how: apart(upload[how].signal.value, known))
        nearest[path.stem] = (how, apart(upload[how].signal.value, known) <= NEAR)

    assert nearest == {
        "bridge-2-rotate-90": (Orientation.ROTATE90, True),
        "bridge-3-rotate-180": (Orientation.ROTATE180, True),
        "bridge-5-flipx": (Orientation.MIRROR_ROTATE180, True),
    }


def test_decoding_small_changes_few_bits():
    """Photos are decoded at a fraction of their size, and stay within the published tolerance."""
    lines = list(csv.DictReader(shared_data("images/pdq.csv").read_text().splitlines()))
    distances = {
        line["path"]: apart(
            upright((shared_data() / line["path"]).read_bytes()), line["pdq_of_upright_rgb"]
        )
        for line in lines
        if int(line["quality"]) >= 80
    }

    assert len(distances) > 25
    assert {path: by for path, by in distances.items() if by > SAME} == {}


def resaved(image: Image.Image) -> dict[str, bytes]:
    """The picture in every format somebody may save it in before sending it on."""
    grey16 = np.asarray(image.convert("L")).astype(np.uint16) * 257
    return {
        "adaptive 256-colour PNG": saved(image.convert("P", palette=Image.Palette.ADAPTIVE)),
        "64-colour PNG": saved(image.quantize(64)),
        "default GIF": saved(image, "GIF"),
        "CMYK JPEG": saved(image.convert("CMYK"), "JPEG"),
        "JPEG, quality 20": saved(image, "JPEG", quality=20),
        "progressive JPEG": saved(image, "JPEG", progressive=True),
        "RGB PNG": saved(image, compress_level=1),
        "RGBA PNG": saved(image.convert("RGBA"), compress_level=1),
        "LA PNG": saved(image.convert("LA"), compress_level=1),
        "1-bit PNG": saved(image.convert("1")),
        "16-bit PNG": saved(Image.fromarray(grey16), compress_level=1),
        "WebP": saved(image, "WEBP", method=0),
        "AVIF": saved(image, "AVIF", speed=10),
        "HEIC": saved(image, "HEIF", quality=50),
        "TIFF": saved(image, "TIFF"),
        "CMYK TIFF": saved(image.convert("CMYK"), "TIFF"),
        "float TIFF": saved(Image.fromarray((grey16 / 65535).astype(np.float32)), "TIFF"),
        "BMP": saved(image, "BMP"),
    }


PHOTOS = [
    "exif/exif-rotn-1.jpg",
    "exif/exif-rotn-6.jpg",
    "modes/original.jpg",
    "bridge-mods/aaa-orig.jpg",
    "bridge-mods/high-contrast.jpg",
    "bridge-mods/sharpen-a-lot.jpg",
    "bridge-mods/shrink-a-lot.jpg",
    "dihedral/bridge-2-rotate-90.jpg",
    "dihedral/bridge-3-rotate-180.jpg",
]


@pytest.mark.parametrize("photo", PHOTOS, ids=[Path(photo).stem for photo in PHOTOS])
def test_a_copy_saved_in_another_format_is_found(photo: str):
    """The incumbent hashes palette indices and inverted ink, and misses the first four of every photo: 36 of 36."""
    path = shared_data(f"images/{photo}")
    known = upright(path.read_bytes())
    image = ImageOps.exif_transpose(Image.open(path).convert("RGB"))
    image = image.reduce(max(1, image.width // 500))

    missed = {
        name: by
        for name, data in resaved(image).items()
        if (by := apart(upright(data), known)) > NEAR
    }

    assert missed == {}


def test_a_picture_hidden_in_transparency_is_found():
    """White on nothing is invisible on white, and the picture on black."""
    drawing = picture(seed=5).convert("L")
    hidden = Image.merge("LA", (Image.new("L", drawing.size, 255), drawing))

    found = Pdq().compute(understand(saved(hidden), MediaLimits()))

    assert isinstance(found, tuple)
    on_black = next(reading for reading in found if reading.orientation is Orientation.UPRIGHT)
    assert on_black.frame == 1
    assert apart(on_black.signal.value, upright(saved(drawing))) <= SAME


def test_a_flat_picture_has_no_signal():
    """All flat pictures look alike to PDQ; matching one would match them all."""
    assert Pdq().compute(decoded(Image.new("L", (300, 200), 128))) == NoSignal(
        type="pdq", reason="too flat: quality 0 of 100, and 50 is needed"
    )


def test_a_speck_has_no_signal():
    """The published minimum is five pixels a side."""
    assert Pdq().compute(decoded(picture(size=(90, 4)))) == NoSignal(
        type="pdq", reason="too small: 90 by 4 pixels, and a side needs 5"
    )


def test_an_unreadable_picture_failed():
    """Not to have looked is not to have found nothing."""
    found = Pdq().compute(understand(saved(picture(), "JPEG")[:3000], MediaLimits()))

    assert isinstance(found, NoSignal)
    assert found.cause is Cause.FAILED
    assert "cut short after 3000 bytes" in found.reason


def test_what_is_no_picture_is_named_as_beyond_it():
    """A program is not a broken picture, and not an empty one; a link has no bytes at all."""
    found = Pdq().compute(understand(b"\x7fELF\x02\x01\x01\0\xff\xfe", MediaLimits()))

    assert isinstance(found, NoSignal)
    assert found.cause is Cause.UNSUPPORTED
    assert Pdq().compute(understand_link("https://example.org/")) is None
