"""
Golden items are made: of a case that was ruled on, or of an item and the answer that somebody knows.

    ruled case ─┐
    item ───────┴─▶ how a case of it opens, the answer, why ─▶ among the cases of a queue
"""

from dataclasses import replace
from datetime import datetime

from seawall.cases.case import Case, Item, Source, Status, again, opened
from seawall.cases.golden import Golden
from seawall.cases.ruling import Decision
from seawall.cases.urgency import confidence_of
from seawall.errors import InputError, WrongState
from seawall.ids import new_id
from seawall.storage.memory import Stores
from seawall.workflows.opening import item_of, severity_in
from seawall.workflows.quality import policy_of, put_golden

LONGEST_WHY = 2_000  # characters


def golden_of_case(
    ident: str,
    *,
    why: str,
    by: str,
    stores: Stores,
    now: datetime,
    decision: Decision | None = None,
    policy: str | None = None,
) -> Golden:
    """
    A golden item of the case's first item; the answer is what stands, unless another is given.

    Raises:
        NotFound: There is no such case or policy.
        WrongState: Nothing that was ruled on it stands.
        InputError: There is no reason, or no policy that it is about.

    """
    case = stores.cases.find(ident)
    if case.status is not Status.CARRIED_OUT or case.ruling is None:
        raise WrongState(
            f"No ruling on the case '{ident}' is in force, so its answer is not known."
        )
    ruling = stores.rulings.find(case.ruling)
    about = policy or policy_of(case, ruling, stores)
    if not about:
        raise InputError("Say which policy it is about: no policy names its category.")
    first = stores.cases.events(ident)[0]
    (opening,) = again(_with_first_item(case), ident="", by=first.actor, at=now)
    golden = Golden(
        id=new_id("gold", at=now),
        decision=decision or ruling.decision,
        policy=about,
        policy_version=stores.policies.find(about).version,
        queue=case.queue,
        why=checked_why(why),
        opening=opening.body,
        opened_by=first.actor,
        blind_from=ruling.at,
        made_of=ident,
    )
    put_golden(golden, by=by, stores=stores, now=now)
    return golden


def golden_by_hand(
    item: Item,
    *,
    decision: Decision,
    policy: str,
    queue: str,
    why: str,
    by: str,
    stores: Stores,
    now: datetime,
    category: str | None = None,
) -> Golden:
    """
    A golden item of this item.

    Raises:
        NotFound: There is no such policy.
        InputError: There is no reason.

    """
    opening = opened(
        "",
        item,
        source=Source.HAND,
        queue=queue,
        category=category,
        severity=severity_in(item, category, stores),
        confidence=confidence_of([item]),
        deadline=None,
        by=by,
        at=now,
    )
    golden = Golden(
        id=new_id("gold", at=now),
        decision=decision,
        policy=policy,
        policy_version=stores.policies.find(policy).version,
        queue=queue,
        why=checked_why(why),
        opening=opening.body,
        opened_by=by,
        blind_from=now,
    )
    put_golden(golden, by=by, stores=stores, now=now)
    return golden


def item_of_upload(ident: str, stores: Stores) -> Item:
    """
    The item that this upload is, with the picture that was kept of it.

    Raises:
        NotFound: There is no such upload.
        WrongState: Nothing is kept of it, so that nobody could see what they decide.

    """
    upload = stores.uploads.find(ident)
    kept = stores.sealed.of_uploads([ident]).get(ident)
    if kept is None or kept.path is None:
        raise WrongState(
            f"Nothing is kept of the upload '{ident}', so nobody could see what they decide. Name one that waits "
            "for a person, or whose case was ruled on lately."
        )
    return item_of(upload, upload.verdict)


def checked_why(text: str) -> str:
    """
    What is shown to whoever answered otherwise.

    Raises:
        InputError: It says nothing, or too much.

    """
    if not 0 < len(text.strip()) <= LONGEST_WHY:
        raise InputError(f"Say why this is the answer, in at most {LONGEST_WHY} characters.")
    return text.strip()


def _with_first_item(case: Case) -> Case:
    return replace(case, items=case.items[:1])
