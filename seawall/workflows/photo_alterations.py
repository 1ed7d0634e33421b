"""How copies of photos are altered: saved anew, cropped, framed, written on, pasted into something else."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps, UnidentifiedImageError

from seawall.errors import InputError
from seawall.media.media import Kind
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.pdq_crops import PdqCrops
from seawall.signals.signal import Reading
from seawall.workflows.alterations import Alteration, Ladder, Near
from seawall.workflows.pictures import Picture, jpeg, landscape

LARGEST = 1600  # pixels of the longer side: what a network keeps of an upload
ORIGINAL, KEPT = 92, 80  # JPEG qualities of the unaltered copy and of every altered one
WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (128, 128, 128)
PDQ = "pdq"
STRANGER = 1_000_000  # numbers of landscapes that stand around a copy begin here

Alter = Callable[[Picture, Random], Picture]


def read(data: bytes) -> Picture:
    """
    An original, upright, in RGB, no larger than a network keeps it.

    Raises:
        InputError: It is no picture we can open.

    """
    try:
        with Image.open(BytesIO(data)) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as wrong:
        raise InputError(f"This is no picture that can be altered ({wrong}).") from wrong
    upright.thumbnail((LARGEST, LARGEST))
    return upright


def blur(picture: Picture, _: Random, *, radius: float) -> Picture:
    """Out of focus, by pixels."""
    return picture.filter(ImageFilter.GaussianBlur(radius))


def rotate(picture: Picture, _: Random, *, degrees: float) -> Picture:
    """Turned; the corners that open are cut away, as phones do."""
    turned = picture.rotate(degrees, Image.Resampling.BICUBIC, expand=degrees % 90 == 0)
    if degrees % 90 == 0:
        return turned
    keep = 1 - abs(np.sin(np.radians(degrees))) * max(picture.size) / min(picture.size)
    return _window(turned, keep, (1 - keep) / 2, (1 - keep) / 2)


def scale(picture: Picture, _: Random, *, factor: float) -> Picture:
    """Larger or smaller."""
    return picture.resize((round(picture.width * factor), round(picture.height * factor)))


def change_aspect_ratio(picture: Picture, _: Random, *, ratio: float) -> Picture:
    """Stretched to so many times as wide as high, with about as many pixels."""
    height = (picture.width * picture.height / ratio) ** 0.5
    return picture.resize((round(height * ratio), round(height)))


def brightness(picture: Picture, _: Random, *, factor: float) -> Picture:
    """Brighter or darker."""
    return ImageEnhance.Brightness(picture).enhance(factor)


def contrast(picture: Picture, _: Random, *, factor: float) -> Picture:
    """Harsher or softer."""
    return ImageEnhance.Contrast(picture).enhance(factor)


def grayscale(picture: Picture, _: Random) -> Picture:
    """Without colour."""
    return ImageOps.grayscale(picture)


def hflip(picture: Picture, _: Random) -> Picture:
    """Left and right exchanged."""
    return ImageOps.mirror(picture)


def random_noise(picture: Picture, chance: Random, *, deviation: float) -> Picture:
    """Grain, by its standard deviation of 255."""
    rng = np.random.default_rng(chance.getrandbits(32))
    grain = rng.normal(0, deviation, (picture.height, picture.width, 1))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def crop(picture: Picture, chance: Random, *, keep: float, where: str) -> Picture:
    """The share `keep` of each side, from the `centre`, a `corner`, or `anywhere`."""
    rest = 1 - keep
    left, top = {
        "centre": (rest / 2, rest / 2),
        "corner": (chance.choice((0, rest)), chance.choice((0, rest))),
        "anywhere": (chance.uniform(0, rest), chance.uniform(0, rest)),
    }[where]
    return _window(picture, keep, left, top)


def pad(
    picture: Picture, _: Random, *, across: float, down: float, colour: tuple[int, int, int]
) -> Picture:
    """Bars of these shares of width and height on both sides; a letterbox, a pillarbox, a frame."""
    wide, high = round(picture.width * across), round(picture.height * down)
    return ImageOps.expand(picture, (wide, high, wide, high), colour)


def pad_square(picture: Picture, _: Random, *, colour: tuple[int, int, int]) -> Picture:
    """Bars until it is as high as wide."""
    side = max(picture.size)
    made = Image.new("RGB", (side, side), colour)
    made.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return made


def pad_blurred(picture: Picture, _: Random, *, ratio: float) -> Picture:
    """Before an enlarged, blurred copy of itself, so many times as wide as high: a story, a vertical video."""
    size = _around(picture, ratio)
    made = ImageOps.fit(picture, size).filter(ImageFilter.GaussianBlur(max(size) / 40))
    made.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return made


def pad_gradient(picture: Picture, chance: Random, *, ratio: float) -> Picture:
    """Before a gradient from one colour to another, so many times as wide as high."""
    size = _around(picture, ratio)
    top, bottom = (np.array([chance.randrange(256) for _ in range(3)]) for _ in range(2))
    fade = np.linspace(0, 1, size[1])[:, None, None]
    rows = np.broadcast_to(top * (1 - fade) + bottom * fade, (size[1], size[0], 3))
    made = Image.fromarray(rows.astype(np.uint8))
    made.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return made


def meme_format(picture: Picture, chance: Random, *, high: float) -> Picture:
    """A white band with a caption above it, a share `high` of its height."""
    band = round(picture.height * high)
    made = ImageOps.expand(picture, (0, band, 0, 0), WHITE)
    _write(made, (picture.width // 30, band // 5), chance, band * 0.45, BLACK, words=4)
    return made


def overlay_text(picture: Picture, chance: Random, *, lines: int, high: float) -> Picture:
    """Lines of white text on it, each a share `high` of its height."""
    made = picture.copy()
    size = picture.height * high
    top = chance.uniform(0, picture.height - lines * size * 1.3)
    for line in range(lines):
        place = (picture.width // 20, round(top + line * size * 1.3))
        _write(made, place, chance, size, WHITE, words=5)
    return made


def overlay_bar(picture: Picture, chance: Random, *, high: float) -> Picture:
    """A caption on a black bar over its lower edge, as in a story: it hides what it covers."""
    made = picture.copy()
    band = round(picture.height * high)
    top = picture.height - band
    ImageDraw.Draw(made).rectangle((0, top, picture.width, picture.height), BLACK)
    _write(made, (picture.width // 30, top + band // 5), chance, band * 0.45, WHITE, words=4)
    return made


def overlay_emoji(picture: Picture, chance: Random, *, size: float) -> Picture:
    """A round yellow face, a share `size` of its height, somewhere on it."""
    made = picture.copy()
    draw = ImageDraw.Draw(made)
    side = picture.height * size
    left, top = chance.uniform(0, picture.width - side), chance.uniform(0, picture.height - side)
    draw.ellipse((left, top, left + side, top + side), (255, 204, 50))
    for eye in (0.3, 0.7):
        x, y, r = left + side * eye, top + side * 0.38, side * 0.07
        draw.ellipse((x - r, y - r, x + r, y + r), (90, 60, 10))
    smile = (left + side * 0.25, top + side * 0.35, left + side * 0.75, top + side * 0.8)
    draw.arc(smile, 20, 160, (90, 60, 10), max(1, round(side * 0.05)))
    return made


def overlay_stripes(picture: Picture, _: Random, *, share: float) -> Picture:
    """Ten white lines across, which together cover this share."""
    made = picture.copy()
    draw = ImageDraw.Draw(made)
    for stripe in range(10):
        top = picture.height * (stripe + 0.5) / 10
        draw.rectangle((0, top, picture.width, top + picture.height * share / 10), WHITE)
    return made


def overlay_onto_background_image(picture: Picture, chance: Random, *, size: float) -> Picture:
    """A picture in a picture: this share of the sides of another one, somewhere on it."""
    made = landscape(STRANGER + chance.randrange(10_000), width=1280, height=960)
    copy = picture.copy()
    copy.thumbnail((round(made.width * size), round(made.height * size)))
    place = (chance.randrange(made.width - copy.width), chance.randrange(made.height - copy.height))
    made.paste(copy, place)
    return made


def overlay_onto_screenshot(picture: Picture, chance: Random, *, template: str) -> Picture:
    """The screen of a `phone`, a `dark` phone, or a `desktop` with a post that shows it."""
    if template == "desktop":
        return _on_desktop(picture, chance)
    page, ink = (WHITE, (30, 30, 30)) if template == "phone" else ((18, 18, 20), (230, 230, 230))
    wide, high = 1080, 2160
    made = Image.new("RGB", (wide, high), page)
    draw = ImageDraw.Draw(made)
    copy = picture.resize((wide, round(wide * picture.height / picture.width)))
    copy = copy.crop((0, 0, wide, min(copy.height, 1500)))
    top = 420 if copy.height < 1200 else 300
    _write(made, (40, 24), chance, 34, ink, words=3)
    draw.ellipse((40, 140, 140, 240), (90, 140, 220))
    _write(made, (170, 150), chance, 40, ink, words=2)
    _write(made, (40, 260), chance, 30, ink, words=6)
    made.paste(copy, (0, top))
    for place in range(4):
        x, y = 60 + 150 * place, top + copy.height + 40
        draw.ellipse((x, y, x + 70, y + 70), outline=ink, width=6)
    for line in range(5):
        _write(made, (40, top + copy.height + 160 + 60 * line), chance, 34, ink, words=7)
    return made


def collage(picture: Picture, chance: Random, *, tiles: tuple[int, int], gutter: int) -> Picture:
    """One of so many tiles across and down, the others strangers', with so many pixels between."""
    across, down = tiles
    wide, high = 1500 // across, 1500 // across * picture.height // picture.width
    size = (across * (wide + gutter) - gutter, down * (high + gutter) - gutter)
    made = Image.new("RGB", size, WHITE)
    ours = chance.randrange(across * down)
    for tile in range(across * down):
        stranger = STRANGER + chance.randrange(10_000)
        shown = picture if tile == ours else landscape(stranger, width=600, height=400)
        place = (tile % across * (wide + gutter), tile // across * (high + gutter))
        made.paste(shown.resize((wide, high)), place)
    return made


def _on_desktop(picture: Picture, chance: Random) -> Picture:
    made = Image.new("RGB", (1600, 1000), (240, 242, 245))
    draw = ImageDraw.Draw(made)
    draw.rectangle((0, 0, 1600, 70), (60, 90, 150))
    _write(made, (30, 16), chance, 34, WHITE, words=3)
    for line in range(8):
        _write(made, (40, 130 + 70 * line), chance, 26, (60, 60, 60), words=2)
    copy = picture.copy()
    copy.thumbnail((800, 680))
    draw.rectangle((380, 90, 1220, 1000), WHITE)
    _write(made, (400, 110), chance, 28, (30, 30, 30), words=6)
    made.paste(copy, (400 + (800 - copy.width) // 2, 170))
    _write(made, (400, 190 + copy.height), chance, 24, (90, 90, 90), words=7)
    for line in range(3):
        draw.rectangle((1270, 110 + 150 * line, 1560, 230 + 150 * line), WHITE)
    return made


def _write(
    made: Picture,
    place: tuple[float, float],
    chance: Random,
    size: float,
    colour: tuple[int, int, int],
    *,
    words: int,
) -> None:
    letters = "aeiounrstlkmdg"
    text = " ".join("".join(chance.choices(letters, k=chance.randint(3, 8))) for _ in range(words))
    ImageDraw.Draw(made).text(place, text, colour, font_size=max(6, size))


def _window(picture: Picture, keep: float, left: float, top: float) -> Picture:
    x, y = round(picture.width * left), round(picture.height * top)
    return picture.crop((x, y, x + round(picture.width * keep), y + round(picture.height * keep)))


def _around(picture: Picture, ratio: float) -> tuple[int, int]:
    """The smallest size of this ratio that the picture fits into."""
    high = max(picture.height, picture.width / ratio)
    return max(picture.width, round(high * ratio)), round(high)


def _saved(picture: Picture, chance: Random, *, alter: Alter, quality: int = KEPT) -> bytes:
    return jpeg(alter(picture, chance).convert("RGB"), quality=quality)


def _rung(name: str, strength: str, alter: Alter) -> Alteration[Picture]:
    return Alteration(name=name, strength=strength, apply=partial(_saved, alter=alter))


def _rungs() -> Iterator[Alteration[Picture]]:
    for quality in (60, 30, 10):
        yield Alteration(
            name="encoding_quality",
            strength=f"q{quality}",
            apply=partial(_saved, alter=lambda picture, _: picture, quality=quality),
        )
    for factor in (0.5, 0.25):
        yield _rung("scale", f"to {factor:.0%}", partial(scale, factor=factor))
    for radius in (2, 6):
        yield _rung("blur", f"{radius} px", partial(blur, radius=radius))
    for factor in (0.6, 1.5):
        yield _rung("brightness", f"to {factor:.0%}", partial(brightness, factor=factor))
    for factor in (0.5, 1.6):
        yield _rung("contrast", f"to {factor:.0%}", partial(contrast, factor=factor))
    yield _rung("grayscale", "", grayscale)
    yield _rung("random_noise", "20 of 255", partial(random_noise, deviation=20))
    yield _rung("hflip", "", hflip)
    for degrees in (90, 2, 6):
        yield _rung("rotate", f"{degrees}°", partial(rotate, degrees=degrees))
    for ratio in (1.0, 2.2):
        yield _rung("change_aspect_ratio", f"{ratio:g}", partial(change_aspect_ratio, ratio=ratio))
    yield from _cut()
    yield from _framed()
    yield from _written_on()
    yield from _pasted()


def _cut() -> Iterator[Alteration[Picture]]:
    for keep in (0.9, 0.8, 0.7, 0.5):
        centre = partial(crop, keep=keep, where="centre")
        yield _rung("crop", f"{keep:.0%} centre", centre)
    yield _rung("crop", "70% corner", partial(crop, keep=0.7, where="corner"))
    yield _rung("crop", "70% anywhere", partial(crop, keep=0.7, where="anywhere"))


def _framed() -> Iterator[Alteration[Picture]]:
    for share in (0.1, 0.3):
        bars = partial(pad, across=0, down=share, colour=BLACK)
        yield _rung("pad", f"letterbox {share:.0%}", bars)
    yield _rung("pad", "pillarbox 25%", partial(pad, across=0.25, down=0, colour=WHITE))
    for share in (0.04, 0.12):
        yield _rung(
            "pad", f"frame {share:.0%}", partial(pad, across=share, down=share, colour=GREY)
        )
    for name, colour in (("white", WHITE), ("black", BLACK)):
        yield _rung("pad_square", name, partial(pad_square, colour=colour))
    for ratio in (0.56, 1.0):
        yield _rung("pad_blurred", f"{ratio:g}", partial(pad_blurred, ratio=ratio))
        yield _rung("pad_gradient", f"{ratio:g}", partial(pad_gradient, ratio=ratio))


def _written_on() -> Iterator[Alteration[Picture]]:
    for high in (0.15, 0.3):
        yield _rung("meme_format", f"{high:.0%}", partial(meme_format, high=high))
        yield _rung("overlay_bar", f"{high:.0%}", partial(overlay_bar, high=high))
    for lines, high in ((1, 0.06), (3, 0.1)):
        strength = f"{lines} of {high:.0%}"
        yield _rung("overlay_text", strength, partial(overlay_text, lines=lines, high=high))
    for size in (0.15, 0.3, 0.5):
        yield _rung("overlay_emoji", f"{size:.0%}", partial(overlay_emoji, size=size))
    yield _rung("overlay_stripes", "20%", partial(overlay_stripes, share=0.2))


def _pasted() -> Iterator[Alteration[Picture]]:
    for template in ("phone", "dark", "desktop"):
        screen = partial(overlay_onto_screenshot, template=template)
        yield _rung("overlay_onto_screenshot", template, screen)
    for size in (0.8, 0.6, 0.4):
        inside = partial(overlay_onto_background_image, size=size)
        yield _rung("overlay_onto_background_image", f"{size:.0%}", inside)
    for tiles in ((2, 1), (1, 2), (3, 1), (2, 2)):
        for gutter in (0, 12):
            strength = f"{tiles[0]}x{tiles[1]}, {gutter} px between"
            yield _rung("collage", strength, partial(collage, tiles=tiles, gutter=gutter))


def nearest(known: Fingerprint, copy: Fingerprint) -> Near:
    """How near any reading of the copy is to the known picture as it lies, or to its crops, by PDQ."""
    ours = [_code(each) for each in known.readings if each.signal.type == PDQ and each.plain]
    crops = [
        int(crop[:64], 16)
        for each in known.readings
        if each.signal.type == PdqCrops.name
        for crop in each.signal.value.split(";")
    ]
    theirs = [each for each in copy.readings if each.signal.type == PDQ]

    def least(readings: Iterable[Reading], known: list[int]) -> int | None:
        codes = [_code(each) for each in readings]
        return min(((one ^ other).bit_count() for one in known for other in codes), default=None)

    return Near(
        distance=least(theirs, ours),
        whole=least((each for each in theirs if each.region is None), ours),
        with_crops=least(theirs, [*ours, *crops]),
    )


def _code(reading: Reading) -> int:
    return int(reading.signal.value, 16)


PHOTOS: Ladder[Picture] = Ladder(
    kind=Kind.IMAGE, type=PDQ, read=read, nearest=nearest, alterations=tuple(_rungs())
)
