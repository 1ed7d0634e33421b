"""The audit log: what stories write into it, and whether it is whole, link by link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from seawall.audit.chain import faults
from seawall.audit.event import Happening
from seawall.storage.memory import Memory, Stores

MOST_FAULTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found: how many events the log has, its end, and a sentence for each broken place."""

    events: int
    head: str  # hex digest of the last event; kept elsewhere, it proves that nothing before it changed
    faults: tuple[str, ...]


def verify_audit(memory: Memory) -> Verified:
    """Walk the whole chain; it is whole when there are no faults."""
    with memory.reading() as stores:
        head = stores.audit.head()
        found = []
        for fault in faults(stores.audit.all(), head=head):
            found.append(fault)
            if len(found) == MOST_FAULTS:
                found.append("There are more; these are the first.")
                break
    return Verified(events=head[0], head=head[1].hex(), faults=tuple(found))


def record(
    stores: Stores,
    action: str,
    subject: str,
    *,
    by: str,
    now: datetime,
    details: Mapping[str, object],
) -> None:
    """Write this into the audit log, with whatever else the transaction changes."""
    stores.audit.record(
        Happening(action=action, subject=subject, actor=by, at=now, details=dict(details))
    )
