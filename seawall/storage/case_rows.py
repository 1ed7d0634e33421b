"""A case as the queue keeps it, and what a query asks for so that somebody sees what they may."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    exists,
    func,
    select,
)

from seawall.access.person import Limits
from seawall.cases.case import (
    Case,
    CaseEvent,
    Status,
)
from seawall.cases.urgency import SEVERE, urgency
from seawall.storage.sealed import PASSAGE
from seawall.storage.tables import (
    answers,
    case_kinds,
    cases,
    golden_answers,
    looks,
    sealed_media,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A case as a queue shows it."""

    number: int
    id: str
    status: Status
    queue: str
    category: str | None
    territory: str | None
    severity: int
    confidence: int
    reach: int
    urgency: int
    deadline: datetime | None
    opened_at: datetime
    claimed_by: str | None
    assigned_to: str | None
    until: datetime | None
    ruling: str | None
    items: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseBacklog:
    """What waits in one queue."""

    open: int
    claimed: int
    held: int
    overdue: int  # of all of these
    oldest_at: datetime  # when the oldest was opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Cases that wait and that some people may not see, which are alike in what limits ask for."""

    queue: str
    category: str | None
    territory: str | None
    waiting: int


def unsaid(person: str | None) -> Iterable[ColumnElement[bool]]:
    """What a query of cases asks for so that it leaves out looks at what this person has decided already."""
    if person is None:
        return
    mine = looks.c.case == cases.c.id
    review = select(looks.c.case).join(answers, answers.c.case == looks.c.review)
    golden = select(looks.c.case).join(golden_answers, golden_answers.c.golden == looks.c.golden)
    held = func.coalesce(cases.c.claimed_by, "") == person
    yield held | ~review.where(mine, answers.c.person == person).exists()
    yield held | ~golden.where(mine, golden_answers.c.person == person).exists()


def nothing_to_see() -> ColumnElement[bool]:
    """What a query of cases asks for so that nobody has to look at media; mild passages are read at no cost."""
    graphic = (sealed_media.c.media_type != PASSAGE) | (cases.c.severity >= SEVERE)
    kept = exists().where(
        sealed_media.c.case == cases.c.id, sealed_media.c.path.is_not(None), graphic
    )
    return ~kept & ~exists().where(looks.c.case == cases.c.id)  # a look has what another case keeps


def within(limits: Limits | None, *, also: bool = True) -> Iterable[ColumnElement[bool]]:
    """What a query of cases asks for so that it stays within these limits; `also` in what else the cases are of."""
    if limits is None:
        return
    if limits.queues is not None:
        yield cases.c.queue.in_(limits.queues)
    if limits.categories is not None:
        yield cases.c.category.in_(limits.categories)
    if limits.territories is not None:
        yield cases.c.territory.is_(None) | cases.c.territory.in_(limits.territories)
    if also:
        same = case_kinds.c.case == cases.c.id
        yield from (~exists().where(same, beyond) for beyond in kinds_beyond(limits))


def kinds_beyond(limits: Limits) -> Iterable[ColumnElement[bool]]:
    """What else a case may be of that is not within these limits."""
    for what, names in (("category", limits.categories), ("territory", limits.territories)):
        if names is not None:
            yield and_(case_kinds.c.what == what, case_kinds.c.name.not_in(names))


def row_of(case: Case) -> dict[str, Any]:
    """A case as the queue keeps it."""
    return {
        "id": case.id,
        "status": case.status,
        "queue": case.queue,
        "category": case.category,
        "territory": case.territory,
        "severity": case.severity,
        "confidence": case.confidence,
        "reach": case.reach,
        "urgency": urgency(
            deadline=case.deadline,
            severity=case.severity,
            confidence=case.confidence,
            reach=case.reach,
            opened_at=case.opened_at,
        ),
        "deadline": case.deadline,
        "opened_at": case.opened_at,
        "claimed_by": case.claimed_by,
        "assigned_to": case.assigned_to,
        "until": case.until,
        "ruling": case.ruling,
        "items": len(case.items),
        "version": case.version,
    }


def event_of(row: Row[Any]) -> CaseEvent:
    """What a row says happened to a case."""
    return CaseEvent(**{name: getattr(row, name) for name in CaseEvent.__dataclass_fields__})


def listed(row: Row[Any], prefix: str = "") -> Listed:
    """The case of a row whose columns begin with this."""
    fields = {name: getattr(row, prefix + name) for name in Listed.__dataclass_fields__}
    return Listed(**fields | {"status": Status(fields["status"])})
