"""
A person rules.

    rule ──needs a second person?──▶ approve · refuse
      └──────────▶ undo window ──▶ carried out, by `carrying_out` ──▶ restore
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from seawall.access.person import Limits, Permission, Person, may
from seawall.banks.bank import bank_name
from seawall.cases.case import Case, Status, Step
from seawall.cases.config import Act, CasesConfig
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
from seawall.policy.ground import Ground, ground_document
from seawall.policy.territory import territories
from seawall.storage.memory import Stores
from seawall.workflows.audit import record
from seawall.workflows.case_access import acting, check_limits, shown_to
from seawall.workflows.cases import changed, claimed, held_by
from seawall.workflows.quality import check_unsaid


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
    key: str | None = None,
) -> Ruling:
    """
    The ruling on every item of the case; it is carried out once its undo window is over.

    `version` is the case as its reader saw it: what joined meanwhile must be looked at first. `key` is what the
    program that asks came with, if it is one.

    Raises:
        NotFound: There is no such case, policy or membership.
        NotAllowed: It is beyond the person's limits or roles, or they have decided this content before.
        WrongState: The case is not this person's, has changed since, or a hub fills the bank.
        InputError: The answer contradicts itself, or its bank has no name that a bank can have.

    """
    case = held_by(ident, person, stores=stores, now=now)
    check_limits(case, limits)
    check_unsaid(ident, person, stores)
    if version not in (None, case.version):
        raise WrongState(f"Something has joined or left the case '{ident}' since; look again.")
    ruling = _ruling(case, answer, person, config=config, stores=stores, now=now)
    known = stores.people.known(person)
    check_territories(ruling, known.limits if known else limits)
    if known and ruling.share and Act.SHARE not in ruling.needs:
        _check_share(known)
    stores.rulings.add(ruling)
    waits = ruling.needs and stores.quality.look(ident) is None  # of a look nothing is carried out
    until = None if waits else rfc3339(now + config.undo)
    told = {"ruling": ruling.id, "until": until, **through(key)}
    changed(case, Step.RULED, stores, by=person, now=now, **told)
    record(stores, "ruling:given", ruling.id, by=person, now=now, details=_told(ruling))
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


def may_undo(ruling: Ruling, person: Person) -> bool:
    """Whether this person may take it back in time: it is their own, or they lead."""
    return ruling.by == person.id or may(person, Permission.CASES_ASSIGN)


def may_approve(ruling: Ruling, person: Person) -> bool:
    """Whether this person may be the second one: not the first, and who may tell others where others are told."""
    told = Act.SHARE in ruling.needs
    return ruling.by != person.id and (not told or may(person, Permission.SHARE_OUTSIDE))


def waits_for_a_second(case: Case, ruling: Ruling) -> bool:
    """Whether a second person must approve it before it is carried out; so it is shown of a look too."""
    needed = bool(ruling.needs) and ruling.approved_by is None
    return needed and case.status is Status.RULED and case.ruling == ruling.id


def through(key: str | None) -> dict[str, str]:
    """What an event says of the key it came with."""
    return {} if key is None else {"key": key}


def check_other_key(
    case: Case,
    kind: str,
    ruling: Ruling,
    key: str | None,
    *,
    config: CasesConfig,
    stores: Stores,
) -> None:
    """
    Whether a second word on this ruling came from elsewhere than the first, which that kind of event wrote down.

    Raises:
        NotAllowed: One key says both, and the settings do not allow it.

    """
    first = next(
        each.body.get("key")
        for each in reversed(stores.cases.events(case.id))
        if each.kind == kind and each.body["ruling"] == ruling.id
    )
    if key is not None and key == first and not config.one_key_for_two:
        raise NotAllowed(
            "A second person must look at this, and both words came with one key: send this one with another key."
        )


def undo(ident: str, person: str, *, config: CasesConfig, stores: Stores, now: datetime) -> Case:
    """
    The case as if it had not been ruled on, in the hands of whoever took the ruling back.

    Where another ruling stands, which this one was to replace, that one goes on standing and nobody has the case.

    Raises:
        NotFound: There is no such ruling.
        NotAllowed: It is another's and the person does not assign cases, or they have decided this content before.
        WrongState: It was carried out already, or taken back; what was carried out can be restored.

    """
    case, ruling = _pending(ident, stores)
    known = acting(person, stores, case=case)
    if known and not may_undo(ruling, known):
        raise NotAllowed("Whoever ruled can undo it, or somebody who assigns cases.")
    if case.until is not None and case.until <= now:
        raise WrongState("The undo window is over; what was carried out can still be restored.")
    check_unsaid(case.id, person, stores)
    case = _take_back(ruling, Step.UNDONE, case, person=person, stores=stores, now=now)
    if case.status is not Status.OPEN:
        return case
    return claimed(case, person, config=config, stores=stores, now=now)


def approve(
    ident: str,
    person: str,
    *,
    config: CasesConfig,
    stores: Stores,
    now: datetime,
    key: str | None = None,
) -> Ruling:
    """
    The ruling, agreed to by a second person; its undo window begins.

    Raises:
        NotFound: There is no such ruling.
        NotAllowed: It is the person's own, came with the same key, or their roles or limits do not let them.
        WrongState: It needs nobody's approval, or not any more.

    """
    case, ruling = _pending(ident, stores)
    _second(case, ruling, person, stores)
    check_other_key(case, "ruled", ruling, key, config=config, stores=stores)
    approved = replace(ruling, approved_by=person)
    stores.rulings.save(approved)
    until = rfc3339(now + config.undo)
    changed(case, Step.APPROVED, stores, by=person, now=now, ruling=ruling.id, until=until)
    record(stores, "ruling:approved", ruling.id, by=person, now=now, details={})
    return approved


def refuse(ident: str, person: str, *, stores: Stores, now: datetime) -> Case:
    """
    The case, open again because a second person did not agree; or as it was, where another ruling stands.

    Raises:
        NotFound, NotAllowed, WrongState: As `approve`.

    """
    case, ruling = _pending(ident, stores)
    _second(case, ruling, person, stores)
    return _take_back(ruling, Step.REFUSED, case, person=person, stores=stores, now=now)


def confirmation(
    case: Case,
    stores: Stores,
    *,
    reader: Person | None = None,
) -> Ruling | None:
    """
    The earlier ruling that every item of the case falls under by its hash; None when they fall under none, or several.

    What a context decided never counts, since context belongs to an item; nor does what has ended, nor what its
    reader may not see.
    """
    found: Ruling | None = None
    look = stores.quality.look(case.id)
    for item in case.items:
        marks = content_marks(item)
        earlier = earlier_on(marks, look, stores)
        earlier = shown_to(reader, earlier, stores) if reader else earlier
        standing = [
            ruling for ruling in earlier if ruling.context is None and ruling.ended_at is None
        ]
        if not standing or any(_repeated(each) != _repeated(standing[0]) for each in standing):
            return None
        if found is not None and _repeated(found) != _repeated(standing[0]):
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
    key: str | None = None,
) -> Ruling:
    """
    The same ruling as on content with the same hash, to its end and its bank; nobody has to see the media again.

    What was done about a user then, and who was told, belongs to that case and is not repeated.

    Raises:
        WrongState: There is no one earlier ruling that covers every item, or as `rule`.
        NotFound, NotAllowed: As `rule`.

    """
    case = held_by(ident, person, stores=stores, now=now)
    earlier = confirmation(case, stores, reader=stores.people.known(person))
    if earlier is None:
        raise WrongState("No one earlier ruling covers every item of this case; look at it.")
    answer = replace(_repeated(earlier), note=f"Confirmed by hash: {earlier.id}.")
    return rule(
        ident,
        answer,
        person,
        limits=limits,
        config=config,
        stores=stores,
        now=now,
        version=version,
        key=key,
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
    followed = stores.memberships.of_bank(bank_name(name))
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


def _second(case: Case, ruling: Ruling, person: str, stores: Stores) -> None:
    if not ruling.needs or ruling.approved_by is not None:
        raise WrongState(f"The ruling '{ruling.id}' waits for nobody's approval.")
    known = acting(person, stores, case=case)
    if ruling.by == person or (known and not may_approve(ruling, known)):
        raise NotAllowed(
            "A second person must look at this: one whose roles allow it, and not whoever ruled."
        )
    if known:
        check_territories(ruling, known.limits)


def _check_share(person: Person) -> None:
    if not may(person, Permission.SHARE_OUTSIDE):
        raise NotAllowed(
            "Your roles do not let you tell other organisations; hand the case to a lead."
        )


def _take_back(
    ruling: Ruling, kind: Step, case: Case, *, person: str, stores: Stores, now: datetime
) -> Case:
    stores.rulings.save(replace(ruling, undone_at=now))
    details = {"why": kind}
    record(stores, "ruling:undone", ruling.id, by=person, now=now, details=details)
    case = changed(case, kind, stores, by=person, now=now, ruling=ruling.id)
    standing = stores.rulings.find(case.ruling) if case.ruling is not None else None
    if standing is not None and standing.ended_at is not None:  # while it was to be replaced
        case = changed(case, Step.ENDED, stores, by=person, now=now, ruling=standing.id)
    return case


def _repeated(ruling: Ruling) -> Answer:
    """What of a ruling holds for the same content elsewhere."""
    return Answer(
        decision=ruling.decision,
        policy=ruling.policy,
        ground=ruling.ground,
        territories=ruling.territories,
        ends_at=ruling.ends_at,
        bank_signals=ruling.bank is not None,
        bank=ruling.bank,
    )


def _told(ruling: Ruling) -> dict[str, object]:
    return {
        "case": ruling.case,
        "decision": ruling.decision,
        "policy": ruling.policy,
        "policy_version": ruling.policy_version,
        "ground": ground_document(ruling.ground),
        "needs": list(ruling.needs),
    }
