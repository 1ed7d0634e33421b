"""
Do many processes on one database corrupt or lose anything?

    python -m benchmarks.crowd [--processes 2] [--stories 500] [--database postgresql://…]

Each process adds entries, removes some, screens uploads and looks its own entries up, all at once. In the end
everything is there once, change numbers are not doubled, the audit chain is whole, and the index the processes
shared and one made anew both agree with the database.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from seawall.app import App, open_app
from seawall.clock import now
from seawall.errors import WrongState
from seawall.media.media import Kind
from seawall.settings import Secrets, Settings
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import Reading, Signal
from seawall.workflows.audit import verify_audit
from seawall.workflows.bank import Filing, add_entries, create_bank, remove_entry
from seawall.workflows.upload import Context, remember_upload, screen_upload

BANK = "crowd"


@dataclass(frozen=True, slots=True)
class Wrote:
    """What one process was told is committed, and what it could not see at once."""

    uploads: tuple[str, ...]
    kept: tuple[str, ...]  # values of entries that are there
    gone: tuple[str, ...]  # values of entries that were removed again
    faults: tuple[str, ...]


def work(settings: Settings, stories: int, seed: int) -> Wrote:
    """One process's share."""
    rng = random.Random(seed)
    uploads, kept, gone, faults = [], [], [], []
    with open_app(settings) as app:
        for number in range(stories):
            signal = Signal("pdq", rng.randbytes(32).hex())
            with app.memory.transaction() as stores:
                (entry,) = add_entries(
                    BANK,
                    [(signal, Filing(note=f"{seed}/{number}"))],
                    taxonomy=app.taxonomy,
                    stores=stores,
                    by="crowd",
                    now=now(),
                )
            app.knowledge.refresh_now()
            upload = screen_upload(
                _picture(signal), Context(), knowledge=app.knowledge, chance=1, now=now()
            )
            if [match.entry for match in upload.verdict.matches] != [entry.id]:
                faults.append(f"{seed}/{number} was not seen by the query after its commit")
            with app.memory.transaction() as stores:
                remember_upload(upload, stores=stores, keep_ledger=True)
            uploads.append(upload.id)
            if number % 5 == 0:
                with app.memory.transaction() as stores:
                    remove_entry(BANK, entry.id, stores=stores, by="crowd", now=now())
                gone.append(signal.value)
            else:
                kept.append(signal.value)
            if number % 50 == 49:
                app.knowledge.merge()
    return Wrote(tuple(uploads), tuple(kept), tuple(gone), tuple(faults))


def crowd(home: Path, *, processes: int, stories: int, database: str | None = None) -> list[str]:
    """Run them all and return a sentence for each thing that is wrong."""
    settings = Settings(home=home, secrets=Secrets(database))
    home.mkdir(exist_ok=True)
    with open_app(settings) as app, app.memory.transaction() as stores:
        try:
            create_bank(BANK, owner="crowd", stores=stores, by="crowd", now=now())
        except WrongState:
            return ["the database has been used for this before; take an empty one"]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        wrote = pool.starmap(work, [(settings, stories, seed) for seed in range(processes)])
    with open_app(settings) as app:
        faults = [fault for each in wrote for fault in each.faults] + _wrong(app, wrote)
    alone = replace(settings, home=home / "anew")
    alone.home.mkdir(exist_ok=True)
    with open_app(replace(alone, secrets=Secrets(settings.database_url()))) as app:
        return faults + _wrong(app, wrote)


def _wrong(app: App, wrote: list[Wrote]) -> list[str]:
    faults = []
    with app.memory.reading() as stores:
        uploads = sorted(upload.id for upload in stores.uploads.all())
        entries = sorted(entry.signal.value for entry in stores.entries.all(BANK))
        changed = [number for number, _ in stores.entries.changes(after=0, limit=10**9)]
    if uploads != sorted(ident for each in wrote for ident in each.uploads):
        faults.append("the uploads are not those that were acknowledged")
    if entries != sorted(value for each in wrote for value in each.kept):
        faults.append("the entries are not those that were acknowledged")
    if changed != sorted(set(changed)):
        faults.append("two entries have the same change number")
    faults += verify_audit(app.memory).faults
    for each in wrote:
        near = app.knowledge.known(
            [Reading(signal=Signal("pdq", value)) for value in each.kept + each.gone]
        )
        if sorted(known.entry.signal.value for known in near) != sorted(each.kept):
            faults.append("the index does not agree with the database")
    return faults


def _picture(signal: Signal) -> Fingerprint:
    return Fingerprint(
        kind=Kind.IMAGE, media_type="image/jpeg", size=1, readings=(Reading(signal=signal),)
    )


def main() -> None:
    """Run and report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--stories", type=int, default=500)
    arguments.add_argument("--database")
    chosen = arguments.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        faults = crowd(
            Path(place) / "home",
            processes=chosen.processes,
            stories=chosen.stories,
            database=chosen.database,
        )
    database, took = "PostgreSQL" if chosen.database else "SQLite", time.monotonic() - start
    print(
        f"{chosen.processes} processes on {database}, {chosen.stories} stories each, {took:.0f} s"
    )
    print(f"{len(faults)} faults")
    for fault in faults[:20]:
        print(f"  {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
