"""
The answer to a case.

    ruled ──a second person, where one is needed──▶ undo window ──▶ carried out ──▶ restored, if it was wrong
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seawall.cases.config import Act
from seawall.errors import InputError
from seawall.policy.ground import Ground

LONGEST_NOTE = 10_000  # characters


class Decision(StrEnum):
    """What is done about the items of a case, mildest first."""

    KEEP = "keep"
    LABEL = "label"
    RESTRICT = "restrict"  # withheld in named territories
    REMOVE = "remove"


class Context(StrEnum):
    """Why known content may stay where it stands; it belongs to the item and is never inherited from a hash."""

    NEWS = "news"
    RESEARCH = "research"
    ART = "art"
    EDUCATION = "education"
    COUNTER_SPEECH = "counter-speech"


class AccountMeasure(StrEnum):
    """What is done about the user behind an item."""

    WARN = "warn"
    SUSPEND = "suspend"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What somebody decided about every item of a case, and on what ground."""

    id: str
    case: str
    decision: Decision
    by: str
    at: datetime
    territories: tuple[str, ...] = ()  # where it is restricted
    ends_at: datetime | None = None  # when a label or restriction ends
    policy: str | None = None
    policy_version: int | None = None
    ground: Ground | None = None
    context: Context | None = None
    note: str = ""
    bank: str | None = None  # where the signals are kept; None: nowhere
    share: tuple[str, ...] = ()  # memberships whose hubs are told
    account: AccountMeasure | None = None
    needs: tuple[Act, ...] = ()  # why a second person must approve
    approved_by: str | None = None
    restore_asked_by: str | None = None
    undone_at: datetime | None = None
    carried_out_at: datetime | None = None
    ended_at: datetime | None = None  # when it was told that the label or restriction is over

    @property
    def restrains(self) -> bool:
        """Whether the item does not stay as it is."""
        return self.decision is not Decision.KEEP


def checked(ruling: Ruling) -> Ruling:
    """
    The ruling, if it holds together.

    Raises:
        InputError: Something is missing or contradicts the decision; the sentence says what.

    """
    if (ruling.decision is Decision.RESTRICT) != bool(ruling.territories):
        raise InputError("Restricting names the territories where, and nothing else does.")
    if ruling.ends_at is not None and ruling.decision not in (Decision.LABEL, Decision.RESTRICT):
        raise InputError("Only a label or a restriction ends by itself; leave the end out.")
    if ruling.ends_at is not None and ruling.ends_at <= ruling.at:
        raise InputError("It would have ended already; give a moment in the future.")
    if ruling.restrains and (ruling.policy is None or ruling.ground is None):
        raise InputError("Say which policy this breaks: whoever is affected is owed the ground.")
    if ruling.account is not None and not ruling.restrains:
        raise InputError("What is kept is no reason for a measure against its user.")
    if ruling.bank is not None and ruling.decision is not Decision.REMOVE:
        raise InputError(
            "Only the signals of what is removed are banked: a bank blocks everywhere."
        )
    if ruling.bank is not None and ruling.context is not None:
        raise InputError(
            "What a context decides says nothing of its copies; do not bank the signal."
        )
    if ruling.share and ruling.decision not in (Decision.KEEP, Decision.REMOVE):
        raise InputError("A hub is told of what was removed, or of what did not belong there.")
    if ruling.share and ruling.decision is Decision.KEEP and not ruling.note.strip():
        raise InputError("A dispute needs a reason: say in the note why it does not belong there.")
    if ruling.share and ruling.context is not None:
        raise InputError(
            "What a context decides says nothing of its copies; there is nothing to tell a hub."
        )
    if len(ruling.note) > LONGEST_NOTE:
        raise InputError(f"A note has at most {LONGEST_NOTE} characters.")
    return ruling


def needing(ruling: Ruling, two_persons: Collection[Act]) -> tuple[Act, ...]:
    """Why this ruling waits for a second person."""
    wanted = (
        (Act.SHARE, bool(ruling.share)),
        (Act.REMOVE_ACCOUNT, ruling.account is AccountMeasure.REMOVE),
    )
    return tuple(act for act, is_so in wanted if is_so and act in two_persons)


def was_right(ruling: Ruling) -> bool:
    """Whether what was matched is what its entry says: context excuses the item and does not blame the entry."""
    return ruling.restrains or ruling.context is not None
