"""
Guessing passwords is slow: the longer one has failed, the longer the next try waits.

    a try ─▶ of this login from this address ─┬─ who has signed in there before: no other count holds them up
                                              └─▶ of this login from anywhere ─▶ from this address for any login

A login is counted whether there is such a person or not. So whoever fails on purpose, from elsewhere or from the same
office, does not keep people out of where they usually work. A try that was right is taken back.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

FREE_AT_PLACE = 5  # tries of one login from one address before the first wait
FREE_FOR_LOGIN = 50  # from wherever it has not signed in before
FREE_FOR_ADDRESS = 30  # an office may have one address
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
KNOWN_FOR = timedelta(days=90)  # since the last sign-in from there


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """How often signing in was tried, when last, and when it was right last."""

    subject: str
    tries: int
    last_at: datetime
    right_at: datetime | None = None

    def known(self, at: datetime) -> bool:
        """Whether somebody has signed in so not long ago."""
        return self.right_at is not None and at - self.right_at < KNOWN_FOR


def another(before: Attempts, *, at: datetime) -> Attempts:
    """The count with one more try, begun anew when the last is long ago."""
    stale = at - before.last_at >= FORGOTTEN_AFTER
    return replace(before, tries=1 if stale else before.tries + 1, last_at=at)


def was_right(before: Attempts, *, at: datetime) -> Attempts:
    """Nothing was guessed, after all."""
    return replace(before, tries=0, right_at=at)


def taken_back(before: Attempts, tries: int) -> Attempts:
    """The count without so many tries."""
    return replace(before, tries=max(0, before.tries - tries))


def must_wait(attempts: Attempts, *, free: int, at: datetime) -> timedelta:
    """
    How long until the next try: 1, 2, 4 … seconds and at most 15 minutes, once the free ones are used.

    >>> noon = datetime(2026, 1, 1, 12)
    >>> must_wait(Attempts(subject="login:a", tries=7, last_at=noon), free=5, at=noon)
    datetime.timedelta(seconds=4)

    """
    beyond = attempts.tries - free
    if beyond < 0:
        return timedelta(0)
    wait = min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST_WAIT)
    return max(timedelta(0), attempts.last_at + wait - at)


def network_of(address: str) -> str:
    """
    What counts as one address: of IPv6 the /64, for who has one of its addresses has them all.

    >>> network_of("192.0.2.7"), network_of("2001:db8:0:1::7"), network_of("::ffff:192.0.2.7"), network_of("nowhere")
    ('192.0.2.7', '2001:db8:0:1::/64', '192.0.2.7', 'nowhere')

    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> 64 << 64)}/64"


def place_subject(login: str, address: str) -> str:
    """A login from an address; what was typed may be a password, and its digest says nothing."""
    return f"place:{_digest(f'{network_of(address)} {login}')}"


def login_subject(login: str) -> str:
    """A login from anywhere."""
    return f"login:{_digest(login)}"


def address_subject(address: str) -> str:
    """Any login from an address."""
    return f"address:{network_of(address)[:100]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
