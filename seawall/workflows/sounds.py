"""Music, speech-like noise and altered copies of them, made by code."""

from fractions import Fraction
from io import BytesIO
from typing import cast

import av
import numpy as np
from numpy.typing import NDArray

RATE = 22_050  # samples a second
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 3, 5, 6, 7, 10))

Wave = NDArray[np.float32]


def track(seed: int, seconds: float) -> Wave:
    """A piece of music of its own key, tempo and timbre: chords, a melody, a bass, drums; now and then a voice."""
    rng = np.random.default_rng(seed)
    length = int(seconds * RATE)
    sound = np.zeros(length + RATE * 8, np.float32)
    beat = float(rng.uniform(0.33, 0.75))
    root = float(110 * 2 ** rng.uniform(0, 1))
    scale = np.array(SCALES[rng.integers(len(SCALES))])
    bass, chords, melody = (_Voice(root * by, scale, rng) for by in (0.5, 1, 2))
    drums = _drums(rng)
    at = 0.0
    while at < seconds:
        chord = int(rng.integers(len(scale)))
        bar = beat * int(rng.choice([2, 4, 4]))
        for step in (0, 2, 4):
            _add(sound, at, chords.note(chord + step, bar), 0.3)
        _add(sound, at, bass.note(chord, bar), 0.5)
        for number in range(round(bar / beat)):
            _add(sound, at + number * beat, drums[number % 2], 0.5)
        end = at + bar
        while at < end - beat / 4:
            lasts = min(beat * float(rng.choice([0.5, 0.5, 1, 1.5])), end - at)
            if rng.random() < 0.85:
                _add(sound, at, melody.note(int(rng.integers(9)), lasts), 0.5)
            at += lasts
        at = end
    if rng.random() < 0.3:
        sound[:length] += 0.6 * voice(seed, seconds)
    return np.asarray(sound[:length] / np.abs(sound[:length]).max() * 0.8, np.float32)


def voice(seed: int, seconds: float) -> Wave:
    """Something like speech: syllables of a gliding pitch with moving formants, pauses and hissing between them."""
    rng = np.random.default_rng((seed, 1))
    length = int(seconds * RATE)
    sound = np.zeros(length + RATE, np.float32)
    harmonics = np.arange(1, 15, dtype=np.float32)[:, None]
    at = 0.0
    pitch = rng.uniform(90, 220)
    while at < seconds:
        lasts = rng.uniform(0.08, 0.3)
        if rng.random() < 0.2:
            at += rng.uniform(0.1, 0.5)
        times = np.arange(int(lasts * RATE), dtype=np.float32) / RATE
        glide = pitch * 2 ** rng.uniform(-0.3, 0.3) * (1 + rng.uniform(-0.2, 0.2) * times / lasts)
        phase = (np.cumsum(glide) / RATE * 2 * np.pi).astype(np.float32)
        formants = rng.uniform((250, 800, 2000), (900, 2200, 3200)).astype(np.float32)
        loud = np.exp(-(((harmonics * np.float32(pitch) - formants) / 200) ** 2)).sum(axis=1) + 0.02
        syllable = loud @ np.sin(harmonics * phase)
        if rng.random() < 0.3:
            syllable += rng.normal(0, 0.3, len(times)).astype(np.float32)
        _add(sound, at, syllable * np.hanning(len(times)).astype(np.float32), 0.3)
        at += lasts
    return sound[:length]


def noisy(sound: Wave, decibels: float, rng: np.random.Generator) -> Wave:
    """The sound with white noise so many decibels below it."""
    power = float(np.mean(sound**2)) / 10 ** (decibels / 10)
    return sound + rng.normal(0, np.sqrt(power), len(sound)).astype(np.float32)


def faster(sound: Wave, factor: float) -> Wave:
    """The sound played that much faster, and higher, as a tape is."""
    places = np.arange(0, len(sound) - 1, factor)
    return np.asarray(np.interp(places, np.arange(len(sound)), sound), np.float32)


def pcm(sound: Wave) -> NDArray[np.int16]:
    """As 16-bit samples."""
    return (np.clip(sound, -1, 1) * 32767).astype(np.int16)


def encoded(
    sound: Wave,
    *,
    codec: str = "libmp3lame",
    container: str = "mp3",
    bit_rate: int = 64_000,
    rate: int = RATE,
) -> bytes:
    """As a file, in one channel."""
    file = BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = cast("av.AudioStream", output.add_stream(codec, rate=rate))
        stream.codec_context.layout = "mono"
        stream.codec_context.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(pcm(sound)[None], format="s16", layout="mono")
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


class _Voice:
    """An instrument: a timbre, a scale, and the notes it has played so far."""

    def __init__(self, root: float, scale: NDArray[np.int64], rng: np.random.Generator) -> None:
        self._root = root
        self._scale = scale
        self._timbre = rng.dirichlet(np.full(6, 0.6)).astype(np.float32)
        self._notes: dict[tuple[int, int], Wave] = {}

    def note(self, degree: int, seconds: float) -> Wave:
        """One note of the scale, struck and fading."""
        length = int(seconds * RATE)
        if (degree, length) not in self._notes:
            octave, step = divmod(degree, len(self._scale))
            pitch = self._root * 2 ** (octave + self._scale[step] / 12)
            times = np.arange(length, dtype=np.float32) / np.float32(RATE)
            harmonics = np.arange(1, 7, dtype=np.float32)[:, None]
            note = self._timbre @ np.sin(harmonics * np.float32(2 * np.pi * pitch) * times)
            fading = np.exp(-times * np.float32(1.5 / seconds)) * np.minimum(times * 100, 1)
            self._notes[degree, length] = note * fading
        return self._notes[degree, length]


def _drums(rng: np.random.Generator) -> tuple[Wave, Wave]:
    times = np.arange(RATE // 5, dtype=np.float32) / RATE
    low = np.sin(2 * np.pi * rng.uniform(50, 90) * times) * np.exp(-times * 20)
    hiss = rng.normal(0, 0.5, len(times)) * np.exp(-times * 40)
    return low.astype(np.float32), hiss.astype(np.float32)


def _add(sound: Wave, at: float, part: Wave, loud: float) -> None:
    start = int(at * RATE)
    sound[start : start + len(part)] += np.float32(loud) * part
