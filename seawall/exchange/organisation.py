"""Who takes part: an organisation, and of which kind it is, because a government's word is not a platform's."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seawall.errors import InputError

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")


class Kind(StrEnum):
    """What an organisation is."""

    PLATFORM = "platform"
    AUTHORITY = "authority"  # a government, a police force, a referral unit
    FLAGGER = "flagger"
    HOTLINE = "hotline"
    RESEARCHER = "researcher"
    CIVIL_SOCIETY = "civil-society"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One that can be a member of agreements; its keys have its id as their owner."""

    id: str  # "acme": small letters, digits, dots, hyphens
    name: str
    kind: Kind
    created_at: datetime


def slug(text: str, what: str) -> str:
    """
    The text, if it can be an id that people type.

    Raises:
        InputError: It cannot.

    """
    if not _ID.fullmatch(text):
        raise InputError(
            f"{what} is 1 to 63 small letters, digits, dots and hyphens; this is '{text[:80]}'."
        )
    return text
