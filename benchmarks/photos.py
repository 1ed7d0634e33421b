"""
Which altered copies of a photo are found, what do regions add, and what do they cost?

    python -m benchmarks.photos [--pictures 1000] [--processes 2]

Pictures made by code, and the photos of ../shared/data/images, are altered by the ladder of `seawall evaluate`. A copy
is found when a code of it is within 31 bits of its original's; the peer is the same without regions. `filed` also
counts the codes of the original's own crops, as a bank could hold them. Every code of every copy is compared with every
other
picture too: a false match. Costs are processor time, least of three.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError
from seawall.media.limits import MediaLimits
from seawall.media.qr import links_in
from seawall.media.regions import crops, parts
from seawall.media.understand import understand
from seawall.signals.pdq import LOWEST_QUALITY
from seawall.signals.pdq_kernel import TURNS, pdq
from seawall.workflows.photo_alterations import ORIGINAL, PHOTOS
from seawall.workflows.pictures import jpeg, landscape

IMAGES = Path(__file__).parents[1].parent / "shared/data/images"
NEAR = 31  # bits
PLAIN = MediaLimits(max_regions=0)
MOST = MediaLimits().max_regions
Codes = NDArray[np.uint8]  # (n, 32)


def originals(count: int) -> Iterator[bytes]:
    """The photos there are, one for each subject, then landscapes."""
    for name in ("bridge-mods/aaa-orig.jpg", "exif/exif-rotn-1.jpg", "small.jpg"):
        if (IMAGES / name).exists():
            yield (IMAGES / name).read_bytes()
    for seed in range(count):
        yield jpeg(landscape(seed), quality=ORIGINAL)


def known(data: bytes) -> tuple[Codes, Codes] | None:
    """The code of a picture, and those of its crops; None where it is too flat for one."""
    try:
        upright = jpeg(PHOTOS.read(data), quality=ORIGINAL)
    except InputError:
        return None
    image = understand(upright, PLAIN).image
    assert image is not None
    luma = image.frames[0]
    codes, quality = pdq(luma, TURNS[:1])
    if quality < LOWEST_QUALITY:
        return None
    return codes, np.concatenate([pdq(each, TURNS[:1])[0] for each in crops(luma)])


def copies(
    task: tuple[int, bytes],
) -> list[tuple[str, Codes, Codes, Counter[str], tuple[float, ...]]]:
    """Of each copy: the codes of the whole and of the parts, the parts' kinds, and what they cost."""
    number, data = task
    picture, chance = PHOTOS.read(data), Random(number)
    found = []
    for rung in PHOTOS.alterations:
        copy = rung.apply(picture, chance)
        image = understand(copy, PLAIN).image
        assert image is not None
        sure = [
            (codes, str(part.region.kind))
            for part in parts(image, MOST)
            for codes, quality in (pdq(part.luma, TURNS[:1]),)
            if quality >= LOWEST_QUALITY
        ]
        inner = np.concatenate([codes for codes, _ in sure] or [np.empty((0, 32), np.uint8)])
        luma = image.frames[0]
        costs = (
            least(partial(understand, copy, PLAIN)) + least(partial(pdq, luma)),
            least(partial(parts, image, MOST)),
            sum(least(partial(pdq, part.luma, TURNS[:1])) for part in parts(image, MOST)),
            least(partial(links_in, luma)),
        )
        kinds = Counter(kind for _, kind in sure)
        found.append((rung.label, pdq(luma)[0], inner, kinds, costs))
    return found


def least(task: Callable[[], object]) -> float:
    """Milliseconds of the processor, the least of three."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        task()
        taken.append(time.process_time() - start)
    return min(taken) * 1000


def apart(ours: Codes, theirs: Codes) -> NDArray[np.int64]:
    """Bits between each of ours and each of theirs."""
    return np.bitwise_count(ours[:, None] ^ theirs[None]).sum(2, dtype=np.int64)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    files = [(data, codes) for data in originals(asked.pictures) if (codes := known(data))]
    everyone = np.concatenate([codes for _, (codes, _) in files])
    rows: dict[str, list[tuple[bool, bool, bool, int]]] = defaultdict(list)
    spent: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    kinds: Counter[str] = Counter()
    false, compared = Counter[str](), Counter[str]()
    with ProcessPoolExecutor(asked.processes) as pool:
        tasks = ((number, data) for number, (data, _) in enumerate(files))
        for number, found in enumerate(pool.map(copies, tasks, chunksize=4)):
            own, cropped = files[number][1]
            others = np.delete(everyone, number, 0)
            for label, whole, inner, sorts, costs in found:
                by_whole = bool((apart(whole, own) <= NEAR).any())
                by_part = by_whole or bool((apart(inner, own) <= NEAR).any())
                by_crop = by_part or bool((apart(whole[:1], cropped) <= NEAR).any())
                rows[label].append((by_whole, by_part, by_crop, len(inner)))
                spent[label].append(costs)
                kinds += sorts
                for name, codes in (("whole", whole), ("parts", inner)):
                    false[name] += int((apart(codes, others) <= NEAR).sum())
                    compared[name] += len(codes) * len(others)
    print(
        f"{len(files)} pictures\n{'':44}{'whole':>8}{'regions':>9}{'filed':>8}{'parts':>7}", end=""
    )
    print(f"{'decode, 8 codes':>17}{'look':>7}{'codes':>7}{'QR':>6}  ms")
    for label, row in rows.items():
        shares = np.array(row, float).mean(0)
        costs = np.median(np.array(spent[label]), axis=0)
        print(f"{label:44}{shares[0]:8.1%}{shares[1]:9.1%}{shares[2]:8.1%}{shares[3]:7.1f}", end="")
        print(f"{costs[0]:17.2f}{costs[1]:7.2f}{costs[2]:7.2f}{costs[3]:6.2f}")
    for name, count in compared.items():
        print(f"false matches by {name}: {false[name]} of {count} comparisons")
    print("parts looked at:", ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))


if __name__ == "__main__":
    main()
