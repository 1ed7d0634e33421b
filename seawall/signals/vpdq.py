"""
vPDQ: the PDQ of one frame after another, with its quality and its time, as the field exchanges it.

    f8f8…,100,0.000;f8f8…,97,1.000;…

Frames are searched among photos and photos among frames: both are in one index. Source: "vPDQ", Facebook, 2022,
https://github.com/facebook/ThreatExchange/tree/main/vpdq
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from statistics import median_low
from typing import Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from seawall.errors import SignalError
from seawall.media.bars import without_bars
from seawall.media.media import Kind, Luma, Media
from seawall.signals.alignment import Row, align, shares
from seawall.signals.pdq import LOWEST_QUALITY, Pdq
from seawall.signals.sequence import MOST_CODES, Filed, Hits, Likeness, Segment, likeness, median
from seawall.signals.signal import Cause, NoSignal, Orientation, Reading, Signal, shown

ALIKE = 31  # bits: codes that look the same, as published
REMEMBERED = 256  # different looks a new one is compared with
LONGEST = (
    86_400.0  # seconds a frame's time may say: a day, four times what is looked at of one video
)
STILL = 8  # bits: a picture that stands still, but for noise
STILL_SECONDS = 5.0  # of it that one code stands for, or two still hours would be millions of hits
LINGER = 2.0  # seconds between frames that are near one photo, and still one showing of it
_TURNS: Final = (
    Orientation.UPRIGHT,
    Orientation.MIRROR,
)  # how videos are turned to get past; each costs a look-up
_LINE: Final = re.compile(r"(?:\d{1,9},)?([0-9a-f]{64}),(\d{1,3}),(\d{1,7}(?:\.\d{1,9})?)")
_PUBLISHED: Final = re.compile(r"\d{1,9},(\d{1,3}),([0-9a-f]{64}),(\d{1,7}(?:\.\d{1,9})?)")


class Line(NamedTuple):
    """One frame: its code, its quality from 0 to 100, its time in seconds."""

    code: str
    quality: int
    at: float


class Vpdq:
    """The PDQ of the frames of a video: as they are and mirrored, and without bars around them where there are any."""

    name = "vpdq"
    bits = 256
    index = Pdq.index
    reach: int | None = None
    kinds = frozenset({Kind.VIDEO})
    examples: tuple[str, ...] = (
        "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22,100,0.000;"
        "e271017837246aaccddea259648fb7d62f435c89d9e99b2497763e216c8d055c,97,1.000",
    )

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """A reading for each turn, with every frame that has something on it; None for what is no video."""
        if media.kind not in self.kinds:
            return None
        if media.video is None:
            return self._failed(media.unreadable or "The video was not decoded.")
        rows: dict[Orientation, list[Line]] = {turn: [] for turn in _TURNS}
        best = -1
        for frame in media.video.frames:
            for luma in _pictures(frame.luma):
                quality, codes = _codes(luma)
                best = max(best, quality)
                for turn, code in zip(_TURNS, codes, strict=True):
                    rows[turn].append(Line(code, quality, frame.at))
        if best < 0:
            return self._failed(
                "No frame of the video could be decoded; send the whole file again."
            )
        return tuple(_readings(rows)) or NoSignal(
            type=self.name,
            reason=f"too flat: quality {best} of 100 at best, and {LOWEST_QUALITY} is needed",
        )

    def parse(self, text: str) -> Signal:
        """
        Read a vPDQ somebody sent us: frames as `hex,quality,seconds`, or as files have it, `frame,quality,hex,seconds`.

        They may be apart by `;` or by lines, or stand in a JSON list. Frames too flat to compare are left out, and
        repeats of the code before within a few seconds.

        Raises:
            SignalError: A frame is not one, there are too many, or none is worth comparing.

        """
        lines = [_line(each) for each in _split(text)]
        value = _written(lines)
        if not value:
            raise SignalError(
                f"A vPDQ needs a frame of quality {LOWEST_QUALITY} or more; this has none."
            )
        if value.count(";") >= MOST_CODES:
            raise SignalError(f"A vPDQ has at most {MOST_CODES} frames; send a shorter video.")
        return Signal(self.name, value)

    def filed(self, signal: Signal) -> tuple[Filed, ...]:
        """The code of every frame that looks unlike the one before, among those of photos."""
        codes = _frames(signal.value).codes
        return (Filed(self.index, codes, np.arange(len(codes))),)

    def asked(self, signal: Signal) -> tuple[Filed, ...]:
        """As for a known one."""
        return self.filed(signal)

    def compare(self, asked: Signal, known: Signal, hits: Hits) -> Likeness | None:
        """Stretches that run alike in both; for a photo, the frames that show it; None: a shared card is no video."""
        if asked.type != self.name:
            return _photo_in_video(_frames(known.value), hits)
        if known.type != self.name:
            return _video_of_photo(_frames(asked.value), hits)
        one, other = _frames(asked.value).row, _frames(known.value).row
        segments = align(one, other, (hits.asked, hits.known, hits.distance))
        if not segments:
            return None
        asked_share, known_share = shares(one, other, segments)
        return likeness(
            segments,
            distance=median(np.array([each.distance for each in segments])),
            asked_share=asked_share,
            known_share=known_share,
            same=asked == known,
        )

    def _failed(self, reason: str) -> NoSignal:
        return NoSignal(type=self.name, reason=reason, cause=Cause.FAILED)


class _Frames(NamedTuple):
    codes: NDArray[np.uint8]  # (n, 32)
    row: Row


@lru_cache(maxsize=4)  # one upload is compared with many known videos; six hours take 10 MB
def _frames(value: str) -> _Frames:
    """The codes and times of a signal as we write it, one in a while of what stands still."""
    from seawall.signals.alignment_kernel import grouped, moving  # noqa: PLC0415 - Numba takes a second to load

    lines = [line.split(",") for line in value.split(";")]
    codes = np.frombuffer(bytes.fromhex("".join(line[0] for line in lines)), np.uint8)
    codes = codes.reshape(len(lines), -1)
    at = np.array([float(line[2]) for line in lines])
    kept = moving(codes.view("<u8"), at, STILL, STILL_SECONDS)
    codes, at = codes[kept], at[kept]
    return _Frames(codes, Row(at=at, looks=grouped(codes.view("<u8"), ALIKE, REMEMBERED)))


def _pictures(luma: Luma) -> Iterator[Luma]:
    """The frame, and what is inside its bars."""
    yield luma
    inner = without_bars(luma)
    if inner is not None:
        yield inner


def _codes(luma: Luma) -> tuple[int, tuple[str, ...]]:
    """The frame's quality, and its code for each turn."""
    from seawall.signals.pdq_kernel import TURNS, pdq  # noqa: PLC0415 - Numba takes a second to load

    codes, quality = pdq(luma, TURNS[[list(Orientation).index(turn) for turn in _TURNS]])
    return quality, tuple(code.tobytes().hex() for code in codes)


