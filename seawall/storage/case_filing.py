"""What cases are filed under: their items, the signals by which another item finds them, and what else they are of."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import (
    Connection,
    and_,
    insert,
    select,
    update,
)

from seawall.cases.case import (
    MOST_ITEMS,
    WAITING,
    Case,
    Item,
)
from seawall.cases.likeness import Mark, marks_of, own_mark
from seawall.storage.tables import (
    case_items,
    case_kinds,
    case_signals,
    cases,
)

CANDIDATES = 100  # cases that one item may be compared with
COMPARED = 10  # of them at once
PAGE = 400  # values in one IN (…)


class CaseFiling:
    """The rows beside a case by which it is found."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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

    def join(self, before: Case, case: Case, key: str) -> None:
        """File what has joined; from a full case on, only what is in it already finds it."""
        known, item = before.item(key), next(each for each in case.items if each.key == key)
        if known is not None:
            self.unfile(case.id, known)
        self.file(case, item)
        self.keep_kinds(case)
        if len(case.items) >= MOST_ITEMS:
            kept = [own_mark(each).digest for each in case.items]
            mine = case_signals.c.case == case.id
            self._connection.execute(
                case_signals.delete().where(mine, case_signals.c.digest.not_in(kept))
            )

    def file(self, case: Case, item: Item) -> None:
        """This item is in the case, and found by its marks."""
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

    def keep_kinds(self, case: Case) -> None:
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

    def unfile(self, ident: str, item: Item, *, at: datetime | None = None) -> None:
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
