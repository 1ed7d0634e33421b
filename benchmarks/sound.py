"""
Is an excerpt of a known sound found among a thousand others, and what does a minute of sound cost?

    python -m benchmarks.sound [--tracks 1000] [--excerpts 1000] [--altered 100] [--processes 2]

Each track is five minutes of music or speech made by code. Of each, 30 s from anywhere are asked: with white noise
20 dB below, half as loud, as MP3 of 64 kbit/s. Of some, the excerpt is also played up to 3 % faster or slower, and
encoded as AAC. Found means that the track it is from is matched within 31 bits, the rule a new installation has;
a false match is any other track that is. The peer for speed is `fpcalc`, which decodes and fingerprints the same MP3.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seawall.index.hamming import HammingIndex
from seawall.media.limits import MediaLimits
from seawall.media.media import Kind, Media
from seawall.media.sound import sound_of
from seawall.signals.chromaprint import Chromaprint
from seawall.signals.chromaprint_kernel import chromaprint
from seawall.signals.sequence import PARTS, Hits, Likeness
from seawall.signals.signal import Signal
from seawall.workflows.sounds import RATE, Wave, encoded, faster, noisy, track, voice

SECONDS = 300
EXCERPT = 30
WITHIN = 31  # bits
TYPE = Chromaprint()
LIMITS = MediaLimits()
STANDARD = "MP3 64 kbit/s, noise 20 dB"


class Made(NamedTuple):
    """A track's own signal, and the signals of each altered excerpt of it, with the second it begins at."""

    known: Signal
    begins: float
    asked: dict[str, list[Signal]]


def main() -> None:
    """Make, index, ask, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--tracks", type=int, default=1000)
    parser.add_argument("--excerpts", type=int, default=1000, help="tracks of which one is asked")
    parser.add_argument("--altered", type=int, default=100, help="tracks tried in other ways too")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    work = partial(made, excerpts=options.excerpts, altered=options.altered)
    with get_context("spawn").Pool(options.processes) as pool:
        tracks = list(pool.imap(work, range(options.tracks), chunksize=4))
    with tempfile.TemporaryDirectory() as folder:
        index = indexed(Path(folder), [each.known for each in tracks])
        recognise(index, tracks)
        index.close()
    cost()


def made(number: int, *, excerpts: int, altered: int) -> Made:
    """One track and its excerpts; one in ten is speech alone."""
    rng = np.random.default_rng((number, 7))
    sound = track(number, SECONDS) if number % 10 else voice(number, SECONDS)
    begin = int(rng.uniform(0, SECONDS - EXCERPT) * RATE)
    excerpt = sound[begin : begin + EXCERPT * RATE]
    ways = [
        (name, way)
        for name, way in alterations(rng)
        if number < (excerpts if name == STANDARD else altered)
    ]
    heard = sound_of(encoded(sound, codec="pcm_s16le", container="wav"), LIMITS)
    assert heard is not None
    known = TYPE.parse(",".join(map(str, chromaprint(heard.samples))))
    return Made(known, begin / RATE, {name: signals(way(excerpt)) for name, way in ways})


def alterations(rng: np.random.Generator) -> Iterator[tuple[str, Callable[[Wave], bytes]]]:
    """What is done to an excerpt, by name."""
    yield STANDARD, lambda sound: encoded(noisy(sound, 20, rng) * np.float32(0.5))
    yield (
        "AAC 48 kbit/s",
        lambda sound: encoded(sound, codec="aac", container="mp4", bit_rate=48_000),
    )
    yield "noise 10 dB", lambda sound: encoded(noisy(sound, 10, rng))
    for percent in (-3, -1.3, 1.3, 3):
        yield (
            f"{percent:+} % speed, noise 20 dB",
            lambda sound, by=1 + percent / 100: encoded(noisy(faster(sound, by), 20, rng)),
        )


def signals(data: bytes) -> list[Signal]:
    """What a worker reads off the file."""
    readings = TYPE.compute(Media(kind=Kind.SOUND, media_type="", sound=sound_of(data, LIMITS)))
    assert isinstance(readings, tuple), readings
    return [reading.signal for reading in readings]


def indexed(folder: Path, known: list[Signal]) -> HammingIndex:
    """Every track's codes, by track and part."""
    filed = [TYPE.filed(signal)[0] for signal in known]
    keys = [number * PARTS + row.parts for number, row in enumerate(filed)]
    codes = np.concatenate([row.codes for row in filed])
    print(f"{len(known)} tracks, {len(codes)} codes")
    return HammingIndex.build(folder, codes, np.concatenate(keys), position=1)


def recognise(index: HammingIndex, tracks: list[Made]) -> None:
    """Ask every excerpt, and print how many were found."""
    known = [each.known for each in tracks]
    asked, found, false, misplaced = Counter(), Counter(), Counter(), Counter()
    distances, seconds = defaultdict(list), 0.0
    for number, each in enumerate(tracks):
        for name, readings in each.asked.items():
            started = time.perf_counter()
            near = look_up(index, readings, known)
            seconds += time.perf_counter() - started
            asked[name] += 1
            false[name] += len(near.keys() - {number})
            if number in near:
                found[name] += 1
                distances[name].append(near[number].distance)
                first = near[number].segments[0]
                misplaced[name] += abs(first.known_start - first.start - each.begins) > 1
    print(f"\n{'':28}{'asked':>7}{'found':>9}{'false':>7}{'misplaced':>11}{'median bits':>13}")
    for name, count in asked.items():
        share, middle = found[name] / count, np.median(distances[name] or [np.nan])
        print(f"{name:28}{count:7}{share:9.1%}{false[name]:7}{misplaced[name]:11}{middle:13.0f}")
    print(f"\nlooked up and compared: {seconds / asked.total() * 1e3:.0f} ms an excerpt")


def look_up(
    index: HammingIndex, readings: list[Signal], known: list[Signal]
) -> dict[int, Likeness]:
    """The tracks near any reading, at their nearest."""
    near: dict[int, Likeness] = {}
    for signal in readings:
        row = TYPE.asked(signal)[0]
        hits: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for part, found in zip(
            row.parts, index.within_many(row.codes, TYPE.reach or 0), strict=True
        ):
            for distance, key in found:
                hits[key // PARTS].append((int(part), key % PARTS, distance))
        for number, rows in hits.items():
            like = TYPE.compare(signal, known[number], Hits(*np.array(rows, np.int64).T))
            if like and like.distance <= min(
                WITHIN, near[number].distance if number in near else WITHIN
            ):
                near[number] = like
    return near


def cost() -> None:
    """Seconds for a minute of sound, beside fpcalc's."""
    data = encoded(track(1, SECONDS))
    minutes = SECONDS / 60
    started = time.perf_counter()
    signals(data)
    ours = (time.perf_counter() - started) / minutes
    print(f"\na minute of MP3, decoded and read at eleven pitches: {ours * 1e3:.0f} ms")
    if not shutil.which("fpcalc"):
        print("fpcalc is not here to compare with")
        return
    with tempfile.NamedTemporaryFile(suffix=".mp3") as file:
        file.write(data)
        file.flush()
        started = time.perf_counter()
        subprocess.run(
            ["fpcalc", "-length", "0", "-raw", file.name], check=False, capture_output=True
        )
        theirs = (time.perf_counter() - started) / minutes
    print(f"fpcalc, at one pitch: {theirs * 1e3:.0f} ms; ours takes {ours / theirs:.2f} of it")


if __name__ == "__main__":
    main()
