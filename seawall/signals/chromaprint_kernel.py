"""
Chromaprint's arithmetic, algorithm 2: sound becomes one 32-bit number for every 0.1238 s of it.

    samples ──windows, FFT──▶ energy ──12 notes──▶ chroma ──smoothed, length 1──▶ picture (time, note)
    picture ──16 comparisons of rectangles──▶ 16 numbers ──4 steps each, Gray code──▶ 32 bits

The constants are those of Chromaprint 1.5.1 (https://acoustid.org/chromaprint), as is every order of steps, so that
the numbers are those `fpcalc -raw` prints. Only rounding differs: its FFT counts in float32.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.media.media import SAMPLE_RATE as RATE
from seawall.media.media import Samples

FRAME = 4096  # samples of a window
HOP = FRAME // 3  # samples from one window to the next
STEP = HOP / RATE  # seconds from one number to the next
BLOCK = 256  # windows transformed together: 8 MiB

NOTES = 12
LOWEST = round(28 * FRAME / RATE)  # frequency bins of 28 Hz, and of 3520 Hz, which is left out
HIGHEST = round(3520 * FRAME / RATE)
BINS = 1400  # of a transform that are used: to 3768 Hz, for sounds raised by a semitone at most
FIRST_NOTE = 27.5  # Hz: an A, note 0
SMOOTHING = np.array([0.25, 0.75, 1.0, 0.75, 0.25])  # weights of five neighbouring windows
FAINTEST = 0.01  # a shorter chroma vector is silence
GRAY = np.array([0, 1, 3, 2], np.uint32)

Chroma = NDArray[np.float64]  # (windows, 12)
Numbers = NDArray[np.uint32]


class Comparison(NamedTuple):
    """Which parts of a rectangle of the picture are compared, and the three steps between its four answers."""

    shape: int
    note: int  # the first of the rectangle
    notes: int
    windows: int
    steps: tuple[float, float, float]


COMPARISONS = (
    Comparison(0, 4, 3, 15, (1.98215, 2.35817, 2.63523)),
    Comparison(4, 4, 6, 15, (-1.03809, -0.651211, -0.282167)),
    Comparison(1, 0, 4, 16, (-0.298702, 0.119262, 0.558497)),
    Comparison(3, 8, 2, 12, (-0.105439, 0.0153946, 0.135898)),
    Comparison(3, 4, 4, 8, (-0.142891, 0.0258736, 0.200632)),
    Comparison(4, 0, 3, 5, (-0.826319, -0.590612, -0.368214)),
    Comparison(1, 2, 2, 9, (-0.557409, -0.233035, 0.0534525)),
    Comparison(2, 7, 3, 4, (-0.0646826, 0.00620476, 0.0784847)),
    Comparison(2, 6, 2, 16, (-0.192387, -0.029699, 0.215855)),
    Comparison(2, 1, 3, 2, (-0.0397818, -0.00568076, 0.0292026)),
    Comparison(5, 10, 1, 15, (-0.53823, -0.369934, -0.190235)),
    Comparison(3, 6, 2, 10, (-0.124877, 0.0296483, 0.139239)),
    Comparison(2, 1, 1, 14, (-0.101475, 0.0225617, 0.231971)),
    Comparison(3, 5, 6, 4, (-0.0799915, -0.00729616, 0.063262)),
    Comparison(1, 9, 2, 12, (-0.272556, 0.019424, 0.302559)),
    Comparison(3, 4, 2, 14, (-0.164292, -0.0321188, 0.0846339)),
)
WIDEST = max(comparison.windows for comparison in COMPARISONS)
SHORTEST = FRAME + (WIDEST + len(SMOOTHING) - 2) * HOP  # samples that give one number: 2.7 s


def chromaprint(samples: Samples) -> Numbers:
    """The numbers of a sound, (n); none of a sound shorter than 2.7 s."""
    return retuned(samples, (0.0,))[0]


def retuned(samples: Samples, pitches: Sequence[float]) -> list[Numbers]:
    """The numbers of a sound as if it had been raised by each of these many semitones, and is lowered again."""
    if len(samples) < SHORTEST:
        return [np.empty(0, np.uint32) for _ in pitches]
    return [numbered(normalised(energies)) for energies in _chroma(samples, pitches)]


def _chroma(samples: Samples, pitches: Sequence[float]) -> list[Chroma]:
    """How much energy each note has in each window, octaves folded together; for each pitch."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    window = np.hamming(FRAME) / np.iinfo(np.int16).max
    notes = np.concatenate([_notes(pitch) for pitch in pitches], axis=1)
    energies = np.empty((len(frames), notes.shape[1]))
    for start in range(0, len(frames), BLOCK):
        waves = np.fft.rfft(frames[start : start + BLOCK] * window)[:, :BINS]
        energies[start : start + BLOCK] = (waves.real**2 + waves.imag**2) @ notes
    return np.split(energies, len(pitches), axis=1)


