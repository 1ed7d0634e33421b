"""
A ruling is carried out, once, when its undo window is over; and what was carried out can be restored.

    due ─▶ message an item · bank or ledger · exchange · strikes ─▶ carried out       one transaction
      └─ of a look ─▶ compared ─▶ where it settles otherwise: what stands is undone, and this carried out instead
    restored ─▶ message an item · bank emptied of it · exchange · allow list ─▶ closed   one transaction
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from seawall.cases.case import Case, Item, ItemKind, Status, Step
from seawall.cases.config import Act, CasesConfig
from seawall.cases.likeness import Mark, content_marks
from seawall.cases.ruling import AccountMeasure, Decision, Ruling, needing, was_right
from seawall.cases.second_review import Look, Stage
from seawall.cases.strikes import measure_for
from seawall.clock import rfc3339
from seawall.errors import Error, NotAllowed, WrongState
from seawall.exchange.opinion import Word
from seawall.ids import new_id
from seawall.index.digest import digest
from seawall.policy.category import Taxonomy
from seawall.policy.ground import ground_document
from seawall.signals.registry import parse_signal
from seawall.storage.memory import Memory, Stores
from seawall.storage.outbox import Message
from seawall.workflows.audit import record
from seawall.workflows.bank import Filing, add_entries, change_entry, ensure_bank, remove_entry
from seawall.workflows.cases import acting, changed
from seawall.workflows.quality import begin_review, compare, count_matches
from seawall.workflows.ruling import check_other_key, check_territories, through
from seawall.workflows.telling import queue_opinion, queue_outcome
from seawall.workflows.upload import LET_THROUGH

AT_ONCE = 50  # rulings looked for in one round

OnStuck = Callable[[str, Error], None]
"""Is told which case or ruling could not be acted on, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What carrying out needs to know besides the ruling."""

    config: CasesConfig
    taxonomy: Taxonomy
    owner: str  # of the bank, and who vouches for what is in it
    keep_ledger: bool
    secret: bytes  # by which it is drawn who decides twice


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


def restore(
    ident: str,
    person: str,
    *,
    note: str,
    bench: Bench,
    stores: Stores,
    now: datetime,
    key: str | None = None,
) -> Ruling:
    """
    What was done is taken back, and the same content let through unasked for a while.

    Where two persons are wanted for giving back what was removed, the first one asks and the second one does.

    Raises:
        NotFound: There is no such ruling.
        NotAllowed: The second person is the first, or came with the same key; or their roles or limits do not let them.
        WrongState: It was not carried out, or is restored already.

    """
    stores.cases.lock()
    ruling = stores.rulings.find(ident)
    if ruling.carried_out_at is None or ruling.undone_at or ruling.ended_at:
        raise WrongState(
            f"The ruling '{ident}' is not in force; only what was done can be restored."
        )
    case = stores.cases.find(ruling.case)
    known = acting(person, stores, case=case)
    if known:
        check_territories(ruling, known.limits)
    grave = ruling.decision is Decision.REMOVE and Act.RESTORE in bench.config.two_persons
    if grave and ruling.restore_asked_by is None:
        asked = replace(ruling, restore_asked_by=person)
        stores.rulings.save(asked)
        told = {"ruling": ident, "note": note, **through(key)}
        changed(case, Step.RESTORE_ASKED, stores, by=person, now=now, **told)
        return asked
    if grave and ruling.restore_asked_by == person:
        raise NotAllowed("A second person must agree to restore this; you asked for it yourself.")
    if grave:
        check_other_key(case, "restore-asked", ruling, key, config=bench.config, stores=stores)
    return _restored(case, ruling, person, note=note, bench=bench, stores=stores, now=now)


def message_of(topic: str, ruling: Ruling, item: Item, *, at: datetime) -> Message:
    """What a platform is told of one item of a ruling."""
    return Message(
        id=new_id("msg", at=at),
        topic=topic,
        subject=item.id,
        body={
            "ruling": ruling.id,
            "case": ruling.case,
            "items": [
                {
                    "item": item.id,
                    "kind": item.kind,
                    "upload": item.upload,
                    "measure": ruling.decision,
                    "territories": list(ruling.territories),
                }
            ],
            "ends_at": rfc3339(ruling.ends_at) if ruling.ends_at else None,
            "policy": ruling.policy,
            "policy_version": ruling.policy_version,
            "ground": ground_document(ruling.ground),
            "context": ruling.context,
            "at": rfc3339(at),
        },
        at=at,
    )


def digests_of(items: Iterable[Item]) -> set[bytes]:
    """What the signals of these items are filed under."""
    return {digest(signal) for item in items for signal in item.signals}


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
    _record(stores, "ruling:replaced", instead, by=instead.by, now=now)
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
        _let_through(case.items, bench=bench, stores=stores)
    stores.rulings.keep_marks(
        ruling.id, list({mark for item in case.items for mark in content_marks(item)})
    )
    if before is None or was_right(before) != was_right(ruling):
        untold += _tell_outcomes(case, right=was_right(ruling), stores=stores, now=now)
    untold += _tell_opinions(case, ruling, stores=stores, now=now)
    count_matches(case, ruling, stores=stores, now=now)
    _strike(case, ruling, bench=bench, stores=stores, now=now)
    changed(case, Step.CARRIED_OUT, stores, by="upkeep", now=now, ruling=ruling.id, untold=untold)
    stores.sealed.shorten(case.id, delete_at=now + bench.config.keep_media)
    _record(stores, "ruling:made", ruling, by=ruling.by, now=now)
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
    return _undone(case, before, after.by, allow=giving_back, bench=bench, stores=stores, now=now)


def _restored(
    case: Case,
    ruling: Ruling,
    person: str,
    *,
    note: str,
    bench: Bench,
    stores: Stores,
    now: datetime,
) -> Ruling:
    if case.replaces is not None and case.ruling is not None:
        stores.rulings.save(replace(stores.rulings.find(case.ruling), undone_at=now))
    untold = _undone(
        case, ruling, person, allow=ruling.restrains, bench=bench, stores=stores, now=now
    )
    if ruling.restrains:  # restoring what was kept says nothing new of what it is near
        untold += _tell_outcomes(case, right=not was_right(ruling), stores=stores, now=now)
        stores.quality.turn_matches(ruling.id)
    told = {"ruling": ruling.id, "note": note, "untold": untold}
    changed(case, Step.RESTORED, stores, by=person, now=now, **told)
    _record(stores, "ruling:restored", ruling, by=person, now=now)
    return stores.rulings.find(ruling.id)


def _undone(
    case: Case,
    ruling: Ruling,
    person: str,
    *,
    allow: bool,
    bench: Bench,
    stores: Stores,
    now: datetime,
) -> list[str]:
    """
    Messages, bank, opinions and strikes say the opposite; what could not be told to whom.

    What another ruling in force removes too stays blocked, banked and confirmed.
    """
    stores.rulings.save(replace(ruling, undone_at=now))
    for item in case.items:
        stores.outbox.add(message_of("ruling:undone", ruling, item, at=now))
    removals = _removed_elsewhere(case, stores)
    if ruling.bank is not None:
        _unbank(case, ruling.bank, removals, bench=bench, stores=stores, by=person, now=now)
    if allow:
        until = now + bench.config.restored_for
        free = digests_of(case.items) - removals.keys()
        stores.rulings.allow(free, ruling=ruling.id, until=until)
        _let_through(case.items, bench=bench, stores=stores)
    _forgive(case, ruling, bench=bench, stores=stores, now=now)
    opinion: dict[str, object] = {"word": Word.WITHDRAW}
    free_items = [item for item in case.items if removals.keys().isdisjoint(digests_of([item]))]
    return _tell(free_items, ruling.share, opinion, stores=stores, now=now)


def _removed_elsewhere(case: Case, stores: Stores) -> dict[bytes, list[Ruling]]:
    """Rulings in force on other cases that remove content with one of this case's signals, by that signal."""
    found: dict[bytes, list[Ruling]] = {}
    for ruling, mark in stores.rulings.earlier([Mark(each) for each in digests_of(case.items)]):
        elsewhere = ruling.case != case.id and ruling.decision is Decision.REMOVE
        if elsewhere and ruling.context is None:
            found.setdefault(mark.digest, []).append(ruling)
    return found


