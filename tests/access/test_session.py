"""Sign-ins, and how slow guessing is."""

from datetime import timedelta

from seawall.access.attempts import FORGOTTEN_AFTER, LONGEST_WAIT, Attempts, another, must_wait
from seawall.access.session import SignIn, csrf_of, new_token, token_digest
from tests.made import NOON

HOUR = timedelta(hours=1)


def test_a_sign_in_ends_unused_and_ends_at_last():
    """Whichever comes first."""
    made = SignIn(
        digest=b"",
        person="psn_1",
        created_at=NOON,
        seen_at=NOON + 10 * HOUR,
        expires_at=NOON + 12 * HOUR,
        strong=False,
    )

    assert made.open(NOON + 10.9 * HOUR, idle=HOUR)
    assert not made.open(NOON + 11 * HOUR, idle=HOUR)
    assert not made.open(NOON + 12 * HOUR, idle=5 * HOUR)


def test_the_word_of_a_form_belongs_to_one_sign_in():
    """It says nothing of the secret, and the digest that is kept does not make it."""
    one, other = new_token(), new_token()

    assert len(one) >= 43
    assert csrf_of(one) == csrf_of(one) != csrf_of(other)
    assert csrf_of(token_digest(one).hex()) != csrf_of(one)


def test_each_try_waits_longer():
    """A few are free; then 1, 2, 4 … seconds, and no more than a quarter of an hour."""
    tried = Attempts(subject="login:a", tries=0, last_at=NOON)
    waits = []
    for _ in range(20):
        tried = another(tried, at=NOON)
        waits.append(must_wait(tried, free=5, at=NOON).total_seconds())

    assert waits[:9] == [0, 0, 0, 0, 1, 2, 4, 8, 16]
    assert waits[-1] == LONGEST_WAIT.total_seconds()
    assert must_wait(tried, free=5, at=NOON + LONGEST_WAIT) == timedelta(0)


def test_tries_are_forgotten():
    """After a day without one."""
    tried = Attempts(subject="login:a", tries=50, last_at=NOON)

    assert another(tried, at=NOON + FORGOTTEN_AFTER).tries == 1
