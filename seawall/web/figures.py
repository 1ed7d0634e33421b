"""How this service is doing, in numbers: what `/v1/status`, `/metrics` and the desk's page of health all show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from seawall.cases.case import Status
from seawall.clock import now
from seawall.exchange.membership import Membership, State
from seawall.web.door import Door

WELL = (State.JOINED, State.FOLLOWING)
LATE = timedelta(minutes=1)  # after its undo window, in which a ruling is carried out in a second
MOST_LATE = 1_000  # rulings that are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How much is remembered, and how far this worker's index and ledger have taken it in."""

    counts: Mapping[str, int]
    index: int  # the last change taken in
    last_change: int
    ledger: int  # the last line taken in
    last_line: int

    @property
    def index_lag(self) -> int:
        """Committed changes that the index has not taken in."""
        return self.last_change - self.index

    @property
    def ledger_lag(self) -> int:
        """Lines of the ledger that are not indexed."""
        return self.last_line - self.ledger


def counted(door: Door) -> Counted:
    """What is remembered and known at this moment."""
    with door.app.memory.reading() as stores:
        return Counted(
            counts={
                "banks": len(stores.banks.all()),
                "entries": stores.entries.count(),
                "uploads": stores.uploads.count(),
                "ledger": stores.uploads.ledger_size(),
                "retroactions": stores.retroactions.count(),
                "messages": stores.outbox.count(),
                "events": stores.audit.head()[0],
            },
            index=door.app.knowledge.catalogue.position,
            last_change=stores.last_change(),
            ledger=door.app.ledger.position,
            last_line=stores.uploads.last_line(),
        )


def memberships(door: Door) -> list[Membership]:
    """Every agreement that is followed at a hub."""
    with door.app.memory.reading() as stores:
        return stores.memberships.all()


def followed_figures(followed: Sequence[Membership]) -> dict[str, int]:
    """How following goes, over all hubs."""
    return {
        "memberships": len(followed),
        "troubled": sum(each.state not in WELL for each in followed),
        "lag": sum(each.lag for each in followed),
        "disputed": sum(each.disputed for each in followed),
    }


def case_figures(door: Door) -> dict[str, dict[str, float]]:
    """What waits for a person, by queue."""
    moment = now()
    with door.app.memory.reading() as stores:
        backlogs = stores.cases.backlogs(now=moment)
    return {
        queue: {
            "open": backlog.open,
            "claimed": backlog.claimed,
            "held": backlog.held,
            "overdue": backlog.overdue,
            "oldest_seconds": (moment - backlog.oldest_at).total_seconds(),
        }
        for queue, backlog in backlogs.items()
    }


def late_rulings(door: Door) -> list[str]:
    """Cases whose ruling should have been carried out a while ago, the longest late first; at most `MOST_LATE`."""
    with door.app.memory.reading() as stores:
        return stores.cases.ended(Status.RULED, now=now() - LATE, limit=MOST_LATE)


def background_figures(door: Door) -> dict[str, float]:
    """What waits to be screened in the background, and what could not be."""
    with door.app.memory.reading() as stores:
        backlog = stores.screenings.backlog()
    oldest = backlog.oldest_at
    return {
        "held": backlog.held,
        "bytes": backlog.size,
        "oldest_seconds": (now() - oldest).total_seconds() if oldest else 0.0,
        "failed": backlog.failed,
    }


def delivery_figures(door: Door) -> dict[str, float]:
    """How much has not arrived at the endpoints."""
    with door.app.memory.reading() as stores:
        endpoints = stores.deliveries.endpoints()
        backlogs = list(stores.deliveries.backlogs().values())
    oldest = min((each.oldest_at for each in backlogs if each.oldest_at), default=None)
    return {
        "endpoints": len(endpoints),
        "troubled": sum(bool(each.failing_since or each.disabled_at) for each in endpoints),
        "waiting": sum(each.waiting for each in backlogs),
        "dead": sum(each.dead for each in backlogs),
        "oldest_waiting_seconds": (now() - oldest).total_seconds() if oldest else 0.0,
    }
