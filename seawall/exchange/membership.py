"""
This home as a member: the hub it follows, how far it has come, and how well that goes.

    joined ──▶ following ◀──▶ unreachable · rolled-back · distrusted · locked-out · failing
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from seawall.errors import InputError, NotFound
from seawall.exchange.merkle import Frontier

T = TypeVar("T")
MOST_SKEW = timedelta(minutes=5)  # between two clocks that nobody need worry about


class State(StrEnum):
    """How following goes. What was applied is enforced in every one of them."""

    JOINED = "joined"  # nothing was read yet
    FOLLOWING = "following"
    UNREACHABLE = "unreachable"  # no answer, or none that can be used; tried again soon
    ROLLED_BACK = "rolled-back"  # restored from a backup: it has less, or went on otherwise
    DISTRUSTED = "distrusted"  # what it says is not signed, or not what it said before
    FAILING = "failing"  # this home could not keep what it read: its disk, its database
    LOCKED_OUT = "locked-out"  # it does not take our key any more, or we were suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One agreement that this home follows at one hub."""

    id: str
    hub: str  # its address
    agreement: str
    organisation: str  # who we are there
    bank: str  # where its records become entries
    hub_key: str  # pinned when we joined
    key: bytes  # ours, sealed
    key_at: datetime  # since when we have it
    previous_key: bytes | None = None  # the one before, sealed: a restored hub may know only that
    joined_at: datetime
    frontier: Frontier  # of the tree over everything applied; its size is the last delta's number
    checkpoint: str = ""  # the latest signed note that fits
    size: int = 0  # what the hub has, as it last said
    state: State = State.JOINED
    error: str | None = None
    skipped: int = 0  # deltas that could not be understood
    disputed: int = 0  # entries that are disputed now
    clock_skew: int | None = None  # seconds that the hub's clock is ahead of ours; None: unknown
    counted: int = 0  # the last upload whose matches were reported
    last_delta_at: datetime | None = None  # by our clock
    checked_at: datetime | None = None

    @property
    def position(self) -> int:
        """The number of the last delta applied."""
        return self.frontier.size

    @property
    def lag(self) -> int:
        """How many deltas the hub has that are not applied here."""
        return max(0, self.size - self.position)

    @property
    def clock_differs(self) -> bool:
        """Whether the hub's clock is so far from ours that confirmations end here much later or earlier than there."""
        return self.clock_skew is not None and abs(self.clock_skew) > MOST_SKEW.total_seconds()


def named(name: str, every: Sequence[T], of: Callable[[T, str], object]) -> T:
    """
    The membership of this id, or under this agreement, or that fills this bank; `of` reads a field of one.

    Raises:
        NotFound: There is none.
        InputError: There are several.

    """
    for field in ("id", "agreement", "bank"):
        found = [each for each in every if of(each, field) == name]
        if len(found) > 1:
            ids = ", ".join(str(of(each, "id")) for each in found)
            raise InputError(
                f"Several hubs have an agreement '{name}'; name one of these instead: {ids}."
            )
        if found:
            return found[0]
    raise NotFound(f"This home follows no agreement '{name}'; `seawall memberships` lists them.")


def clock_skew(told: datetime, *, asked: datetime, answered: datetime) -> int:
    """
    How many seconds a clock is ahead of ours at the least.

    `told` is what it said, cut to the second, at some time between the two moments of ours.
    """
    if told > answered:
        return int((told - answered).total_seconds())
    return min(0, int((told + timedelta(seconds=1) - asked).total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something still to be told to a hub; its id keeps it from being done twice."""

    id: str
    membership: str
    path: str
    body: dict[str, object]
    at: datetime
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Our latest word on a record that a hub has acknowledged: what is told again if the hub has lost it."""

    membership: str
    record: str
    signal: str
    opinion: dict[str, object]  # as it was told, with the record's piece
    at: datetime  # by the hub's clock
    number: int  # of the message that told it
