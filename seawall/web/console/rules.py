"""
Rules: what each says in a sentence, whether it counts, and what another would have done to past uploads.

    a rule ─▶ another measure, distance or state ─▶ tried on the last days ─▶ put in force, or not
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import Form, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, may
from seawall.clock import now
from seawall.errors import Error, NotFound
from seawall.policy.measure import Measure
from seawall.policy.rule import MAX_DISTANCE, Rule, Trigger, unguarded
from seawall.screening.replay import Replay
from seawall.web.console.charts import Frame, Row, bars, percent
from seawall.web.console.language import Language
from seawall.web.console.page import desk_router, language_of, shown, went
from seawall.web.console.session import Session, signed_in
from seawall.web.console.shared import named
from seawall.web.door import Door, door_of
from seawall.web.problems import status_of
from seawall.workflows.rule import put_rule, replay_rule

RULES = "/desk/rules"
MOST_DAYS = 90  # that a trial looks back
MOST_UPLOADS = 5_000  # that a trial judges, so that it answers within seconds
Reader = Annotated[Session, signed_in(Permission.RULES_SEE)]
Writer = Annotated[Session, signed_in(Permission.RULES_WRITE)]
router = desk_router(RULES)


class Force(StrEnum):
    """Whether a rule counts."""

    ON = "on"
    SHADOW = "on trial"  # noted in verdicts, without effect
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be different about a rule."""

    measure: Measure
    max_distance: int
    force: Force

    def of(self, rule: Rule) -> Rule:
        """The rule as it would be."""
        return replace(
            rule,
            measure=self.measure,
            max_distance=self.max_distance,
            enabled=self.force is not Force.OFF,
            shadow=self.force is Force.SHADOW,
        )


@router.get("")
def rules(request: Request, at: Reader) -> Response:
    """Every rule, those for matches first, and the strictest first among them."""
    return listed(request, at)


def listed(
    request: Request, at: Session, *, wrong: Error | None = None, given: Rule | None = None
) -> Response:
    """The page of all rules; where a new one was not put, with why and what was written."""
    tongue = language_of(request)
    with door_of(request).app.memory.reading() as stores:
        found = stores.rules.all()
        banks = [each.name for each in stores.banks.all()]
    return shown(
        request,
        "screens/rules.html",
        status_of(wrong) if wrong else 200,
        wrong=str(wrong) if wrong else None,
        given=given or Rule(name="", measure=Measure.HOLD, review=True, shadow=True),
        banks=banks,
        measures=list(Measure),
        forces=list(Force),
        most_distance=MAX_DISTANCE,
        force_of=force_of,
        rules=[(rule, sentence(rule, tongue), force_of(rule)) for rule in _in_order(found)],
        missing=[(rule, sentence(rule, tongue)) for rule in unguarded(found)],
        writing=may(at.person, Permission.RULES_WRITE),
    )


@router.get("/{name}")
def rule(request: Request, at: Reader, name: str) -> Response:
    """One rule, and what can be tried."""
    return _page(request, at, _found(door_of(request), name))


@router.get("/{name}/trial")
def trial(
    request: Request,
    at: Reader,
    name: str,
    measure: Annotated[Measure, Query()],
    force: Annotated[Force, Query()],
    max_distance: Annotated[int, Query(ge=0, le=MAX_DISTANCE)] = 0,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 7,
) -> Response:
    """What would have happened in the last days, had the rule been so; nothing is changed."""
    app, moment = door_of(request).app, now()
    before = _found(door_of(request), name)
    wanted = Wanted(measure=measure, max_distance=max_distance, force=force)
    app.knowledge.refresh()
    result = replay_rule(
        wanted.of(before),
        knowledge=app.knowledge,
        memory=app.memory,
        since=moment - timedelta(days=days),
        latest=MOST_UPLOADS,
        now=moment,
    )
    return _page(request, at, before, wanted=wanted, days=days, result=result)


@router.post("/{name}")
def put(
    request: Request,
    at: Writer,
    name: str,
    measure: Annotated[Measure, Form()],
    force: Annotated[Force, Form()],
    max_distance: Annotated[int, Form(ge=0, le=MAX_DISTANCE)],
) -> Response:
    """The rule as it is wanted, from the next upload on."""
    app = door_of(request).app
    wanted = Wanted(measure=measure, max_distance=max_distance, force=force)
    with app.memory.transaction() as stores:
        before = stores.rules.find(named(name))
        if before is None:
            raise NotFound(f"There is no rule '{name}'.")
        put_rule(
            wanted.of(before), taxonomy=app.taxonomy, stores=stores, by=at.person.id, now=now()
        )
    return went(f"{RULES}/{name}", "rule-put")