def _readings(rows: dict[Orientation, list[Line]]) -> Iterator[Reading]:
    for turn, lines in rows.items():
        value = _written(lines)
        if value:
            quality = median_low(line.quality for line in lines)
            yield Reading(signal=Signal(Vpdq.name, value), quality=quality, orientation=turn)


def _written(lines: Iterable[Line]) -> str:
    """The frames in order of time, but those too flat, and those that repeat a code of the moment before too soon."""
    worth = (line for line in lines if line.quality >= LOWEST_QUALITY)
    kept: list[str] = []
    standing: dict[str, float] = {}  # the codes of the last moment that was kept, and when each was
    for at, together in groupby(sorted(worth, key=_moment), key=_moment):
        now = {line.code: line for line in together}
        since = {code: standing.get(code, -STILL_SECONDS) for code in now}
        fresh = [code for code in now if at - since[code] >= STILL_SECONDS]
        kept += (f"{code},{now[code].quality},{at:.3f}" for code in fresh)
        if fresh:
            standing = since | dict.fromkeys(fresh, at)
    return ";".join(kept)


def _moment(line: Line) -> float:
    return round(line.at, 3)


def _split(text: str) -> list[str]:
    text = text.strip()
    if text.startswith("["):
        try:
            listed = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise SignalError(f"This is not a JSON list of frames: '{shown(text)}'.") from error
        if not all(isinstance(each, str) for each in listed):
            raise SignalError("A JSON list of frames holds texts, each `hex,quality,seconds`.")
        return [each.strip() for each in listed]
    return [line for each in re.split("[;\n]", text) if (line := each.strip())]


def _line(text: str) -> Line:
    lowered = text.lower().replace(" ", "")
    if found := _LINE.fullmatch(lowered):
        code, quality, at = found.groups()
    elif found := _PUBLISHED.fullmatch(lowered):
        quality, code, at = found.groups()
    else:
        raise SignalError(
            f"A frame of a vPDQ is 64 hexadecimal digits, a quality and seconds; this is '{shown(text)}'."
        )
    if int(quality) > 100 or float(at) > LONGEST:
        raise SignalError(
            f"A quality is at most 100 and a time at most {LONGEST:.0f} seconds; this is '{shown(text)}'."
        )
    return Line(code, int(quality), float(at))


def _photo_in_video(known: _Frames, hits: Hits) -> Likeness:
    """The frame the photo is nearest to."""
    nearest = int(hits.distance.argmin())
    at = float(known.row.at[hits.known[nearest]])
    distance = int(hits.distance[nearest])
    segment = Segment(start=0, end=0, known_start=at, known_end=at, share=1.0, distance=distance)
    seen = np.unique(known.row.at[hits.known])
    return likeness(
        (segment,),
        distance=distance,
        asked_share=1.0,
        known_share=len(seen) / len(known.row.moments),
    )


def _video_of_photo(asked: _Frames, hits: Hits) -> Likeness:
    """Each time the photo is shown in the video."""
    order = np.lexsort((hits.distance, asked.row.at[hits.asked]))
    at, distances = asked.row.at[hits.asked][order], hits.distance[order]
    runs = np.split(np.arange(len(at)), np.flatnonzero(np.diff(at) > LINGER) + 1)
    segments = tuple(
        Segment(
            start=float(at[run[0]]),
            end=float(at[run[-1]]),
            known_start=0,
            known_end=0,
            share=1.0,
            distance=int(distances[run].min()),
        )
        for run in runs
    )
    return likeness(
        segments,
        distance=int(distances.min()),
        asked_share=len(np.unique(at)) / len(asked.row.moments),
        known_share=1.0,
    )
