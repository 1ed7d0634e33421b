"""
A label or a restriction that was given an end is over, once, when its moment comes.

    carried out ──ends_at──▶ message an item · allow list, unless it was removed since ─▶ closed   one transaction
                                └─ another ruling is to replace it ─▶ the case waits for that one
"""

from dataclasses import replace
from datetime import datetime

from seawall.cases.case import Case, Status, Step
from seawall.cases.likeness import alike, content_marks
from seawall.cases.ruling import Decision
from seawall.clock import rfc3339
from seawall.storage.memory import Memory, Stores
from seawall.workflows.audit import record
from seawall.workflows.carrying_out import OnStuck, do_each
from seawall.workflows.cases import changed
from seawall.workflows.effects import Bench, digests_of, message_of


def end_due(memory: Memory, *, bench: Bench, now: datetime, on_stuck: OnStuck | None = None) -> int:
    """
    End every label and restriction whose moment has come; how many there were.

    Each has a transaction of its own that finds it still in force: nobody who is killed, or second, does it twice.
    One that cannot be ended keeps no other waiting.
    """

    def due(stores: Stores, limit: int) -> list[str]:
        return stores.rulings.ending(now=now, limit=limit)

    def act(ident: str, stores: Stores) -> bool:
        return _end_if_due(ident, bench=bench, stores=stores, now=now)

    return do_each(memory, due, act, on_stuck=on_stuck)


def _end_if_due(ident: str, *, bench: Bench, stores: Stores, now: datetime) -> bool:
    stores.cases.lock()
    ruling = stores.rulings.find(ident)
    if ruling.undone_at is not None or ruling.ended_at is not None:
        return False  # somebody else was faster, or it was restored
    case = stores.cases.find(ruling.case)
    stores.rulings.save(replace(ruling, ended_at=now))
    for item in case.items:
        stores.outbox.add(message_of("ruling:ended", ruling, item, at=now))
    if (
        case.status is Status.CARRIED_OUT
    ):  # else another ruling is to take its place, and settles the rest
        if not _removed_since(case, stores):
            until = now + bench.config.restored_for
            stores.rulings.allow(digests_of(case.items), ruling=ident, until=until)
        changed(case, Step.ENDED, stores, by="upkeep", now=now, ruling=ident)
    details = {
        "case": case.id,
        "decision": ruling.decision,
        "ends_at": rfc3339(ruling.ends_at or now),
    }
    record(stores, "ruling:ended", ident, by="upkeep", now=now, details=details)
    return True


def _removed_since(case: Case, stores: Stores) -> bool:
    """Whether another ruling in force removes the same content: then its copies stay blocked."""
    marks = [mark for item in case.items for mark in content_marks(item)]
    return any(
        ruling.decision is Decision.REMOVE and ruling.case != case.id and alike(marks, [mark])
        for ruling, mark in stores.rulings.earlier(marks)
    )
