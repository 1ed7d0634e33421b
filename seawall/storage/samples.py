"""Samples of records, and what independent reviewers found."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from seawall.errors import NotFound
from seawall.exchange.record import Standing
from seawall.exchange.sample import Finding, Sample
from seawall.storage.tables import records, reviews, samples


class SampleStore:
    """Samples, and the findings on their records."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def confirmed(self, agreement: str) -> Iterator[str]:
        """The ids of the records that somebody confirms: what is drawn from."""
        query = select(records.c.id).where(
            records.c.agreement == agreement, records.c.standing != Standing.WITHDRAWN
        )
        yield from self._connection.execute(query.execution_options(yield_per=10_000)).scalars()

    def add(self, sample: Sample) -> None:
        """Remember a new sample."""
        values = {name: getattr(sample, name) for name in Sample.__dataclass_fields__}
        self._connection.execute(insert(samples).values(values | {"records": list(sample.records)}))

    def all(self, agreement: str) -> list[Sample]:
        """Every sample of an agreement, oldest first."""
        query = (
            select(samples)
            .where(samples.c.agreement == agreement)
            .order_by(samples.c.created_at, samples.c.id)
        )
        return [_sample(row) for row in self._connection.execute(query)]

    def find(self, agreement: str, ident: str, *, lock: bool = False) -> Sample:
        """
        The sample of this id; locked, nobody else adds a finding until this transaction ends.

        Raises:
            NotFound: The agreement has none.

        """
        query = select(samples).where(samples.c.agreement == agreement, samples.c.id == ident)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFound(f"The agreement '{agreement}' has no sample '{ident}'.")
        return _sample(row)

    def add_finding(self, finding: Finding) -> None:
        """Remember what a reviewer found."""
        values = {name: getattr(finding, name) for name in Finding.__dataclass_fields__}
        self._connection.execute(insert(reviews).values(values))

    def findings(self, sample: str, *, record: str | None = None) -> list[Finding]:
        """What was found on a sample's records, perhaps only on one, in the order it was found."""
        query = select(reviews).where(reviews.c.sample == sample)
        if record is not None:
            query = query.where(reviews.c.record == record)
        query = query.order_by(reviews.c.at, reviews.c.organisation, reviews.c.reviewer)
        return [Finding(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - a row's public mapping, despite its name


def _sample(row: Row[Any]) -> Sample:
    return Sample(
        id=row.id,
        agreement=row.agreement,
        size=row.size,
        records=tuple(row.records),
        created_at=row.created_at,
    )
