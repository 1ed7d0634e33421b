"""How copies of sounds are altered: saved anew, cut, made louder, noisy or faster, put between other sounds."""

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from random import Random

import av
import numpy as np

from seawall.errors import InputError
from seawall.media.media import Kind
from seawall.signals.chromaprint import Chromaprint
from seawall.workflows.alterations import Alteration, Ladder, nearest
from seawall.workflows.sounds import RATE, Wave, encoded, faster, noisy, track

LONGEST = 600  # seconds of an original that are altered
OTHER = 20  # seconds of something else on each side
STRANGER = 1_000_000  # numbers of tracks that stand around a copy begin here

Alter = Callable[[Wave, Random], Wave]


def read(data: bytes) -> Wave:
    """
    The first track of an original, in one channel.

    Raises:
        InputError: It has no sound we can open.

    """
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    pieces: list[Wave] = []
    length = 0
    try:
        with av.open(BytesIO(data), "r") as container:
            for frame in container.decode(audio=0):
                pieces += [each.to_ndarray()[0] for each in resampler.resample(frame)]
                length += len(pieces[-1]) if pieces else 0
                if length > LONGEST * RATE:
                    break
    except (av.FFmpegError, IndexError, ValueError) as wrong:
        raise InputError(f"This is no sound that can be altered ({wrong}).") from wrong
    if not pieces:
        raise InputError("There is nothing to hear in it.")
    return np.concatenate(pieces)[: LONGEST * RATE]


def add_background_noise(sound: Wave, chance: Random, *, decibels: float) -> Wave:
    """White noise so many decibels below it."""
    return noisy(sound, decibels, np.random.default_rng(chance.getrandbits(32)))


def change_volume(sound: Wave, _: Random, *, factor: float) -> Wave:
    """Louder or softer; what is too loud is cut off, as a recorder does."""
    return np.asarray(np.clip(sound * np.float32(factor), -1, 1), np.float32)


def clip(sound: Wave, chance: Random, *, seconds: float) -> Wave:
    """So many seconds from anywhere; half of what is shorter than twice that."""
    length = min(int(seconds * RATE), len(sound) // 2)
    start = chance.randrange(len(sound) - length + 1)
    return sound[start : start + length]


def speed(sound: Wave, _: Random, *, factor: float) -> Wave:
    """Played so many times as fast, and as high, as a tape is."""
    return faster(sound, factor)


def low_pass_filter(sound: Wave, _: Random, *, hertz: float) -> Wave:
    """Without what is higher, as over a telephone."""
    waves = np.fft.rfft(sound)
    waves[np.fft.rfftfreq(len(sound), 1 / RATE) > hertz] = 0
    return np.asarray(np.fft.irfft(waves, len(sound)), np.float32)


def insert_in_background(sound: Wave, chance: Random) -> Wave:
    """Between two pieces of other music."""
    before, after = (track(STRANGER + chance.randrange(10_000), OTHER) for _ in range(2))
    return np.concatenate((before, sound, after))


def loop(sound: Wave, _: Random) -> Wave:
    """Twice over."""
    return np.concatenate((sound, sound))


def _saved(sound: Wave, chance: Random, *, alter: Alter) -> bytes:
    return encoded(alter(sound, chance))


def _coded(sound: Wave, _: Random, *, codec: str, container: str, kilobits: int) -> bytes:
    return encoded(sound, codec=codec, container=container, bit_rate=kilobits * 1000)


def _rung(name: str, strength: str, alter: Alter) -> Alteration[Wave]:
    return Alteration(name=name, strength=strength, apply=partial(_saved, alter=alter))


def _rungs() -> Iterator[Alteration[Wave]]:
    for codec, container, kilobits, name in (
        ("libmp3lame", "mp3", 64, "MP3"),
        ("libmp3lame", "mp3", 32, "MP3"),
        ("aac", "mp4", 48, "AAC"),
    ):
        yield Alteration(
            name="encoding_quality",
            strength=f"{name} {kilobits} kbit/s",
            apply=partial(_coded, codec=codec, container=container, kilobits=kilobits),
        )
    for decibels in (20, 10):
        noise = partial(add_background_noise, decibels=decibels)
        yield _rung("add_background_noise", f"{decibels} dB below", noise)
    for factor in (0.2, 3.0):
        yield _rung("change_volume", f"to {factor:.0%}", partial(change_volume, factor=factor))
    for seconds in (30, 10):
        yield _rung("clip", f"{seconds} s from anywhere", partial(clip, seconds=seconds))
    for percent in (-3, 1.5, 3, 6):
        factor = 1 + percent / 100
        yield _rung("speed", f"{percent:+} %", partial(speed, factor=factor))
    yield _rung("low_pass_filter", "3 kHz", partial(low_pass_filter, hertz=3000))
    yield _rung("insert_in_background", f"{OTHER} s on each side", insert_in_background)
    yield _rung("loop", "twice", loop)


SOUNDS: Ladder[Wave] = Ladder(
    kind=Kind.SOUND,
    type=Chromaprint.name,
    read=read,
    nearest=partial(nearest, Chromaprint()),
    alterations=tuple(_rungs()),
)
