"""
Keep count of the cases that wait, by what they are: a page of the queue counts a hundred thousand of them.

The database counts by itself, so that whoever writes a case cannot forget to. Whoever changes a case holds the lock of
all cases until the commit, and so these rows keep nobody waiting who would not wait anyway.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

GROUP = ("queue", "category", "territory", "status")
TAKEN = """
UPDATE case_counts SET waiting = waiting - 1
WHERE queue = OLD.queue AND category = COALESCE(OLD.category, '')
AND territory = COALESCE(OLD.territory, '') AND status = OLD.status;
"""
ADDED = """
INSERT INTO case_counts (queue, category, territory, status, waiting)
VALUES (NEW.queue, COALESCE(NEW.category, ''), COALESCE(NEW.territory, ''), NEW.status, 1)
ON CONFLICT (queue, category, territory, status) DO UPDATE SET waiting = case_counts.waiting + 1;
"""
OLD_WAITS, NEW_WAITS = (f"{row}.status IN ('open', 'claimed', 'held')" for row in ("OLD", "NEW"))


def upgrade() -> None:
    """Create the table, count what waits, and go on counting."""
    op.create_table(
        "case_counts",
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("territory", sa.String(length=2), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("waiting", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint(*GROUP),
    )
    op.drop_index("cases_counted", "cases")
    op.execute(
        "INSERT INTO case_counts (queue, category, territory, status, waiting) "
        "SELECT queue, COALESCE(category, ''), COALESCE(territory, ''), status, count(*) FROM cases "
        "WHERE status IN ('open', 'claimed', 'held') GROUP BY 1, 2, 3, 4"
    )
    if op.get_context().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in GROUP)
    for name, moment, waits, counted in (
        ("added", "INSERT", NEW_WAITS, ADDED),
        ("gone", "DELETE", OLD_WAITS, TAKEN),
        ("left", "UPDATE", f"{OLD_WAITS} AND ({changed})", TAKEN),
        ("came", "UPDATE", f"{NEW_WAITS} AND ({changed})", ADDED),
    ):
        op.execute(
            f"CREATE TRIGGER case_counts_{name} AFTER {moment} ON cases WHEN {waits} BEGIN {counted} END"
        )


def _postgresql() -> None:
    op.execute(
        f"""
        CREATE FUNCTION count_cases() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' AND {OLD_WAITS} THEN {TAKEN} END IF;
            IF TG_OP <> 'DELETE' AND {NEW_WAITS} THEN {ADDED} END IF;
            RETURN NULL;
        END $$
        """
    )
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in GROUP)
    for name, moment, when in (
        ("added", "INSERT OR DELETE", ""),
        ("changed", "UPDATE", f"WHEN ({changed})"),
    ):
        op.execute(
            f"CREATE TRIGGER case_counts_{name} AFTER {moment} ON cases "
            f"FOR EACH ROW {when} EXECUTE FUNCTION count_cases()"
        )
