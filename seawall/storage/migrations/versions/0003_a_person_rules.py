"""Create the tables of cases that a person rules on."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "sealed_media",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("upload", sa.String(length=64), nullable=False),
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
