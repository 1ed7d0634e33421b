"""A second factor: six digits that change every half minute (RFC 6238, with SHA-1 as every app has it)."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

PERIOD = 30  # seconds
DIGITS = 6
DRIFT = 1  # periods that a clock may be before or behind
SECRET_BYTES = 20  # as long as what HMAC-SHA-1 gives: RFC 4226, section 4


def new_secret() -> str:
    """A secret that nobody has yet, in the base 32 that apps read."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_at(moment: datetime) -> int:
    """The number of the half minute."""
    return int(moment.timestamp()) // PERIOD


def code_of(secret: str, step: int) -> str:
    """The six digits of a half minute (RFC 4226, section 5.3)."""
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8), hashlib.sha1)
    offset = mac[-1] & 15
    number = int.from_bytes(mac[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def used_step(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    """
    The half minute this code is of, if it is right now and later than the last one used; None if it is not.

    Every code that could be right is compared, each in the same time.
    """
    given = code.replace(" ", "").encode()
    now = step_at(at)
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        same = hmac.compare_digest(code_of(secret, step).encode(), given)
        if same and step > after:
            found = step
    return found


def app_address(secret: str, *, login: str, issuer: str) -> str:
    """What an app reads to know the secret: `otpauth://totp/…`."""
    label = quote(f"{issuer}:{login}")
    words = {"secret": secret, "issuer": issuer, "digits": DIGITS, "period": PERIOD}
    return f"otpauth://totp/{label}?{urlencode(words, quote_via=quote)}"