def sentence(rule: Rule, tongue: Language) -> str:
    """What a rule says."""
    t = tongue.text
    clauses = [_what(rule, tongue), *_conditions(rule, tongue)]
    return t("{when}: {then}.", when=", ".join(clauses), then=", ".join(_then(rule, tongue)))


def force_of(rule: Rule) -> Force:
    """Whether a rule counts."""
    if not rule.enabled:
        return Force.OFF
    return Force.SHADOW if rule.shadow else Force.ON


def _what(rule: Rule, tongue: Language) -> str:
    t = tongue.text
    match rule.trigger:
        case Trigger.FAILURE:
            return t("An upload that could not be screened in full")
        case Trigger.UNSUPPORTED:
            return t("An upload of a kind that cannot be looked into")
        case Trigger.NO_SIGNAL:
            return t("An upload that has nothing to fingerprint")
    if rule.max_distance == 0:
        return t("An upload that is exactly a known entry")
    return t("An upload within {count} bits of a known entry", count=rule.max_distance)


def _conditions(rule: Rule, tongue: Language) -> Iterator[str]:
    t = tongue.text
    if rule.bank is not None:
        yield t("of the bank {name}", name=rule.bank)
    if rule.category is not None:
        yield t("filed under {name}", name=rule.category)
    if rule.signal_type is not None:
        yield t("by {name} alone", name=rule.signal_type)
    if rule.trigger is Trigger.MATCH and rule.min_vouchers > 1:
        yield t("vouched for by {count} organisations or more", count=rule.min_vouchers)
    if rule.min_precision is not None:
        yield t("proven right at least {share} of the time", share=percent(rule.min_precision))
    if rule.territories:
        yield t("in {names}", names=", ".join(rule.territories))


def _then(rule: Rule, tongue: Language) -> Iterator[str]:
    t = tongue.text
    yield t(
        {
            Measure.ALLOW: "let it through",
            Measure.LABEL: "label it",
            Measure.RESTRICT: "withhold it there",
            Measure.HOLD: "hold it back",
            Measure.BLOCK: "block it",
        }[rule.measure]
    )
    if rule.review:
        yield t("and let a person look")
    elif rule.sample_share:
        yield t("and let a person look at {share} of them", share=percent(rule.sample_share))


def _in_order(found: tuple[Rule, ...]) -> list[Rule]:
    order = list(Trigger)
    return sorted(
        found, key=lambda each: (order.index(each.trigger), -each.measure.severity, each.name)
    )


def _found(door: Door, name: str) -> Rule:
    with door.app.memory.reading() as stores:
        found = stores.rules.find(named(name))
    if found is None:
        raise NotFound(f"There is no rule '{name}'.")
    return found


def _page(
    request: Request,
    at: Session,
    rule: Rule,
    *,
    wanted: Wanted | None = None,
    days: int = 7,
    result: Replay | None = None,
) -> Response:
    tongue = language_of(request)
    present = Wanted(measure=rule.measure, max_distance=rule.max_distance, force=force_of(rule))
    return shown(
        request,
        "screens/rule.html",
        rule=rule,
        says=sentence(rule, tongue),
        present=present,
        wanted=wanted or present,
        would_say=sentence(wanted.of(rule), tongue) if wanted else None,
        days=days,
        most_days=MOST_DAYS,
        most=MOST_UPLOADS,
        result=result,
        chart=_chart(result, tongue) if result and result.shifts else None,
        measures=list(Measure),
        forces=list(Force),
        most_distance=MAX_DISTANCE,
        writing=may(at.person, Permission.RULES_WRITE),
        seeing_cases=may(at.person, Permission.CASES_SEE),
    )


def _chart(result: Replay, tongue: Language) -> Markup:
    t = tongue.text
    frame = Frame(
        name="shifts",
        title=t("Uploads whose measure would have been another"),
        summary=t("How many uploads would have gone from one measure to another."),
        columns=(t("From, to"), t("Uploads")),
        table=t("As a table"),
    )
    return bars(
        frame,
        [
            Row(
                label=f"{t(each.before)} \N{RIGHTWARDS ARROW} {t(each.after)}",
                values=(float(each.count),),
            )
            for each in result.shifts
        ],
    )
