"""
How long does a reviewer wait for the next case, and how many claims a second does a queue stand?

    python -m benchmarks.cases [--cases 100000] [--reviewers 20] [--claims 10000] [--database-url URL]

Open cases of every urgency; then one person asks for the next case a thousand times (p95 is shown), and many claim at
once from one queue: no case is held twice, none is lost.
"""

import argparse
import random
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

from seawall.access.person import Limits
from seawall.cases.case import Item, ItemKind, Source
from seawall.cases.config import CasesConfig
from seawall.clock import now
from seawall.storage.memory import Memory
from seawall.workflows.cases import next_case, open_case

ASKED = 1_000
AT_ONCE = 500  # opened in one transaction
CONFIG = CasesConfig(claim=timedelta(hours=12))


def main() -> None:
    """Fill a queue, ask for the next case, then claim from many threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--claims", type=int, default=10_000)
    parser.add_argument("--database-url", help="an empty database; SQLite in a new folder without")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(chosen.database_url or f"sqlite:///{Path(folder) / 'seawall.db'}")
        fill(memory, chosen.cases)
        print(f"next of {chosen.cases:,}: p95 {1000 * next_p95(memory):.1f} ms")
        seconds, claimed = claims(memory, chosen.reviewers, chosen.claims)
        assert len(claimed) == len(set(claimed)) == chosen.claims
        print(
            f"{chosen.claims:,} claims by {chosen.reviewers} at once: "
            f"{chosen.claims / seconds:.0f} a second, none twice, none lost"
        )
        memory.close()


def fill(memory: Memory, count: int) -> None:
    """So many open cases, about as many things."""
    rng = random.Random(7)
    for start in range(0, count, AT_ONCE):
        with memory.transaction() as stores:
            for number in range(start, min(start + AT_ONCE, count)):
                open_case(
                    Item(id=f"text {number}", kind=ItemKind.TEXT, reach=rng.randrange(1 << 20)),
                    source=Source.HAND,
                    stores=stores,
                    by="benchmark",
                    now=now(),
                )


def next_p95(memory: Memory) -> float:
    """Seconds that 95 of 100 questions for the next case stayed under, commit included."""
    taken = []
    for _ in range(ASKED):
        begun = time.perf_counter()
        take(memory, "ann")
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[int(ASKED * 0.95)]


def claims(memory: Memory, reviewers: int, wanted: int) -> tuple[float, list[str]]:
    """How long so many claims took, and of which cases they were."""
    claimed: list[str] = []
    turns = iter(range(wanted))
    gate = threading.Lock()

    def work(person: str) -> None:
        while True:
            with gate:
                if next(turns, None) is None:
                    return
            claimed.append(take(memory, person))

    threads = [
        threading.Thread(target=work, args=(f"person {number}",)) for number in range(reviewers)
    ]
    begun = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return time.perf_counter() - begun, claimed


def take(memory: Memory, person: str) -> str:
    """The next case, theirs now."""
    with memory.transaction() as stores:
        case = next_case(person, limits=Limits(), config=CONFIG, stores=stores, now=now())
    assert case is not None
    return case.id


if __name__ == "__main__":
    main()
