"""Strangers' bytes become media, or a sentence why not."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image, ImageCms

from seawall.media.limits import MediaLimits
from seawall.media.media import Kind, Luma, Media
from seawall.media.understand import understand
from tests.media.files import chunk, claiming, exif, gif_of, picture, png, saved, with_segment

LIMITS = MediaLimits()
STILLS = {
    "image/jpeg": {"to": "JPEG"},
    "image/png": {"to": "PNG"},
    "image/gif": {"to": "GIF"},
    "image/webp": {"to": "WEBP"},
    "image/avif": {"to": "AVIF"},
    "image/heic": {"to": "HEIF"},
    "image/tiff": {"to": "TIFF"},
    "image/bmp": {"to": "BMP"},
}
ANIMATIONS = {"image/gif": "GIF", "image/webp": "WEBP", "image/png": "PNG", "image/avif": "AVIF"}


def luma(media: Media, frame: int = 0) -> Luma:
    """The luma of a frame of a picture that was readable."""
    assert media.unreadable is None
    assert media.image is not None
    return media.image.frames[frame]


def mean_difference(one: Luma, other: Luma) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def grey(image: Image.Image) -> Luma:
    """What Pillow itself makes of a plain RGB picture, small enough not to be reduced."""
    return np.asarray(image.convert("RGB").convert("L"))


@pytest.mark.parametrize(("media_type", "options"), STILLS.items(), ids=list(STILLS))
def test_a_picture_of_every_format_is_read(media_type: str, options: dict[str, str]):
    """Its type is sniffed, its size is the file's, and its luma is the picture's but for compression."""
    image = picture(size=(500, 300))

    media = understand(saved(image, **options), LIMITS)

    assert media.kind is Kind.IMAGE
    assert media.media_type == media_type
    assert media.image is not None
    assert (media.image.width, media.image.height, media.image.frames_left_out) == (500, 300, 0)
    assert mean_difference(luma(media), grey(image)) < 8


def in_every_mode() -> dict[str, bytes]:
    """One picture stored in every way its pixels can be stored."""
    image = picture(size=(500, 300))
    grey16 = np.asarray(image.convert("L")).astype(np.uint16) * 257
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return {
        "PNG L": saved(image.convert("L")),
        "PNG LA": saved(image.convert("LA")),
        "PNG P": saved(image.quantize(256)),
        "PNG P, 64 colours": saved(image.quantize(64)),
        "PNG P with transparency": saved(image.quantize(256), transparency=bytes([255] * 255)),
        "PNG I;16": saved(Image.fromarray(grey16)),
        "PNG RGBA": saved(image.convert("RGBA")),
        "JPEG L": saved(image.convert("L"), "JPEG"),
        "JPEG CMYK": saved(image.convert("CMYK"), "JPEG"),
        "JPEG RGB": saved(image, "JPEG", keep_rgb=True),
        "JPEG progressive": saved(image, "JPEG", progressive=True),
        "TIFF I;16": saved(Image.fromarray(grey16), "TIFF"),
        "TIFF I": saved(Image.fromarray(grey16.astype(np.int32)), "TIFF"),
        "TIFF F, white is 1": saved(Image.fromarray((grey16 / 65535).astype(np.float32)), "TIFF"),
        "TIFF F, white is 255": saved(Image.fromarray((grey16 / 257).astype(np.float32)), "TIFF"),
        "TIFF CMYK": saved(image.convert("CMYK"), "TIFF"),
        "TIFF P": saved(image.quantize(256), "TIFF"),
        "TIFF YCbCr": saved(image.convert("YCbCr"), "TIFF"),
        "TIFF LAB": saved(ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB"), "TIFF"),
        "TIFF, JPEG inside": saved(image, "TIFF", compression="jpeg"),
        "BigTIFF": saved(image, "TIFF", big_tiff=True),
        "WebP, lossless": saved(image, "WEBP", lossless=True),
        "BMP P": saved(image.quantize(256), "BMP"),
    }


def test_pixels_are_compared_as_they_look_not_as_they_are_stored():
    """Palette indices, ink, deep samples: the incumbent hashes them as they are and misses the picture."""
    wanted = grey(picture(size=(500, 300)))

    differences = {
        name: mean_difference(luma(understand(data, LIMITS)), wanted)
        for name, data in in_every_mode().items()
    }

    assert {name: by for name, by in differences.items() if by > 10} == {}


def test_black_and_white_pixels_average_to_grey():
    """A dithered picture of one bit a pixel is what it looks like from afar."""
    image = picture(size=(2048, 2048))

    media = understand(saved(image.convert("1")), LIMITS)

    assert luma(media).shape == (256, 256)
    assert mean_difference(luma(media), grey(image.reduce(8))) < 12


def test_ink_that_is_not_inverted_is_not_inverted():
    """Adobe stores 255 for no ink and says so; a CMYK JPEG without its mark means what it says."""
    image = picture(size=(500, 300)).convert("L")
    inked = saved(image.convert("CMYK"), "JPEG")  # Pillow inverts, and leaves Adobe's mark
    start = inked.index(b"\xff\xee")
    unmarked = inked[:start] + inked[start + 16 :]

    marked, plain = (luma(understand(data, LIMITS)) for data in (inked, unmarked))

    assert mean_difference(marked, 255 - plain) > 60
    assert mean_difference(marked, grey(image)) < 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("to", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_pictures_are_turned_upright_once(to: str, orientation: int):
    """Whatever the camera held, and whether the file says so in EXIF or in a rotation box."""
    image = picture(size=(500, 300))
    turned = {
        1: image,
        2: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: image.transpose(Image.Transpose.ROTATE_180),
        4: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: image.transpose(Image.Transpose.TRANSPOSE),
        6: image.transpose(Image.Transpose.ROTATE_270),
        7: image.transpose(Image.Transpose.TRANSVERSE),
        8: image.transpose(Image.Transpose.ROTATE_90),
    }[orientation]
    tags = Image.Exif()
    tags[0x0112] = orientation

    media = understand(saved(image, to, exif=tags.tobytes()), LIMITS)

    assert media.image is not None
    assert (media.image.width, media.image.height) == turned.size
    assert mean_difference(luma(media), grey(turned)) < 4


@pytest.mark.parametrize("order", ["<", ">"])
def test_either_byte_order_is_read(order: str):
    """Cameras write EXIF in the order of their processor."""
    data = with_segment(saved(picture(), "JPEG"), exif(6, order=order))

    assert luma(understand(data, LIMITS)).shape == (640, 480)


@pytest.mark.parametrize(
    "block",
    [
        exif(9),
        exif(1, loops=True),
        exif(6)[:20],
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(40_000),
    ],
)
def test_an_exif_block_that_makes_no_sense_means_upright(block: bytes):
    """As it does in browsers; and it costs nothing, however it loops."""
    media = understand(with_segment(saved(picture(), "JPEG"), block), LIMITS)

    assert luma(media).shape == (480, 640)


def test_transparency_is_laid_on_white_and_a_second_time_on_black():
    """White drawing on nothing shows on black only; a picture hidden in alpha must not pass for a blank."""
    drawing = picture(size=(300, 200)).convert("L")
    hidden = Image.merge("LA", (Image.new("L", (300, 200), 255), drawing))

    media = understand(saved(hidden), LIMITS)

    assert media.image is not None
    on_white, on_black = media.image.frames
    assert set(on_white.flat) == {255}
    assert mean_difference(on_black, grey(drawing)) < 1


def test_an_even_alpha_hides_nothing():
    """So it costs no second frame."""
    media = understand(saved(picture().convert("RGBA")), LIMITS)

    assert media.image is not None
    assert len(media.image.frames) == 1


@pytest.mark.parametrize(("media_type", "to"), ANIMATIONS.items(), ids=list(ANIMATIONS))
def test_every_frame_of_an_animation_is_looked_at(media_type: str, to: str):
    """The picture may come late."""
    images = [picture(seed, (200, 100)) for seed in range(3)]

    media = understand(
        saved(images[0], to, save_all=True, append_images=images[1:], duration=100), LIMITS
    )

    assert media.media_type == media_type
    assert media.image is not None
    assert len(media.image.frames) == 3
    for found, image in zip(media.image.frames, images, strict=True):
        assert mean_difference(found, grey(image)) < 8


@pytest.mark.parametrize("primary", [0, 1, 2])
def test_every_picture_of_a_heic_is_looked_at_once(primary: int):
    """The primary one first, wherever it stands; what stands before it is not skipped."""
    images = [picture(seed, (200, 100)) for seed in range(3)]
    data = saved(images[0], "HEIF", save_all=True, append_images=images[1:], primary_index=primary)

    media = understand(data, LIMITS)

    assert media.image is not None
    assert media.image.frames_left_out == 0
    order = [primary, *(number for number in range(3) if number != primary)]
    for found, number in zip(media.image.frames, order, strict=True):
        assert mean_difference(found, grey(images[number])) < 8


@pytest.mark.parametrize("to", ["PNG", "WEBP", "GIF"])
def test_frames_are_laid_on_black_too(to: str):
    """White drawn on nothing is flat on white, in an animation as in a still."""
    drawings = [picture(seed, (200, 100)).convert("L") for seed in (1, 2)]
    if to == "GIF":  # a pixel is there or not
        drawings = [drawing.point(lambda level: 255 * (level > 127)) for drawing in drawings]
    white = Image.new("L", (200, 100), 255)
    hidden = [Image.merge("RGBA", (white, white, white, drawing)) for drawing in drawings]
    options: dict[str, Any] = {"lossless": True} if to == "WEBP" else {"disposal": 2}
    if to == "PNG":
        options = {"disposal": 1, "blend": 0}
    data = saved(hidden[0], to, save_all=True, append_images=hidden[1:], duration=100, **options)

    media = understand(data, MediaLimits(max_frames=2))

    assert media.image is not None
    assert media.image.frames_left_out == 0
    *on_white, first, second = media.image.frames
    assert [int(frame.min()) for frame in on_white] == [255, 255]
    for found, drawing in zip((first, second), drawings, strict=True):
        assert mean_difference(found, np.asarray(drawing)) < 3


def test_frames_beyond_the_limit_are_counted():
    """A hundred thousand frames cost a fraction of a second, and those left out are named."""
    media = understand(gif_of(100_000), LIMITS)

    assert media.image is not None
    assert len(media.image.frames) == 64
    assert media.image.frames_left_out == 100_000 - 64


def test_the_frames_of_an_animation_share_the_limit_on_pixels():
    """Sixty-four frames of the largest picture would be sixty-four pictures' work."""
    images = [picture(seed, (100, 100)) for seed in range(5)]
    data = saved(images[0], "GIF", save_all=True, append_images=images[1:])

    media = understand(data, MediaLimits(max_pixels=35_000))

    assert media.image is not None
    assert len(media.image.frames) == 3
    assert media.image.frames_left_out == 2


