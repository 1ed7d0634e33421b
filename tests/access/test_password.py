"""Passwords: which are good enough, and what is kept of them."""

import pytest

from seawall.access import password
from seawall.access.password import COMMON, SHORTEST, check_password, fits, hash_password
from seawall.errors import InputError

REAL = password.HASHER  # while tests run, one that takes less stands in its place


@pytest.mark.parametrize(
    "text",
    [
        "short",
        "x" * 257,
        "aaaaaaaaaaaa",
        "PasswordPassword",
        "Ada@Example.org",
        "123456789012",
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(text):
    """Too short, too long, the login in other letters, or one that everybody tries."""
    with pytest.raises(InputError):
        check_password(text, login="ada@example.org")


def test_the_list_of_common_passwords_holds_only_what_is_long_enough():
    """A shorter one is refused for its length."""
    assert [each for each in COMMON if len(each) < SHORTEST or each != each.casefold()] == []


def test_guessing_is_dear():
    """Argon2id with 64 MiB and three passes: more than RFC 9106 asks where memory is short."""
    assert REAL.hash("four words do well").startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_only_the_password_fits():
    """And two hashes of one password differ."""
    kept = hash_password("four words do well")

    assert fits("four words do well", kept)
    assert not fits("four words do welL", kept)
    assert kept != hash_password("four words do well")
    assert "four words" not in kept


def test_where_no_password_is_kept_none_fits():
    """Not even the one whose hash is compared for the time it takes."""
    assert not fits("nobody's password", None)
