"""
How long does it take to find every known fingerprint near one?

    python benchmarks/search.py [--codes 1000000] [--queries 1000] [--folder DIR]

Random 256-bit codes and queries planted 0 to 31 bits from some of them, distance 31, one thread.
The peers run in the same process on the same codes: FAISS IndexBinaryMultiHash(256, 16, 16) with
nflip 1, as HMA has it, and a linear scan (FAISS IndexBinaryFlat, and our own). Every answer is
compared with FAISS's, so a fast wrong answer fails.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import faiss
import numpy as np

from seawall.index.hamming import HammingIndex
from seawall.index.search import scan

DISTANCE = 31
ROUNDS = 3


def main() -> None:
    """Measure and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    arguments.add_argument("--codes", type=int, default=1_000_000)
    arguments.add_argument("--queries", type=int, default=1_000)
    arguments.add_argument("--folder", type=Path, help="where to put the index; default: temporary")
    options = arguments.parse_args()
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(20260101)
    codes = rng.integers(0, 256, (options.codes, 32), np.uint8)
    queries = planted(codes, options.queries, rng)

    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        ours = measure_ours(Path(folder), codes, queries, rng)
    theirs = measure_faiss(codes, queries)
    slow = queries[: max(len(queries) // 20, 10)]
    flat = faiss.IndexBinaryFlat(256)
    flat.add(codes)
    flat_ms = per_query(lambda: flat.range_search(slow, DISTANCE + 1), len(slow))
    words, asked = codes.view(np.uint64), slow.view(np.uint64)
    own_ms = per_query(lambda: [scan(words, query, DISTANCE) for query in asked], len(slow))

    for query, neighbours in enumerate(theirs["answers"]):
        assert neighbours == ours["answers"][query], f"query {query} differs"
    found = sum(map(len, ours["answers"]))
    print(f"\n{options.codes:,} codes, distance {DISTANCE}; {len(theirs['answers'])} answers")
    print(f"identical to FAISS MultiHash; {found} neighbours found by {len(queries)} queries\n")
    row("", "ms a query", "ours is", "build s", "bytes a code")
    line = "{:.3f}".format
    row("Seawall", line(ours["ms"]), "", line(ours["build"]), f"{ours['bytes']:.0f} disk")
    row("", "", "", "", f"{ours['resident']:.0f} resident")
    times = f"{theirs['ms'] / ours['ms']:.0f} x faster"
    row(
        "FAISS MultiHash 16x16",
        line(theirs["ms"]),
        times,
        line(theirs["build"]),
        f"{theirs['resident']:.0f} resident",
    )
    row("FAISS linear scan", line(flat_ms), f"{flat_ms / ours['ms']:.0f} x faster", "", "")
    row("our linear scan", line(own_ms), f"{own_ms / ours['ms']:.0f} x faster", "", "")
    print(f"\nadded to visible {ours['add']:.3f} ms (worst of 200 {ours['add_worst']:.3f} ms)")
    print(f"opened again, every checksum verified, in {ours['open']:.3f} s")
    for distance, milliseconds in ours["by_distance"].items():
        print(f"distance {distance:>3}: {milliseconds:.3f} ms a query")


def planted(codes: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Queries 0, 1, … 31, 0, 1, … bits away from codes that are there."""
    queries = codes[rng.integers(0, len(codes), count)]
    for number, query in enumerate(queries):
        bits = rng.choice(256, number % (DISTANCE + 1), replace=False)
        np.bitwise_xor.at(query, bits // 8, (1 << bits % 8).astype(np.uint8))
    return queries


def measure_ours(
    folder: Path, codes: np.ndarray, queries: np.ndarray, rng: np.random.Generator
) -> dict:
    """Build, open, query, add."""
    built, build = timed(
        lambda: HammingIndex.build(folder, codes, np.arange(len(codes)), position=1)
    )
    built.close()
    disk = sum(path.stat().st_size for path in folder.iterdir())
    before = resident()
    index, opening = timed(lambda: HammingIndex.open(folder))
    answers = index.within_many(queries, DISTANCE)
    grown = resident() - before
    milliseconds = per_query(
        lambda: [index.within_many(query[None], DISTANCE) for query in queries], len(queries)
    )
    by_distance = {
        distance: per_query(lambda d=distance: index.within_many(queries[:100], d), 100)
        for distance in (0, 8, 15, 16, 24, 32, 40, 48, 64)
    }
    adds = []
    for key in range(200):
        code = rng.bytes(32)
        started = time.perf_counter()
        index.add([code], [len(codes) + key])
        assert index.within(code, 0)
        adds.append((time.perf_counter() - started) * 1e3)
    index.close()
    return {
        "answers": answers,
        "ms": milliseconds,
        "build": build,
        "open": opening,
        "bytes": disk / len(codes),
        "resident": grown / len(codes),
        "by_distance": by_distance,
        "add": statistics.median(adds),
        "add_worst": max(adds),
    }


def measure_faiss(codes: np.ndarray, queries: np.ndarray) -> dict:
    """The incumbent's index on the same codes; fewer queries where it is slow."""
    before = resident()
    index = faiss.IndexBinaryMultiHash(256, 16, 16)
    index.nflip = 1
    _, build = timed(lambda: index.add(codes))
    grown = resident() - before
    asked = queries[: max(min(len(queries), int(2e8 / len(codes))), 20)]
    limits, distances, keys = index.range_search(asked, DISTANCE + 1)  # FAISS means "nearer than"
    milliseconds = per_query(lambda: index.range_search(asked, DISTANCE + 1), len(asked))
    answers = [
        sorted(zip(distances[a:b].astype(int).tolist(), keys[a:b].tolist(), strict=True))
        for a, b in pairwise(limits)
    ]
    return {
        "answers": answers,
        "ms": milliseconds,
        "build": build,
        "resident": grown / len(codes),
    }


def timed(work: Callable) -> tuple:
    """What the work gives, and the seconds it took."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def per_query(work: Callable, queries: int) -> float:
    """Milliseconds a query: the median of several rounds."""
    return statistics.median(timed(work)[1] for _ in range(ROUNDS)) / queries * 1e3


def resident() -> int:
    """Bytes of memory this process has now (Linux), mapped files included."""
    with Path("/proc/self/status").open() as status:
        [kilobytes] = [line.split()[1] for line in status if line.startswith("VmRSS")]
    return int(kilobytes) * 1024


def row(*cells: str) -> None:
    """Print one line of the table."""
    name, *figures = cells
    print(f"{name:<24}" + "".join(f"{figure:>16}" for figure in figures))


if __name__ == "__main__":
    main()
