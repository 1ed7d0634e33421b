"""
An upload becomes a verdict.

    known entries near it ─▶ nearest per entry ─▶ rules that apply ─▶ measure for every territory
                                                        └─ disputed, or authorities' word only ─▶ a person looks

Nothing here asks the time, the database or chance: they arrive as arguments.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from seawall.banks.entry import Entry, counts
from seawall.policy.category import Taxonomy
from seawall.policy.measure import Measure, strictest
from seawall.policy.rule import EVERYWHERE, Rule, Rules, Trigger
from seawall.screening.recognise import Known
from seawall.screening.verdict import Match, NotScreened, Verdict, Withheld
from seawall.signals.signal import Cause, NoSignal, brief

_ANSWERED_BY = {
    Cause.EMPTY: Trigger.NO_SIGNAL,
    Cause.FAILED: Trigger.FAILURE,
    Cause.UNSUPPORTED: Trigger.UNSUPPORTED,
}


def screen(
    known: Iterable[Known],
    missing: Sequence[NoSignal],
    *,
    rules: Rules,
    taxonomy: Taxonomy,
    territory: str | None,
    chance: float,
    now: datetime,
    restored: bool = False,
) -> Verdict:
    """
    What the rules make of these matches and of what could not be screened.

    `chance` is a number from 0 to 1 drawn once for this upload; it decides who is sampled for review. What was
    `restored` is let through whatever it matches, and nobody is asked again.
    """
    matches: list[Match] = []
    applied: dict[str, Rule] = {}
    withheld: dict[str, Rule] = {}
    for near in _nearest(known, now):
        vouchers = len(near.entry.vouchers_at(now))
        wanting = [
            rule
            for rule in rules.answering(Trigger.MATCH)
            if vouchers >= rule.min_vouchers and _applies(rule, near, taxonomy)
        ]
        reason = Withheld.RESTORED if restored else _withheld(near.entry, rules, now)
        for rule in wanting:
            # A rule that allows has nothing to hold back, and whoever wrote it asked for no review.
            place = withheld if reason and rule.measure is not Measure.ALLOW else applied
            place[rule.name] = rule
        matches.append(_match(near, wanting, reason, now))

    for absent in missing:
        applied.update(
            (rule.name, rule)
            for rule in rules.answering(_ANSWERED_BY[absent.cause])
            if rule.signal_type in (None, absent.type)
        )

    in_force = [rule for rule in applied.values() if not rule.shadow]
    asked = any(rule.review for rule in in_force) or (
        not restored and any(not rule.shadow for rule in withheld.values())
    )
    sampled = not asked and any(chance < rule.sample_share for rule in in_force)
    by_territory = _by_territory(in_force)
    measure = _measure(by_territory, territory)
    on_trial = _measure(_by_territory(applied.values()), territory)
    return Verdict(
        measure=measure,
        measures_by_territory=by_territory,
        matches=tuple(matches),
        not_screened=tuple(
            NotScreened(what=a.type, reason=a.reason, cause=a.cause) for a in missing
        ),
        review=asked or sampled,
        rules=tuple(sorted(rule.name for rule in in_force)),
        shadow_measure=on_trial if on_trial is not measure else None,
        sampled=sampled,
    )


def _nearest(known: Iterable[Known], now: datetime) -> list[Known]:
    best: dict[str, Known] = {}
    for near in known:
        other = best.get(near.entry.id)
        if counts(near.entry, at=now) and (other is None or _rank(near) < _rank(other)):
            best[near.entry.id] = near
    return sorted(best.values(), key=lambda near: (near.distance, near.entry.number))


def _rank(near: Known) -> tuple[int, int]:
    return near.distance, near.reading.frame


def _applies(rule: Rule, near: Known, taxonomy: Taxonomy) -> bool:
    entry = near.entry
    return (
        near.distance <= rule.max_distance
        and rule.signal_type in (None, entry.signal.type)
        and rule.bank in (None, entry.bank)
        and _precise_enough(rule, entry)
        and (
            rule.category is None
            or any(taxonomy.covers(rule.category, name) for name in entry.categories)
        )
    )


def _precise_enough(rule: Rule, entry: Entry) -> bool:
    if rule.min_precision is None:
        return True
    if entry.shared is None or not entry.shared.precision.trials:
        return False
    return entry.shared.precision.low >= rule.min_precision


def _withheld(entry: Entry, rules: Rules, now: datetime) -> Withheld | None:
    if entry.shared is None:
        return None
    if entry.shared.disputed:
        return Withheld.DISPUTED
    if entry.shared.only_authorities(at=now) and not rules.enforce_authority_only:
        return Withheld.AUTHORITY_ONLY
    return None


def _match(near: Known, wanting: Sequence[Rule], reason: Withheld | None, now: datetime) -> Match:
    in_force = [rule for rule in wanting if not rule.shadow]
    deciding = max(in_force, key=lambda rule: rule.measure.severity, default=None)
    return Match(
        signal=brief(near.reading.signal),
        known=brief(near.entry.signal),
        distance=near.distance,
        orientation=near.reading.orientation,
        frame=near.reading.frame,
        region=near.reading.region,
        likeness=near.likeness,
        bank=near.entry.bank,
        entry=near.entry.id,
        categories=near.entry.categories,
        vouchers=len(near.entry.vouchers_at(now)),
        rule=deciding.name if deciding else None,
        threshold=deciding.max_distance if deciding else None,
        rules=tuple(rule.name for rule in in_force),
        shadow_rules=tuple(rule.name for rule in wanting if rule.shadow),
        origins=near.entry.shared.origins_at(now) if near.entry.shared else (),
        withheld=reason,
    )


def _by_territory(rules: Iterable[Rule]) -> dict[str, Measure]:
    everywhere = Measure.ALLOW
    named: dict[str, Measure] = {}
    for rule in rules:
        if not rule.territories:
            everywhere = strictest(everywhere, rule.measure)
        for territory in rule.territories:
            named[territory] = strictest(named.get(territory, Measure.ALLOW), rule.measure)
    stricter = {
        territory: measure
        for territory, measure in sorted(named.items())
        if measure.severity > everywhere.severity
    }
    return {EVERYWHERE: everywhere, **stricter}


def _measure(by_territory: dict[str, Measure], territory: str | None) -> Measure:
    everywhere = by_territory[EVERYWHERE]
    if territory is not None:
        return by_territory.get(territory, everywhere)
    somewhere = strictest(*by_territory.values())
    at_most = min(somewhere, Measure.RESTRICT, key=lambda measure: measure.severity)
    return strictest(everywhere, at_most)
