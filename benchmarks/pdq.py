"""
How fast does a JPEG become its PDQ, against the incumbent and against the floor?

    python benchmarks/pdq.py [--rounds 15]

Ours is what a worker does: scaled brightness decode, quality, the codes of all eight turns, regions and QR codes;
`whole` is the same without the last two. The incumbent is `threatexchange`, decode and one code. The floor is
libjpeg-turbo decoding the same brightness at the same scale and nothing else. All read the same bytes in turn, on one
thread, each once untimed and once timed; the figures are medians of processor time, and the ratios the answer.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from seawall.media.jpeg import brightness, reduced
from seawall.media.limits import MediaLimits
from seawall.media.understand import understand
from seawall.signals.pdq_kernel import pdq

PHOTO = Path(__file__).parents[1].parent / "shared/data/images/exif/exif-rotn-1.jpg"
SIZES = {"0.8 MP": (1032, 774), "2.8 MP": (1920, 1440), "12 MP": (4032, 3024)}
QUALITY = 90  # of the JPEG


def ours(data: bytes) -> None:
    """Bytes to eight codes."""
    image = understand(data, MediaLimits()).image
    assert image is not None
    pdq(image.frames[0])


def whole(data: bytes) -> None:
    """The same without regions and QR codes."""
    image = brightness(data, MediaLimits())
    assert image is not None
    pdq(image.frames[0])


def floor(data: bytes) -> None:
    """The same decode, and nothing after it."""
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    wide, high = reduced(width, height)
    simplejpeg.decode_jpeg(data, colorspace="GRAY", min_width=wide, min_height=high)


def photo() -> Image.Image:
    """A real photo of 12 megapixels; a made picture where there is none."""
    if PHOTO.exists():
        return Image.open(PHOTO).convert("RGB")
    print("The photo is absent; this is a made picture.")
    noise = np.random.default_rng(1).integers(0, 256, (378, 504, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(SIZES["12 MP"], Image.Resampling.BICUBIC)


def in_turn(rounds: int, *tasks: Callable[[], object]) -> list[float]:
    """The median processor seconds of each task, measured one after the other in every round."""
    taken: list[list[float]] = [[] for _ in tasks]
    for _ in range(rounds):
        for task, times in zip(tasks, taken, strict=True):
            task()
            start = time.process_time()
            task()
            times.append(time.process_time() - start)
    return [statistics.median(times) for times in taken]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    print(
        f"{'':8}{'seawall':>10}{'incumbent':>11}{'floor':>9}{'faster':>9}{'of floor':>10}{'of whole':>11}"
    )
    for name, size in SIZES.items():
        file = BytesIO()
        photo().resize(size, Image.Resampling.BOX).save(file, "JPEG", quality=QUALITY)
        data = file.getvalue()
        tasks = (partial(task, data) for task in (ours, whole, pdq_from_bytes, floor))
        mine, plain, theirs, least = in_turn(rounds, *tasks)
        times = f"{mine * 1e3:8.2f}ms{theirs * 1e3:9.1f}ms{least * 1e3:7.2f}ms"
        print(f"{name:8}{times}{theirs / mine:8.1f}x{mine / least:9.2f}x{mine / plain:10.2f}x")


if __name__ == "__main__":
    main()
