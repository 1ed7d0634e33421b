"""Ordinary pictures made by our own code: a landscape for every number, and the ways people alter a copy."""

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Picture = Image.Image


def landscape(seed: int, *, width: int = 1200, height: int = 800) -> Picture:
    """A sky, a sun, hills and houses; the same number gives the same picture."""
    rng = np.random.default_rng(seed)
    top, bottom = rng.integers(60, 255, 3), rng.integers(60, 255, 3)
    fade = np.linspace(0, 1, height)[:, None, None]
    sky = np.broadcast_to(top * (1 - fade) + bottom * fade, (height, width, 3))
    made = Image.fromarray(sky.astype(np.uint8))
    draw = ImageDraw.Draw(made)
    x, y = _between(rng, 0, width), _between(rng, 0, height // 2)
    r = _between(rng, height // 20, height // 6)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=_colour(rng, 200, 256))
    for distance in range(_between(rng, 2, 5)):
        draw.polygon(_hill(rng, distance, width, height), fill=_colour(rng, 20, 200))
    for _ in range(_between(rng, 4, 10)):
        _house(draw, rng, width, height)
    grain = rng.normal(0, 4, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(made) + grain, 0, 255).astype(np.uint8))


def jpeg(picture: Picture, *, quality: int = 88) -> bytes:
    """The picture as a JPEG file."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _png(picture: Picture) -> bytes:
    file = io.BytesIO()
    picture.quantize(64).save(file, "PNG")
    return file.getvalue()


def _captioned(picture: Picture) -> Picture:
    copy = picture.copy()
    high = copy.height // 14
    ImageDraw.Draw(copy).text(
        (copy.width // 20, copy.height - 2 * high), "seen elsewhere", "white", font_size=high
    )
    return copy


ALTERATIONS: Mapping[str, Callable[[Picture], bytes]] = MappingProxyType(
    {
        "the same file": jpeg,
        "saved again, badly": lambda picture: jpeg(picture, quality=15),
        "half the size": lambda picture: jpeg(picture.reduce(2)),
        "64 colours": _png,
        "black and white": lambda picture: jpeg(ImageOps.grayscale(picture)),
        "brighter": lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(1.3)),
        "blurred": lambda picture: jpeg(picture.filter(ImageFilter.GaussianBlur(3))),
        "captioned": lambda picture: jpeg(_captioned(picture)),
        "mirrored": lambda picture: jpeg(ImageOps.mirror(picture)),
        "on its side": lambda picture: jpeg(picture.transpose(Image.Transpose.ROTATE_90)),
        "cut short": lambda picture: jpeg(picture)[:9_000],
    }
)


def _between(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high))


def _colour(rng: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    red, green, blue = rng.integers(low, high, 3).tolist()
    return red, green, blue


def _hill(
    rng: np.random.Generator, distance: int, width: int, height: int
) -> list[tuple[float, float]]:
    steps = np.arange(0, width + 9, 8)
    ground = height * (0.45 + 0.15 * distance)
    waves = sum(
        rng.uniform(0.3, 1) * np.sin(steps / width * rng.uniform(2, 14) + rng.uniform(0, 6))
        for _ in range(3)
    )
    line = ground + waves * height * 0.06
    ridge = list(zip(steps.tolist(), np.asarray(line).tolist(), strict=True))
    return [(0, height), *ridge, (width, height)]


def _house(draw: ImageDraw.ImageDraw, rng: np.random.Generator, width: int, height: int) -> None:
    wide, high = _between(rng, width // 30, width // 8), _between(rng, height // 12, height // 4)
    left, floor = _between(rng, 0, width - wide), _between(rng, height // 2, height)
    draw.rectangle((left, floor - high, left + wide, floor), fill=_colour(rng, 30, 230))
    roof = [
        (left, floor - high),
        (left + wide, floor - high),
        (left + wide / 2, floor - high * 1.5),
    ]
    draw.polygon(roof, fill=_colour(rng, 60, 200))
