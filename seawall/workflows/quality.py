"""
Some cases are decided twice, some have a known answer, and what comes of it is counted.

    ruling carried out ──drawn──▶ look ──ruled──▶ answer ─┬─ agreed ────▶ settled
                                   ▲                      └─ differing ─▶ a look for a third person
    next case of a person ──due────┘ of a golden item ──▶ try_golden ──▶ shown whether it was right, and why

A look is a case that looks like any other; its ruling waits out the undo window, and is then compared and not carried
out. Who settles what differs in the end is for `carrying_out` to carry out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from seawall.access.person import Limits
from seawall.audit.event import Happening
from seawall.cases.case import Case, CaseEvent, Item, Source, Status, again, fold, opened
from seawall.cases.config import CasesConfig
from seawall.cases.golden import Golden, golden_for, is_due
from seawall.cases.ruling import Ruling, was_right
from seawall.cases.second_review import (
    Answer,
    Look,
    Pending,
    Rates,
    Review,
    Stage,
    answered,
    is_drawn,
)
from seawall.errors import NotAllowed
from seawall.ids import new_id
from seawall.policy.confusion import Confusion, confusion_by
from seawall.storage.memory import Stores
from seawall.storage.quality import BY, Precision, Reviewed, Tried

MOST_NAMES = 50  # policies, sources, banks or entries whose precision is told

NOT_NOW = "This case is not open to you for now."  # to say why would say what a look is


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well people decide."""

    waiting: int  # cases that want a second or third word
    agreement: Mapping[str, Confusion]  # policy → (first word, second word) of cases decided twice
    against_settled: Mapping[str, Confusion]  # policy → (what stands, first word) of the same
    against_golden: Mapping[str, Confusion]  # policy → (known answer, what was said)
    people: Mapping[str, Confusion]  # person → the same
    precision: Mapping[str, Sequence[Precision]]  # by policy, source, bank and entry


def begin_review(
    case: Case,
    ruling: Ruling,
    *,
    config: CasesConfig,
    secret: bytes,
    stores: Stores,
    now: datetime,
) -> None:
    """Where the case is drawn and was not before, a look of it waits for another person from now on."""
    rates = config.rates()
    drawn = is_drawn(case.id, rate=rates.of(case.queue), secret=secret)
    if not drawn or stores.quality.was_begun(case.id):
        return
    answer(
        case.id,
        ruling.decision,
        queue=case.queue,
        policy=policy_of(case, ruling, stores),
        person=ruling.by,
        rates=rates,
        secret=secret,
        stores=stores,
        now=now,
    )
    _ask_again(case, since=ruling.at, stores=stores, now=now)


def compare(
    look: Look,
    ruling: Ruling,
    *,
    config: CasesConfig,
    secret: bytes,
    stores: Stores,
    now: datetime,
) -> Review | None:
    """What a ruling on a look was given for is written down; the review that it belongs to, if it does."""
    person = ruling.by
    if person in stores.quality.who_said(look):
        # A golden item was laid before them twice, and they had not answered yet; of a review another is asked.
        if look.review is not None:
            case = stores.cases.find(look.review)
            _ask_again(case, since=look.blind_from, stores=stores, now=now)
        return None
    if look.golden is not None:
        try_golden(look.golden, ruling.decision, person=person, stores=stores, now=now)
    if look.review is None:
        return None
    case = stores.cases.find(look.review)
    review = answer(
        case.id,
        ruling.decision,
        queue=case.queue,
        policy=stores.quality.find(case.id).policy,
        person=person,
        rates=config.rates(),
        secret=secret,
        stores=stores,
        now=now,
    )
    if review.stage is not Stage.SETTLED:
        _ask_again(case, since=look.blind_from, stores=stores, now=now)
    return review


