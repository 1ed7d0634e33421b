"""The time, asked for in one place; everything that decides is handed it."""

from datetime import UTC, datetime
from functools import lru_cache


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC)


@lru_cache(1024)  # what is written in bulk has few moments
def rfc3339(moment: datetime) -> str:
    """A moment as the doors and the audit log write it: `2026-01-01T12:00:00.000000Z` (RFC 3339)."""
    written = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return written.replace("+00:00", "Z")
