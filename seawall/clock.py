"""The time, asked for in one place; everything that decides is handed it."""

from datetime import UTC, datetime
from functools import lru_cache

from seawall.errors import InputError


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC)


def in_utc(moment: datetime) -> datetime:
    """
    The same moment in UTC, as every database can keep it.

    Raises:
        InputError: It names no time zone, or there is no such moment in UTC.

    """
    if moment.tzinfo is None:
        raise InputError(
            f"A moment names its time zone, as 2027-01-31T12:00:00Z does; '{moment}' does not."
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InputError(f"The moment '{moment}' is beyond what a calendar has in UTC.") from None


def position(seconds: float) -> str:
    """
    A place in a video or a sound, as players write it.

    >>> position(12.7), position(3725)
    ('0:12', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@lru_cache(1024)  # what is written in bulk has few moments
def rfc3339(moment: datetime) -> str:
    """A moment as the doors and the audit log write it: `2026-01-01T12:00:00.000000Z` (RFC 3339)."""
    written = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return written.replace("+00:00", "Z")
