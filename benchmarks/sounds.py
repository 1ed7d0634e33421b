"""Music, speech-like noise and altered copies of them, made by code, for the benchmark and the tests of sound."""

from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from numpy.typing import NDArray

RATE = 22_050  # samples a second
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 3, 5, 6, 7, 10))
PULSE = 0.125  # seconds: notes begin on a multiple of a track's own beat, never shorter

Wave = NDArray[np.float32]


def track(seed: int, seconds: float) -> Wave:
    """A piece of music of its own key, tempo and timbre: chords, a melody, a bass, drums; now and then a voice."""
    rng = np.random.default_rng(seed)
    length = int(seconds * RATE)
    sound = np.zeros(length + RATE * 8, np.float32)
    beat = float(rng.uniform(0.33, 0.75))
    root = float(110 * 2 ** rng.uniform(0, 1))
    scale = np.array(SCALES[rng.integers(len(SCALES))])
    timbres = rng.dirichlet(np.full(6, 0.6), 3).astype(np.float32)  # of bass, chords and melody
    drums = _drums(rng)
    at = 0.0
    while at < seconds:
        chord = rng.integers(len(scale))
        bar = beat * int(rng.choice([2, 4, 4]))
        for step in (0, 2, 4):
            _add(sound, at, _note(_pitch(root, scale, chord + step), bar, timbres[1]), 0.3)
        _add(sound, at, _note(_pitch(root / 2, scale, chord), bar, timbres[0]), 0.5)
        _melody(sound, at, bar, beat, root * 2, scale, timbres[2], rng)
        for number in range(round(bar / beat)):
            _add(sound, at + number * beat, drums[number % 2], 0.5)
        at += bar
    if rng.random() < 0.3:
        sound[:length] += 0.6 * voice(seed, seconds)
    return sound[:length] / np.abs(sound[:length]).max() * np.float32(0.8)


def voice(seed: int, seconds: float) -> Wave:
    """Something like speech: syllables of a gliding pitch with moving formants, pauses and hissing between them."""
    rng = np.random.default_rng((seed, 1))
    length = int(seconds * RATE)
    sound = np.zeros(length + RATE, np.float32)
    at = 0.0
    pitch = rng.uniform(90, 220)
    while at < seconds:
        lasts = rng.uniform(0.08, 0.3)
        if rng.random() < 0.2:
            at += rng.uniform(0.1, 0.5)
        times = np.arange(int(lasts * RATE), dtype=np.float32) / RATE
        glide = pitch * 2 ** rng.uniform(-0.3, 0.3) * (1 + rng.uniform(-0.2, 0.2) * times / lasts)
        phase = np.cumsum(glide) / RATE * 2 * np.pi
        formants = rng.uniform((250, 800, 2000), (900, 2200, 3200))
        syllable = np.zeros(len(times), np.float32)
        for harmonic in range(1, 20):
            loud = np.exp(-(((harmonic * pitch - formants) / 200) ** 2)).sum() + 0.02
            syllable += np.float32(loud) * np.sin(harmonic * phase).astype(np.float32)
        syllable += rng.normal(0, 0.3, len(times)).astype(np.float32) * (rng.random() < 0.3)
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
    return np.interp(places, np.arange(len(sound)), sound).astype(np.float32)


def pcm(sound: Wave) -> NDArray[np.int16]:
    """As 16-bit samples."""
    return (np.clip(sound, -1, 1) * 32767).astype(np.int16)


def encoded(
    sound: Wave, *, codec: str = "libmp3lame", container: str = "mp3", bit_rate: int = 64_000
) -> bytes:
    """As a file, in one channel."""
    file = BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=RATE)
        stream.codec_context.layout = "mono"
        stream.codec_context.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(pcm(sound)[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.time_base = Fraction(1, RATE)
        frame.pts = 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def _pitch(root: float, scale: NDArray[np.int64], degree: int) -> float:
    octave, step = divmod(degree, len(scale))
    return float(root * 2 ** (octave + scale[step] / 12))


def _note(pitch: float, seconds: float, timbre: Wave) -> Wave:
    times = np.arange(int(seconds * RATE), dtype=np.float32) / np.float32(RATE)
    phase = np.float32(2 * np.pi * pitch) * times
    note = np.zeros(len(times), np.float32)
    for harmonic, loud in enumerate(timbre, 1):
        note += loud * np.sin(np.float32(harmonic) * phase)
    return note * np.exp(-times * np.float32(1.5 / seconds)) * np.minimum(times * 100, 1)


def _drums(rng: np.random.Generator) -> tuple[Wave, Wave]:
    times = np.arange(RATE // 5, dtype=np.float32) / RATE
    low = np.sin(2 * np.pi * rng.uniform(50, 90) * times) * np.exp(-times * 20)
    hiss = rng.normal(0, 0.5, len(times)) * np.exp(-times * 40)
    return low.astype(np.float32), hiss.astype(np.float32)


def _melody(
    sound: Wave,
    at: float,
    bar: float,
    beat: float,
    root: float,
    scale: NDArray[np.int64],
    timbre: Wave,
    rng: np.random.Generator,
) -> None:
    end = at + bar
    while at < end - PULSE:
        lasts = min(beat * float(rng.choice([0.5, 0.5, 1, 1.5])), end - at)
        if rng.random() < 0.85:
            _add(sound, at, _note(_pitch(root, scale, int(rng.integers(9))), lasts, timbre), 0.5)
        at += lasts


def _add(sound: Wave, at: float, part: Wave, loud: float) -> None:
    start = int(at * RATE)
    sound[start : start + len(part)] += np.float32(loud) * part
