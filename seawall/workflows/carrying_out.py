"""
A ruling is carried out, once, when its undo window is over.

    due ─▶ message an item · bank or ledger · exchange · strikes ─▶ carried out       one transaction
      └─ of a look ─▶ compared ─▶ where it settles otherwise: what stands is undone, and this carried out instead
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from seawall.cases.case import Case, Status, Step
from seawall.cases.likeness import content_marks
from seawall.cases.ruling import Decision, Ruling, needing, was_right
from seawall.cases.second_review import Look, Stage
from seawall.cases.strikes import measure_for
from seawall.clock import rfc3339
from seawall.errors import Error
from seawall.exchange.opinion import Word
from seawall.ids import new_id
from seawall.signals.registry import parse_signal
from seawall.storage.memory import Memory, Stores
from seawall.workflows.bank import Filing, add_entries, change_entry, ensure_bank
from seawall.workflows.cases import changed
from seawall.workflows.effects import (
    Bench,
    digests_of,
    let_through,
    measured_message,
    message_of,
    put_on_record,
    source_of,
    tell_all,
    tell_outcomes,
    users_of,
)
from seawall.workflows.quality import begin_review, compare, count_matches
from seawall.workflows.restoring import undo_effects

AT_ONCE = 50  # rulings looked for in one round

OnStuck = Callable[[str, Error], None]
"""Is told which case or ruling could not be acted on, and why."""


def carry_out_due(
    memory: Memory, *, bench: Bench, now: datetime, on_stuck: OnStuck | None = None
) -> int:
    """
    Carry out every ruling whose undo window is over; how many there were.

    Each has a transaction of its own that finds it still due: whoever is killed, or comes second, does nothing twice.
    One that cannot be carried out keeps no other waiting: `on_stuck` is told of it, and the next round tries it again.
    """

    def due(stores: Stores, limit: int) -> list[str]:
        return stores.cases.ended(Status.RULED, now=now, limit=limit)

    def act(ident: str, stores: Stores) -> bool:
        return _carry_out_if_due(ident, bench=bench, stores=stores, now=now)

    return do_each(memory, due, act, on_stuck=on_stuck)


def do_each(
    memory: Memory,
    due: Callable[[Stores, int], list[str]],
    act: Callable[[str, Stores], bool],
    *,
    on_stuck: OnStuck | None = None,
) -> int:
    """Act on each thing that is due, in a transaction of its own, past those that fail; how often it was done."""
    done, stuck = 0, set[str]()
    while True:
        with memory.reading() as stores:
            found = due(stores, AT_ONCE + len(stuck))
        untried = [ident for ident in found if ident not in stuck]
        for ident in untried:
            try:
                with memory.transaction() as stores:
                    done += act(ident, stores)
            except Error as failed:
                stuck.add(ident)
                if on_stuck is not None:
                    on_stuck(ident, failed)
        if len(untried) < AT_ONCE:
            return done


def _carry_out_if_due(ident: str, *, bench: Bench, stores: Stores, now: datetime) -> bool:
    stores.cases.lock()
    case = stores.cases.find(ident)
    if (
        case.status is not Status.RULED
        or case.until is None
        or case.until > now
        or case.ruling is None
    ):
        return False  # somebody else was faster, or it was taken back
    ruling = stores.rulings.find(case.ruling)
    look = stores.quality.look(ident)
    if look is None:
        _carry_out(case, ruling, bench=bench, stores=stores, now=now)
    else:
        _compare(case, look, ruling, bench=bench, stores=stores, now=now)
    return True


def _compare(
    case: Case, look: Look, ruling: Ruling, *, bench: Bench, stores: Stores, now: datetime
) -> None:
    """What was said of a look is compared; a third person's word replaces what stands and differs."""
    review = compare(look, ruling, config=bench.config, secret=bench.secret, stores=stores, now=now)
    changed(case, Step.COMPARED, stores, by="upkeep", now=now)
    if review is None or review.stage is not Stage.SETTLED or look.review is None:
        return
    original = stores.cases.find(look.review)
    if original.ruling is None:
        return
    standing = stores.rulings.find(original.ruling)
    if standing.undone_at is not None:
        return  # it was restored meanwhile: who did so has seen everything
    if standing.decision == review.stands:
        return
    instead = replace(
        ruling,
        id=new_id("rul", at=now),
        case=original.id,
        at=now,
        needs=needing(ruling, bench.config.two_persons),
        approved_by=None,
    )
    stores.rulings.add(instead)
    until = None if instead.needs else rfc3339(now)
    named = {"ruling": instead.id, "until": until}
    original = changed(original, Step.RULED, stores, by=instead.by, now=now, **named)
    put_on_record(stores, "ruling:replaced", instead, by=instead.by, now=now)
    if until is not None:
        _carry_out(original, instead, bench=bench, stores=stores, now=now)


