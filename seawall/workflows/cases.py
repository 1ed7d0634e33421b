"""
Questions for people: taken, put aside, handed on, taken apart.

    queue ─▶ next, or this very one ─▶ claimed ─▶ ruled on · released · skipped · held · handed to somebody
"""

from datetime import datetime, timedelta

from seawall.access.person import Limits, Permission, may
from seawall.cases.case import (
    Case,
    Source,
    Status,
    Step,
    happened,
)
from seawall.cases.config import CasesConfig
from seawall.clock import rfc3339
from seawall.errors import InputError, NotAllowed, NotFound, WrongState
from seawall.storage.memory import Memory, Stores
from seawall.workflows.audit import record
from seawall.workflows.case_access import acting, check_limits, who_may_rule
from seawall.workflows.opening import open_case
from seawall.workflows.quality import check_unsaid, golden_case, open_part

LAPSED_AT_ONCE = 100
LONGEST_HOLD = timedelta(days=90)
LONGEST_REASON = 2_000  # characters
MOST_PERSON = 255  # characters of a person's id
_WOKEN = {Status.CLAIMED: Step.LAPSED, Status.HELD: Step.RESUMED}


def next_case(
    person: str,
    *,
    limits: Limits,
    config: CasesConfig,
    stores: Stores,
    now: datetime,
    queue: str | None = None,
    category: str | None = None,
    most_severe: int | None = None,
    room: int | None = None,
    secret: bytes | None = None,
) -> Case | None:
    """
    The most urgent case this person may see and has not skipped, now theirs; None when there is none.

    One more severe than `most_severe` is left to others, and so is one more severe than their day has `room` for,
    unless there is nothing in it to look at.

    With the home's secret for draws, a golden item comes before it where one is due.

    Raises:
        NotAllowed: The person is one of ours, and may not rule.

    """
    named(person)
    stores.cases.lock()
    known = acting(person, stores)
    limits = known.limits if known else limits
    wake(stores=stores, now=now)
    ident = stores.cases.next_open(
        person,
        limits=limits,
        queue=queue,
        category=category,
        most_severe=most_severe,
        room=room,
    )
    if ident is None:
        return None
    case = stores.cases.find(ident)
    if secret is not None:
        golden = golden_case(
            person,
            case,
            limits=limits,
            category=category,
            most_severe=min(
                (each for each in (most_severe, room) if each is not None), default=None
            ),
            config=config,
            secret=secret,
            stores=stores,
            now=now,
        )
        case = golden or case
    return claimed(case, person, config=config, stores=stores, now=now)


def claim(
    ident: str,
    person: str,
    *,
    limits: Limits,
    config: CasesConfig,
    stores: Stores,
    now: datetime,
) -> Case:
    """
    This very case, now theirs; claimed again by its holder it lasts longer.

    Raises:
        NotFound: There is no such case.
        NotAllowed: It is beyond the person's limits, or they have decided it before.
        WrongState: Somebody else has it, or it does not wait any more.

    """
    named(person)
    stores.cases.lock()
    wake(stores=stores, now=now)
    case = stores.cases.find(ident)
    check_limits(case, limits)
    acting(person, stores, case=case)
    if case.status is Status.CLAIMED and case.claimed_by == person:
        return heartbeat(ident, person, config=config, stores=stores, now=now)
    if case.status not in (Status.OPEN, Status.HELD):
        raise WrongState(_taken(case))
    check_unsaid(ident, person, stores)
    return claimed(case, person, config=config, stores=stores, now=now)


def heartbeat(
    ident: str, person: str, *, config: CasesConfig, stores: Stores, now: datetime
) -> Case:
    """
    The claim lasts the whole length again.

    Raises:
        NotFound: There is no such case.
        WrongState: It is not, or no longer, this person's.

    """
    case = held_by(ident, person, stores=stores, now=now)
    stores.cases.extend(ident, until=now + config.claim)
    return stores.cases.find(case.id)


