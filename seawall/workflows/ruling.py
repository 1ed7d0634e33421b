"""
A person rules.

    rule ──needs a second person?──▶ approve · refuse
      └──────────▶ undo window ──▶ carried out, by `carrying_out` ──▶ restore
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from seawall.access.person import Limits
from seawall.audit.event import Happening
from seawall.cases.case import Case, Status
from seawall.cases.config import CasesConfig
from seawall.cases.likeness import Mark, alike, content_marks
from seawall.cases.ruling import (
    AccountMeasure,
    Context,
    Decision,
    Ruling,
    checked,
    needing,
)
from seawall.cases.second_review import Look
from seawall.clock import rfc3339
from seawall.errors import NotAllowed, WrongState
from seawall.ids import new_id
from seawall.policy.ground import Ground
from seawall.policy.territory import territories
from seawall.storage.memory import Stores
from seawall.workflows.cases import changed, check_limits, claimed, held_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person says about a case."""

    decision: Decision
    policy: str | None = None
    ground: Ground | None = None  # None: the policy's own
    territories: tuple[str, ...] = ()
    ends_at: datetime | None = None
    context: Context | None = None
    note: str = ""
    bank_signals: bool = True  # of what is removed, so that it does not come back
    bank: str | None = None  # where; None: the settings' bank
    share: tuple[str, ...] = ()  # memberships whose hubs are told
    account: AccountMeasure | None = None


def rule(
    ident: str,
    answer: Answer,
    person: str,
    *,
    limits: Limits,
    config: CasesConfig,
    stores: Stores,
    now: datetime,
    version: int | None = None,
) -> Ruling:
    """
    The ruling on every item of the case; it is carried out once its undo window is over.

    `version` is the case as its reader saw it: what joined meanwhile must be looked at first.

    Raises:
        NotFound: There is no such case, policy or membership.
        NotAllowed: It is beyond the person's limits.
        WrongState: The case is not this person's, has changed since, or a hub fills the bank.
        InputError: The answer contradicts itself.

    """
    case = held_by(ident, person, stores=stores, now=now)
    check_limits(case, limits)
    if version not in (None, case.version):
        raise WrongState(f"Something has joined or left the case '{ident}' since; look again.")
    ruling = _ruling(case, answer, person, config=config, stores=stores, now=now)
    if stores.quality.look(ident) is not None:
        ruling = replace(ruling, needs=())  # nothing is carried out that somebody could approve
    check_territories(ruling, limits)
    stores.rulings.add(ruling)
    until = None if ruling.needs else rfc3339(now + config.undo)
    changed(case, "ruled", stores, by=person, now=now, ruling=ruling.id, until=until)
    _record(stores, "ruling:given", ruling, by=person, now=now, details=_told(ruling))
    return ruling


def check_territories(ruling: Ruling, limits: Limits) -> None:
    """
    Whether somebody with these limits may rule for everywhere that the ruling applies.

    Raises:
        NotAllowed: It applies elsewhere too.

    """
    if limits.territories is None or not ruling.restrains:
        return
    if not ruling.territories:
        own = ", ".join(sorted(limits.territories))
        raise NotAllowed(
            f"This would apply everywhere, and you rule for {own}. Restrict it there, or hand the case on."
        )
    if not limits.territories.issuperset(ruling.territories):
        raise NotAllowed("One of these territories is not yours to rule for.")


def undo(ident: str, person: str, *, config: CasesConfig, stores: Stores, now: datetime) -> Case:
    """
    The case as if it had not been ruled on, in the hands of whoever took the ruling back.

    Raises:
        NotFound: There is no such ruling.
        WrongState: It was carried out already, or taken back; what was carried out can be restored.

    """
    case, ruling = _pending(ident, stores)
    if case.until is not None and case.until <= now:
        raise WrongState("The undo window is over; what was carried out can still be restored.")
    _take_back(ruling, "undone", case, person=person, stores=stores, now=now)
    return claimed(stores.cases.find(case.id), person, config=config, stores=stores, now=now)


def approve(
    ident: str, person: str, *, config: CasesConfig, stores: Stores, now: datetime
) -> Ruling:
    """
    The ruling, agreed to by a second person; its undo window begins.

    Raises:
        NotFound: There is no such ruling.
        NotAllowed: It is the person's own.
        WrongState: It needs nobody's approval, or not any more.

    """
    case, ruling = _pending(ident, stores)
    _second(ruling, person)
    approved = replace(ruling, approved_by=person)
    stores.rulings.save(approved)
    until = rfc3339(now + config.undo)
    changed(case, "approved", stores, by=person, now=now, ruling=ruling.id, until=until)
    _record(stores, "ruling:approved", ruling, by=person, now=now, details={})
    return approved


def refuse(ident: str, person: str, *, stores: Stores, now: datetime) -> Case:
    """
    The case, open again because a second person did not agree.

    Raises:
        NotFound, NotAllowed, WrongState: As `approve`.

    """
    case, ruling = _pending(ident, stores)
    _second(ruling, person)
    return _take_back(ruling, "refused", case, person=person, stores=stores, now=now)