def test_an_animation_that_breaks_off_keeps_what_came_before():
    """Its first frames are whole pictures; that more should have followed is said."""
    images = [picture(seed, (300, 200)) for seed in range(4)]
    data = saved(images[0], "GIF", save_all=True, append_images=images[1:])

    media = understand(data[: len(data) * 3 // 5], LIMITS)

    assert media.image is not None
    assert 1 <= len(media.image.frames) < 4
    assert media.image.frames_left_out >= 1


@pytest.mark.parametrize(("media_type", "options"), STILLS.items(), ids=list(STILLS))
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_picture_cut_short_is_not_half_read(
    media_type: str, options: dict[str, str], kept: float
):
    """Half a picture fingerprinted as a whole one would be a wrong fingerprint nobody doubts."""
    data = saved(picture(), **options)

    media = understand(data[: int(len(data) * kept)], LIMITS)

    assert media.media_type == media_type
    assert media.image is None
    assert media.unreadable is not None
    assert media.unreadable.endswith("send the whole file again.")


@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["baseline", "progressive"])
def test_a_jpeg_without_its_end_marker_is_whole(options: dict[str, bool]):
    """Cameras and crawlers drop it; every pixel is there."""
    data = saved(picture(), "JPEG", **options)

    assert np.array_equal(luma(understand(data[:-2], LIMITS)), luma(understand(data, LIMITS)))


def test_padding_before_the_end_marker_is_no_damage():
    """Some cameras fill up blocks on their memory cards."""
    data = saved(picture(), "JPEG")

    padded = understand(data[:-2] + bytes(200) + data[-2:], LIMITS)

    assert np.array_equal(luma(padded), luma(understand(data, LIMITS)))


@pytest.mark.parametrize("options", STILLS.values(), ids=list(STILLS))
def test_bytes_after_the_end_do_not_matter(options: dict[str, str]):
    """A picture with an archive hung onto it is shown as the picture, so it is looked at as one."""
    data = saved(picture(), **options)

    trailed = understand(data + b"PK\x03\x04" + b"<?php ?>" * 500, LIMITS)

    assert np.array_equal(luma(trailed), luma(understand(data, LIMITS)))


BOMBS = {
    "60 000 pixels a side in 74 bytes": png(60_000, 60_000, rows=b""),
    "a JPEG of 65 500 pixels a side": claiming(saved(picture(), "JPEG"), 65_500, 65_500),
    "a JPEG of 65 535 pixels a side": claiming(saved(picture(), "JPEG"), 65_535, 65_535),
    "a text chunk of 100 MB": png(
        9, 9, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000)))
    ),
    "a colour profile of 100 MB": png(
        9, 9, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(100_000_000)))
    ),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=list(BOMBS))
