"""
Cases: their events, and beside them a row for the queue.

Whoever changes a case holds one lock until the commit, so that no two see a queue that is half changed: claiming,
joining and ruling are short, and one after the other.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy import case as sql_case

from seawall.access.person import Limits
from seawall.cases.case import (
    MOST_ITEMS,
    WAITING,
    Case,
    CaseEvent,
    Item,
    ItemKind,
    Status,
    after,
    fold,
    item_from,
)
from seawall.cases.likeness import Mark, marks_of, own_mark
from seawall.cases.urgency import MOST_SEVERE, SEVERE, urgency
from seawall.errors import NotFound
from seawall.media.media import Kind
from seawall.storage.bulk import rows_among
from seawall.storage.sealed import PASSAGE
from seawall.storage.tables import (
    WAITING_CASES,
    answers,
    case_events,
    case_items,
    case_kinds,
    case_signals,
    case_skips,
    cases,
    counters,
    golden_answers,
    looks,
    sealed_media,
)

CANDIDATES = 100  # cases that one item may be compared with
COMPARED = 10  # of them at once
IS_WAITING = text(
    f"cases.{WAITING_CASES}"
)  # spelled out, since a partial index is not found for parameters
PAGE = 400  # values in one IN (…)


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


class CaseStore:
    """Cases, what is filed under them, and who passed them over."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        self._keep_kinds(case)
        self._file(case, case.items[0])
        return case

    def open_look(self, events: Sequence[CaseEvent]) -> Case:
        """A new case of these events, which nothing joins and which is found by its id and in its queue alone."""
        case = fold(events)
        for event in events:
            self._append(event)
        self._connection.execute(insert(cases).values(row_of(case)))
        self._keep_kinds(case)
        return case

    def record(self, case: Case, event: CaseEvent) -> Case:
        """The case once this has happened to it, written."""
        changed = after(case, event)
        self._append(event)
        self._connection.execute(update(cases).where(cases.c.id == case.id).values(row_of(changed)))
        if event.kind == "joined":
            self._join(case, changed, item_from(event.body["item"]).key)
        elif event.kind == "item-removed":
            gone = case.item(event.body["item"])
            if gone is not None:
                self._unfile(case.id, gone, at=event.at)
            self._keep_kinds(changed)
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
        row = self._connection.execute(select(cases.c.until).where(cases.c.id == ident)).first()
        if row is None:
            raise NotFound(f"There is no case '{ident}'.")
        return replace(fold(self.events(ident)), until=row.until)

    def events(self, ident: str) -> list[CaseEvent]:
        """What happened to a case, oldest first."""
        query = select(case_events).where(case_events.c.case == ident)
        return [
            CaseEvent(
                case=row.case,
                version=row.version,
                at=row.at,
                actor=row.actor,
                kind=row.kind,
                body=row.body,
            )
            for row in self._connection.execute(query.order_by(case_events.c.version))
        ]

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
            select(cases.c.id)
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
        handed = query.where(cases.c.assigned_to == person)
        anybody = query.where(cases.c.assigned_to.is_(None))
        found: str | None = (
            self._connection.execute(handed).scalar() or self._connection.execute(anybody).scalar()
        )
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

    def ended(self, status: Status, *, now: datetime, limit: int) -> list[str]:
        """Cases whose status has ended by itself."""
        query = (
            select(cases.c.id)
            .where(cases.c.status == status, cases.c.until <= now)
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
        """
        Waiting cases with one of these marks, and which of their marks these are.

        First those that have the first mark, then those with another that counts by itself, then the rest.
        """
        alone = [mark.digest for mark in marks if mark.signal is None]
        for digests in (alone[:1], alone[1:], [mark.digest for mark in marks if mark.signal]):
            found = self._having(digests)
            for start in range(0, len(found), COMPARED):
                theirs = self._marks_among(digests, found[start : start + COMPARED])
                yield from theirs.items()

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
        for row in self._counted():
            if limits.allow(queue=row.queue, category=row.category, territory=row.territory):
                found[row.queue, row.category, Status(row.status)] += row.waiting
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
        """How many cases wait in each queue, category and status, by territory; read from an index alone."""
        groups = (cases.c.queue, cases.c.category, cases.c.territory, cases.c.status)
        query = (
            select(*groups, func.count().label("waiting"))
            .where(IS_WAITING, *wanted)
            .group_by(*groups)
        )
        return self._connection.execute(query)

    def _counted_beyond(self, limits: Limits) -> Iterable[Row[Any]]:
        """The same of those within the limits but for what else they are of."""
        beyond = list(_beyond(limits))
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

    def _having(self, digests: Sequence[bytes]) -> list[str]:
        """Waiting cases with a mark of these, oldest first; no more than a few."""
        found: dict[int, str] = {}
        for start in range(0, len(digests), PAGE):
            query = (
                select(cases.c.number, cases.c.id)
                .join(case_signals, cases.c.id == case_signals.c.case)
                .where(
                    case_signals.c.digest.in_(digests[start : start + PAGE]),
                    cases.c.status.in_(WAITING),
                )
                .distinct()
                .limit(CANDIDATES)  # in no order: asked for one, a planner walks all cases in it
            )
            found.update((row.number, row.id) for row in self._connection.execute(query))
        return [found[number] for number in sorted(found)]

    def _marks_among(self, digests: Sequence[bytes], among: Sequence[str]) -> dict[str, list[Mark]]:
        """Which of these marks each of these cases has, in the order of the cases."""
        found: dict[str, list[Mark]] = {ident: [] for ident in among}
        columns = (case_signals.c.case, case_signals.c.digest, case_signals.c.signal)
        for start in range(0, len(digests), PAGE):
            query = (
                select(*columns)
                .where(
                    case_signals.c.case.in_(among),
                    case_signals.c.digest.in_(digests[start : start + PAGE]),
                )
                .distinct()
            )
            for row in self._connection.execute(query):
                found[row.case].append(Mark(row.digest, row.signal))
        return found

    def _join(self, before: Case, case: Case, key: str) -> None:
        """File what has joined; from a full case on, only what is in it already finds it."""
        known, item = before.item(key), next(each for each in case.items if each.key == key)
        if known is not None:
            self._unfile(case.id, known)
        self._file(case, item)
        self._keep_kinds(case)
        if len(case.items) >= MOST_ITEMS:
            kept = [own_mark(each).digest for each in case.items]
            mine = case_signals.c.case == case.id
            self._connection.execute(
                case_signals.delete().where(mine, case_signals.c.digest.not_in(kept))
            )

    def _file(self, case: Case, item: Item) -> None:
        self._connection.execute(
            insert(case_items).values(
                case=case.id,
                item=item.id,
                kind=item.kind,
                upload=item.upload,
                uploader=item.uploader,
            )
        )
        self._connection.execute(
            insert(case_signals),
            [{"case": case.id, "item": item.key, **asdict(mark)} for mark in marks_of(item)],
        )

    def _keep_kinds(self, case: Case) -> None:
        """Write down what a case is of besides the one category and territory that its row names."""
        more = {
            "category": {*case.categories} - {case.category},
            "territory": {*case.territories} - {case.territory},
        }
        if case.version > 1:
            mine = case_kinds.c.case == case.id
            self._connection.execute(case_kinds.delete().where(mine))
        rows = [
            {"case": case.id, "what": what, "name": name}
            for what, names in more.items()
            for name in sorted(names)
        ]
        if rows:
            self._connection.execute(insert(case_kinds), rows)

    def _unfile(self, ident: str, item: Item, *, at: datetime | None = None) -> None:
        """Forget what an item is filed under; with `at` it stays known that it was in the case."""
        self._connection.execute(
            case_signals.delete().where(
                case_signals.c.case == ident, case_signals.c.item == item.key
            )
        )
        mine = and_(
            case_items.c.case == ident,
            case_items.c.kind == item.kind,
            case_items.c.item == item.id,
            case_items.c.upload.is_not_distinct_from(item.upload),
            case_items.c.removed_at.is_(None),
        )
        if at is None:
            self._connection.execute(case_items.delete().where(mine))
        else:
            self._connection.execute(update(case_items).where(mine).values(removed_at=at))


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
    """What a query of cases asks for so that nobody has to look at media; mild texts and waveforms cost nothing."""
    read = (sealed_media.c.media_type == PASSAGE) | (sealed_media.c.kind == Kind.TEXT)
    graphic = (sealed_media.c.kind != Kind.SOUND) & (~read | (cases.c.severity >= SEVERE))
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
        yield from (~exists().where(same, beyond) for beyond in _beyond(limits))


def _beyond(limits: Limits) -> Iterable[ColumnElement[bool]]:
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


def listed(row: Row[Any], prefix: str = "") -> Listed:
    """The case of a row whose columns begin with this."""
    fields = {name: getattr(row, prefix + name) for name in Listed.__dataclass_fields__}
    return Listed(**fields | {"status": Status(fields["status"])})