def normalised(energies: Chroma) -> Chroma:
    """The energies smoothed over five windows, each then a vector of length 1, or 0 where it is silent."""
    count = len(energies) - len(SMOOTHING) + 1
    smooth = sum(
        (energies[at : at + count] * weight for at, weight in enumerate(SMOOTHING)),
        start=np.zeros((count, NOTES)),
    )
    lengths = np.linalg.norm(smooth, axis=1, keepdims=True)
    return np.where(lengths < FAINTEST, 0.0, smooth / np.maximum(lengths, FAINTEST))


def numbered(picture: Chroma) -> Numbers:
    """The number of every 16 windows in a row."""
    count = len(picture) - WIDEST + 1
    sums = np.zeros((len(picture) + 1, NOTES + 1))
    sums[1:, 1:] = picture.cumsum(axis=0).cumsum(axis=1)
    numbers = np.zeros(count, np.uint32)
    for comparison in COMPARISONS:
        answers = np.searchsorted(comparison.steps, _compared(sums, comparison, count), "right")
        numbers = numbers << np.uint32(2) | GRAY[answers]
    return numbers


def _notes(pitch: float) -> Chroma:
    """Which note each frequency bin counts for in a sound raised by so many semitones, (bins, 12)."""
    bins = np.arange(BINS) / 2 ** (pitch / NOTES)
    heard = (bins >= LOWEST) & (bins < HIGHEST)
    octaves = np.log2(np.where(heard, bins, 1) * RATE / FRAME / FIRST_NOTE)
    which = (NOTES * (octaves - np.floor(octaves))).astype(np.intp)
    return np.eye(NOTES)[which] * heard[:, None]


def _compared(sums: Chroma, comparison: Comparison, count: int) -> NDArray[np.float64]:
    """By how much one part of the rectangle outweighs the other, on a logarithmic scale, at each place in time."""
    shape, low, height, width, _ = comparison

    def area(left: int, bottom: int, right: int, top: int) -> NDArray[np.float64]:
        """What the picture holds between two windows and two notes of the rectangle."""
        late, early = sums[right : right + count], sums[left : left + count]
        low_note, high_note = low + bottom, low + top
        return late[:, high_note] - late[:, low_note] - early[:, high_note] + early[:, low_note]

    half, middle = width // 2, height // 2
    match shape:
        case 0:  # all of it
            more, less = area(0, 0, width, height), np.zeros(count)
        case 1:  # high notes against low ones
            more, less = area(0, middle, width, height), area(0, 0, width, middle)
        case 2:  # late against early
            more, less = area(half, 0, width, height), area(0, 0, half, height)
        case 3:  # one pair of opposite quarters against the other
            more = area(0, middle, half, height) + area(half, 0, width, middle)
            less = area(0, 0, half, middle) + area(half, middle, width, height)
        case 4:  # the middle third of the notes against the outer ones
            third = height // 3
            more = area(0, third, width, 2 * third)
            less = area(0, 0, width, third) + area(0, 2 * third, width, height)
        case _:  # the middle third of the time against the outer ones
            third = width // 3
            more = area(third, 0, 2 * third, height)
            less = area(0, 0, third, height) + area(2 * third, 0, width, height)
    return np.log1p(more) - np.log1p(less)
