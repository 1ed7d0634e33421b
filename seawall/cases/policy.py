"""
What a platform does not allow, in its own words, as they stood on a day.

A ruling names a policy and its version; putting a policy again makes the next version and keeps the earlier ones.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from seawall.cases.ruling import Decision
from seawall.errors import InputError
from seawall.policy.ground import Ground

MOST_SEVERE = 7
MOST_STRIKES = 100
LONGEST = 20_000  # characters of its text
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of a policy."""

    id: str  # its name: "terrorist-content"
    title: str
    ground: Ground
    at: datetime
    text: str = ""
    categories: tuple[str, ...] = ()  # what it is about; it says how severe their cases are
    measure: Decision = Decision.REMOVE  # what usually follows
    strikes: int = 0  # what a breach counts against the uploader
    severity: int = 2  # 0 to 7
    version: int = 1


def checked(policy: Policy) -> Policy:
    """
    The policy, if it can be applied.

    Raises:
        InputError: A field is missing or out of range; the sentence says which.

    """
    if not _NAME.fullmatch(policy.id):
        raise InputError(
            f"A policy's name has small letters, digits, dots and hyphens, 64 at most; this is '{policy.id[:80]}'."
        )
    if not policy.title.strip() or not policy.ground.provision.strip():
        raise InputError("A policy needs a title and the provision it rests on.")
    if len(policy.text) > LONGEST:
        raise InputError(f"A policy's text has at most {LONGEST} characters.")
    if not 0 <= policy.severity <= MOST_SEVERE:
        raise InputError(f"severity is 0 to {MOST_SEVERE}; this is {policy.severity}.")
    if not 0 <= policy.strikes <= MOST_STRIKES:
        raise InputError(f"strikes are 0 to {MOST_STRIKES}; this is {policy.strikes}.")
    return policy
