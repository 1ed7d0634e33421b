"""
One sign-in: a secret in the browser, its SHA-256 here.

    sign in ──▶ open ──┬─ not used for a while ─▶ over
                       ├─ too long ago ─────────▶ over
                       └─ signed out ───────────▶ forgotten
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

TOKEN_BYTES = 32
TOUCH = timedelta(minutes=1)  # how old `seen_at` may be before it is written again


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What is kept of it."""

    digest: bytes
    person: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    strong: bool  # a second factor was given

    def open(self, at: datetime, *, idle: timedelta) -> bool:
        """Whether it still lets its person in."""
        return at < self.expires_at and at < self.seen_at + idle


def new_token(prefix: str = "") -> str:
    """A secret that nobody has yet: 256 bits."""
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> bytes:
    """What is kept of a secret: 32 bytes, from which nobody makes it."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """What every form of this sign-in carries: who does not have the secret cannot make it."""
    mac = hmac.digest(token.encode(), b"seawall form", hashlib.sha256)
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
