"""
Some cases are decided twice, some have a known answer, and what comes of it is counted.

    ruling ──▶ answer ─┬─ not drawn, or agreed ──▶ settled
                       └─ drawn, or differing ───▶ waits for another person
    golden item ──▶ try_golden ──▶ shown whether it was right, and why; nothing is carried out
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from seawall.audit.event import Happening
from seawall.cases.golden import Golden
from seawall.cases.quality import Confusion, confusion_by
from seawall.cases.second_review import Answer, Rates, Review, Stage, answered, is_drawn
from seawall.errors import NotAllowed
from seawall.storage.memory import Stores
from seawall.storage.quality import Reviewed, Tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well people decide."""

    agreement: Mapping[str, Confusion]  # policy → (first word, second word) of cases decided twice
    against_settled: Mapping[str, Confusion]  # policy → (what stands, first word) of the same
    against_golden: Mapping[str, Confusion]  # policy → (known answer, what was said)
    people: Mapping[str, Confusion]  # person → the same


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
        agreement=confusion_by(reviewed, key=lambda each: each.policy, pair=_two_words),
        against_settled=confusion_by(settled, key=lambda each: each.policy, pair=_stood),
        against_golden=confusion_by(tried, key=lambda each: each.golden.policy, pair=_known),
        people=confusion_by(tried, key=lambda each: each.person, pair=_known),
    )


def _two_words(reviewed: Reviewed) -> tuple[str, str]:
    first, second, *_ = reviewed.review.answers
    return first.decision, second.decision


def _stood(reviewed: Reviewed) -> tuple[str, str]:
    return reviewed.review.answers[-1].decision, reviewed.review.answers[0].decision


def _known(tried: Tried) -> tuple[str, str]:
    return tried.golden.decision, tried.decision
