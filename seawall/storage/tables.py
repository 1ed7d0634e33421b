"""Every table, as SQLAlchemy Core sees it; the migrations build the same, and a test holds the two together."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

Number = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by INTEGER only
Json = JSON().with_variant(JSONB(), "postgresql")


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite keeps the digits and drops the zone, so it is always given UTC."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """What comes back is UTC, and says so."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _numbered() -> Column[Any]:
    return Column("number", Number, primary_key=True, autoincrement=True)


counters = (
    Table(  # numbers handed out in commit order: whoever takes one holds its row until it commits
        "counters",
        metadata,
        Column("name", String(32), primary_key=True),
        Column("value", Number, nullable=False),
    )
)

about = Table(  # what the database is called, so that an index folder is never used with another's
    "about",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("requests_per_second", Integer),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

banks = Table(
    "banks",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    _numbered(),
    Column("id", String(64), nullable=False, unique=True),
    Column("bank", String(64), ForeignKey("banks.name"), nullable=False),
    Column("signal_type", String(32), nullable=False),
    Column("value", Text, nullable=False),
    Column(
        "digest", LargeBinary, nullable=False
    ),  # of "type:value"; a link may be too long to index
    Column("categories", Json, nullable=False),
    Column("vouchers", Json, nullable=False),
    Column("note", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("removed_at", Moment),  # past verdicts still name a removed entry
    Column("change", Number, nullable=False),
    Index(
        "entries_once_a_bank",
        "bank",
        "digest",
        unique=True,
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
    Index("entries_by_digest", "digest"),
    Index("entries_by_change", "change"),
    sqlite_autoincrement=True,  # a number is never given twice: it is a key in the index
)

rules = Table(
    "rules",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("body", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    _numbered(),
    Column("id", String(64), nullable=False, unique=True),
    Column("item", Text),
    Column("surface", Text),
    Column("uploader", Text),  # a pseudonym the platform chose
    Column("territory", String(2)),
    Column("at", Moment, nullable=False),
    Column("key", String(64)),
    Column("measure", String(16), nullable=False),
    Column("review", Boolean, nullable=False),
    Column("fingerprint", Json, nullable=False),
    Column("verdict", Json, nullable=False),
    Index("uploads_by_item", "item"),
    sqlite_autoincrement=True,
)

ledger = (
    Table(  # the signals of what was let through, so that tomorrow's signal finds today's upload
        "ledger",
        metadata,
        _numbered(),
        Column("upload", String(64), nullable=False),
        Column("signal_type", String(32), nullable=False),
        Column("value", Text, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Index("ledger_by_digest", "digest"),
        Index("ledger_by_upload", "upload"),
        sqlite_autoincrement=True,
    )
)

events = Table(
    "events",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("details", Text, nullable=False),  # the JSON as it was hashed, byte for byte
    Column("previous", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Index("events_by_subject", "subject"),
)

audit_head = Table(  # the end of the chain; whoever appends holds this row until it commits
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Number, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

outbox = Table(  # messages written with the change they tell of
    "outbox",
    metadata,
    _numbered(),
    Column("id", String(64), nullable=False, unique=True),
    Column("topic", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Json, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

replies = Table(  # what was answered to a request that may be repeated
    "replies",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("token", String(255), primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("reply", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Index("replies_by_age", "at"),
)
