"""
A home with something in it: pictures of our own making, some of them known, and altered copies that somebody uploads.

Everything goes the way a real upload goes; only the pictures are invented.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from seawall.policy.category import Taxonomy
from seawall.sandbox.sandbox import Sandbox
from seawall.storage.memory import Memory
from seawall.storage.uploads import Upload
from seawall.workflows.bank import Filing, add_entries, ensure_bank, signals_of
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from seawall.workflows.upload import Context, remember_upload, screen_upload

KNOWN = range(100, 106)
UNKNOWN = range(200, 204)
BANK = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One upload of the demonstration and what was done to it before."""

    what: str
    upload: Upload


def run_demo(
    *,
    memory: Memory,
    knowledge: Knowledge,
    taxonomy: Taxonomy,
    sandbox: Sandbox,
    chance: Callable[[], float],
    now: Callable[[], datetime],
) -> Iterator[Shown]:
    """Fill a bank, then screen altered copies of what is in it and pictures nobody knows."""
    for seed in KNOWN:
        filing = Filing(
            categories=("terrorist-content",),
            vouchers=("Example Hotline", "Example Platform")[: 1 + seed % 2],
            note=f"Landscape {seed}: an ordinary picture that plays the known one.",
            source="seawall demo",
        )
        signals = signals_of(sandbox.fingerprint(jpeg(landscape(seed))))
        with memory.transaction() as stores:
            ensure_bank(
                BANK, owner="Seawall's own demonstration", stores=stores, by="demo", now=now()
            )
            wanted = [(signal, filing) for signal in signals]
            add_entries(BANK, wanted, taxonomy=taxonomy, stores=stores, by="demo", now=now())

    copies = [
        (f"landscape {seed}, {name}", alter(landscape(seed)))
        for seed, (name, alter) in zip(_round(KNOWN), ALTERATIONS.items(), strict=False)
    ]
    strangers = [(f"landscape {seed}, never seen", jpeg(landscape(seed))) for seed in UNKNOWN]
    for what, data in [*copies, *strangers]:
        context = Context(item=what, surface="demo", uploader="somebody")
        found = sandbox.fingerprint(data)
        upload = screen_upload(found, context, knowledge=knowledge, chance=chance(), now=now())
        with memory.transaction() as stores:
            remember_upload(upload, stores=stores, keep_ledger=True)
        yield Shown(what=what, upload=upload)


def _round(numbers: range) -> Iterator[int]:
    while True:
        yield from numbers
