"""Names for new things: short, sortable by time, unguessable enough not to collide."""

import secrets
from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
TIME_DIGITS = 9  # 45 bits of milliseconds: until the year 3084
RANDOM_DIGITS = 10  # 50 bits of chance within one millisecond


def new_id(prefix: str, *, at: datetime) -> str:
    """An id such as `up_01jd3c7k2x9qhw4t5mz`: its kind, its moment, its chance."""
    moment = _base32(int(at.timestamp() * 1000), TIME_DIGITS)
    return f"{prefix}_{moment}{_base32(secrets.randbits(50), RANDOM_DIGITS)}"


def derived_id(prefix: str, seed: bytes) -> str:
    """An id of the same shape that these 12 bytes make; it says nothing of a moment."""
    return f"{prefix}_{_base32(int.from_bytes(seed), TIME_DIGITS + RANDOM_DIGITS)}"


def _base32(number: int, digits: int) -> str:
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(digits)))
