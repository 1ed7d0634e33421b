"""What people have said of cases that are decided twice and of golden items, and what matches were worth."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    delete,
    func,
    insert,
    not_,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from seawall.cases.case import Status
from seawall.cases.golden import Golden
from seawall.cases.second_review import Answer, Look, Pending, Review, Stage
from seawall.errors import NotFound
from seawall.policy.interval import Share
from seawall.storage.tables import (
    answers,
    cases,
    golden_answers,
    goldens,
    looks,
    ruled_matches,
    rulings,
    second_reviews,
)

BY = ("policy", "source", "bank", "entry")
"""What the precision of matches is told by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A case with everything that was said of it."""

    case: str
    queue: str
    policy: str
    review: Review


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a person said of a golden item."""

    golden: Golden
    person: str
    decision: str

    @property
    def right(self) -> bool:
        """Whether it is the known answer."""
        return self.decision == self.golden.decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How often what was near an entry of this policy, source, bank or entry was what it is said to be."""

    name: str
    bank: str | None  # of an entry
    right: Share  # rulings, by what they found


class QualityStore:
    """Reviews with their answers; golden items with theirs; the looks that ask for both; matches that were ruled on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._looks: dict[
            str, Look | None
        ] = {}  # asked for in this transaction; a case never becomes one

    def begin(self, case: str, *, queue: str, policy: str, twice: bool, at: datetime) -> Review:
        """The review of this case, perhaps new; nobody else changes it until this transaction ends."""
        values = {
            "case": case,
            "queue": queue,
            "policy": policy,
            "twice": twice,
            "stage": Stage.FIRST,
            "at": at,
        }
        maker = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        self._connection.execute(
            maker.insert(second_reviews).values(values).on_conflict_do_nothing()
        )
        row = self._connection.execute(
            select(second_reviews).where(second_reviews.c.case == case).with_for_update()
        ).one()
        return self._review(row)

    def add_answer(self, case: str, review: Review, *, at: datetime) -> None:
        """Remember the last word of this review."""
        said = review.answers[-1]
        self._connection.execute(
            insert(answers).values(
                case=case,
                place=len(review.answers),
                person=said.person,
                decision=said.decision,
                at=at,
            )
        )
        self._connection.execute(
            update(second_reviews).where(second_reviews.c.case == case).values(stage=review.stage)
        )

    def was_begun(self, case: str) -> bool:
        """Whether somebody's word on this case was written down."""
        query = select(second_reviews.c.case).where(second_reviews.c.case == case)
        return self._connection.execute(query).first() is not None

    def find(self, case: str) -> Reviewed:
        """
        The review of this case.

        Raises:
            NotFound: Nobody has decided it yet.

        """
        query = select(second_reviews).where(second_reviews.c.case == case)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"Nobody has decided the case '{case}' yet.")
        return self._reviewed(row)

    def count_waiting(self) -> int:
        """How many cases want a second or third word."""
        waits = second_reviews.c.stage.in_((Stage.SECOND, Stage.THIRD))
        return self._connection.execute(select(func.count()).where(waits)).scalar_one()

    def twice(self, *, since: datetime) -> Iterator[Reviewed]:
        """Cases drawn for a second review since then that have at least two words, in one query."""
        query = (
            select(second_reviews, answers.c.place, answers.c.person, answers.c.decision)
            .join(answers, answers.c.case == second_reviews.c.case)
            .where(second_reviews.c.twice, second_reviews.c.at >= since)
            .order_by(second_reviews.c.at, second_reviews.c.case, answers.c.place)
        )
        found: dict[str, tuple[Row[Any], list[Answer]]] = {}
        for row in self._connection.execute(query):
            said = found.setdefault(row.case, (row, []))[1]
            said.append(Answer(person=row.person, decision=row.decision))
        for case, (row, said) in found.items():
            if len(said) > 1:
                review = Review(twice=True, answers=tuple(said))
                yield Reviewed(case=case, queue=row.queue, policy=row.policy, review=review)

    def put_golden(self, golden: Golden, *, at: datetime) -> None:
        """Remember a golden item."""
        values = {name: getattr(golden, name) for name in Golden.__dataclass_fields__}
        self._connection.execute(insert(goldens).values(values | {"at": at}))

    def remove_golden(self, ident: str, *, at: datetime) -> None:
        """
        The item is shown to nobody any more; what was said of it stays.

        Raises:
            NotFound: There is none.

        """
        query = update(goldens).where(goldens.c.id == ident, goldens.c.removed_at.is_(None))
        if self._connection.execute(query.values(removed_at=at)).rowcount == 0:
            raise _no_golden(ident)

    def golden(self, ident: str) -> Golden:
        """
        The item of this id, also one that was removed.

        Raises:
            NotFound: There is none.

        """
        row = self._connection.execute(select(goldens).where(goldens.c.id == ident)).one_or_none()
        if row is None:
            raise _no_golden(ident)
        return _golden(row)

    def goldens(self, queue: str | None = None) -> list[Golden]:
        """The items of a queue, or of all."""
        query = select(goldens).where(goldens.c.removed_at.is_(None))
        if queue is not None:
            query = query.where(goldens.c.queue == queue)
        return [_golden(row) for row in self._connection.execute(query.order_by(goldens.c.id))]

    def seen(self, person: str) -> set[str]:
        """The items that were laid before this person, or answered by them."""
        answered = select(golden_answers.c.golden).where(golden_answers.c.person == person)
        laid = select(looks.c.golden).where(looks.c.person == person)
        return set(self._connection.execute(answered.union(laid)).scalars())

    def add_look(self, look: Look) -> None:
        """Remember what a case is there for."""
        values = {name: getattr(look, name) for name in Look.__dataclass_fields__}
        self._connection.execute(insert(looks).values(values))
        self._looks[look.case] = look

    def look(self, case: str) -> Look | None:
        """What this case is there for; None: a ruling on it is carried out."""
        if case not in self._looks:
            query = select(looks).where(looks.c.case == case)
            row = self._connection.execute(query).one_or_none()
            self._looks[case] = None if row is None else _look(row)
        return self._looks[case]

    def who_said(self, look: Look) -> set[str]:
        """Who has said already what this look asks for."""
        of_case = select(answers.c.person).where(answers.c.case == look.review)
        of_golden = select(golden_answers.c.person).where(golden_answers.c.golden == look.golden)
        return set(self._connection.execute(of_case.union(of_golden)).scalars())

    def pending(self, among: Collection[str]) -> list[Pending]:
        """The looks that wait for a word and are about one of these cases, or are one of them."""
        made_of = select(goldens.c.id).where(goldens.c.made_of.in_(among))
        named = select(looks).where(
            looks.c.case.in_(among) | looks.c.review.in_(among) | looks.c.golden.in_(made_of)
        )
        found = [_look(row) for row in self._connection.execute(named)]
        known = {look.case: look for look in found}
        self._looks |= {case: known.get(case) for case in among}
        reviews = {look.review for look in found if look.review is not None}
        golden = {look.golden for look in found if look.golden is not None}
        return self._pending(reviews, golden) if found else []

    def pending_of(self, person: str) -> list[Pending]:
        """The looks that this person decides now."""
        held = select(looks.c.case).join(cases, cases.c.id == looks.c.case)
        mine = held.where(cases.c.claimed_by == person, cases.c.status == Status.CLAIMED)
        found = self.pending(list(self._connection.execute(mine).scalars()))
        return [each for each in found if each.holder == person]

    def add_golden_answer(self, ident: str, answer: Answer, *, at: datetime) -> bool:
        """Whether this person's answer is remembered; a second one is not."""
        maker = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        query = maker.insert(golden_answers).values(
            golden=ident, person=answer.person, decision=answer.decision, at=at
        )
        kept = query.on_conflict_do_nothing().returning(golden_answers.c.golden)
        return self._connection.execute(kept).one_or_none() is not None

    def tried(self, *, since: datetime) -> Iterator[Tried]:
        """What was said of golden items since then."""
        query = (
            self._tries()
            .where(golden_answers.c.at >= since)
            .order_by(golden_answers.c.at, goldens.c.id, golden_answers.c.person)
        )
        for row in self._connection.execute(query):
            yield _tried(row)

    def told(self, look: Look, person: str) -> Tried | None:
        """What this person said of the golden item of a look, if it is one and they did."""
        query = self._tries().where(goldens.c.id == look.golden, golden_answers.c.person == person)
        row = self._connection.execute(query).one_or_none()
        return _tried(row) if row is not None else None

    def lately_told(self, person: str, *, since: datetime, limit: int) -> list[tuple[str, Tried]]:
        """What this person said of golden items since then, newest first, each with its case."""
        mine = (looks.c.golden == goldens.c.id) & (looks.c.person == golden_answers.c.person)
        query = (
            self._tries()
            .add_columns(looks.c.case)
            .join(looks, mine)
            .where(golden_answers.c.person == person, golden_answers.c.at >= since)
            .order_by(golden_answers.c.at.desc(), goldens.c.id)
            .limit(limit)
        )
        return [(row.case, _tried(row)) for row in self._connection.execute(query)]

    def add_matches(
        self,
        ruling: str,
        entries: Mapping[str, str],
        *,
        source: str,
        policy: str,
        right: bool,
        at: datetime,
    ) -> None:
        """What a ruling found of these entries, by entry with its bank."""
        same = {"ruling": ruling, "source": source, "policy": policy, "right": right, "at": at}
        rows = [{**same, "entry": entry, "bank": bank} for entry, bank in entries.items()]
        if rows:
            self._connection.execute(insert(ruled_matches), rows)

    def turn_matches(self, ruling: str) -> None:
        """The ruling was wrong, and so the opposite is true of what it was near."""
        query = update(ruled_matches).where(ruled_matches.c.ruling == ruling)
        self._connection.execute(query.values(right=not_(ruled_matches.c.right)))

    def drop_matches(self, ruling: str) -> None:
        """Another ruling says what was true."""
        self._connection.execute(delete(ruled_matches).where(ruled_matches.c.ruling == ruling))

    def precision(self, by: str, *, since: datetime, limit: int) -> list[Precision]:
        """How often matches were right since then, by one of `BY`; what was wrong most often first."""
        name = ruled_matches.c[by]
        bank = func.min(ruled_matches.c.bank) if by == "entry" else null()
        trials = func.count(ruled_matches.c.ruling.distinct())
        hits = trials.filter(ruled_matches.c.right)
        query = (
            select(name.label("name"), bank.label("bank"), trials.label("of"), hits.label("hits"))
            .where(ruled_matches.c.at >= since)
            .group_by(name)
            .order_by((trials - hits).desc(), trials.desc(), name)
            .limit(limit)
        )
        return [
            Precision(name=row.name, bank=row.bank, right=Share(row.hits, row.of))
            for row in self._connection.execute(query)
        ]

    def precision_of(self, entry: str) -> Share:
        """How often what was near this entry was ruled to be what it is said to be, ever."""
        trials = func.count(ruled_matches.c.ruling.distinct())
        hits = trials.filter(ruled_matches.c.right)
        row = self._connection.execute(
            select(trials.label("of"), hits.label("hits")).where(ruled_matches.c.entry == entry)
        ).one()
        return Share(row.hits, row.of)

    def _tries(self) -> Select[Any]:
        return select(
            goldens, golden_answers.c.person, golden_answers.c.decision.label("said")
        ).join(golden_answers, golden_answers.c.golden == goldens.c.id)

    def _pending(self, reviews: Collection[str], golden: Collection[str]) -> list[Pending]:
        query = (
            select(
                looks,
                cases.c.status,
                func.coalesce(cases.c.claimed_by, rulings.c.by).label("holder"),
                func.coalesce(looks.c.review, goldens.c.made_of).label("source"),
            )
            .join(cases, cases.c.id == looks.c.case)
            .outerjoin(rulings, rulings.c.id == cases.c.ruling)
            .outerjoin(goldens, goldens.c.id == looks.c.golden)
            .where(looks.c.review.in_(reviews) | looks.c.golden.in_(golden))
        )
        rows = self._connection.execute(query).all()
        closed, said = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        for row in rows:
            if row.status == Status.CLOSED:
                closed[row.review or row.golden].add(row.case)
        told = select(answers.c.case.label("about"), answers.c.person)
        known = select(golden_answers.c.golden, golden_answers.c.person)
        for about, person in self._connection.execute(
            told.where(answers.c.case.in_(reviews)).union_all(
                known.where(golden_answers.c.golden.in_(golden))
            )
        ):
            said[about].add(person)
        rulers, contested = self._ruled({row.source for row in rows if row.source is not None})
        return [
            Pending(
                look=_look(row),
                source=row.source,
                others=frozenset(closed[row.review or row.golden]),
                holder=row.holder,
                ruled=row.status == Status.RULED,
                said=frozenset(said[row.review or row.golden]),
                rulers=frozenset(rulers[row.source]),
                contested=row.source in contested,
            )
            for row in rows
            if row.status != Status.CLOSED
        ]

    def _ruled(self, sources: Collection[str]) -> tuple[Mapping[str, set[str]], set[str]]:
        """Who has ruled on these cases, and which of them somebody wants restored."""
        rulers, contested = defaultdict[str, set[str]](set), set[str]()
        for row in self._connection.execute(select(rulings).where(rulings.c.case.in_(sources))):
            rulers[row.case].add(row.by)
            if row.restore_asked_by is not None and row.undone_at is None:
                contested.add(row.case)
        return rulers, contested

    def _reviewed(self, row: Row[Any]) -> Reviewed:
        return Reviewed(case=row.case, queue=row.queue, policy=row.policy, review=self._review(row))

    def _review(self, row: Row[Any]) -> Review:
        query = select(answers).where(answers.c.case == row.case).order_by(answers.c.place)
        said = tuple(
            Answer(person=each.person, decision=each.decision)
            for each in self._connection.execute(query)
        )
        return Review(twice=row.twice, answers=said)


def _look(row: Row[Any]) -> Look:
    return Look(**{name: getattr(row, name) for name in Look.__dataclass_fields__})


def _golden(row: Row[Any]) -> Golden:
    return Golden(**{name: getattr(row, name) for name in Golden.__dataclass_fields__})


def _tried(row: Row[Any]) -> Tried:
    return Tried(golden=_golden(row), person=row.person, decision=row.said)


def _no_golden(ident: str) -> NotFound:
    return NotFound(f"There is no golden item '{ident}'.")
