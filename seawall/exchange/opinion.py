"""
One organisation's word on a signal: it belongs here, it does not, or forget what we said.

    confirm (categories, severity, incident, entity, context, confidence, until when) · dispute (why) · withdraw
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from seawall.clock import in_utc
from seawall.errors import InputError
from seawall.exchange.organisation import Kind


class Word(StrEnum):
    """What an organisation says of a signal."""

    CONFIRM = "confirm"
    DISPUTE = "dispute"
    WITHDRAW = "withdraw"


MAX_SEVERITY = 7  # 0 unknown to 7 the worst, as in the field's priority scores
LONGEST = 2_000  # characters of a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """The current word of one organisation; an earlier one of the same organisation is history."""

    organisation: str
    kind: Kind  # of the organisation, so that its origin is always visible
    word: Word
    at: datetime
    categories: tuple[str, ...] = ()
    severity: int = 0
    incident: str = ""  # a declared crisis this belongs to
    entity: str = ""  # the designated group or person that made it
    context: str = (
        ""  # a label such as news, research, counter-speech; never inherited by what matches
    )
    confidence: int | None = None  # 0 to 100, as its giver sees it
    quality: int | None = None  # of the fingerprint, 0 to 100
    order: str = ""  # the reference of a legal order, if there is one
    reason: str = ""
    expires_at: datetime | None = None


def checked(opinion: Opinion) -> Opinion:
    """
    The opinion, if it says something, with its end in UTC.

    Raises:
        InputError: A field is missing or out of range; the sentence says which.

    """
    if opinion.word is Word.DISPUTE and not opinion.reason.strip():
        raise InputError("A dispute needs a reason: say why the signal does not belong here.")
    if opinion.word is Word.CONFIRM and not opinion.categories:
        raise InputError("A confirmation needs a category: say what the content is.")
    if not 0 <= opinion.severity <= MAX_SEVERITY:
        raise InputError(f"severity is 0 to {MAX_SEVERITY}; this is {opinion.severity}.")
    for name in ("confidence", "quality"):
        value = getattr(opinion, name)
        if value is not None and not 0 <= value <= 100:
            raise InputError(f"{name} is 0 to 100; this is {value}.")
    for name in ("incident", "entity", "context", "order", "reason"):
        if len(getattr(opinion, name)) > LONGEST:
            raise InputError(f"{name} has at most {LONGEST} characters.")
    if opinion.expires_at is None:
        return opinion
    return replace(opinion, expires_at=in_utc(opinion.expires_at))
