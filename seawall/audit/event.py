"""One line of the audit log: `subject:action`, who, when, and the digest of the line before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened and must be remembered."""

    action: str  # "upload:screened", "entry:added"
    subject: str  # the id of what it happened to
    actor: str  # a key's id, or "cli"
    at: datetime
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A happening in its place in the chain."""

    number: int  # from 1, without gaps
    happening: Happening
    previous: bytes  # digest of the event before; 32 zero bytes for the first
    digest: bytes
