"""
How much of the speed of hashing alone does `seawall scan` keep?

    python -m benchmarks.scan [--photos 2000]

Hashing alone is a bare process pool, one process for each processor, that reads, decodes and fingerprints the
same files; scan adds isolation, the lookup of every turn of every picture, rules, verdicts, a journal and its
output. Both start from nothing and are timed as whole processes, in turn, over all photos and over a tenth of them;
the difference of the two is the speed once started.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import ImageEnhance

from seawall.media.limits import MediaLimits
from seawall.media.understand import understand
from seawall.signals.fingerprint import fingerprint
from seawall.workflows.pictures import jpeg, landscape


def hashed(path: str) -> int:
    """One file, fingerprinted without any protection."""
    return len(fingerprint(understand(Path(path).read_bytes(), MediaLimits())).readings)


def hash_all(folder: str) -> None:
    """Every file of a folder, on every processor."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        done = sum(
            1 for _ in pool.map(hashed, sorted(map(str, Path(folder).iterdir())), chunksize=8)
        )
    print(done)


def make_photos(folder: Path, count: int) -> None:
    """Photos of about a megapixel, no two alike."""
    bases = [landscape(seed) for seed in range(20)]
    rng = random.Random(1)
    for number in range(count):
        picture = ImageEnhance.Brightness(bases[number % 20]).enhance(rng.uniform(0.8, 1.2))
        (folder / f"{number:05}.jpg").write_bytes(jpeg(picture, quality=rng.randint(70, 95)))


def seconds(*command: str) -> float:
    """How long the command takes as a whole process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--hash-folder", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.hash_folder:
        hash_all(chosen.hash_folder)
        return
    with tempfile.TemporaryDirectory() as place:
        every, few = Path(place) / "every", Path(place) / "few"
        every.mkdir()
        few.mkdir()
        make_photos(every, chosen.photos)
        for photo in sorted(every.iterdir())[: chosen.photos // 10]:
            (few / photo.name).hardlink_to(photo)
        home = f"{place}/home"
        seawall = str(Path(sys.executable).with_name("seawall"))
        known = [seawall, "--home", home, "bank", "add", "known", str(every / "00000.jpg")]
        subprocess.run(known, check=True, stdout=subprocess.DEVNULL)
        taken: dict[str, list[float]] = {}
        for _ in range(chosen.rounds):
            for folder in (few, every):
                alone = (sys.executable, __file__, "--hash-folder", str(folder))
                taken.setdefault(f"alone {folder.name}", []).append(seconds(*alone))
                scan = (seawall, "--home", home, "scan", str(folder), "--json")
                taken.setdefault(f"scan {folder.name}", []).append(seconds(*scan))
    median = {name: statistics.median(times) for name, times in taken.items()}
    base, ours = median["alone every"], median["scan every"]
    rest = chosen.photos - chosen.photos // 10
    print(
        f"{chosen.photos} photos, {len(os.sched_getaffinity(0))} processors, {chosen.rounds} rounds in turn"
    )
    print(f"hashing alone  {base:6.2f} s, of {chosen.photos // 10} {median['alone few']:5.2f} s")
    print(f"seawall scan   {ours:6.2f} s, of {chosen.photos // 10} {median['scan few']:5.2f} s")
    print(f"whole process  {base / ours:6.1%}")
    steady, base_steady = (ours - median["scan few"]) / rest, (base - median["alone few"]) / rest
    print(f"once started   {base_steady / steady:6.1%}  (at least 85 %)")
    print(f"  {1 / base_steady:.0f} photos/s alone, {1 / steady:.0f} scanned")


if __name__ == "__main__":
    main()