def held_by(ident: str, person: str, *, stores: Stores, now: datetime) -> Case:
    """
    The case, claimed by this person; nobody changes it before this transaction ends.

    Raises:
        NotFound: There is no such case.
        NotAllowed: As `acting`.
        WrongState: It is not, or no longer, this person's.

    """
    stores.cases.lock()
    case = stores.cases.find(ident)
    acting(person, stores, case=case)
    lapsed = case.until is not None and case.until <= now
    if case.status is not Status.CLAIMED or case.claimed_by != person or lapsed:
        raise WrongState(f"The case '{ident}' is not claimed by '{person}' now; claim it first.")
    return case


def release(ident: str, person: str, *, stores: Stores, now: datetime) -> Case:
    """
    Back into the queue.

    Raises:
        NotFound, WrongState: As `held_by`.

    """
    return changed(
        held_by(ident, person, stores=stores, now=now), Step.RELEASED, stores, by=person, now=now
    )


def skip(ident: str, person: str, *, stores: Stores, now: datetime) -> Case:
    """
    Back into the queue, and never offered to this person again.

    Raises:
        NotFound, WrongState: As `held_by`.

    """
    case = held_by(ident, person, stores=stores, now=now)
    stores.cases.skip(ident, person, at=now)
    return changed(case, Step.SKIPPED, stores, by=person, now=now)


def hold(
    ident: str, person: str, *, reason: str, until: datetime, stores: Stores, now: datetime
) -> Case:
    """
    Put aside until then, for a reason that everybody sees.

    Raises:
        NotFound, WrongState: As `held_by`.
        InputError: There is no reason, or the moment is past or too far away.

    """
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise InputError(f"Say why it is put aside, in at most {LONGEST_REASON} characters.")
    if not now < until <= now + LONGEST_HOLD:
        raise InputError(
            f"A case is put aside until a moment in the next {LONGEST_HOLD.days} days."
        )
    case = held_by(ident, person, stores=stores, now=now)
    told = {"reason": reason.strip(), "until": rfc3339(until)}
    return changed(case, Step.HELD, stores, by=person, now=now, **told)


def hand_off(ident: str, person: str, *, to: str, stores: Stores, now: datetime) -> Case:
    """
    For this other person and nobody else.

    Raises:
        NotFound, NotAllowed, WrongState: As `held_by`.
        InputError: Nobody, the same person, or somebody who may not rule on this case is named.

    """
    if named(to) == person:
        raise InputError("Hand it to somebody else, or keep it.")
    case = held_by(ident, person, stores=stores, now=now)
    _check_receiver(case, to, by=person, stores=stores)
    return changed(case, Step.HANDED_OFF, stores, by=person, now=now, to=to)


def assign(ident: str, by: str, *, to: str, limits: Limits, stores: Stores, now: datetime) -> Case:
    """
    A case that nobody works on now, for this person and nobody else.

    Raises:
        NotFound: There is no such case.
        NotAllowed: It is beyond the limits of whoever assigns it, or their roles do not let them.
        WrongState: Somebody has it, or it does not wait any more.
        InputError: Somebody who may not rule on this case is named.

    """
    named(to)
    stores.cases.lock()
    wake(stores=stores, now=now)
    case = stores.cases.find(ident)
    check_limits(case, limits)
    known = acting(by, stores, case=case)
    if known and not may(known, Permission.CASES_ASSIGN):
        raise NotAllowed(f"'{by}' may not assign cases.")
    if case.status not in (Status.OPEN, Status.HELD):
        raise WrongState(_taken(case))
    _check_receiver(case, to, by=by, stores=stores)
    return changed(case, Step.HANDED_OFF, stores, by=by, now=now, to=to)


