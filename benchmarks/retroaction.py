"""
How long from a new entry to the uploads that were let through before?

    python -m benchmarks.retroaction [--uploads 1000000] [--turned] [--entries 500] [--folder DIR]

A ledger of random codes, one a reading; with --turned each upload has eight of them, as a picture has. Entries are
planted 0 to 31 bits from some of them and committed one after another. Timed are the lookup in the ledger's index,
and everything from the entry's commit to the commit of the verdict it led to. Every planted upload must be found.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.search import resident
from seawall.banks.bank import Bank
from seawall.banks.entry import Entry
from seawall.media.media import Kind
from seawall.policy.measure import Measure
from seawall.policy.rule import STARTING_RULES
from seawall.policy.taxonomy import taxonomy
from seawall.screening.verdict import Verdict
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import Orientation, Reading, Signal
from seawall.storage.memory import Memory
from seawall.storage.retroactions import Retroaction
from seawall.storage.uploads import Upload
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.ledger import Ledger
from seawall.workflows.retroaction import look_back

AIM = 10.0  # milliseconds to candidates
DISTANCE = 31
UPLOADS_PER_COMMIT = 10_000
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ALLOWED = Verdict(
    measure=Measure.ALLOW,
    measures_by_territory={"*": Measure.ALLOW},
    matches=(),
    not_screened=(),
    review=False,
    rules=(),
    shadow_measure=None,
)


def main() -> None:
    """Fill a home, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    arguments.add_argument("--uploads", type=int, default=1_000_000)
    arguments.add_argument("--turned", action="store_true", help="eight readings for each upload")
    arguments.add_argument("--entries", type=int, default=500)
    arguments.add_argument("--folder", type=Path, help="where to put the home; default: temporary")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        measure(Path(place), options.uploads, options.entries, turns=8 if options.turned else 1)


def measure(home: Path, uploads: int, entries: int, *, turns: int) -> None:
    """One line for each figure."""
    rng = random.Random(20260101)
    memory = Memory(f"sqlite:///{home / 'seawall.db'}")
    planted = fill(memory, uploads, entries, turns, rng)
    before = resident()
    knowledge = Knowledge(
        memory,
        home / "index",
        taxonomy=taxonomy(),
        least_distance=DISTANCE,
        look_every=timedelta(0),
    )
    ledger = Ledger(memory, home / "ledger-index")
    begun = time.perf_counter()
    while not ledger.follow():
        pass
    built = time.perf_counter() - begun
    for _ in range(10):  # so that everything is loaded
        list(looking_back(memory, knowledge, ledger))
        ledger.near([planted[0][1]], radius={"pdq": DISTANCE})
    lookups, verdicts = [], []
    for ident, signal in planted:
        add(memory, signal)
        begun = time.perf_counter()
        found = [
            each.upload for written in looking_back(memory, knowledge, ledger) for each in written
        ]
        verdicts.append((time.perf_counter() - begun) * 1e3)
        assert found == [ident], f"upload {ident} was not found"
        begun = time.perf_counter()
        assert len(ledger.near([signal], radius={"pdq": DISTANCE})) == 1
        lookups.append((time.perf_counter() - begun) * 1e3)
    held = resident() - before
    disk = sum(path.stat().st_size for path in (home / "ledger-index").rglob("*") if path.is_file())
    print(f"{uploads:,} uploads, {len(ledger):,} signals; {entries} entries, each found its upload")
    print(f"index built from the database in {built:.1f} s")
    print(f"to candidates            {spread(lookups)}   aim {AIM:.0f} ms")
    print(f"to the verdict's commit  {spread(verdicts)}")
    print(f"index on disk {disk / 1e6:.0f} MB, {disk / uploads:.0f} bytes an upload")
    print(f"memory grown by {held / 1e6:.0f} MB, mapped files included")
    ledger.close()
    knowledge.close()
    memory.close()


def fill(
    memory: Memory, uploads: int, entries: int, turns: int, rng: random.Random
) -> list[tuple[str, Signal]]:
    """A ledger of random codes; ids of some uploads, and a signal near each."""
    chosen = set(rng.sample(range(uploads), entries))
    planted = []
    with memory.transaction() as stores:
        stores.banks.add(Bank(name="known", owner="alpha", created_at=NOON))
        for rule in STARTING_RULES:
            stores.rules.put(rule, at=NOON)
        change = stores.last_change()
    for start in range(0, uploads, UPLOADS_PER_COMMIT):
        with memory.transaction() as stores:
            for number in range(start, min(start + UPLOADS_PER_COMMIT, uploads)):
                upload = let_through(number, turns, change, rng)
                stores.uploads.add(upload)
                stores.uploads.enter_in_ledger(upload)
                if number in chosen:
                    reading = rng.choice(upload.fingerprint.readings)
                    planted.append((upload.id, near(reading.signal, len(planted), rng)))
    return planted


def let_through(number: int, turns: int, change: int, rng: random.Random) -> Upload:
    """An upload with random readings."""
    readings = tuple(
        Reading(signal=Signal("pdq", rng.randbytes(32).hex()), quality=100, orientation=orientation)
        for orientation in list(Orientation)[:turns]
    )
    return Upload(
        id=f"up_{number:019}",
        item=None,
        surface=None,
        uploader=None,
        territory=None,
        at=NOON,
        key=None,
        fingerprint=Fingerprint(
            kind=Kind.IMAGE, media_type="image/jpeg", size=100_000, readings=readings
        ),
        verdict=ALLOWED,
        change=change,
    )


def near(signal: Signal, number: int, rng: random.Random) -> Signal:
    """The signal with 0, 1, … 31, 0, 1, … bits changed."""
    code = int(signal.value, 16)
    for bit in rng.sample(range(256), number % (DISTANCE + 1)):
        code ^= 1 << bit
    return Signal("pdq", f"{code:064x}")


def add(memory: Memory, signal: Signal) -> None:
    """An entry, committed."""
    with memory.transaction() as stores:
        stores.entries.add(
            [
                Entry(
                    id=f"en_{signal.value[:16]}",
                    bank="known",
                    signal=signal,
                    vouchers=("alpha",),
                    created_at=NOON,
                )
            ]
        )


def looking_back(
    memory: Memory, knowledge: Knowledge, ledger: Ledger
) -> Iterator[list[Retroaction]]:
    """What a server's upkeep does in a round."""
    return look_back(
        memory=memory, knowledge=knowledge, ledger=ledger, chance=lambda: 1.0, now=lambda: NOON
    )


def spread(milliseconds: list[float]) -> str:
    """The median and the slowest of a hundred."""
    ordered = sorted(milliseconds)
    worst = ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)]
    return f"median {statistics.median(ordered):7.2f} ms   p99 {worst:7.2f} ms"


if __name__ == "__main__":
    main()
