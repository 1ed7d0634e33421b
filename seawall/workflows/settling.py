"""How following a hub goes, written into the membership and, when that changes, into the audit log."""

from dataclasses import replace
from datetime import datetime, timedelta

from seawall.audit.event import Happening
from seawall.exchange.membership import Membership, State, clock_skew
from seawall.partners.hub import Document
from seawall.storage.memory import Stores
from seawall.workflows.membership import Node

LOOK_AGAIN = timedelta(seconds=10)  # how often it is written down that all is as it was
STEADY = timedelta(minutes=1)  # by less than this, a clock's distance is not written down anew


def settle(
    before: Membership,
    state: State,
    node: Node,
    *,
    error: str | None = None,
    size: int | None = None,
    evidence: str | None = None,
) -> Membership:
    """The membership with how following goes written down; an event tells when that changes."""
    now = node.now()
    after = replace(before, state=state, error=error, size=before.size if size is None else size)
    if after == before and before.checked_at and now - before.checked_at < LOOK_AGAIN:
        return before
    with node.memory.transaction() as stores:
        here = stores.memberships.lock(before.id)
        if here is None or here.position != before.position:
            return before
        after = replace(here, state=state, error=error, size=after.size, checked_at=now)
        stores.memberships.save(after)
        details: Document
        forked = evidence is not None and error != here.error and state is State.ROLLED_BACK
        if forked or state not in (State.FOLLOWING, here.state):
            details = {"state": state, "error": error, "position": here.position}
            if evidence is not None:
                details["checkpoint"] = evidence
            note_event(stores, action="membership:troubled", of=after, at=now, details=details)
        if state is State.FOLLOWING and here.state not in (State.FOLLOWING, State.JOINED):
            details = {"position": here.position}
            note_event(stores, action="membership:recovered", of=after, at=now, details=details)
    return after


def settle_clock(
    before: Membership, told: datetime | None, *, asked: datetime, node: Node
) -> Membership:
    """
    The membership with how far the hub's clock is from ours; events tell when they begin and cease to differ much.

    `told` is what the hub's clock said in its answer to what we `asked` then.
    """
    now = node.now()
    if told is None:
        return before
    skew = clock_skew(told, asked=asked, answered=now)
    if before.clock_skew is not None and abs(skew - before.clock_skew) < STEADY.total_seconds():
        return before
    with node.memory.transaction() as stores:
        here = stores.memberships.lock(before.id)
        if here is None:
            return before
        after = replace(here, clock_skew=skew)
        stores.memberships.save(after)
        said: Document = {"seconds": skew}
        if after.clock_differs and not here.clock_differs:
            note_event(stores, action="membership:clock-differs", of=after, at=now, details=said)
        if here.clock_differs and not after.clock_differs:
            note_event(stores, action="membership:clock-agrees", of=after, at=now, details=said)
    return replace(before, clock_skew=skew)


def note_event(
    stores: Stores, *, action: str, of: Membership, at: datetime, details: Document
) -> None:
    """Remember what happened to a membership; the actor is its hub."""
    stores.audit.record(
        Happening(action=action, subject=of.id, actor=of.hub, at=at, details=details)
    )