def remove_from_cluster(
    ident: str, key: str, person: str, *, stores: Stores, now: datetime
) -> tuple[Case, Case]:
    """
    The case without this item, and the case of its own that the item is in now.

    Taken out of a look it is in a look too, on which nothing is carried out, and which is compared with nothing.

    Raises:
        NotFound: There is no such case, or no such item in it.
        WrongState: The case is not this person's, or the item is its last.

    """
    case = held_by(ident, person, stores=stores, now=now)
    item = case.item(key)
    if item is None:
        raise NotFound(f"The case '{ident}' has no item '{key}'.")
    if len(case.items) == 1:
        raise WrongState("The last item stays: rule on it, or release the case.")
    rest = changed(case, Step.ITEM_REMOVED, stores, by=person, now=now, item=key)
    look = stores.quality.look(ident)
    if look is not None:
        return rest, open_part(case, item, look, by=person, stores=stores, now=now)
    own = open_case(
        item,
        source=Source.HAND,
        stores=stores,
        by=person,
        now=now,
        queue=case.queue,
        category=case.category,
        deadline=case.deadline,
        alone=True,
    )
    uploads = [item.upload] if item.upload else []
    stores.sealed.attach(own.id, uploads=uploads, media=[item.media] if item.media else [])
    return rest, own


def free_cases_of(
    person: str, *, stores: Stores, by: str, now: datetime, beyond: Limits | None = None
) -> None:
    """What this person has claimed or was handed is everybody's again: all of it, or what is beyond these limits."""
    stores.cases.lock()
    for ident in stores.cases.kept_for(person):
        case = stores.cases.find(ident)
        if beyond is None or not case.within(beyond):
            changed(case, Step.UNASSIGNED, stores, by=by, now=now)


def wake(*, stores: Stores, now: datetime) -> None:
    """Claims without a sign of their holder and holds that are over go back into the queue."""
    for ident in stores.cases.ended(*_WOKEN, now=now, limit=LAPSED_AT_ONCE):
        case = stores.cases.find(ident)
        changed(case, _WOKEN[case.status], stores, by="upkeep", now=now)


def wake_due(memory: Memory, *, now: datetime) -> None:
    """The same in a transaction of its own, where there is anything to do."""
    with memory.reading() as stores:
        due = stores.cases.ended(*_WOKEN, now=now, limit=1)
    if due:
        with memory.transaction() as stores:
            stores.cases.lock()
            wake(stores=stores, now=now)


def claimed(case: Case, person: str, *, config: CasesConfig, stores: Stores, now: datetime) -> Case:
    """The case, now this person's; whoever asks has made sure that it is free."""
    until = rfc3339(now + config.claim)
    return changed(case, Step.CLAIMED, stores, by=person, now=now, until=until)


def changed(
    case: Case, kind: str, stores: Stores, *, by: str, now: datetime, **body: object
) -> Case:
    """The case once this has happened to it, written and audited."""
    changed = stores.cases.record(case, happened(case, kind, by=by, at=now, **body))
    record(stores, "case:changed", case.id, by=by, now=now, details={"kind": kind, **body})
    return changed


def _check_receiver(case: Case, to: str, *, by: str, stores: Stores) -> None:
    """Whether the case can go to them: one of our people who may rule on it, or whom only the same program knows."""
    known = stores.people.known(to)
    if known is not None:
        fits = bool(who_may_rule(case, [known], stores, but=None))
    else:
        look = stores.quality.look(case.id)
        unsaid = look is None or to not in stores.quality.who_said(look)
        fits = unsaid and stores.people.known(by) is None
    if not fits:
        raise InputError("Choose somebody who may rule on this case.")


def _taken(case: Case) -> str:
    if case.status is Status.CLAIMED:
        return f"The case '{case.id}' is claimed by '{case.claimed_by}'; take another."
    return f"The case '{case.id}' does not wait any more: it is {case.status}."


def named(person: str) -> str:
    """
    The person's id, if it is one.

    Raises:
        InputError: It is empty or too long.

    """
    if not 0 < len(person.strip()) <= MOST_PERSON:
        raise InputError(f"A person has a name of 1 to {MOST_PERSON} characters.")
    return person