def golden_case(
    person: str,
    instead_of: Case,
    *,
    limits: Limits,
    category: str | None,
    most_severe: int | None,
    config: CasesConfig,
    secret: bytes,
    stores: Stores,
    now: datetime,
) -> Case | None:
    """The look of a golden item that this person is to decide before that case; None when none is due."""
    if not config.golden_every:
        return None
    known = [
        each
        for each in stores.quality.goldens(instead_of.queue)
        if fold([each.opened("", at=now)]).within(limits)
        and category in (None, each.category)
        and (most_severe is None or each.opening["severity"] <= most_severe)
    ]
    if not known or not is_due(
        person, decided=stores.rulings.count_by(person), every=config.golden_every, secret=secret
    ):
        return None
    golden = golden_for(
        person,
        _that_can_be_seen(known, stores),
        queue=instead_of.queue,
        seen=stores.quality.seen(person),
        versions={policy.id: policy.version for policy in stores.policies.all()},
        secret=secret,
    )
    if golden is None:
        return None
    ident = new_id("case", at=now)
    look = Look(case=ident, golden=golden.id, person=person, blind_from=golden.blind_from)
    case = _open(look, [golden.opened(ident, at=now)], stores=stores, now=now)
    stores.audit.record(
        Happening(
            action="golden:laid", subject=golden.id, actor=person, at=now, details={"case": ident}
        )
    )
    return case


def kept_from(person: str, among: Collection[str], stores: Stores) -> dict[str, Pending]:
    """Those of these cases that this person, who rules, must not see now, each with the look that is the reason."""
    if not among:
        return {}
    pending = stores.quality.pending(among)
    return {case: each for each in pending for case in among if each.hides(case, person)}


def open_part(
    case: Case, item: Item, look: Look, *, by: str, stores: Stores, now: datetime
) -> Case:
    """A case of an item that was taken out of a look: like any other, and nothing follows from what is said of it."""
    ident = new_id("case", at=now)
    event = opened(
        ident,
        item,
        source=Source.HAND,
        queue=case.queue,
        category=case.category,
        severity=case.severity,
        confidence=case.confidence,
        deadline=case.deadline,
        by=by,
        at=now,
    )
    stores.quality.add_look(Look(case=ident, blind_from=look.blind_from))
    part = stores.cases.open_look([event])
    for person in stores.quality.who_said(look):
        stores.cases.skip(ident, person, at=now)
    details = {"source": Source.HAND, "queue": case.queue, "item": item.key}
    stores.audit.record(
        Happening(action="case:opened", subject=ident, actor=by, at=now, details=details)
    )
    return part


def check_unsaid(case: str, person: str, stores: Stores) -> None:
    """
    Whether this person may decide the case: nobody says twice what a look asks for.

    Raises:
        NotAllowed: They have said it already.

    """
    look = stores.quality.look(case)
    if look is not None and person in stores.quality.who_said(look):
        raise NotAllowed(NOT_NOW)


def known_answer(case: Case, stores: Stores) -> Tried | None:
    """The golden item behind a case that was decided, with what was said of it; None of any other."""
    if case.status is not Status.CLOSED or case.ruling is None:
        return None
    look = stores.quality.look(case.id)
    if look is None or look.golden is None:
        return None
    return stores.quality.told(look, stores.rulings.find(case.ruling).by)


def policy_of(case: Case, ruling: Ruling, stores: Stores) -> str:
    """
    The policy that a case is counted under: one about its categories, whatever was decided.

    The ruling's own where several or none are; empty where that has none.
    """
    named = {case.category}.union(
        *(match.categories for item in case.items for match in item.matches)
    )
    about = [each.id for each in stores.policies.all() if named.intersection(each.categories)]
    if ruling.policy is not None and (not about or ruling.policy in about):
        return ruling.policy
    return about[0] if about else ""


def count_matches(case: Case, ruling: Ruling, *, stores: Stores, now: datetime) -> None:
    """The entries that the case's items are near were right or wrong, as this ruling says."""
    stores.quality.add_matches(
        ruling.id,
        {match.entry: match.bank for item in case.items for match in item.matches},
        source=case.sources[0],
        policy=policy_of(case, ruling, stores),
        right=was_right(ruling),
        at=now,
    )


def answer(
    case: str,
    decision: str,
    *,
    queue: str,
    policy: str,
    person: str,
    rates: Rates,
    secret: bytes,
    stores: Stores,
    now: datetime,
) -> Review:
    """
    The review of a case once this person has decided it; whether it is decided twice was drawn with the first word.

    Raises:
        NotAllowed: This person has decided the case already.
        WrongState: The case is settled.

    """
    twice = is_drawn(case, rate=rates.of(queue), secret=secret)
    before = stores.quality.begin(case, queue=queue, policy=policy, twice=twice, at=now)
    after = answered(before, Answer(person=person, decision=decision))
    stores.quality.add_answer(case, after, at=now)
    # What was said is left out: whoever reads the audit log may be the next one asked.
    stores.audit.record(
        Happening(
            action="review:answered",
            subject=case,
            actor=person,
            at=now,
            details={"place": len(after.answers), "stage": after.stage},
        )
    )
    if after.stage is Stage.SETTLED and after.twice:
        stores.audit.record(
            Happening(
                action="review:settled",
                subject=case,
                actor=person,
                at=now,
                details={"stands": after.stands, "said": [each.decision for each in after.answers]},
            )
        )
    return after