def test_a_bomb_is_refused_before_it_goes_off(bomb: bytes):
    """The header is believed when it claims too much."""
    media = understand(bomb, LIMITS)

    assert media.image is None
    assert media.unreadable is not None


def test_the_limits_are_in_the_sentence():
    """Whoever sent it learns what is too much, and of what."""
    pixels = understand(png(200, 100), MediaLimits(max_pixels=10_000)).unreadable
    weight = understand(png(200, 100), MediaLimits(max_bytes=50)).unreadable

    assert pixels == (
        "The picture claims 200 by 100 pixels; the limit is 10000. Send a smaller copy, or raise max_pixels."
    )
    assert weight is not None
    assert "the limit is 0.0 MiB" in weight


def test_a_name_is_never_believed(tmp_path: Path):
    """Bytes are what they are: a JPEG called .txt is a JPEG, text called .jpg is not."""
    named = tmp_path / "holiday.txt"
    named.write_bytes(saved(picture(), "JPEG"))

    assert understand(named.read_bytes(), LIMITS).media_type == "image/jpeg"
    assert understand(b"BMW and other words", LIMITS).kind is Kind.TEXT


def test_a_picture_we_cannot_read_is_a_picture_all_the_same():
    """JPEG 2000 is shown by some browsers; that it was not looked into must be said."""
    media = understand(saved(picture(), "JPEG2000"), LIMITS)

    assert media.kind is Kind.IMAGE
    assert media.unreadable is not None
    assert media.unreadable.startswith(
        "We cannot look into image/jp2; send it as one of image/avif"
    )


