"""What people have said of cases that are decided twice, and of golden items."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from seawall.cases.golden import Golden
from seawall.cases.second_review import Answer, Review, Stage
from seawall.errors import NotFound
from seawall.storage.tables import answers, golden_answers, goldens, second_reviews


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


class QualityStore:
    """Reviews with their answers; golden items with theirs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
            update(second_reviews)
            .where(second_reviews.c.case == case)
            .values(stage=review.stage, stands=review.stands)
        )

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

    def waiting(self, person: str, *, limit: int) -> list[str]:
        """Cases that want a second or third word, which this person may say; the oldest first."""
        said = exists().where(answers.c.case == second_reviews.c.case, answers.c.person == person)
        query = (
            select(second_reviews.c.case)
            .where(second_reviews.c.stage.in_((Stage.SECOND, Stage.THIRD)), ~said)
            .order_by(second_reviews.c.at, second_reviews.c.case)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

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

    def goldens(self, queue: str) -> list[Golden]:
        """The items of a queue."""
        query = select(goldens).where(goldens.c.queue == queue, goldens.c.removed_at.is_(None))
        return [_golden(row) for row in self._connection.execute(query.order_by(goldens.c.id))]

    def seen(self, person: str) -> set[str]:
        """The items that this person has answered."""
        query = select(golden_answers.c.golden).where(golden_answers.c.person == person)
        return set(self._connection.execute(query).scalars())

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
            select(
                goldens,
                golden_answers.c.person,
                golden_answers.c.decision.label("said"),
            )
            .join(golden_answers, golden_answers.c.golden == goldens.c.id)
            .where(golden_answers.c.at >= since)
            .order_by(golden_answers.c.at, goldens.c.id, golden_answers.c.person)
        )
        for row in self._connection.execute(query):
            yield Tried(golden=_golden(row), person=row.person, decision=row.said)

    def _reviewed(self, row: Row[Any]) -> Reviewed:
        return Reviewed(case=row.case, queue=row.queue, policy=row.policy, review=self._review(row))

    def _review(self, row: Row[Any]) -> Review:
        query = select(answers).where(answers.c.case == row.case).order_by(answers.c.place)
        said = tuple(
            Answer(person=each.person, decision=each.decision)
            for each in self._connection.execute(query)
        )
        return Review(twice=row.twice, answers=said)


def _golden(row: Row[Any]) -> Golden:
    return Golden(**{name: getattr(row, name) for name in Golden.__dataclass_fields__})


def _no_golden(ident: str) -> NotFound:
    return NotFound(f"There is no golden item '{ident}'.")
