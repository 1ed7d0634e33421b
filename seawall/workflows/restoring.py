"""
What was carried out is taken back, because it was wrong or another ruling takes its place.

    restored ─▶ message an item · bank emptied of it · exchange · allow list ─▶ closed   one transaction
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from seawall.cases.case import Case, Step
from seawall.cases.config import Act
from seawall.cases.likeness import Mark
from seawall.cases.ruling import Decision, Ruling, was_right
from seawall.cases.strikes import measure_for
from seawall.errors import NotAllowed, WrongState
from seawall.exchange.opinion import Word
from seawall.index.digest import digest
from seawall.signals.registry import parse_signal
from seawall.storage.memory import Stores
from seawall.workflows.bank import change_entry, remove_entry
from seawall.workflows.case_access import acting
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
from seawall.workflows.ruling import check_other_key, check_territories, through


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
    untold = undo_effects(
        case, ruling, person, allow=ruling.restrains, bench=bench, stores=stores, now=now
    )
    if ruling.restrains:  # restoring what was kept says nothing new of what it is near
        untold += tell_outcomes(case, right=not was_right(ruling), stores=stores, now=now)
        stores.quality.turn_matches(ruling.id)
    told = {"ruling": ruling.id, "note": note, "untold": untold}
    changed(case, Step.RESTORED, stores, by=person, now=now, **told)
    put_on_record(stores, "ruling:restored", ruling, by=person, now=now)
    return stores.rulings.find(ruling.id)


def undo_effects(
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
        let_through(case.items, bench=bench, stores=stores)
    _forgive(case, ruling, bench=bench, stores=stores, now=now)
    opinion: dict[str, object] = {"word": Word.WITHDRAW}
    free_items = [item for item in case.items if removals.keys().isdisjoint(digests_of([item]))]
    return tell_all(free_items, ruling.share, opinion, stores=stores, now=now)


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
        if entry.source != source_of(case.id):
            continue
        others = removals.get(digest(str(entry.signal)), ())
        heir = next((ruling for ruling in others if ruling.bank == bank), None)
        acting: dict[str, Any] = {"stores": stores, "by": by, "now": now}
        if heir is None:
            remove_entry(bank, entry.id, **acting)
        else:
            filed: dict[str, object] = {"source": source_of(heir.case), "note": heir.id}
            change_entry(bank, entry.id, filed, taxonomy=bench.taxonomy, **acting)


def _forgive(case: Case, ruling: Ruling, *, bench: Bench, stores: Stores, now: datetime) -> None:
    """The breach counts against nobody any more; whoever it led to a measure against is told of as free of it."""
    users = users_of(case)
    before = {user: stores.rulings.strikes_of(user, at=now) for user in users}
    stores.rulings.forgive(ruling.id, at=now)
    for user in users:
        count = stores.rulings.strikes_of(user, at=now)
        if ruling.account is not None or measure_for(count, before[user], bench.config) is not None:
            stores.outbox.add(measured_message(user, None, count, ruling, at=now))