BOXES = (b"\0\0\0\x18ftypavif", b"\0\0\0\x18ftypheic")


@settings(max_examples=150, deadline=None)
@given(
    start=some.sampled_from(
        [
            b"",
            b"\xff\xd8\xff",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF@\x00\x00\x00WEBP",
            b"II*\x00",
            b"BM",
            b"\x00\x00\x00\x18ftypavif",
            b"\x00\x00\x00\x18ftypheic",
            b"MM\x00*",
        ]
    ),
    rest=some.binary(max_size=300),
)
def test_no_bytes_are_an_error(start: bytes, rest: bytes):
    """Whatever comes, there is an answer: a picture, a reason, or no picture at all."""
    media = understand(start + rest, LIMITS)

    assert media.data == start + rest
    assert (media.image is None) == (media.unreadable is not None) or media.kind in (
        Kind.OTHER,
        Kind.TEXT,
    )


@settings(max_examples=60, deadline=None)
@given(data=some.data(), options=some.sampled_from(list(STILLS.values())))
def test_no_damage_is_an_error(data: some.DataObject, options: dict[str, str]):
    """A flipped byte anywhere in a real file gives a picture or a reason, twice the same."""
    file = bytearray(saved(picture(size=(64, 48)), **options))
    for _ in range(data.draw(some.integers(1, 4))):
        file[data.draw(some.integers(0, len(file) - 1))] = data.draw(some.integers(0, 255))

    first, second = understand(bytes(file), LIMITS), understand(bytes(file), LIMITS)

    assert first.unreadable == second.unreadable
    assert (first.image is None) == (second.image is None)
