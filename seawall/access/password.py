"""
Passwords: which are good enough, and what is kept of them (Argon2id, RFC 9106).

Each hash takes 64 MiB for a moment, so only a few are made at once: whoever floods the sign-in page waits.
"""

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from seawall.errors import InputError

SHORTEST, LONGEST = 12, 256  # characters
FEWEST_LETTERS = 5  # different ones
AT_ONCE = 4
COMMON = frozenset(  # the commonest that are long enough
    (  # noqa: SIM905 - quotes around each would hide the words
        "password1234 password12345 password123456 passwordpassword passw0rdpassw0rd "
        "123456789012 1234567890123 "
        "12345678901234 123456789123 1234567891011 qwertyuiop12 qwertyuiop123 qwertyuiopasdf qwertyuiop[] qwerty123456 "
        "qwerty1234567 1q2w3e4r5t6y 1q2w3e4r5t6y7u qazwsxedcrfv 1qaz2wsx3edc 1qaz2wsx3edc4rfv zaq12wsxcde3 "
        "abcdefghijkl "
        "abcdefghijklm abcd12345678 abc123456789 administrator administrator1 admin1234567 admin12345678 welcome12345 "
        "welcome123456 letmeinplease iloveyou1234 iloveyou12345 changeme1234 changemeplease correcthorsebatterystaple "
        "seawallseawall trustnoone123 sunshine1234 princess1234 football1234 baseball1234 monkeymonkey dragondragon "
        "superman1234 michael12345 computer1234 internet1234 asdfghjkl123 asdfghjkl;'a zxcvbnm12345 q1w2e3r4t5y6"
    ).split()
)
HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)  # KiB
_ROOM = threading.BoundedSemaphore(AT_ONCE)


def check_password(text: str, *, login: str) -> str:
    """
    The password, if it is good enough.

    Raises:
        InputError: It is too short, the login, or one of those that everybody tries; the sentence says which.

    """
    if not SHORTEST <= len(text) <= LONGEST:
        raise InputError(
            f"A password has {SHORTEST} to {LONGEST} characters; three or four words do well."
        )
    folded = text.casefold()
    if folded == login.casefold():
        raise InputError("The password is the login; choose another.")
    if folded in COMMON or len(set(folded)) < FEWEST_LETTERS:
        raise InputError("Everybody tries this password first; choose another.")
    return text


def hash_password(text: str) -> str:
    """What is kept of it, with a salt of its own."""
    with _ROOM:
        return HASHER.hash(text)


def fits(text: str, kept: str | None) -> bool:
    """Whether this is the password; where none is kept the answer is no, and takes as long."""
    if len(text) > LONGEST:  # none is so long, whoever it is of
        return False
    with _ROOM:
        try:
            HASHER.verify(kept or _nobodys(), text)
        except (VerifyMismatchError, InvalidHashError):
            return False
    return kept is not None


@cache
def _nobodys() -> str:
    """So that an unknown login takes as long as a known one."""
    return HASHER.hash("nobody's password")
