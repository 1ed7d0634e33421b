"""How copies of videos are altered: saved anew, sped up, cut, framed, written on, put between other videos."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from io import BytesIO
from itertools import chain, islice
from random import Random

import av
import numpy as np
from PIL import Image

from seawall.errors import InputError
from seawall.media.media import Kind
from seawall.signals.vpdq import Vpdq
from seawall.workflows import photo_alterations as photos
from seawall.workflows.alterations import Alteration, Ladder, nearest
from seawall.workflows.pictures import Picture, landscape

LARGEST = 640  # pixels of the longer side of what is altered
LONGEST = 30  # seconds of an original that are altered
FASTEST = 15  # frames a second: fingerprints look at one or two of them
OTHER = 5  # seconds of something else on each side
KEPT = 26  # the quality a copy is saved with (CRF of x264: 18 good, 40 bad)

Alter = Callable[["Film", Random], "Film"]


@dataclass(frozen=True, slots=True)
class Film:
    """Pictures of one size, made anew each time they are asked for, and how many are shown in a second."""

    pictures: Callable[[], Iterable[Picture]]
    fps: float
    count: int


def read(data: bytes) -> Film:
    """
    An original's first half minute, no larger than 640 pixels.

    Raises:
        InputError: It has no pictures we can open.

    """
    try:
        with av.open(BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or FASTEST)
            every = max(1, round(rate / FASTEST))
            fps = rate / every
            count = sum(1 for _ in islice(container.decode(stream), int(LONGEST * rate)))
    except (av.FFmpegError, IndexError, ValueError) as wrong:
        raise InputError(f"This is no video that can be altered ({wrong}).") from wrong
    if not count:
        raise InputError("There is nothing to see in it.")
    return Film(partial(_decoded, data, count, every), fps, -(-count // every))


def whole(film: Film, _: Random) -> Film:
    """As it is."""
    return film


def each(film: Film, chance: Random, *, alter: photos.Alter) -> Film:
    """Every picture altered the same way."""
    seed = chance.getrandbits(32)

    def altered() -> Iterator[Picture]:
        for picture in film.pictures():
            yield alter(picture, Random(seed)).convert("RGB")  # noqa: S311 - repeatable, and hides nothing

    return Film(altered, film.fps, film.count)


def overlay_logo(picture: Picture, _: Random) -> Picture:
    """A channel's mark in the upper right corner, a quarter of its width."""
    made = picture.copy()
    wide, high = picture.width // 4, picture.height // 8
    logo = Image.new("RGB", (wide, high), (200, 30, 40))
    made.paste(logo, (picture.width - wide - wide // 8, high // 2))
    return made


def fps(film: Film, _: Random, *, rate: float) -> Film:
    """As long, with so many pictures a second."""
    kept = max(1, round(film.fps / rate))
    return Film(
        lambda: islice(film.pictures(), 0, None, kept), film.fps / kept, -(-film.count // kept)
    )


def change_video_speed(film: Film, _: Random, *, factor: float) -> Film:
    """The same pictures, so many times as fast."""
    return Film(film.pictures, film.fps * factor, film.count)


def trim(film: Film, _: Random, *, start: float, end: float) -> Film:
    """Only what lies between these shares of its length."""
    first, last = int(film.count * start), max(int(film.count * end), 1)
    return Film(lambda: islice(film.pictures(), first, last), film.fps, last - first)


def loop(film: Film, _: Random) -> Film:
    """Twice over."""
    return Film(lambda: chain(film.pictures(), film.pictures()), film.fps, film.count * 2)


def insert_in_background(film: Film, chance: Random) -> Film:
    """Between two stretches in which the camera moves over something else."""
    seeds = [photos.STRANGER + chance.randrange(10_000) for _ in range(2)]
    frames = round(OTHER * film.fps)

    def between() -> Iterator[Picture]:
        first = next(iter(film.pictures()))
        yield from pan(seeds[0], first.size, frames)
        yield from film.pictures()
        yield from pan(seeds[1], first.size, frames)

    return Film(between, film.fps, film.count + 2 * frames)


def pan(seed: int, size: tuple[int, int], frames: int) -> Iterator[Picture]:
    """The camera goes over a landscape twice as wide and high, in so many pictures."""
    wide = landscape(seed, width=size[0] * 2, height=size[1] * 2)
    for number in range(frames):
        left, top = (side * number // frames for side in size)
        yield wide.crop((left, top, left + size[0], top + size[1]))


def filmed(film: Film, *, quality: int = KEPT) -> bytes:
    """As an MP4 file: H.264 with B-frames."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(film.fps).limit_denominator(1001))
        stream.options = {"crf": str(quality), "preset": "veryfast", "bf": "2", "threads": "1"}
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(film.pictures()):
            even = picture.crop((0, 0, picture.width // 2 * 2, picture.height // 2 * 2))
            if number == 0:
                stream.width, stream.height = even.size
            frame = av.VideoFrame.from_ndarray(np.asarray(even), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def _decoded(data: bytes, count: int, every: int) -> Iterator[Picture]:
    with av.open(BytesIO(data), "r") as container:
        for frame in islice(container.decode(container.streams.video[0]), 0, count, every):
            picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
            picture.thumbnail((LARGEST, LARGEST))
            yield picture


def _saved(film: Film, chance: Random, *, alter: Alter, quality: int = KEPT) -> bytes:
    return filmed(alter(film, chance), quality=quality)


def _rung(name: str, strength: str, alter: Alter) -> Alteration[Film]:
    return Alteration(name=name, strength=strength, apply=partial(_saved, alter=alter))


def _rungs() -> Iterator[Alteration[Film]]:
    for quality in (32, 40):
        yield Alteration(
            name="encoding_quality",
            strength=f"CRF {quality}",
            apply=partial(_saved, alter=whole, quality=quality),
        )
    for rate in (10, 5):
        yield _rung("fps", f"{rate}", partial(fps, rate=rate))
    for factor in (0.8, 1.25):
        faster = partial(change_video_speed, factor=factor)
        yield _rung("change_video_speed", f"to {factor:.0%}", faster)
    yield _rung("trim", "middle half", partial(trim, start=0.25, end=0.75))
    yield _rung("trim", "first quarter", partial(trim, start=0, end=0.25))
    yield _rung("loop", "twice", loop)
    yield _rung("insert_in_background", f"{OTHER} s on each side", insert_in_background)
    for name, strength, alter in _seen():
        yield _rung(name, strength, partial(each, alter=alter))


def _seen() -> Iterator[tuple[str, str, photos.Alter]]:
    """What is done to every picture."""
    yield "scale", "to 50%", partial(photos.scale, factor=0.5)
    yield "brightness", "to 150%", partial(photos.brightness, factor=1.5)
    yield "grayscale", "", photos.grayscale
    yield "blur", "2 px", partial(photos.blur, radius=2)
    yield "hflip", "", photos.hflip
    yield "pad", "letterbox 15%", partial(photos.pad, across=0, down=0.15, colour=photos.BLACK)
    yield "pad", "pillarbox 25%", partial(photos.pad, across=0.25, down=0, colour=photos.BLACK)
    yield "overlay", "logo", overlay_logo
    yield "overlay_text", "1 of 6%", partial(photos.overlay_text, lines=1, high=0.06)
    yield "overlay_emoji", "30%", partial(photos.overlay_emoji, size=0.3)
    for keep in (0.95, 0.9, 0.7):
        yield "crop", f"{keep:.0%} centre", partial(photos.crop, keep=keep, where="centre")


VIDEOS: Ladder[Film] = Ladder(
    kind=Kind.VIDEO,
    type=Vpdq.name,
    read=read,
    nearest=partial(nearest, Vpdq()),
    alterations=tuple(_rungs()),
)
