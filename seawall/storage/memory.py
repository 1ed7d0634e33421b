"""
The stores that share a transaction.

    with memory.transaction() as stores:
        stores.uploads.add(…)
        stores.audit.record(…)

Everything in one block commits together or not at all. What a story adds in bulk (uploads, ledger lines, messages,
events) is gathered and written just before the commit, so that a hundred stories in one transaction cost a handful of
statements and the end of the audit chain is held only for those.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from seawall.errors import StorageError
from seawall.storage.audit import AuditStore
from seawall.storage.banks import BankStore
from seawall.storage.cases import CaseStore
from seawall.storage.changes import take_changes
from seawall.storage.database import BUSY_MILLISECONDS, open_database
from seawall.storage.deliveries import DeliveryStore
from seawall.storage.deltas import DeltaStore
from seawall.storage.entries import EntryStore
from seawall.storage.glance import Glance
from seawall.storage.keys import KeyStore
from seawall.storage.memberships import MembershipStore
from seawall.storage.organisations import OrganisationStore
from seawall.storage.outbox import OutboxStore
from seawall.storage.people import PeopleStore
from seawall.storage.policies import PolicyStore
from seawall.storage.quality import QualityStore
from seawall.storage.records import RecordStore
from seawall.storage.replies import ReplyStore
from seawall.storage.retroactions import RetroactionStore
from seawall.storage.rules import RuleStore
from seawall.storage.rulings import RulingStore
from seawall.storage.samples import SampleStore
from seawall.storage.screenings import ScreeningStore
from seawall.storage.sealed import SealedStore
from seawall.storage.tables import about, counters
from seawall.storage.uploads import UploadStore


@dataclass(frozen=True, slots=True)
class Stores:
    """One transaction's view of everything that is remembered."""

    connection: Connection
    audit: AuditStore
    banks: BankStore
    cases: CaseStore
    deliveries: DeliveryStore
    deltas: DeltaStore
    entries: EntryStore
    keys: KeyStore
    memberships: MembershipStore
    organisations: OrganisationStore
    outbox: OutboxStore
    policies: PolicyStore
    quality: QualityStore
    people: PeopleStore
    records: RecordStore
    replies: ReplyStore
    retroactions: RetroactionStore
    rules: RuleStore
    rulings: RulingStore
    samples: SampleStore
    screenings: ScreeningStore
    sealed: SealedStore
    uploads: UploadStore

    def last_change(self) -> int:
        """The number of the last change to banks, entries, rules or keys that this transaction can see."""
        last: int = self.connection.execute(_LAST_CHANGE).scalar_one()
        return last

    def hold_changes(self) -> None:
        """Nobody else changes banks, entries, rules or keys until this transaction ends: what is read now stays so."""
        take_changes(self.connection, 0)

    def flush(self) -> None:
        """
        Write what was gathered.

        The end of the audit log is taken first and held until the commit, so that every number given here (of uploads,
        ledger lines, messages, events) is seen by others in order: who has read up to one has missed none before it.
        """
        self.records.flush()
        self.deltas.flush()
        if self.audit.waiting:
            self.audit.head(lock=True)
        self.uploads.flush()
        self.retroactions.flush()
        self.outbox.flush()
        self.audit.flush()


class Memory:
    """Everything that is remembered, in one database."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = open_database(url)
        self._glance = Glance(self._engine) if self.dialect == "sqlite" else None
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Stores]:
        """
        Read and write; commit at the end of the block, or leave no trace.

        Raises:
            StorageError: The database refused or broke; nothing of this block was kept.

        """
        with (
            self._one_at_a_time(),
            self._translated(),
            self._engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            stores = _stores(connection)
            yield stores
            stores.flush()

    @contextmanager
    def reading(self) -> Iterator[Stores]:
        """
        Read one consistent moment, without keeping anybody from writing.

        Raises:
            StorageError: The database refused or broke.

        """
        with self._translated(), self._engine.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield _stores(connection)

    def last_change(self) -> int:
        """The number of the last committed change to banks, entries, rules or keys."""
        with self._translated():
            if self._glance:
                return self._glance.last_change()
            with self._engine.connect() as connection:
                last: int = connection.execute(_LAST_CHANGE).scalar_one()
                return last

    def database_id(self) -> str:
        """What this database is called; given when its tables were made, and the same in every copy of it."""
        with self._translated(), self._engine.connect() as connection:
            ident: str = connection.execute(_DATABASE_ID).scalar_one()
            return ident

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    def close(self) -> None:
        """Let go of every connection."""
        if self._glance:
            self._glance.close()
        self._engine.dispose()

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """
        SQLite takes one writer, and lets the others sleep and ask again, for up to 0.1 s each time and in no order.

        So the threads of one process wait here for each other, and only processes wait there.
        """
        if self.dialect != "sqlite":
            yield
            return
        if not self._turn.acquire(timeout=BUSY_MILLISECONDS / 1000):
            raise StorageError(
                f"The database was written to for {BUSY_MILLISECONDS // 1000} s by others. "
                "Nothing was changed; try again."
            )
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as broken:
            cause = getattr(broken, "orig", None) or broken
            raise StorageError(
                f"The database refused: {str(cause).strip().splitlines()[0]}. Nothing was changed; "
                "check that it runs and its disk has room, then try again."
            ) from broken


def _stores(connection: Connection) -> Stores:
    organisations, deliveries = OrganisationStore(connection), DeliveryStore(connection)
    return Stores(
        connection=connection,
        audit=AuditStore(connection),
        banks=BankStore(connection),
        cases=CaseStore(connection),
        deliveries=deliveries,
        deltas=DeltaStore(connection, on_lock=organisations.look_again),
        entries=EntryStore(connection),
        keys=KeyStore(connection),
        memberships=MembershipStore(connection),
        organisations=organisations,
        outbox=OutboxStore(connection, deliveries),
        people=PeopleStore(connection),
        policies=PolicyStore(connection),
        quality=QualityStore(connection),
        records=RecordStore(connection),
        replies=ReplyStore(connection),
        retroactions=RetroactionStore(connection),
        rules=RuleStore(connection),
        rulings=RulingStore(connection),
        samples=SampleStore(connection),
        screenings=ScreeningStore(connection),
        sealed=SealedStore(connection),
        uploads=UploadStore(connection),
    )


_LAST_CHANGE = select(counters.c.value).where(counters.c.name == "change")
_DATABASE_ID = select(about.c.value).where(about.c.name == "database")
