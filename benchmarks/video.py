"""
How fast does a video become its vPDQ and is looked up, and are altered copies found?

    python -m benchmarks.video [--seconds 120] [--rounds 3] [--codes 10000000]

Fingerprinting is what a worker does, with its memory settings: bytes to the codes of every stretch of a second, upright
and mirrored, of a 720p H.264 video at 30 frames a second with B-frames, made here: with a key frame every two seconds,
as platforms make them, and with x264's own choice. It is held against FFmpeg decoding every frame of the same bytes on
one thread and doing nothing with them, and against the `vpdq` package at one frame a second where it is installed (it
needs FFmpeg's headers). Looking up is every code of ten minutes, upright and mirrored, among random codes with near
ones planted.
"""

import argparse
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from itertools import product
from pathlib import Path

import av
import numpy as np
from PIL import Image

from benchmarks.as_a_worker import as_a_worker
from seawall.index.hamming import HammingIndex
from seawall.media.limits import MediaLimits
from seawall.media.media import Kind, Media
from seawall.media.understand import understand
from seawall.media.video import video_of
from seawall.signals.alignment import Row, align
from seawall.signals.sequence import Hits, Likeness
from seawall.signals.signal import Signal
from seawall.signals.vpdq import Vpdq

FOLDER = Path(__file__).parents[1].parent / "shared/data/video"
WIDTH, HEIGHT, FPS = 1280, 720, 30
SCENE = 8  # seconds
NEAR = 31  # bits
SECONDS = 600  # of the video looked up
VPDQ = Vpdq()


def film(path: Path, seconds: int, gop: int) -> None:
    """A camera that moves over soft pictures with a little grain, cut every few seconds."""
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "medium", "crf": "23", "g": str(gop), "bf": "3"}
        for number in range(seconds * FPS):
            at = number % (SCENE * FPS)
            if at == 0:
                wide = picture(rng)
            left, top = at * 4, at * 2
            shown = np.ascontiguousarray(wide[top : top + HEIGHT, left : left + WIDTH])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        container.mux(stream.encode())


def picture(rng: np.random.Generator) -> np.ndarray:
    """Twice as wide and high as the video."""
    size = (WIDTH * 2, HEIGHT * 2)
    shapes = [
        Image.fromarray(rng.integers(0, 256, (*cells, 3), dtype=np.uint8)).resize(size, 3)
        for cells in ((6, 10), (48, 80))
    ]
    grain = rng.integers(-4, 5, (HEIGHT * 2, WIDTH * 2, 1))
    return np.clip(np.asarray(Image.blend(*shapes, 0.4)) + grain, 0, 255).astype(np.uint8)


def decode_all(data: bytes) -> None:
    """FFmpeg, every frame, one thread, nothing done with them."""
    with av.open(BytesIO(data)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        for _ in container.decode(stream):
            pass


def ours(data: bytes) -> Signal:
    """Bytes to the upright signal."""
    video = video_of(data, "video/mp4", MediaLimits())
    return upright(Media(kind=Kind.VIDEO, media_type="video/mp4", video=video))


def upright(media: Media) -> Signal:
    """The signal of a video as it lies."""
    found = VPDQ.compute(media)
    assert isinstance(found, tuple), found
    return found[0].signal


def seconds(task: Callable[[], object], rounds: int) -> float:
    """Median seconds of processor time, after once untimed."""
    task()
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        task()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def fingerprinting(length: int, rounds: int) -> None:
    """A line for each way of placing key frames."""
    package = importlib.util.find_spec("vpdq")
    with tempfile.TemporaryDirectory(prefix="video-") as folder:
        for name, gop in (("key frame every 2 s", 60), ("x264's choice", 250)):
            path = Path(folder) / f"{gop}.mp4"
            film(path, length, gop)
            data = path.read_bytes()
            mine = seconds(lambda data=data: ours(data), rounds)
            all_frames = seconds(lambda data=data: decode_all(data), rounds)
            line = f"{name:22}{length:5} s of 720p: {mine:.2f} s; every frame decoded {all_frames:.2f} s,"
            line += f" {all_frames / mine:.1f}x"
            if package:
                import vpdq  # noqa: PLC0415 - only where it is installed

                theirs = seconds(
                    lambda path=path: vpdq.computeHash(str(path), seconds_per_hash=1),
                    rounds,
                )
                line += f"; vpdq package {theirs:.2f} s, {theirs / mine:.1f}x"
            print(line)
    if not package:
        print("The vpdq package is not installed here (it is built against FFmpeg's headers).")


def looking_up(count: int) -> None:
    """Every code of ten minutes among `count` others."""
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    asked = rng.integers(0, 256, (2 * SECONDS, 32), dtype=np.uint8)
    codes[:SECONDS] = asked[:SECONDS]
    codes[:SECONDS, 0] ^= 0x55  # four bits
    with tempfile.TemporaryDirectory(prefix="video-") as folder:
        index = HammingIndex.build(Path(folder) / "index", codes, np.arange(count), 1)
        taken = seconds(lambda: index.within_many(asked[:SECONDS], NEAR), 3)
        both = seconds(lambda: index.within_many(asked, NEAR), 3)
        found = index.within_many(asked[:SECONDS], NEAR)
        assert all(place in {key for _, key in near} for place, near in enumerate(found))
        index.close()
    print(f"{SECONDS} frames among {count}: {taken:.2f} s; upright and mirrored {both:.2f} s")


def aligning() -> None:
    """A hundred thousand hits, as two still scenes give, made into one segment."""
    row = Row(at=np.arange(1000.0), looks=np.arange(1000))
    asked, known = np.divmod(np.arange(1000 * 100), 100)
    known += asked // 100 * 100
    hits = asked, known, np.minimum(np.abs(asked - known), NEAR)
    print(f"{len(asked)} hits aligned: {seconds(lambda: align(row, row, hits), 3):.2f} s")


def copies() -> None:
    """Which of the shared videos find which."""
    signals = {
        path.stem: upright(understand(path.read_bytes(), MediaLimits()))
        for path in sorted(FOLDER.glob("*.mp4"))
    }
    for one, other in product(signals, repeat=2):
        if one < other:
            found = compared(signals[one], signals[other])
            kin = one.split("-")[0] == other.split("-")[0]
            verdict = "as it should be" if bool(found) == kin else "WRONG"
            told = f"{found.known_share:.0%}, {found.distance} bits" if found else "no match"
            print(f"{one:30}{other:30}{told:20}{verdict}")


def compared(asked: Signal, known: Signal) -> Likeness | None:
    """What the type says of every hit there is."""
    ((_, one, _),), ((_, other, _),) = VPDQ.asked(asked), VPDQ.filed(known)
    apart = np.bitwise_count(one[:, None] ^ other[None]).sum(axis=2, dtype=np.int64)
    places = np.nonzero(apart <= NEAR)
    if not len(places[0]):
        return None
    return VPDQ.compare(asked, known, Hits(places[0], places[1], apart[places]))


def main() -> None:
    """Print the four answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--codes", type=int, default=10_000_000)
    arguments = parser.parse_args()
    as_a_worker()
    fingerprinting(arguments.seconds, arguments.rounds)
    looking_up(arguments.codes)
    aligning()
    copies()


if __name__ == "__main__":
    main()
