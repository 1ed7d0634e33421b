"""Moments as a person types them: `2027-01-31`, `2027-01-31T12:00Z`, `90d`."""

import re
from datetime import UTC, datetime, timedelta

from seawall.clock import now, rfc3339
from seawall.errors import InputError

_SPAN = re.compile(r"(\d+)([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def ahead(text: str | None) -> str | None:
    """The moment meant, spans counted from now on, in RFC 3339."""
    return _moment(text, 1)


def ago(text: str | None) -> str | None:
    """The moment meant, spans counted back from now, in RFC 3339."""
    return _moment(text, -1)


def seconds(text: str) -> float:
    """
    How long a span such as `365d` is.

    Raises:
        InputError: It is no span.

    """
    span = _SPAN.fullmatch(text)
    if not span:
        raise InputError(f"Write a span as 12h, 90d or 4w; this is '{text}'.")
    return int(span[1]) * _UNITS[span[2]].total_seconds()


def _moment(text: str | None, direction: int) -> str | None:
    if text is None:
        return None
    span = _SPAN.fullmatch(text)
    if span:
        return rfc3339(now() + direction * int(span[1]) * _UNITS[span[2]])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"Write a moment as 2027-01-31 or a span as 90d; this is '{text}'."
        ) from None
    return rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
