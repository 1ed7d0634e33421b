"""Create the tables of what people rule on."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "second_reviews",
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("twice", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("stands", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case"),
    )
    op.create_index("second_reviews_by_stage", "second_reviews", ["stage", "at"], unique=False)
    op.create_index("second_reviews_by_time", "second_reviews", ["at"], unique=False)
    op.create_table(
        "answers",
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
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
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "golden_answers",
        sa.Column("golden", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["golden"], ["goldens.id"]),
        sa.PrimaryKeyConstraint("golden", "person"),
    )
    op.create_index("golden_answers_by_person", "golden_answers", ["person"], unique=False)
