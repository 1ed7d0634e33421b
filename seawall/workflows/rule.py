"""
Rules are put in force, taken out, and tried on the past first.

    proposed ──replay──▶ what would have changed ──put──▶ in force
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from seawall.audit.event import Happening
from seawall.errors import InputError, RuleError
from seawall.policy.category import Taxonomy
from seawall.policy.rule import STARTING_RULES, Rule, checked, unguarded
from seawall.screening.replay import Replay, Retried, replay
from seawall.screening.screen import screen
from seawall.signals.registry import SIGNAL_TYPES
from seawall.storage.memory import Memory, Stores
from seawall.storage.uploads import Upload
from seawall.workflows.knowledge import Knowledge


def put_rule(rule: Rule, *, taxonomy: Taxonomy, stores: Stores, by: str, now: datetime) -> Rule:
    """
    The rule, now in force in place of its namesake.

    Raises:
        InputError: A field is out of range, or names no category or signal type.
        NotFound: There is no bank of that name.
        RuleError: It would take the place of the last rule for failures, which would then be let through.

    """
    stores.hold_changes()
    rule = _resolved(rule, taxonomy, stores)
    before = stores.rules.all()
    _still_guarded(before, [rule, *(other for other in before if other.name != rule.name)])
    stores.rules.put(rule, at=now)
    stores.audit.record(
        Happening(action="rule:put", subject=rule.name, actor=by, at=now, details=asdict(rule))
    )
    return rule


def remove_rule(name: str, *, stores: Stores, by: str, now: datetime) -> None:
    """
    Take a rule out.

    Raises:
        NotFound: There is no rule of that name.
        RuleError: It is the last one that answers to failures: without it they would be let through.

    """
    stores.hold_changes()
    before = stores.rules.all()
    _still_guarded(before, [rule for rule in before if rule.name != name])
    stores.rules.remove(name)
    stores.audit.record(
        Happening(action="rule:removed", subject=name, actor=by, at=now, details={})
    )


def put_starting_rules(memory: Memory, *, now: datetime) -> None:
    """A new home begins with rules, so that it never begins open."""
    with memory.reading() as stores:
        if stores.rules.all():
            return
    with memory.transaction() as stores:
        if not stores.rules.all():  # nobody else has meanwhile
            for rule in STARTING_RULES:
                stores.rules.put(rule, at=now)


def replay_rule(
    rule: Rule,
    *,
    knowledge: Knowledge,
    memory: Memory,
    since: datetime | None,
    now: datetime,
    latest: int | None = None,
) -> Replay:
    """
    What would have changed for past uploads had this rule been in force; with `latest` for no more than so many.

    Raises:
        InputError: The rule is not valid.

    """
    with memory.reading() as stores:
        rule = _resolved(rule, knowledge.taxonomy, stores)
        uploads = stores.uploads.all(since=since, latest=latest)
        return replay(_retried(rule, uploads, knowledge=knowledge, now=now))


def _retried(
    rule: Rule, uploads: Iterable[Upload], *, knowledge: Knowledge, now: datetime
) -> Iterator[Retried]:
    present, proposed = knowledge.rules, knowledge.rules.with_rule(rule)
    reach = max(max(rules.radius(name) for name in SIGNAL_TYPES) for rules in (present, proposed))
    for upload in uploads:
        near = knowledge.known(upload.fingerprint.readings, max_distance=reach)
        before, after = (
            screen(
                [
                    known
                    for known in near
                    if known.distance <= rules.radius(known.entry.signal.type)
                ],
                upload.fingerprint.missing,
                rules=rules,
                taxonomy=knowledge.taxonomy,
                territory=upload.territory,
                chance=1.0,  # sampling is chance; a replay counts only what is certain
                now=now,
            )
            for rules in (present, proposed)
        )
        yield Retried(upload=upload.id, item=upload.item, before=before, after=after)


def _resolved(rule: Rule, taxonomy: Taxonomy, stores: Stores) -> Rule:
    rule = checked(rule)
    if rule.signal_type is not None and rule.signal_type not in SIGNAL_TYPES:
        raise InputError(
            f"There is no signal type '{rule.signal_type}'; there are {', '.join(SIGNAL_TYPES)}."
        )
    if rule.bank is not None:
        stores.banks.find(rule.bank)
    if rule.category is not None:
        rule = replace(rule, category=taxonomy.find(rule.category).name)
    return rule


def _still_guarded(before: Sequence[Rule], after: Sequence[Rule]) -> None:
    for guard in unguarded(after):
        if guard not in unguarded(before):
            raise RuleError(
                f"Then no rule would catch uploads on '{guard.trigger}', and they would pass unseen. Put another "
                f"first: any measure, `--on {guard.trigger}`, for every territory and signal type."
            )
