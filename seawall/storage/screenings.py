"""
Screenings that nobody waits for: what was handed in, how far it is, and what came of it.

    waiting ──begin──▶ working ──finish──▶ done, with its upload
       ▲                  │ └─its file lost─▶ failed, with its upload and a reason
       └──the process ended, or a fault of ours
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from seawall.errors import NotFound
from seawall.storage.tables import screenings


class State(StrEnum):
    """How far a screening is."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


UNFINISHED = (State.WAITING, State.WORKING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """An upload that is screened in the background."""

    id: str
    key: str  # whose key asked
    context: dict[str, Any]  # what the platform says about the upload
    home: str  # whose spool the file lies in
    path: str  # the name of the spooled file
    size: int  # bytes
    sha256: str  # of the file, in hexadecimal
    at: datetime
    state: State = State.WAITING
    share: float = 0.0  # that is done, 0 to 1
    begun: int = 0  # how often, without those that came to nothing by a fault of ours
    upload: str | None = None
    reason: str | None = None  # a sentence: why its upload could not be looked into any more
    changed_at: datetime
    number: int = 0


class Held(NamedTuple):
    """What waits or is worked on."""

    screenings: int
    size: int  # bytes


class Backlog(NamedTuple):
    """What the background has not done yet, in all homes, and what it could not do."""

    held: int
    size: int  # bytes
    oldest_at: datetime | None  # when the oldest of these was accepted
    failed: int  # of those whose end is still told


class ScreeningStore:
    """Screenings in the order they were handed in."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, screening: Screening) -> None:
        """Remember what was handed in."""
        values = {name: getattr(screening, name) for name in Screening.__dataclass_fields__}
        del values["number"]
        self._connection.execute(insert(screenings).values(values))

    def find(self, ident: str) -> Screening:
        """
        The screening of this id.

        Raises:
            NotFound: There is none, or it was finished long ago.

        """
        query = select(screenings).where(screenings.c.id == ident)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise unknown(ident)
        return _screening(row)

    def held(self, home: str, *, key: str | None = None) -> Held:
        """How many are not finished in this home, perhaps of one key, and how many bytes they have."""
        query = select(func.count(), func.coalesce(func.sum(screenings.c.size), 0)).where(
            screenings.c.state.in_(UNFINISHED), screenings.c.home == home
        )
        if key is not None:
            query = query.where(screenings.c.key == key)
        count, size = self._connection.execute(query).one()
        return Held(count, int(size))

    def backlog(self) -> Backlog:
        """How much is not finished, since when, and how much has failed."""
        total = func.coalesce(func.sum(screenings.c.size), 0)
        query = select(func.count(), total, func.min(screenings.c.at)).where(
            screenings.c.state.in_(UNFINISHED)
        )
        count, size, oldest_at = self._connection.execute(query).one()
        ended = select(func.count()).where(screenings.c.state == State.FAILED)
        return Backlog(count, int(size), oldest_at, self._connection.execute(ended).scalar_one())

    def unfinished(self) -> list[Screening]:
        """What waits or is worked on, oldest first."""
        query = (
            select(screenings)
            .where(screenings.c.state.in_(UNFINISHED))
            .order_by(screenings.c.number)
        )
        return [_screening(row) for row in self._connection.execute(query)]

    def begin(self, ident: str, *, at: datetime) -> bool:
        """Somebody works on it from here on; False where it was ended meanwhile."""
        query = update(screenings).where(
            screenings.c.id == ident, screenings.c.state.in_(UNFINISHED)
        )
        begun = query.values(
            state=State.WORKING, share=0.0, begun=screenings.c.begun + 1, changed_at=at
        )
        return self._connection.execute(begun).rowcount == 1

    def give_back(self, screening: Screening, *, at: datetime) -> None:
        """It waits as before it was begun, unless somebody else has begun or ended it."""
        query = update(screenings).where(
            screenings.c.id == screening.id,
            screenings.c.state == State.WORKING,
            screenings.c.begun == screening.begun,
        )
        self._connection.execute(
            query.values(
                state=State.WAITING, share=0.0, begun=screenings.c.begun - 1, changed_at=at
            )
        )

    def adopt(self, ident: str, *, home: str) -> None:
        """Its file lies in this home now."""
        query = update(screenings).where(screenings.c.id == ident)
        self._connection.execute(query.values(home=home))

    def tell(self, ident: str, share: float, *, at: datetime) -> None:
        """So much of it is done, if it still is worked on."""
        query = update(screenings).where(
            screenings.c.id == ident, screenings.c.state == State.WORKING
        )
        self._connection.execute(query.values(share=share, changed_at=at))

    def end(
        self,
        screening: Screening,
        *,
        at: datetime,
        upload: str,
        reason: str | None = None,
    ) -> bool:
        """It has its upload, and failed if there is a reason; False where it was ended before, or begun anew."""
        query = update(screenings).where(
            screenings.c.id == screening.id,
            screenings.c.state.in_(UNFINISHED),
            screenings.c.begun == screening.begun,
        )
        state = State.DONE if reason is None else State.FAILED
        ended = query.values(state=state, share=1.0, upload=upload, reason=reason, changed_at=at)
        return self._connection.execute(ended).rowcount == 1

    def named(self, paths: Collection[str]) -> set[str]:
        """Those of these files that are still wanted."""
        query = select(screenings.c.path).where(
            screenings.c.path.in_(paths), screenings.c.state.in_(UNFINISHED)
        )
        return set(self._connection.execute(query).scalars())

    def forget(self, *, before: datetime) -> int:
        """Drop what was finished before this moment; how many."""
        old = (screenings.c.state.not_in(UNFINISHED)) & (screenings.c.changed_at < before)
        return self._connection.execute(delete(screenings).where(old)).rowcount


def unknown(ident: str) -> NotFound:
    """What somebody is told of a screening that is none, or none of theirs: which of the two, nobody learns."""
    return NotFound(
        f"There is no screening '{ident}' of yours; finished ones are forgotten in time."
    )


def _screening(row: Row[Any]) -> Screening:
    return Screening(**{**row._mapping, "state": State(row.state)})  # noqa: SLF001 - a row's public mapping, despite its name