def _unbank(
    case: Case,
    bank: str,
    removals: Mapping[bytes, list[Ruling]],
    *,
    bench: Bench,
    stores: Stores,
    by: str,
    now: datetime,
) -> None:
    """The bank has nothing on the word of this case; what another case banked there too stands on that one's."""
    signals = [parse_signal(text) for item in case.items for text in item.signals]
    for entry in stores.entries.of_signals(bank, signals):
        if entry.source != _source(case.id):
            continue
        others = removals.get(digest(str(entry.signal)), ())
        heir = next((ruling for ruling in others if ruling.bank == bank), None)
        acting: dict[str, Any] = {"stores": stores, "by": by, "now": now}
        if heir is None:
            remove_entry(bank, entry.id, **acting)
        else:
            filed: dict[str, object] = {"source": _source(heir.case), "note": heir.id}
            change_entry(bank, entry.id, filed, taxonomy=bench.taxonomy, **acting)


def _forgive(case: Case, ruling: Ruling, *, bench: Bench, stores: Stores, now: datetime) -> None:
    """The breach counts against nobody any more; whoever it led to a measure against is told of as free of it."""
    users = _users(case)
    before = {user: stores.rulings.strikes_of(user, at=now) for user in users}
    stores.rulings.forgive(ruling.id, at=now)
    for user in users:
        count = stores.rulings.strikes_of(user, at=now)
        if ruling.account is not None or measure_for(count, before[user], bench.config) is not None:
            stores.outbox.add(_measured(user, None, count, ruling, at=now))


