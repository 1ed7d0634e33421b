"""Create the tables of the shared database: organisations, agreements, records, deltas; memberships; retroaction."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; entries learn what an exchange says of them."""
    op.add_column("keys", sa.Column("successor", sa.String(length=64), nullable=True))
    op.add_column("entries", sa.Column("shared", JSON, nullable=True))
    op.drop_index("entries_once_a_bank", "entries")
    op.drop_index("entries_by_digest", "entries")
    op.create_index(
        "entries_by_digest_once_a_bank",
        "entries",
        ["digest", "bank"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index(
        "entries_by_bank",
        "entries",
        ["bank", "number"],
        unique=False,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.execute("INSERT INTO counters (name, value) VALUES ('retroaction', 0), ('ledger', 0)")
    op.add_column("ledger", sa.Column("change", NUMBER, nullable=False, server_default="0"))
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "agreements",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "members",
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agreement"], ["agreements.id"]),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"]),
        sa.PrimaryKeyConstraint("agreement", "organisation"),
    )
    op.create_index("members_by_organisation", "members", ["organisation"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["agreement"], ["agreements.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "records",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("signal_type", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("piece", sa.String(length=64), nullable=True),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("opinions", JSON, nullable=False),
        sa.Column("sightings", NUMBER, nullable=False),
        sa.Column("right", NUMBER, nullable=False),
        sa.Column("wrong", NUMBER, nullable=False),
        sa.Column("delta", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("records_by_delta", "records", ["agreement", "delta"], unique=False)
    op.create_index(
        "records_by_piece",
        "records",
        ["agreement", "piece"],
        unique=False,
        sqlite_where=sa.text("piece IS NOT NULL"),
        postgresql_where=sa.text("piece IS NOT NULL"),
    )
    op.create_table(
        "deltas",
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("previous", NUMBER, nullable=True),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "number"),
    )
    op.create_table(
        "blocks",
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["agreement"], ["agreements.id"]),
        sa.PrimaryKeyConstraint("agreement", "level", "position"),
    )
    op.create_table(
        "contributed",
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("opinions", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("agreement", "organisation", "day"),
    )
    op.create_table(
        "held",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("piece", sa.String(length=64), nullable=True),
        sa.Column("opinion", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agreement"], ["agreements.id"]),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("held_by_organisation", "held", ["agreement", "organisation"], unique=False)
    op.create_table(
        "quarantines",
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("waiting", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("agreement", "organisation"),
    )
    op.create_table(
        "sources",
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("right", NUMBER, nullable=False),
        sa.Column("wrong", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("agreement", "organisation"),
    )
    op.create_table(
        "samples",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("records", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agreement"], ["agreements.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "reviews",
        sa.Column("sample", sa.String(length=64), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("exception", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["sample"], ["samples.id"]),
        sa.PrimaryKeyConstraint("sample", "record", "organisation", "reviewer"),
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("bank", sa.String(length=64), nullable=False),
        sa.Column("hub_key", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("previous_key", sa.LargeBinary(), nullable=True),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("skipped", NUMBER, nullable=False),
        sa.Column("disputed", NUMBER, nullable=False),
        sa.Column("clock_skew", NUMBER, nullable=True),
        sa.Column("counted", NUMBER, nullable=False),
        sa.Column("key_at", MOMENT, nullable=False),
        sa.Column("last_delta_at", MOMENT, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "outgoing",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("membership", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["membership"], ["memberships.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "outgoing_by_membership", "outgoing", ["membership", "told_at", "number"], unique=False
    )
    op.create_table(
        "said",
        sa.Column("membership", sa.String(length=64), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("opinion", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["membership"], ["memberships.id"]),
        sa.PrimaryKeyConstraint("membership", "record"),
    )
    op.create_index("said_by_number", "said", ["membership", "number"], unique=False)
    op.create_table(
        "retroactions",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("upload", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("verdict", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("retroactions_by_upload", "retroactions", ["upload"], unique=False)
