"""Who may do what."""

from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.access.key import (
    Scope,
    allowed,
    derived_text,
    digest_of,
    imprint_of,
    new_key,
    new_text,
    parse_scopes,
)
from seawall.errors import InputError, NotAllowed
from tests.made import NOON


def key(*scopes, **fields):
    """A key and its text."""
    text = new_text(at=NOON)
    made = {"owner": "alpha", "scopes": frozenset(scopes), "at": NOON} | fields
    return new_key("test", imprint=imprint_of(text), **made), text


def test_only_the_digest_of_a_key_is_kept():
    """The text is shown once; what is stored opens nothing."""
    kept, text = key(Scope.MATCH)

    assert kept.digest == digest_of(text)
    assert text not in repr(kept)
    assert text.startswith("swl_")


def test_a_derived_key_looks_like_every_other_and_is_always_the_same():
    """Its id has the usual shape, and another seed makes another id and another secret."""
    text, usual = derived_text(bytes(range(44))), new_text(at=NOON)

    assert text == derived_text(bytes(range(44)))
    for part, like in zip(text.split("_", 2), usual.split("_", 2), strict=True):
        assert len(part) == len(like)
    other = derived_text(bytes(reversed(range(44))))
    assert not set(text.split("_", 2)[1:]) & set(other.split("_", 2)[1:])
    assert imprint_of(usual).id == f"key_{usual.split('_')[1]}"


def test_a_key_does_what_its_scopes_say():
    """And an administrator's everything."""
    matcher, _ = key(Scope.MATCH)
    admin, _ = key(Scope.ADMIN)

    assert allowed(matcher, Scope.MATCH, at=NOON) == matcher
    assert allowed(admin, Scope.RULES_WRITE, at=NOON) == admin
    with pytest.raises(NotAllowed, match="lacks the scope 'screen'"):
        allowed(matcher, Scope.SCREEN, at=NOON)


def test_expired_and_revoked_keys_open_nothing():
    """Whatever their scopes."""
    kept, _ = key(Scope.ADMIN, expires_at=NOON + timedelta(hours=1))

    with pytest.raises(NotAllowed, match="expired"):
        allowed(kept, Scope.MATCH, at=NOON + timedelta(hours=1))
    with pytest.raises(NotAllowed, match="revoked"):
        allowed(replace(kept, revoked_at=NOON), Scope.MATCH, at=NOON)


def test_a_key_that_could_never_open_anything_is_not_made():
    """Better said at once than found out at three in the morning."""
    with pytest.raises(InputError, match="at least one scope"):
        key()
    with pytest.raises(InputError, match="expired already"):
        key(Scope.MATCH, expires_at=NOON)


def test_scopes_are_read_in_groups():
    """`banks` means reading and writing; a comma separates."""
    assert parse_scopes(["match,banks", "status"]) == {
        Scope.MATCH,
        Scope.BANKS_READ,
        Scope.BANKS_WRITE,
        Scope.STATUS,
    }
    with pytest.raises(InputError, match="no scope 'everything'"):
        parse_scopes(["everything"])