def _bank(
    case: Case, ruling: Ruling, bank: str, *, bench: Bench, stores: Stores, now: datetime
) -> None:
    """The bank has the signals of the case; one that somebody switched off there matches again."""
    acting: dict[str, Any] = {"stores": stores, "by": ruling.by, "now": now}
    ensure_bank(bank, owner=bench.owner, **acting)
    filing = Filing(
        categories=_categories(case, ruling, stores), source=_source(case.id), note=ruling.id
    )
    signals = dict.fromkeys(parse_signal(text) for item in case.items for text in item.signals)
    if signals:
        added = [(signal, filing) for signal in signals]
        for entry in add_entries(bank, added, taxonomy=bench.taxonomy, **acting):
            if not entry.enabled:
                again = {"enabled": True, "source": filing.source, "note": filing.note}
                change_entry(bank, entry.id, again, taxonomy=bench.taxonomy, **acting)


def _let_through(items: Iterable[Item], *, bench: Bench, stores: Stores) -> None:
    """What had been kept back is on the platform from now on: tomorrow's signal must find it."""
    if not bench.keep_ledger:
        return
    for item in items:
        if item.upload is not None:
            upload = stores.uploads.find(item.upload)
            if upload.verdict.measure not in LET_THROUGH:
                stores.uploads.enter_in_ledger(upload)


def _tell_outcomes(case: Case, *, right: bool, stores: Stores, now: datetime) -> list[str]:
    """Queue what this says of entries that came from exchanges; why it could not be queued, where it could not."""
    untold = []
    entries = {match.entry: match.bank for item in case.items for match in item.matches}
    for entry, bank in entries.items():
        membership = stores.memberships.of_bank(bank)
        if membership is None:
            continue
        counts = {"right": int(right), "wrong": int(not right)}
        try:
            queue_outcome(membership.id, entry, **counts, stores=stores, now=now)
        except Error as gone:  # taken out meanwhile: the ruling stands all the same
            untold.append(str(gone))
    return untold


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
    return _tell(case.items, ruling.share, opinion, stores=stores, now=now)


def _tell(
    items: Sequence[Item],
    memberships: Iterable[str],
    opinion: dict[str, object],
    *,
    stores: Stores,
    now: datetime,
) -> list[str]:
    untold = []
    for name in memberships:
        for item in items:
            if not item.signals:
                continue
            try:
                queue_opinion(name, item.signals, opinion, stores=stores, now=now)
            except Error as gone:  # the membership was ended meanwhile
                untold.append(str(gone))
    return untold


def _strike(case: Case, ruling: Ruling, *, bench: Bench, stores: Stores, now: datetime) -> None:
    """Count the breach against everybody who uploaded, and say what it comes to."""
    weight = 0
    if ruling.restrains and ruling.policy is not None:
        weight = stores.policies.find(ruling.policy, ruling.policy_version).strikes
    for user in _users(case):
        before = stores.rulings.strikes_of(user, at=now)
        if weight:
            until = now + bench.config.strike_lasts
            stores.rulings.strike(user, ruling.id, weight=weight, at=now, expires_at=until)
        measure = ruling.account or measure_for(before, before + weight, bench.config)
        if measure is not None:
            stores.outbox.add(_measured(user, measure, before + weight, ruling, at=now))


def _users(case: Case) -> list[str]:
    """Everybody who uploaded what the case is about, or whom it is about."""
    users = dict.fromkeys(item.uploader for item in case.items if item.uploader)
    users |= dict.fromkeys(item.id for item in case.items if item.kind is ItemKind.USER)
    return list(users)


def _measured(
    user: str, measure: AccountMeasure | None, count: int, ruling: Ruling, *, at: datetime
) -> Message:
    """What a platform is told to do about a user; None: what this ruling led to is taken back."""
    return Message(
        id=new_id("msg", at=at),
        topic="user:measured",
        subject=user,
        body={
            "user": user,
            "measure": measure,
            "strikes": count,
            "ruling": ruling.id,
            "case": ruling.case,
            "policy": ruling.policy,
            "policy_version": ruling.policy_version,
            "ground": ground_document(ruling.ground),
            "at": rfc3339(at),
        },
        at=at,
    )


def _categories(case: Case, ruling: Ruling, stores: Stores) -> tuple[str, ...]:
    if case.category is not None:
        return (case.category,)
    if ruling.policy is None:
        return ()
    return stores.policies.find(ruling.policy, ruling.policy_version).categories


def _source(case: str) -> str:
    return f"case {case}"


def _record(stores: Stores, action: str, ruling: Ruling, *, by: str, now: datetime) -> None:
    details = {"case": ruling.case, "decision": ruling.decision}
    record(stores, action, ruling.id, by=by, now=now, details=details)