def put_golden(golden: Golden, *, by: str, stores: Stores, now: datetime) -> None:
    """The item is put among the cases of its queue from here on."""
    stores.quality.put_golden(golden, at=now)
    details = {"queue": golden.queue, "policy": golden.policy}
    stores.audit.record(
        Happening(action="golden:put", subject=golden.id, actor=by, at=now, details=details)
    )


def remove_golden(ident: str, *, by: str, stores: Stores, now: datetime) -> None:
    """
    The item is shown to nobody any more.

    Raises:
        NotFound: There is none.

    """
    stores.quality.remove_golden(ident, at=now)
    stores.audit.record(
        Happening(action="golden:removed", subject=ident, actor=by, at=now, details={})
    )


def try_golden(ident: str, decision: str, *, person: str, stores: Stores, now: datetime) -> Golden:
    """
    The item with its known answer, once this person has decided it.

    Raises:
        NotFound: There is none.
        NotAllowed: This person has decided it before, and knows the answer.

    """
    golden = stores.quality.golden(ident)
    said = Answer(person=person, decision=decision)
    if not stores.quality.add_golden_answer(ident, said, at=now):
        raise NotAllowed("You have decided this item before; its answer is known to you.")
    details = {"right": decision == golden.decision}
    stores.audit.record(
        Happening(action="golden:answered", subject=ident, actor=person, at=now, details=details)
    )
    return golden


def quality_figures(stores: Stores, *, since: datetime) -> Figures:
    """How well people have decided since then, by policy and by person."""
    reviewed = list(stores.quality.twice(since=since))
    tried = list(stores.quality.tried(since=since))
    settled = [each for each in reviewed if each.review.stage is Stage.SETTLED]
    return Figures(
        waiting=stores.quality.count_waiting(),
        agreement=confusion_by(reviewed, key=lambda each: each.policy, pair=_two_words),
        against_settled=confusion_by(settled, key=lambda each: each.policy, pair=_stood),
        against_golden=confusion_by(tried, key=lambda each: each.golden.policy, pair=_known),
        people=confusion_by(tried, key=lambda each: each.person, pair=_known),
        precision={by: stores.quality.precision(by, since=since, limit=MOST_NAMES) for by in BY},
    )


def _ask_again(case: Case, *, since: datetime, stores: Stores, now: datetime) -> None:
    """A look of this case waits for somebody who has not decided it."""
    ident = new_id("case", at=now)
    opened_by = stores.cases.events(case.id)[0].actor
    look = Look(case=ident, review=case.id, blind_from=since)
    _open(look, again(case, ident=ident, by=opened_by, at=now), stores=stores, now=now)
    stores.audit.record(
        Happening(
            action="review:asked", subject=case.id, actor="upkeep", at=now, details={"look": ident}
        )
    )


def _open(look: Look, events: Sequence[CaseEvent], *, stores: Stores, now: datetime) -> Case:
    stores.quality.add_look(look)
    case = stores.cases.open_look(events)
    for person in stores.quality.who_said(look):
        stores.cases.skip(case.id, person, at=now)
    return case


def _that_can_be_seen(known: Sequence[Golden], stores: Stores) -> list[Golden]:
    """Golden items rest once the media that was kept of them is deleted."""
    uploads = {each.id: each.upload for each in known}
    kept = stores.sealed.of_uploads([upload for upload in uploads.values() if upload])
    gone = {upload for upload, media in kept.items() if media.deleted_at is not None}
    return [each for each in known if uploads[each.id] not in gone]


def _two_words(reviewed: Reviewed) -> tuple[str, str]:
    first, second, *_ = reviewed.review.answers
    return first.decision, second.decision


def _stood(reviewed: Reviewed) -> tuple[str, str]:
    return reviewed.review.answers[-1].decision, reviewed.review.answers[0].decision


def _known(tried: Tried) -> tuple[str, str]:
    return tried.golden.decision, tried.decision
