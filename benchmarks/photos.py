"""
Which altered copies of a photo are found, what do regions add, and what do they cost?

    python -m benchmarks.photos [--pictures 1000] [--processes 2] [--ladder crop …] [--minutes 30]

Pictures made by code, and the photos of ../shared/data/images, are altered by the ladder of `seawall evaluate`. A copy
is found when a code of it is within 31 bits of its original's; the peer is the same without regions. `filed` also
counts the codes of the original's own crops, as a bank could hold them. Every code of every copy is compared with every
other picture too: a false match. Costs are processor time, least of three, of the first pictures. After `--minutes` no
further picture is altered; all of them are compared with.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError
from seawall.media.limits import MediaLimits
from seawall.media.media import Image, Luma
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
TIMED = 40  # pictures whose copies' costs are taken
Codes = NDArray[np.uint8]  # (n, 32)
Known = tuple[Codes, Codes]
Copy = tuple[str, Codes, Codes, Counter[str], tuple[float, ...]]


def originals(count: int) -> Iterator[bytes]:
    """The photos there are, one for each subject, then landscapes."""
    for name in ("bridge-mods/aaa-orig.jpg", "exif/exif-rotn-1.jpg", "small.jpg"):
        if (IMAGES / name).exists():
            yield (IMAGES / name).read_bytes()
    for seed in range(count):
        yield jpeg(landscape(seed), quality=ORIGINAL)


def known(data: bytes) -> Known | None:
    """The code of a picture, and those of its crops; None where it is too flat for one."""
    try:
        upright = jpeg(PHOTOS.read(data), quality=ORIGINAL)
    except InputError:
        return None
    image = understand(upright, PLAIN).image
    assert image is not None
    luma = image.frames[0]
    codes = steep(luma)
    if not len(codes):
        return None
    return codes, np.concatenate([steep(each.luma) for each in crops(luma)])


def steep(luma: Luma, turns: NDArray[np.bool_] = TURNS[:1]) -> Codes:
    """Its codes, as it lies or turned these ways; none where it is too flat for one."""
    codes, quality = pdq(luma, turns)
    return codes if quality >= LOWEST_QUALITY else codes[:0]


def copies(task: tuple[int, bytes], *, ladder: Sequence[str]) -> list[Copy]:
    """Of each copy: the codes of the whole and of the parts, the parts' kinds, and what they cost."""
    number, data = task
    picture, chance = PHOTOS.read(data), Random(number)
    found = []
    for rung in PHOTOS.only(ladder).alterations:
        copy = rung.apply(picture, chance)
        image = understand(copy, PLAIN).image
        assert image is not None
        sure = [(steep(part.luma), str(part.region.kind)) for part in parts(image, MOST)]
        inner = np.concatenate([np.empty((0, 32), np.uint8), *(codes for codes, _ in sure)])
        kinds = Counter(kind for codes, kind in sure if len(codes))
        taken = costs(copy, image) if number < TIMED else ()
        found.append((rung.label, steep(image.frames[0], TURNS), inner, kinds, taken))
    return found


def costs(copy: bytes, image: Image) -> tuple[float, ...]:
    """Milliseconds for the whole, for finding parts, for their codes, and for QR codes."""
    luma = image.frames[0]
    return (
        least(partial(understand, copy, PLAIN)) + least(partial(pdq, luma)),
        least(partial(parts, image, MOST)),
        sum(least(partial(pdq, part.luma, TURNS[:1])) for part in parts(image, MOST)),
        least(partial(links_in, (luma,))),
    )


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


class Tally:
    """What was found so far, by alteration."""

    def __init__(self) -> None:
        self.altered = 0
        self.rows: dict[str, list[tuple[bool, bool, bool, int]]] = defaultdict(list)
        self.spent: dict[str, list[tuple[float, ...]]] = defaultdict(list)
        self.kinds: Counter[str] = Counter()
        self.false: Counter[str] = Counter()
        self.compared: Counter[str] = Counter()

    def take(self, found: list[Copy], own: Codes, cropped: Codes, others: Codes) -> None:
        """The copies of one picture: near its own codes, and near those of other pictures."""
        self.altered += 1
        for label, whole, inner, kinds, taken in found:
            by_whole = bool((apart(whole, own) <= NEAR).any())
            by_part = by_whole or bool((apart(inner, own) <= NEAR).any())
            by_crop = by_part or bool((apart(whole[:1], cropped) <= NEAR).any())
            self.rows[label].append((by_whole, by_part, by_crop, len(inner)))
            self.spent[label] += [taken] if taken else []
            self.kinds += kinds
            for name, codes in (("whole", whole), ("parts", inner)):
                self.false[name] += int((apart(codes, others) <= NEAR).sum())
                self.compared[name] += len(codes) * len(others)

    def show(self) -> None:
        """Print the tables."""
        print(f"{self.altered} pictures altered")
        heads = f"{'':44}{'whole':>8}{'regions':>9}{'filed':>8}{'parts':>7}"
        print(f"{heads}{'decode, 8 codes':>17}{'look':>7}{'codes':>7}{'QR':>6}  ms")
        for label, row in self.rows.items():
            shares = np.array(row, float).mean(0)
            ms = np.median(np.array(self.spent[label]), axis=0)
            print(
                f"{label:44}{shares[0]:8.1%}{shares[1]:9.1%}{shares[2]:8.1%}{shares[3]:7.1f}"
                f"{ms[0]:17.2f}{ms[1]:7.2f}{ms[2]:7.2f}{ms[3]:6.2f}"
            )
        for name, count in self.compared.items():
            print(f"false matches by {name}: {self.false[name]} of {count} comparisons")
        sorts = ", ".join(f"{count} {kind}" for kind, count in self.kinds.most_common())
        print("parts looked at:", sorts)


def main() -> None:
    """Alter, look, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--ladder", nargs="*", default=["*"], help="alterations, by name")
    parser.add_argument("--minutes", type=float, default=600.0)
    asked = parser.parse_args()
    ends = time.monotonic() + asked.minutes * 60
    tally = Tally()
    with ProcessPoolExecutor(asked.processes) as pool:
        made = list(originals(asked.pictures))
        filed = list(pool.map(known, made, chunksize=8))
        files = [(data, codes) for data, codes in zip(made, filed, strict=True) if codes]
        everyone = np.concatenate([own for _, (own, _) in files])
        print(f"{len(files)} pictures", flush=True)
        tasks = ((number, data) for number, (data, _) in enumerate(files))
        work = pool.map(partial(copies, ladder=asked.ladder), tasks, chunksize=4)
        for number, (found, (_, (own, cropped))) in enumerate(zip(work, files, strict=True)):
            tally.take(found, own, cropped, np.delete(everyone, number, 0))
            if time.monotonic() > ends:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    tally.show()


if __name__ == "__main__":
    main()
