"""What an organisation may say of a signal."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from seawall.errors import InputError
from seawall.exchange.delta import opinion_document, opinion_from
from seawall.exchange.opinion import Opinion, Word, checked
from seawall.exchange.organisation import Kind
from tests.made import NOON

BEYOND = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-12)))


def confirmed(expires_at):
    """A confirmation that ends then."""
    return Opinion(
        organisation="alpha",
        kind=Kind.PLATFORM,
        word=Word.CONFIRM,
        at=NOON,
        categories=("terrorist-content",),
        expires_at=expires_at,
    )


@pytest.mark.parametrize("ends", [BEYOND, NOON.replace(tzinfo=None)])
def test_an_end_that_is_no_moment_in_utc_is_refused(ends):
    """No database could keep it, neither at the hub nor at a member."""
    with pytest.raises(InputError):
        checked(confirmed(ends))
    with pytest.raises(InputError):
        opinion_from(opinion_document(confirmed(None)) | {"expires_at": ends.isoformat()})


def test_an_end_is_kept_in_utc():
    """So that the same end is the same text, wherever it was said."""
    there = NOON.astimezone(timezone(timedelta(hours=2)))
    assert checked(confirmed(there)).expires_at.tzinfo is UTC
    said = opinion_document(confirmed(None)) | {"expires_at": there.isoformat()}
    assert opinion_from(said) == confirmed(NOON)