def confirmation(case: Case, stores: Stores) -> Ruling | None:
    """
    The earlier ruling that every item of the case falls under by its hash; None when they fall under none, or several.

    What a context decided never counts: context belongs to an item.
    """
    found: Ruling | None = None
    look = stores.quality.look(case.id)
    for item in case.items:
        marks = content_marks(item)
        standing = [ruling for ruling in earlier_on(marks, look, stores) if ruling.context is None]
        if not standing or any(_verdict(each) != _verdict(standing[0]) for each in standing):
            return None
        if found is not None and _verdict(found) != _verdict(standing[0]):
            return None
        found = found or standing[0]
    return found


def earlier_on(marks: Sequence[Mark], look: Look | None, stores: Stores) -> list[Ruling]:
    """Rulings that stand on content like this, newest first; a look shows none that would tell what was said."""
    return [
        ruling
        for ruling, mark in stores.rulings.earlier(marks)
        if alike(marks, [mark]) and (look is None or ruling.at < look.blind_from)
    ]


def confirm(
    ident: str,
    person: str,
    *,
    limits: Limits,
    config: CasesConfig,
    stores: Stores,
    now: datetime,
    version: int | None = None,
) -> Ruling:
    """
    The same ruling as on content with the same hash; nobody has to see the media again.

    Raises:
        WrongState: There is no one earlier ruling that covers every item, or as `rule`.
        NotFound, NotAllowed: As `rule`.

    """
    case = held_by(ident, person, stores=stores, now=now)
    earlier = confirmation(case, stores)
    if earlier is None:
        raise WrongState("No one earlier ruling covers every item of this case; look at it.")
    answer = Answer(
        decision=earlier.decision,
        policy=earlier.policy,
        territories=earlier.territories,
        note=f"Confirmed by hash: {earlier.id}.",
        bank=earlier.bank,
    )
    return rule(
        ident,
        answer,
        person,
        limits=limits,
        config=config,
        stores=stores,
        now=now,
        version=version,
    )


def _ruling(
    case: Case,
    answer: Answer,
    person: str,
    *,
    config: CasesConfig,
    stores: Stores,
    now: datetime,
) -> Ruling:
    policy = None if answer.policy is None else stores.policies.find(answer.policy)
    banked = answer.bank_signals and answer.decision is Decision.REMOVE and answer.context is None
    ruling = Ruling(
        id=new_id("rul", at=now),
        case=case.id,
        decision=answer.decision,
        by=person,
        at=now,
        territories=territories(answer.territories),
        ends_at=answer.ends_at,
        policy=policy.id if policy else None,
        policy_version=policy.version if policy else None,
        ground=answer.ground or (policy.ground if policy else None),
        context=answer.context,
        note=answer.note,
        bank=(answer.bank or config.bank) if banked else answer.bank,
        share=tuple(stores.memberships.find(name).id for name in answer.share),
        account=answer.account,
    )
    if ruling.bank is not None:
        _check_bank(ruling.bank, stores)
    return replace(checked(ruling), needs=needing(ruling, config.two_persons))


def _check_bank(name: str, stores: Stores) -> None:
    followed = stores.memberships.of_bank(name)
    if followed is not None:
        raise WrongState(
            f"The bank '{name}' holds what '{followed.agreement}' shares; share the signal instead, "
            "or name another bank."
        )


def _pending(ident: str, stores: Stores) -> tuple[Case, Ruling]:
    stores.cases.lock()
    ruling = stores.rulings.find(ident)
    case = stores.cases.find(ruling.case)
    if case.status is not Status.RULED or case.ruling != ident:
        raise WrongState(f"The ruling '{ident}' was carried out or taken back already.")
    return case, ruling


def _second(ruling: Ruling, person: str) -> None:
    if not ruling.needs or ruling.approved_by is not None:
        raise WrongState(f"The ruling '{ruling.id}' waits for nobody's approval.")
    if ruling.by == person:
        raise NotAllowed("A second person must look at this: it was your own ruling.")


def _take_back(
    ruling: Ruling, kind: str, case: Case, *, person: str, stores: Stores, now: datetime
) -> Case:
    stores.rulings.save(replace(ruling, undone_at=now))
    details = {"why": kind}
    _record(stores, "ruling:undone", ruling, by=person, now=now, details=details)
    return changed(case, kind, stores, by=person, now=now, ruling=ruling.id)


def _verdict(ruling: Ruling) -> tuple[Decision, Iterable[str], str | None]:
    return ruling.decision, ruling.territories, ruling.policy


def _told(ruling: Ruling) -> dict[str, object]:
    ground = asdict(ruling.ground) if ruling.ground else None
    return {
        "case": ruling.case,
        "decision": ruling.decision,
        "policy": ruling.policy,
        "policy_version": ruling.policy_version,
        "ground": ground,
        "needs": list(ruling.needs),
    }


def _record(
    stores: Stores,
    action: str,
    ruling: Ruling,
    *,
    by: str,
    now: datetime,
    details: Mapping[str, object],
) -> None:
    stores.audit.record(
        Happening(action=action, subject=ruling.id, actor=by, at=now, details=dict(details))
    )
