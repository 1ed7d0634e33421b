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
    Float,
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
    Column("successor", String(64)),  # the key it was renewed to
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
    Column("shared", Json),  # what an exchange says of it; None for one of our own
    Column("change", Number, nullable=False),
    Index(  # the only one over hashes but for the id's: each costs as much as all the rest
        "entries_by_digest_once_a_bank",
        "digest",
        "bank",
        unique=True,
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
    Index(
        "entries_by_bank",
        "bank",
        "number",
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
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
    Column("reach", Number),  # how many people have seen it, where the platform says so
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
        Column("change", Number, nullable=False, server_default="0"),  # the last its screening knew
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

organisations = Table(  # who takes part; their keys have the id as owner
    "organisations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("created_at", Moment, nullable=False),
)

agreements = Table(  # one shared database each; whoever changes one holds its row until it commits
    "agreements",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("terms", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("size", Number, nullable=False),
)

members = Table(  # an organisation under an agreement
    "members",
    metadata,
    Column("agreement", String(64), ForeignKey("agreements.id"), primary_key=True),
    Column("organisation", String(64), ForeignKey("organisations.id"), primary_key=True),
    Column("roles", Json, nullable=False),
    Column("status", String(16), nullable=False),
    Column("quota", Integer),
    Column("held", Boolean, nullable=False),
    Column("joined_at", Moment, nullable=False),
    Index("members_by_organisation", "organisation"),
)

invitations = Table(  # tokens that let their bearer join once
    "invitations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("agreement", String(64), ForeignKey("agreements.id"), nullable=False),
    Column("organisation", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("roles", Json, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("invited_by", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("key", String(64)),  # the one it was used for
)

# Records and deltas name their agreement without a foreign key: whoever writes them holds its row, agreements are never
# removed, and PostgreSQL takes a third more of them a second.
records = Table(  # one signal under one agreement, with everybody's current word on it
    "records",
    metadata,
    _numbered(),
    Column("id", String(64), nullable=False, unique=True),
    Column("agreement", String(64), nullable=False),
    Column("signal_type", String(32), nullable=False),
    Column("value", Text, nullable=False),
    Column("piece", String(64)),  # None where it is named after this record
    Column("standing", String(16), nullable=False),
    Column("expires_at", Moment),
    Column("opinions", Json, nullable=False),
    Column("sightings", Number, nullable=False),
    Column("right", Number, nullable=False),
    Column("wrong", Number, nullable=False),
    Column("delta", Number, nullable=False),
    Index("records_by_delta", "agreement", "delta"),
    Index(  # every index over hashes costs a bulk load as much as all the rest, so this one holds few
        "records_by_piece",
        "agreement",
        "piece",
        sqlite_where=text("piece IS NOT NULL"),
        postgresql_where=text("piece IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

deltas = Table(  # every change of an agreement, as the line that was hashed
    "deltas",
    metadata,
    Column("agreement", String(64), primary_key=True),
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("previous", Number),  # delta of the same record, so that its history needs no index
    Column("line", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
)

blocks = Table(  # roots of complete subtrees of 256, 65 536, … deltas
    "blocks",
    metadata,
    Column("agreement", String(64), ForeignKey("agreements.id"), primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", Number, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

contributed = Table(  # opinions given on a day, for quotas
    "contributed",
    metadata,
    Column("agreement", String(64), primary_key=True),
    Column("organisation", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("opinions", Number, nullable=False),
)

held = Table(  # contributions in quarantine
    "held",
    metadata,
    _numbered(),
    Column("agreement", String(64), ForeignKey("agreements.id"), nullable=False),
    Column("organisation", String(64), nullable=False),
    Column("signal", Text, nullable=False),
    Column("piece", String(64)),
    Column("opinion", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Index("held_by_organisation", "agreement", "organisation"),
    sqlite_autoincrement=True,
)

quarantines = Table(  # how much of an organisation waits in `held`
    "quarantines",
    metadata,
    Column("agreement", String(64), primary_key=True),
    Column("organisation", String(64), primary_key=True),
    Column("waiting", Number, nullable=False),
)

sources = Table(  # how often what an organisation confirmed was found right or wrong
    "sources",
    metadata,
    Column("agreement", String(64), primary_key=True),
    Column("organisation", String(64), primary_key=True),
    Column("right", Number, nullable=False),
    Column("wrong", Number, nullable=False),
)

samples = Table(  # records drawn for independent review
    "samples",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("agreement", String(64), ForeignKey("agreements.id"), nullable=False),
    Column("size", Number, nullable=False),
    Column("records", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
)

reviews = Table(  # what an independent reviewer found
    "reviews",
    metadata,
    Column("sample", String(64), ForeignKey("samples.id"), primary_key=True),
    Column("record", String(64), primary_key=True),
    Column("organisation", String(64), primary_key=True),
    Column("reviewer", String(64), primary_key=True),
    Column("exception", Text),
    Column("at", Moment, nullable=False),
)

memberships = Table(  # the hubs this home follows
    "memberships",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("hub", Text, nullable=False),
    Column("agreement", String(64), nullable=False),
    Column("organisation", String(64), nullable=False),
    Column("bank", String(64), nullable=False),
    Column("hub_key", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("previous_key", LargeBinary),
    Column("position", Number, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("checkpoint", Text, nullable=False),
    Column("size", Number, nullable=False),
    Column("state", String(16), nullable=False),
    Column("error", Text),
    Column("skipped", Number, nullable=False),
    Column("disputed", Number, nullable=False),
    Column("clock_skew", Number),
    Column("counted", Number, nullable=False),
    Column("key_at", Moment, nullable=False),
    Column("last_delta_at", Moment),
    Column("checked_at", Moment),
    Column("joined_at", Moment, nullable=False),
)

outgoing = Table(  # what is still to be told to a hub, and reports it may have to be told again
    "outgoing",
    metadata,
    _numbered(),
    Column("membership", String(64), ForeignKey("memberships.id"), nullable=False),
    Column("id", String(64), nullable=False, unique=True),
    Column("path", Text, nullable=False),
    Column("body", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Column("told_at", Moment),
    Index("outgoing_by_membership", "membership", "told_at", "number"),
    sqlite_autoincrement=True,
)

said = Table(  # our latest word on each record that a hub has acknowledged
    "said",
    metadata,
    Column("membership", String(64), ForeignKey("memberships.id"), primary_key=True),
    Column("record", String(64), primary_key=True),
    Column("signal", Text, nullable=False),
    Column("opinion", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Column("number", Number, nullable=False),  # of the message that told it
    Index("said_by_number", "membership", "number"),
)

retroactions = Table(  # uploads let through, judged again for a signal that came later
    "retroactions",
    metadata,
    _numbered(),
    Column("upload", String(64), nullable=False),
    Column("entry", String(64), nullable=False),
    Column("before", String(16), nullable=False),
    Column("measure", String(16), nullable=False),
    Column("verdict", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Index("retroactions_by_upload", "upload"),
    sqlite_autoincrement=True,
)

WAITING_CASES = "status IN ('open', 'claimed', 'held')"


def _of_waiting_cases(name: str, *columns: str) -> Index:
    wanted = text(WAITING_CASES)
    return Index(name, *columns, sqlite_where=wanted, postgresql_where=wanted)


cases = Table(  # questions for people; what their events have made of them, for the queue
    "cases",
    metadata,
    _numbered(),
    Column("id", String(64), nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("category", String(64)),
    Column("territory", String(2)),  # where its items were uploaded; none: not said, or several
    Column("severity", Integer, nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("reach", Number, nullable=False),
    Column("urgency", Number, nullable=False),  # smaller is sooner
    Column("deadline", Moment),
    Column("opened_at", Moment, nullable=False),
    Column("claimed_by", Text),
    Column("assigned_to", Text),
    Column("until", Moment),  # when the status ends by itself: claim, hold, undo window
    Column("ruling", String(64)),
    Column("items", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Index("cases_in_order", "status", "urgency", "number"),
    _of_waiting_cases("cases_waiting", "urgency", "number"),
    _of_waiting_cases("cases_waiting_in_queue", "queue", "urgency", "number"),
    Index("cases_in_queue", "status", "queue", "urgency", "number"),
    Index("cases_by_end", "status", "until"),
    Index(
        "cases_by_person",
        "assigned_to",
        sqlite_where=text("assigned_to IS NOT NULL"),
        postgresql_where=text("assigned_to IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

case_counts = Table(  # how many cases wait of each kind, as triggers count them
    "case_counts",
    metadata,
    Column("queue", String(64), primary_key=True),
    Column("category", String(64), primary_key=True),  # empty: none
    Column("territory", String(2), primary_key=True),  # the same
    Column("status", String(16), primary_key=True),
    Column("waiting", Number, nullable=False),
)

case_events = Table(  # what happened to a case; only ever added to
    "case_events",
    metadata,
    _numbered(),
    Column("case", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", Json, nullable=False),
    Index("case_events_once", "case", "version", unique=True),
    sqlite_autoincrement=True,
)

case_items = Table(  # which cases an item or an upload is in
    "case_items",
    metadata,
    _numbered(),
    Column("case", String(64), nullable=False),
    Column("item", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("upload", String(64)),
    Column("uploader", Text),
    Column("removed_at", Moment),
    Index("case_items_by_case", "case"),
    Index("case_items_by_item", "item"),
    Index("case_items_by_upload", "upload"),
    Index("case_items_by_uploader", "uploader"),
    sqlite_autoincrement=True,
)

case_kinds = Table(  # what a case is of besides the category and territory in its row
    "case_kinds",
    metadata,
    Column("case", String(64), primary_key=True),
    Column("what", String(16), primary_key=True),  # category, territory
    Column("name", String(64), primary_key=True),
)
case_signals = Table(  # what the items of a case are filed under, so that their like joins it
    "case_signals",
    metadata,
    _numbered(),
    Column("case", String(64), nullable=False),
    Column("item", Text, nullable=False),  # its key
    Column("digest", LargeBinary, nullable=False),
    Column("signal", Text),
    Index("case_signals_by_digest", "digest"),
    Index("case_signals_by_case", "case"),
    sqlite_autoincrement=True,
)

case_skips = Table(  # who does not want which case
    "case_skips",
    metadata,
    Column("case", String(64), primary_key=True),
    Column("person", String(255), primary_key=True),
    Column("at", Moment, nullable=False),
)

ENDING_ONLY = (
    "carried_out_at IS NOT NULL AND ends_at IS NOT NULL AND undone_at IS NULL AND ended_at IS NULL"
)

rulings = Table(
    "rulings",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("case", String(64), nullable=False),
    Column("decision", String(16), nullable=False),
    Column("territories", Json, nullable=False),
    Column("ends_at", Moment),
    Column("policy", String(64)),
    Column("policy_version", Integer),
    Column("ground", Json),
    Column("context", String(32)),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("bank", String(64)),
    Column("share", Json, nullable=False),
    Column("account", String(16)),
    Column("needs", Json, nullable=False),
    Column("approved_by", Text),
    Column("restore_asked_by", Text),
    Column("undone_at", Moment),
    Column("carried_out_at", Moment),
    Column("ended_at", Moment),
    Index("rulings_by_case", "case"),
    Index("rulings_by_person", "by"),
    Index(
        "rulings_to_end",
        "ends_at",
        sqlite_where=text(ENDING_ONLY),
        postgresql_where=text(ENDING_ONLY),
    ),
    Index(
        "rulings_to_restore",
        "at",
        sqlite_where=text("restore_asked_by IS NOT NULL AND undone_at IS NULL"),
        postgresql_where=text("restore_asked_by IS NOT NULL AND undone_at IS NULL"),
    ),
)

ruled_signals = Table(  # what was ruled on, to find earlier rulings by hash
    "ruled_signals",
    metadata,
    _numbered(),
    Column("digest", LargeBinary, nullable=False),
    Column("signal", Text),
    Column("ruling", String(64), nullable=False),
    Index("ruled_signals_by_digest", "digest"),
    sqlite_autoincrement=True,
)

ruled_matches = Table(  # known entries that what was ruled on is near, and whether they were right
    "ruled_matches",
    metadata,
    Column("ruling", String(64), primary_key=True),
    Column("entry", String(64), primary_key=True),
    Column("bank", String(64), nullable=False),
    Column("source", String(16), nullable=False),  # what asked for a person
    Column("policy", String(64), nullable=False),
    Column("right", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ruled_matches_by_time", "at"),
    Index("ruled_matches_of_an_entry", "entry"),
)

policies = Table(  # every version of every policy
    "policies",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("categories", Json, nullable=False),
    Column("basis", String(16), nullable=False),
    Column("provision", Text, nullable=False),
    Column("measure", String(16), nullable=False),
    Column("strikes", Integer, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)

strikes = Table(  # what counts against a user, until when
    "strikes",
    metadata,
    _numbered(),
    Column("user", Text, nullable=False),
    Column("ruling", String(64), nullable=False),
    Column("weight", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("strikes_by_user", "user"),
    Index("strikes_by_ruling", "ruling"),
    sqlite_autoincrement=True,
)

allowed = Table(  # signals of what was restored: let through until when
    "allowed",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("ruling", String(64), nullable=False),
    Column("until", Moment, nullable=False),
)

second_reviews = Table(  # how far the deciding of a case has come, once or twice
    "second_reviews",
    metadata,
    Column("case", String(64), primary_key=True),
    Column("queue", String(64), nullable=False),
    Column("policy", String(64), nullable=False),
    Column("twice", Boolean, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Index("second_reviews_by_stage", "stage", "at"),
    Index("second_reviews_by_time", "at"),
)

answers = Table(  # what each person has said of a case
    "answers",
    metadata,
    Column("case", String(64), ForeignKey("second_reviews.case"), primary_key=True),
    Column("place", Integer, primary_key=True),  # from 1
    Column("person", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("answers_once_a_person", "case", "person", unique=True),
)

goldens = Table(  # cases whose answer is known
    "goldens",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("decision", Text, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("queue", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("opening", Json, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("blind_from", Moment, nullable=False),
    Column("made_of", String(64)),
    Column("at", Moment, nullable=False),
    Column("removed_at", Moment),
)

golden_answers = Table(  # what each person has said of one
    "golden_answers",
    metadata,
    Column("golden", String(64), ForeignKey("goldens.id"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("golden_answers_by_person", "person"),
)

looks = Table(  # cases on which nothing is carried out: what is said of them is compared
    "looks",
    metadata,
    Column("case", String(64), primary_key=True),
    Column("review", String(64)),
    Column("golden", String(64)),
    Column("person", Text),
    Column("blind_from", Moment, nullable=False),
    Index("looks_by_review", "review"),
    Index("looks_by_golden", "golden"),
    Index("looks_by_person", "person"),
)

sealed_media = Table(  # bytes kept for a case, encrypted in a file each
    "sealed_media",
    metadata,
    _numbered(),
    Column("id", String(64), nullable=False, unique=True),
    Column("upload", String(64)),  # none: it was handed in with a case
    Column("item", Text),
    Column("case", String(64)),
    Column("kind", String(16), nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Number, nullable=False),
    Column("path", Text),
    Column("key", LargeBinary),
    Column("missing", Text),  # why nothing could be kept
    Column("at", Moment, nullable=False),
    Column("delete_at", Moment, nullable=False),
    Column("at_most_until", Moment, nullable=False),  # while a case with it waits
    Column("deleted_at", Moment),
    Index("sealed_media_by_upload", "upload"),
    Index("sealed_media_by_case", "case"),
    Index("sealed_media_by_deletion", "deleted_at", "delete_at"),
    Index("sealed_media_by_path", "path"),
    sqlite_autoincrement=True,
)

exposures = Table(  # how often a person has looked at what, by day
    "exposures",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("severity", Integer, primary_key=True, autoincrement=False),
    Column("count", Number, nullable=False),
)

paid_looks = Table(  # the last look at something that counted against a day
    "paid_looks",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("media", String(64), primary_key=True),
    Column("level", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Index("paid_looks_by_media", "media"),
)

WAITING_ONLY = "state = 'waiting'"
DEAD_ONLY = "state = 'dead'"

endpoints = Table(  # where messages go; whoever sends to one is lent it
    "endpoints",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("topics", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("paused_at", Moment),
    Column("disabled_at", Moment),
    Column("failing_since", Moment),
    Column("failures", Integer, nullable=False),
    Column("quiet_until", Moment),
    Column("last_error", Text),
    Column("lent_to", Text),
    Column("lent_until", Moment),
)

deliveries = Table(  # one message to one endpoint
    "deliveries",
    metadata,
    _numbered(),
    Column("message", String(64), nullable=False),
    Column("endpoint", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("first_at", Moment),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("delivered_at", Moment),
    Index(
        "deliveries_due",
        "endpoint",
        "next_at",
        "number",
        sqlite_where=text(WAITING_ONLY),
        postgresql_where=text(WAITING_ONLY),
    ),
    Index(
        "deliveries_by_subject",
        "endpoint",
        "subject",
        "number",
        sqlite_where=text(WAITING_ONLY),
        postgresql_where=text(WAITING_ONLY),
    ),
    Index(
        "deliveries_dead",
        "endpoint",
        "number",
        sqlite_where=text(DEAD_ONLY),
        postgresql_where=text(DEAD_ONLY),
    ),
    Index("deliveries_by_endpoint", "endpoint", "number"),
    sqlite_autoincrement=True,
)

people = Table(  # who signs in at the console
    "people",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("pseudonym", String(64), nullable=False, unique=True),
    Column("password", Text),
    Column("totp", LargeBinary),
    Column("totp_at", Moment),
    Column("totp_step", Number, nullable=False),
    Column("oidc", Text, unique=True),
    Column("by_email", Boolean, nullable=False),
    Column("roles", Json, nullable=False),
    Column("limits", Json, nullable=False),
    Column("preferences", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("seen_at", Moment),
)

sessions = Table(  # their sign-ins, by the digest of the secret in the browser
    "sessions",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("person", String(64), ForeignKey("people.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("strong", Boolean, nullable=False),
    Index("sessions_by_person", "person"),
)

person_invitations = Table(  # who may set a password, once
    "person_invitations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("login", String(64), nullable=False),
    Column("roles", Json, nullable=False),
    Column("limits", Json, nullable=False),
    Column("by", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("person", String(64), ForeignKey("people.id")),
    Column("used_at", Moment),
)

attempts = Table(  # tries to sign in: of a login from an address, of a login, from an address
    "attempts",
    metadata,
    Column("subject", String(128), primary_key=True),
    Column("tries", Number, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("right_at", Moment),
)

screenings = Table(  # uploads that are screened in the background; the bytes lie in a file each
    "screenings",
    metadata,
    _numbered(),
    Column("id", String(64), nullable=False, unique=True),
    Column("key", String(64), nullable=False),
    Column("context", Json, nullable=False),
    Column("home", Text, nullable=False),  # of which machine its file lies in
    Column("path", Text, nullable=False),
    Column("size", Number, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("share", Float, nullable=False),  # that is done, 0 to 1
    Column("begun", Integer, nullable=False),  # how often
    Column("upload", String(64)),
    Column("reason", Text),  # why it failed
    Column("changed_at", Moment, nullable=False),
    Index(
        "screenings_unfinished",
        "number",
        sqlite_where=text("state IN ('waiting', 'working')"),
        postgresql_where=text("state IN ('waiting', 'working')"),
    ),
    Index("screenings_by_end", "state", "changed_at"),
    sqlite_autoincrement=True,
)