def _carry_out(case: Case, ruling: Ruling, *, bench: Bench, stores: Stores, now: datetime) -> None:
    """The ruling is carried out, in place of one that stands, if there is one."""
    before = _in_force(case, stores)
    untold = _replaced(case, before, ruling, bench=bench, stores=stores, now=now) if before else []
    ruling = replace(ruling, carried_out_at=now)
    stores.rulings.save(ruling)
    for item in case.items:
        stores.outbox.add(message_of("ruling:made", ruling, item, at=now))
    if ruling.restrains:  # what was given back before is judged like everything else again
        stores.rulings.disallow(digests_of(case.items))
    if ruling.bank is not None:
        _bank(case, ruling, ruling.bank, bench=bench, stores=stores, now=now)
    if ruling.decision is not Decision.REMOVE:
        let_through(case.items, bench=bench, stores=stores)
    stores.rulings.keep_marks(
        ruling.id, list({mark for item in case.items for mark in content_marks(item)})
    )
    if before is None or was_right(before) != was_right(ruling):
        untold += tell_outcomes(case, right=was_right(ruling), stores=stores, now=now)
    untold += _tell_opinions(case, ruling, stores=stores, now=now)
    count_matches(case, ruling, stores=stores, now=now)
    _strike(case, ruling, bench=bench, stores=stores, now=now)
    changed(case, Step.CARRIED_OUT, stores, by="upkeep", now=now, ruling=ruling.id, untold=untold)
    stores.sealed.shorten(case.id, delete_at=now + bench.config.keep_media)
    put_on_record(stores, "ruling:made", ruling, by=ruling.by, now=now)
    begin_review(case, ruling, config=bench.config, secret=bench.secret, stores=stores, now=now)


def _in_force(case: Case, stores: Stores) -> Ruling | None:
    """What was carried out and not undone."""
    standing = (
        each
        for each in stores.rulings.of_case(case.id)
        if each.carried_out_at is not None and each.undone_at is None
    )
    return next(standing, None)


def _replaced(
    case: Case,
    before: Ruling,
    after: Ruling,
    *,
    bench: Bench,
    stores: Stores,
    now: datetime,
) -> list[str]:
    """What was done is undone, since another ruling is carried out now; what could not be told to whom."""
    stores.quality.drop_matches(before.id)
    giving_back = before.restrains and not after.restrains
    return undo_effects(
        case, before, after.by, allow=giving_back, bench=bench, stores=stores, now=now
    )


def _bank(
    case: Case, ruling: Ruling, bank: str, *, bench: Bench, stores: Stores, now: datetime
) -> None:
    """The bank has the signals of the case; one that somebody switched off there matches again."""
    acting: dict[str, Any] = {"stores": stores, "by": ruling.by, "now": now}
    ensure_bank(bank, owner=bench.owner, **acting)
    filing = Filing(
        categories=_categories(case, ruling, stores), source=source_of(case.id), note=ruling.id
    )
    signals = dict.fromkeys(parse_signal(text) for item in case.items for text in item.signals)
    if signals:
        added = [(signal, filing) for signal in signals]
        for entry in add_entries(bank, added, taxonomy=bench.taxonomy, **acting):
            if not entry.enabled:
                again = {"enabled": True, "source": filing.source, "note": filing.note}
                change_entry(bank, entry.id, again, taxonomy=bench.taxonomy, **acting)


def _tell_opinions(case: Case, ruling: Ruling, *, stores: Stores, now: datetime) -> list[str]:
    if ruling.decision is Decision.KEEP:
        opinion: dict[str, object] = {"word": Word.DISPUTE, "reason": ruling.note}
    else:
        categories = _categories(case, ruling, stores)
        opinion = {
            "word": Word.CONFIRM,
            "categories": list(categories),
            "severity": case.severity,
        }
    return tell_all(case.items, ruling.share, opinion, stores=stores, now=now)


def _strike(case: Case, ruling: Ruling, *, bench: Bench, stores: Stores, now: datetime) -> None:
    """Count the breach against everybody who uploaded, and say what it comes to."""
    weight = 0
    if ruling.restrains and ruling.policy is not None:
        weight = stores.policies.find(ruling.policy, ruling.policy_version).strikes
    for user in users_of(case):
        before = stores.rulings.strikes_of(user, at=now)
        if weight:
            until = now + bench.config.strike_lasts
            stores.rulings.strike(user, ruling.id, weight=weight, at=now, expires_at=until)
        measure = ruling.account or measure_for(before, before + weight, bench.config)
        if measure is not None:
            stores.outbox.add(measured_message(user, measure, before + weight, ruling, at=now))


def _categories(case: Case, ruling: Ruling, stores: Stores) -> tuple[str, ...]:
    if case.category is not None:
        return (case.category,)
    if ruling.policy is None:
        return ()
    return stores.policies.find(ruling.policy, ruling.policy_version).categories
