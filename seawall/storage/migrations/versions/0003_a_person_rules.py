"""Create the tables of people, of what they rule on, and of what follows: messages to endpoints."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WAITING = sa.text("state = 'waiting'")
DEAD = sa.text("state = 'dead'")
WAITING_CASES = sa.text("status IN ('open', 'claimed', 'held')")
ENDING = sa.text(
    "carried_out_at IS NOT NULL AND ends_at IS NOT NULL AND undone_at IS NULL AND ended_at IS NULL"
)


def upgrade() -> None:
    """Create the tables."""
    op.execute("INSERT INTO counters (name, value) VALUES ('cases', 0)")
    op.add_column("uploads", sa.Column("reach", NUMBER, nullable=True))
    op.create_table(
        "cases",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=True),
        sa.Column("territory", sa.String(length=2), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("reach", NUMBER, nullable=False),
        sa.Column("urgency", NUMBER, nullable=False),
        sa.Column("deadline", MOMENT, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("assigned_to", sa.Text(), nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("ruling", sa.String(length=64), nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("cases_by_end", "cases", ["status", "until"], unique=False)
    for name, columns in (
        ("cases_waiting", ["urgency", "number"]),
        ("cases_waiting_in_queue", ["queue", "urgency", "number"]),
        ("cases_counted", ["queue", "category", "territory", "status"]),
    ):
        op.create_index(
            name,
            "cases",
            columns,
            unique=False,
            sqlite_where=WAITING_CASES,
            postgresql_where=WAITING_CASES,
        )
    op.create_index(
        "cases_by_person",
        "cases",
        ["assigned_to"],
        unique=False,
        sqlite_where=sa.text("assigned_to IS NOT NULL"),
        postgresql_where=sa.text("assigned_to IS NOT NULL"),
    )
    op.create_index("cases_in_order", "cases", ["status", "urgency", "number"], unique=False)
    op.create_index(
        "cases_in_queue", "cases", ["status", "queue", "urgency", "number"], unique=False
    )
    op.create_table(
        "case_events",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("case_events_once", "case_events", ["case", "version"], unique=True)
    op.create_table(
        "case_items",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("upload", sa.String(length=64), nullable=True),
        sa.Column("uploader", sa.Text(), nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("case_items_by_case", "case_items", ["case"], unique=False)
    op.create_index("case_items_by_item", "case_items", ["item"], unique=False)
    op.create_index("case_items_by_upload", "case_items", ["upload"], unique=False)
    op.create_index("case_items_by_uploader", "case_items", ["uploader"], unique=False)
    op.create_table(
        "case_kinds",
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("case", "what", "name"),
    )
    op.create_table(
        "case_signals",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("case_signals_by_case", "case_signals", ["case"], unique=False)
    op.create_index("case_signals_by_digest", "case_signals", ["digest"], unique=False)
    op.create_table(
        "case_skips",
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case", "person"),
    )
    op.create_table(
        "rulings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("territories", JSON, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("ground", JSON, nullable=True),
        sa.Column("context", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("bank", sa.String(length=64), nullable=True),
        sa.Column("share", JSON, nullable=False),
        sa.Column("account", sa.String(length=16), nullable=True),
        sa.Column("needs", JSON, nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("restore_asked_by", sa.Text(), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("carried_out_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("rulings_by_case", "rulings", ["case"], unique=False)
    op.create_index("rulings_by_person", "rulings", ["by"], unique=False)
    op.create_index(
        "rulings_to_end",
        "rulings",
        ["ends_at"],
        unique=False,
        sqlite_where=ENDING,
        postgresql_where=ENDING,
    )
    op.create_index(
        "rulings_to_restore",
        "rulings",
        ["at"],
        unique=False,
        sqlite_where=sa.text("restore_asked_by IS NOT NULL AND undone_at IS NULL"),
        postgresql_where=sa.text("restore_asked_by IS NOT NULL AND undone_at IS NULL"),
    )
    op.create_table(
        "ruled_signals",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=True),
        sa.Column("ruling", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ruled_signals_by_digest", "ruled_signals", ["digest"], unique=False)
    op.create_table(
        "policies",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("categories", JSON, nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", "version"),
    )
    op.create_table(
        "strikes",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("ruling", sa.String(length=64), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("strikes_by_ruling", "strikes", ["ruling"], unique=False)
    op.create_index("strikes_by_user", "strikes", ["user"], unique=False)
    op.create_table(
        "allowed",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("ruling", sa.String(length=64), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "second_reviews",
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("twice", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case"),
    )
    op.create_index("second_reviews_by_stage", "second_reviews", ["stage", "at"], unique=False)
    op.create_index("second_reviews_by_time", "second_reviews", ["at"], unique=False)
    op.create_table(
        "answers",
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case"], ["second_reviews.case"]),
        sa.PrimaryKeyConstraint("case", "place"),
    )
    op.create_index("answers_once_a_person", "answers", ["case", "person"], unique=True)
    op.create_table(
        "goldens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("opening", JSON, nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("blind_from", MOMENT, nullable=False),
        sa.Column("made_of", sa.String(length=64), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "golden_answers",
        sa.Column("golden", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["golden"], ["goldens.id"]),
        sa.PrimaryKeyConstraint("golden", "person"),
    )
    op.create_index("golden_answers_by_person", "golden_answers", ["person"], unique=False)
    op.create_table(
        "looks",
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("review", sa.String(length=64), nullable=True),
        sa.Column("golden", sa.String(length=64), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("blind_from", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case"),
    )
    op.create_index("looks_by_review", "looks", ["review"], unique=False)
    op.create_index("looks_by_golden", "looks", ["golden"], unique=False)
    op.create_index("looks_by_person", "looks", ["person"], unique=False)
    op.create_table(
        "ruled_matches",
        sa.Column("ruling", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("bank", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("ruling", "entry"),
    )
    op.create_index("ruled_matches_by_time", "ruled_matches", ["at"], unique=False)
    op.create_index("ruled_matches_of_an_entry", "ruled_matches", ["entry"], unique=False)
    op.create_table(
        "sealed_media",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("upload", sa.String(length=64), nullable=True),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("case", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("missing", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("delete_at", MOMENT, nullable=False),
        sa.Column("at_most_until", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("sealed_media_by_upload", "sealed_media", ["upload"], unique=False)
    op.create_index("sealed_media_by_case", "sealed_media", ["case"], unique=False)
    op.create_index(
        "sealed_media_by_deletion", "sealed_media", ["deleted_at", "delete_at"], unique=False
    )
    op.create_index("sealed_media_by_path", "sealed_media", ["path"], unique=False)
    op.create_table(
        "exposures",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("severity", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("person", "day", "severity"),
    )
    op.create_table(
        "paid_looks",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("media", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person", "media"),
    )
    op.create_index("paid_looks_by_media", "paid_looks", ["media"], unique=False)
    _deliveries()
    _people()


def _deliveries() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("topics", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("quiet_until", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("lent_to", sa.Text(), nullable=True),
        sa.Column("lent_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deliveries",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("endpoint", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("first_at", MOMENT, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    for name, columns, rows in (
        ("deliveries_due", ["endpoint", "next_at", "number"], WAITING),
        ("deliveries_by_subject", ["endpoint", "subject", "number"], WAITING),
        ("deliveries_dead", ["endpoint", "number"], DEAD),
    ):
        op.create_index(
            name, "deliveries", columns, unique=False, sqlite_where=rows, postgresql_where=rows
        )
    op.create_index("deliveries_by_endpoint", "deliveries", ["endpoint", "number"], unique=False)


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_at", MOMENT, nullable=True),
        sa.Column("totp_step", NUMBER, nullable=False),
        sa.Column("oidc", sa.Text(), nullable=True),
        sa.Column("by_email", sa.Boolean(), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("limits", JSON, nullable=False),
        sa.Column("preferences", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
        sa.UniqueConstraint("pseudonym"),
        sa.UniqueConstraint("oidc"),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("strong", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"]),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("sessions_by_person", "sessions", ["person"], unique=False)
    op.create_table(
        "person_invitations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("limits", JSON, nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "attempts",
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("right_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("subject"),
    )
