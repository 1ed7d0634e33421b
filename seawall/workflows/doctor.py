"""Is this installation well? Each check says what it looked at, and what to do when it is not."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seawall.errors import Error
from seawall.policy.rule import unguarded
from seawall.sandbox.sandbox import Sandbox
from seawall.storage.memory import Memory
from seawall.workflows.audit import verify_audit
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.pictures import jpeg, landscape

LEAST_FREE = 1024 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    what: str
    well: bool
    says: str


def examine(
    home: Path, *, memory: Memory, knowledge: Knowledge, sandbox: Sandbox
) -> Iterator[Check]:
    """Every check, one after another; none stops the next."""
    free = shutil.disk_usage(home).free
    says = f"{free / 1e9:.1f} GB free at {home}"
    yield Check(
        what="disk",
        well=free > LEAST_FREE,
        says=says if free > LEAST_FREE else f"{says}: make room",
    )

    with memory.reading() as stores:
        entries, uploads, last = (
            stores.entries.count(),
            stores.uploads.count(),
            stores.last_change(),
        )
        rules = stores.rules.all()
    yield Check(
        what="database", well=True, says=f"{memory.dialect}: {entries} entries, {uploads} uploads"
    )

    indexed, position = len(knowledge.catalogue), knowledge.catalogue.position
    in_step = (indexed, position) == (entries, last)
    says = f"{indexed} of {entries} entries, up to change {position} of {last}"
    yield Check(
        what="index",
        well=in_step,
        says=says if in_step else f"{says}: `seawall doctor --rebuild` makes it anew",
    )

    guarded = not unguarded(rules)
    yield Check(
        what="rules",
        well=guarded,
        says=f"{len(rules)} rules; uploads that cannot be screened are caught"
        if guarded
        else "no rule catches uploads that cannot be screened: `seawall rule put … hold --on failure`",
    )
    yield _decoding(sandbox)

    verified = verify_audit(memory)
    yield Check(
        what="audit log",
        well=not verified.faults,
        says=verified.faults[0] if verified.faults else f"{verified.events} events, unbroken",
    )


def _decoding(sandbox: Sandbox) -> Check:
    try:
        found = sandbox.fingerprint(jpeg(landscape(1)))
        after = sandbox.fingerprint(jpeg(landscape(1))[:2000])
    except Error as failed:
        return Check(what="workers", well=False, says=str(failed))
    well = not found.missing and after.error is not None
    says = (
        "a picture is read, a broken one refused"
        if well
        else found.error or "a broken picture was not noticed"
    )
    return Check(what="workers", well=well, says=says)
