"""
Cases: their events, and beside them a row for the queue.

Whoever changes a case holds one lock until the commit, so that no two see a queue that is half changed: claiming,
joining and ruling are short, and one after the other.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    false,
    func,
    insert,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy import case as sql_case

from seawall.access.person import Limits
from seawall.cases.case import (
    WAITING,
    Case,
    CaseEvent,
    ItemKind,
    Status,
    after,
    fold,
    item_from,
)
from seawall.cases.likeness import Mark
from seawall.cases.urgency import MOST_SEVERE
from seawall.errors import NotFound
from seawall.storage.bulk import rows_among
from seawall.storage.case_filing import CaseFiling
from seawall.storage.case_rows import (
    CaseBacklog,
    Listed,
    Unseen,
    event_of,
    kinds_beyond,
    listed,
    nothing_to_see,
    row_of,
    unsaid,
    within,
)
from seawall.storage.tables import (
    WAITING_CASES,
    case_counts,
    case_events,
    case_items,
    case_kinds,
    case_signals,
    case_skips,
    cases,
    counters,
    looks,
)

IS_WAITING = text(
    f"cases.{WAITING_CASES}"
)  # spelled out, since a partial index is not found for parameters
PAGE = 400  # values in one IN (…)


class CaseStore:
    """Cases, what is filed under them, and who passed them over."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._filing = CaseFiling(connection)

    def lock(self) -> None:
        """Nobody else changes a case until this transaction ends."""
        self._connection.execute(
            update(counters).where(counters.c.name == "cases").values(value=counters.c.value + 1)
        )

    def open(self, event: CaseEvent) -> Case:
        """A new case, of its first event."""
        case = fold([event])
        self._append(event)
        self._connection.execute(insert(cases).values(row_of(case)))
        self._filing.keep_kinds(case)
        self._filing.file(case, case.items[0])
        return case

    def open_look(self, events: Sequence[CaseEvent]) -> Case:
        """A new case of these events, which nothing joins and which is found by its id and in its queue alone."""
        case = fold(events)
        for event in events:
            self._append(event)
        self._connection.execute(insert(cases).values(row_of(case)))
        self._filing.keep_kinds(case)
        return case

    def record(self, case: Case, event: CaseEvent) -> Case:
        """The case once this has happened to it, written."""
        changed = after(case, event)
        self._append(event)
        self._connection.execute(update(cases).where(cases.c.id == case.id).values(row_of(changed)))
        if event.kind == "joined":
            self._filing.join(case, changed, item_from(event.body["item"]).key)
        elif event.kind == "item-removed":
            gone = case.item(event.body["item"])
            if gone is not None:
                self._filing.unfile(case.id, gone, at=event.at)
            self._filing.keep_kinds(changed)
        elif event.kind == "carried-out":  # nothing joins it any more
            mine = case_signals.c.case == case.id
            self._connection.execute(case_signals.delete().where(mine))
        return changed

    def extend(self, ident: str, *, until: datetime) -> None:
        """A claim lasts until then."""
        self._connection.execute(update(cases).where(cases.c.id == ident).values(until=until))

    def find(self, ident: str) -> Case:
        """
        The case of this id.

        Raises:
            NotFound: There is none.

        """
        return self.history(ident)[0]

    def history(self, ident: str) -> tuple[Case, list[CaseEvent]]:
        """
        The case of this id, and what happened to it, oldest first.

        Raises:
            NotFound: There is none.

        """
        query = select(case_events, cases.c.until).join(cases, cases.c.id == case_events.c.case)
        rows = self._connection.execute(
            query.where(case_events.c.case == ident).order_by(case_events.c.version)
        ).all()
        if not rows:
            raise NotFound(f"There is no case '{ident}'.")
        events = [event_of(row) for row in rows]
        return replace(fold(events), until=rows[0].until), events

    def events(self, ident: str) -> list[CaseEvent]:
        """What happened to a case, oldest first."""
        query = select(case_events).where(case_events.c.case == ident)
        rows = self._connection.execute(query.order_by(case_events.c.version))
        return [event_of(row) for row in rows]

    def page(
        self,
        *,
        limit: int,
        after: tuple[int, int] | None = None,
        statuses: Collection[Status] = WAITING,
        limits: Limits | None = None,
        queue: str | None = None,
        category: str | None = None,
        claimed_by: str | None = None,
        assigned_to: str | None = None,
        reader: str | None = None,
        most_severe: int | None = None,
    ) -> list[Listed]:
        """Cases that follow this urgency and number, most urgent first; without looks at what the reader decided."""
        waiting = set(statuses) == set(WAITING)
        stand = IS_WAITING if waiting else cases.c.status.in_(statuses)
        query = select(cases).where(stand, *within(limits), *unsaid(reader))
        for column, value in (
            (cases.c.queue, queue),
            (cases.c.category, category),
            (cases.c.claimed_by, claimed_by),
            (cases.c.assigned_to, assigned_to),
        ):
            if value is not None:
                query = query.where(column == value)
        if most_severe is not None:
            query = query.where(cases.c.severity <= most_severe)
        if after is not None:
            urgent, number = after
            query = query.where(
                (cases.c.urgency > urgent)
                | and_(cases.c.urgency == urgent, cases.c.number > number)
            )
        rows = self._connection.execute(
            query.order_by(cases.c.urgency, cases.c.number).limit(limit)
        )
        return [listed(row) for row in rows]

    def next_open(
        self,
        person: str,
        *,
        limits: Limits,
        queue: str | None = None,
        category: str | None = None,
        most_severe: int | None = None,
        room: int | None = None,
    ) -> str | None:
        """
        The most urgent open case this person may see and has not skipped; one handed over comes first.

        One more severe than they have `room` for is among them where there is nothing in it to look at.
        """
        skipped = (
            select(case_skips.c.case)
            .where(case_skips.c.case == cases.c.id, case_skips.c.person == person)
            .exists()
        )
        query = (
            select(cases.c.id, cases.c.assigned_to)
            .where(cases.c.status == Status.OPEN, ~skipped, *within(limits))
            .order_by(cases.c.urgency, cases.c.number)
            .limit(1)
        )
        if queue is not None:
            query = query.where(cases.c.queue == queue)
        if category is not None:
            query = query.where(cases.c.category == category)
        if most_severe is not None:
            query = query.where(cases.c.severity <= most_severe)
        if room is not None and room < MOST_SEVERE:
            query = query.where((cases.c.severity <= room) | nothing_to_see())
        handed = query.where(cases.c.assigned_to == person).subquery()
        anybody = query.where(cases.c.assigned_to.is_(None)).subquery()
        either = union_all(handed.select(), anybody.select()).subquery()
        first = select(either.c.id).order_by(either.c.assigned_to.is_(None)).limit(1)
        found: str | None = self._connection.execute(first).scalar()
        return found

    def kept_for(self, person: str) -> list[str]:
        """Cases that this person has claimed, and those that wait for nobody else; oldest first."""
        query = (
            select(cases.c.id)
            .where(
                cases.c.status.in_(WAITING),
                (cases.c.claimed_by == person) | (cases.c.assigned_to == person),
            )
            .order_by(cases.c.number)
        )
        return list(self._connection.execute(query).scalars())

    def ended(self, *statuses: Status, now: datetime, limit: int) -> list[str]:
        """Cases whose status, one of these, has ended by itself."""
        query = (
            select(cases.c.id)
            .where(cases.c.status.in_(statuses), cases.c.until <= now)
            .order_by(cases.c.until)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def skip(self, ident: str, person: str, *, at: datetime) -> None:
        """This person is not offered this case again."""
        known = select(case_skips).where(case_skips.c.case == ident, case_skips.c.person == person)
        if self._connection.execute(known).first() is None:
            self._connection.execute(insert(case_skips).values(case=ident, person=person, at=at))

    def first_items(self, idents: Collection[str]) -> dict[str, tuple[ItemKind, str]]:
        """Kind and name of the first item of each of these cases; of a look, which nothing is filed under, too."""
        filed = (
            select(case_items.c.case, case_items.c.kind, case_items.c.item)
            .where(case_items.c.case.in_(idents), case_items.c.removed_at.is_(None))
            .order_by(case_items.c.number.desc())
        )
        found = {row.case: (row.kind, row.item) for row in self._connection.execute(filed)}
        opening = select(case_events.c.case, case_events.c.body).where(
            case_events.c.case.in_(set(idents) - set(found)), case_events.c.version == 1
        )
        for row in self._connection.execute(opening):
            found[row.case] = (row.body["item"]["kind"], row.body["item"]["id"])
        return {case: (ItemKind(kind), item) for case, (kind, item) in found.items()}

    def nearest_deadlines(self, limits: Limits | None = None) -> dict[str, datetime]:
        """The next deadline of what waits in each queue that has one."""
        query = (
            select(cases.c.queue, func.min(cases.c.deadline).label("next"))
            .where(cases.c.status.in_(WAITING), cases.c.deadline.is_not(None), *within(limits))
            .group_by(cases.c.queue)
        )
        return {row.queue: row.next for row in self._connection.execute(query)}

    def filed_under(self, marks: Sequence[Mark]) -> Iterator[tuple[str, list[Mark]]]:
        """Waiting cases with one of these marks, as `CaseFiling.filed_under`."""
        return self._filing.filed_under(marks)

    def of_uploads(self, uploads: Collection[str]) -> dict[str, str]:
        """The latest case of each of these uploads that is in one."""
        wanted = list(uploads)
        found: dict[str, str] = {}
        for start in range(0, len(wanted), PAGE):
            query = (
                select(case_items.c.upload, case_items.c.case)
                .where(
                    case_items.c.upload.in_(wanted[start : start + PAGE]),
                    case_items.c.removed_at.is_(None),
                )
                .order_by(case_items.c.number)
            )
            found.update((row.upload, row.case) for row in self._connection.execute(query))
        return found

    def waiting_for(self, uploads: Collection[str]) -> set[str]:
        """Those of these uploads that a person is still to rule on."""
        query = (
            select(case_items.c.upload)
            .join(cases, cases.c.id == case_items.c.case)
            .where(
                case_items.c.upload.in_(uploads),
                case_items.c.removed_at.is_(None),
                cases.c.status.in_(WAITING),
            )
        )
        return set(self._connection.execute(query).scalars())

    def of_item(self, item: str) -> list[Listed]:
        """Every case this item is or was in, newest first."""
        return self._with(case_items.c.item == item)

    def of_upload(self, upload: str) -> list[Listed]:
        """Every case this upload is or was in, newest first."""
        return self._with(case_items.c.upload == upload)

    def of_user(self, user: str, *, limit: int) -> list[Listed]:
        """The latest cases about what this user uploaded, or about the user, newest first."""
        theirs = case_items.c.uploader == user
        itself = (case_items.c.kind == ItemKind.USER) & (case_items.c.item == user)
        return self._with(theirs | itself, limit=limit)

    def items_of_user(
        self, user: str, *, among: Collection[str], limit: int
    ) -> list[tuple[str, str | None]]:
        """The latest items of this user that came into one of these cases, each with its upload, newest first."""
        query = (
            select(case_items.c.item, case_items.c.upload, func.max(case_items.c.number))
            .where(case_items.c.uploader == user, case_items.c.case.in_(among))
            .group_by(case_items.c.item, case_items.c.upload)
            .order_by(func.max(case_items.c.number).desc())
            .limit(limit)
        )
        return [(row.item, row.upload) for row in self._connection.execute(query)]

    def opened_since(self, since: datetime, *, limit: int) -> list[datetime]:
        """When cases were opened, of the latest `limit` of them, so that it stays quick."""
        latest = select(cases.c.opened_at).order_by(cases.c.number.desc()).limit(limit).subquery()
        query = select(latest).where(latest.c.opened_at >= since)
        return list(self._connection.execute(query).scalars())

    def last(self) -> int:
        """The number of the latest case; 0 where there is none."""
        return self._connection.execute(select(func.max(cases.c.number))).scalar() or 0

    def last_event(self) -> int:
        """The number of the last thing that happened to any case; 0 where nothing has."""
        return self._connection.execute(select(func.max(case_events.c.number))).scalar() or 0

    def opened_after(
        self, number: int, *, limits: Limits | None = None, reader: str | None = None
    ) -> int:
        """How many of the cases that came after this one still wait, as `page` shows them to the reader."""
        later = select(func.count()).where(cases.c.number > number, cases.c.status.in_(WAITING))
        return self._connection.execute(later.where(*within(limits), *unsaid(reader))).scalar() or 0

    def standing(self, ident: str) -> Listed | None:
        """The case of this id as a queue shows it."""
        row = self._connection.execute(select(cases).where(cases.c.id == ident)).first()
        return listed(row) if row else None

    def named(self, idents: Collection[str]) -> dict[str, Listed]:
        """Those of these cases that there are, by id."""
        rows = rows_among(self._connection, cases.c.id, list(idents))
        return {row.id: listed(row) for row in rows}

    def counts(self) -> dict[Status, int]:
        """How many cases there are in each status."""
        query = select(cases.c.status, func.count()).group_by(cases.c.status)
        return {Status(status): count for status, count in self._connection.execute(query)}

    def _with(self, wanted: ColumnElement[bool], *, limit: int | None = None) -> list[Listed]:
        """Cases with an item like this, newest first."""
        having = select(case_items.c.case).where(wanted)
        query = select(cases).where(cases.c.id.in_(having)).order_by(cases.c.number.desc())
        return [listed(row) for row in self._connection.execute(query.limit(limit))]

    def waiting(
        self, limits: Limits | None = None, *, reader: str | None = None
    ) -> dict[tuple[str, str | None, Status], int]:
        """How many cases wait in each queue, category and status, as `page` shows them to the reader."""
        limits = limits or Limits()
        found = Counter[tuple[str, str | None, Status]]()
        for row in self._connection.execute(select(case_counts)):
            category, territory = row.category or None, row.territory or None
            if limits.allow(queue=row.queue, category=category, territory=territory):
                found[row.queue, category, Status(row.status)] += row.waiting
        for row in (*self._counted_beyond(limits), *self._counted_said(limits, reader)):
            found[row.queue, row.category, Status(row.status)] -= row.waiting
        return {group: count for group, count in found.items() if count}

    def backlogs(self, *, now: datetime) -> dict[str, CaseBacklog]:
        """What waits in each queue that has anything waiting."""

        def counted(wanted: ColumnElement[bool]) -> ColumnElement[int]:
            return func.sum(sql_case((wanted, 1), else_=0))

        query = (
            select(
                cases.c.queue,
                counted(cases.c.status == Status.OPEN).label("open"),
                counted(cases.c.status == Status.CLAIMED).label("claimed"),
                counted(cases.c.status == Status.HELD).label("held"),
                counted(cases.c.deadline <= now).label("overdue"),
                func.min(cases.c.opened_at).label("oldest_at"),
            )
            .where(cases.c.status.in_(WAITING))
            .group_by(cases.c.queue)
        )
        return {
            row.queue: CaseBacklog(
                **{name: getattr(row, name) for name in CaseBacklog.__dataclass_fields__}
            )
            for row in self._connection.execute(query)
        }

    def _counted(self, *wanted: ColumnElement[bool]) -> Iterable[Row[Any]]:
        """How many of these cases wait in each queue, category and status."""
        groups = (cases.c.queue, cases.c.category, cases.c.status)
        query = (
            select(*groups, func.count().label("waiting"))
            .where(IS_WAITING, *wanted)
            .group_by(*groups)
        )
        return self._connection.execute(query)

    def _counted_beyond(self, limits: Limits) -> Iterable[Row[Any]]:
        """How many wait within the limits but for what else they are of."""
        beyond = list(kinds_beyond(limits))
        if beyond:
            others = select(case_kinds.c.case).where(or_(*beyond))
            yield from self._counted(cases.c.id.in_(others), *within(limits, also=False))

    def _counted_said(self, limits: Limits, reader: str | None) -> Iterable[Row[Any]]:
        """The same of looks within the limits at what this reader has decided already."""
        if reader is not None:
            of_looks = cases.c.id.in_(select(looks.c.case))
            yield from self._counted(of_looks, ~and_(*unsaid(reader)), *within(limits))

    def beyond(self, limits: Collection[Limits]) -> list[Unseen]:
        """What waits, and nobody has, that is within none of these limits; the largest groups first."""
        groups = (cases.c.queue, cases.c.category, cases.c.territory)
        query = (
            select(*groups, func.count().label("waiting"))
            .where(IS_WAITING, cases.c.status != Status.CLAIMED)
            .where(*(~func.coalesce(and_(true(), *within(each)), false()) for each in limits))
            .group_by(*groups)
            .order_by(func.count().desc(), *groups)
        )
        return [Unseen(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - a row's public mapping, despite its name

    def allowed(self, idents: Collection[str], limits: Limits) -> set[str]:
        """Those of these cases that are within the limits with everything that is in them."""
        wanted, found = list(idents), set[str]()
        for start in range(0, len(wanted), PAGE):
            some = cases.c.id.in_(wanted[start : start + PAGE])
            query = select(cases.c.id).where(some, *within(limits))
            found.update(self._connection.execute(query).scalars())
        return found

    def _append(self, event: CaseEvent) -> None:
        self._connection.execute(insert(case_events).values(**asdict(event)))
