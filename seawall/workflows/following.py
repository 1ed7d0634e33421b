"""
A member reads what its hub has, believes none of it unchecked, and makes it its own.

    question ─▶ page ─▶ signature, numbers, tree ─▶ entries, position and audit event in one transaction
                              └─ does not fit ─▶ nothing applied; what is here stays in force; asked again
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from seawall.banks.entry import Entry
from seawall.collecting import uncollected
from seawall.errors import (
    Error,
    InputError,
    NotAllowed,
    NotFound,
    OutsideError,
    RuleError,
    StorageError,
    TooMany,
    WrongState,
)
from seawall.exchange.delta import delta_document, records_named
from seawall.exchange.membership import Membership, State
from seawall.exchange.note import Checkpoint, Verifier, opened
from seawall.exchange.proof import Page, check_number, check_page, origin
from seawall.partners.hub import Document, Hub
from seawall.signals.signal import Signal
from seawall.storage.memory import Stores
from seawall.workflows.first_copy import MOST_SKIPPED, first_copy
from seawall.workflows.membership import Node
from seawall.workflows.renewing import regain_key
from seawall.workflows.settling import note_event, settle, settle_clock
from seawall.workflows.shared_entries import SharedEntries

MOST_DELTAS = 10_000  # asked for at a time: as much as one transaction should hold
FIRST_COPY = 5_000  # deltas; an empty node that lacks more of them takes the snapshot


def follow(
    ident: str,
    *,
    hub: Hub,
    wait: float,
    node: Node,
    stopped: Callable[[], bool] = lambda: False,
) -> Membership | None:
    """
    The membership after one question to its hub; None when there is no such membership any more.

    Where it follows already and there is nothing new, the hub keeps the question open for `wait` seconds.
    What goes wrong is written into the membership, not raised. Once `stopped`, nothing is written.

    Raises:
        StorageError: This home could not keep what it read; nothing of it was applied.

    """
    with node.memory.reading() as stores:
        before = next((each for each in stores.memberships.all() if each.id == ident), None)
        empty = (
            before is not None
            and before.position == 0
            and not stores.entries.page(before.bank, limit=1)
        )
    if before is None:
        return None
    if before.state is not State.FOLLOWING:
        wait = 0  # that all is well again is told at once, not when the hub has something new
    try:
        try:
            return _asked(before, hub, wait, node, stopped, empty=empty)
        except NotAllowed:
            regained = regain_key(before, hub=hub, node=node)
            if regained is None:
                raise
            return _asked(regained, hub, 0, node, stopped, empty=empty)
    except (NotAllowed, NotFound) as refused:
        return settle(before, State.LOCKED_OUT, node, error=str(refused))
    except (InputError, WrongState) as refused:
        return _explained(before, hub, node, refused)
    except StorageError:
        raise
    except (OutsideError, TooMany) as failed:
        if stopped():  # the question was given up by us
            return before
        return settle(before, State.UNREACHABLE, node, error=str(failed))


def _asked(
    before: Membership,
    hub: Hub,
    wait: float,
    node: Node,
    stopped: Callable[[], bool],
    *,
    empty: bool,
) -> Membership:
    """The membership after one question that the hub has answered; `empty` is whether its bank is."""
    asked = node.now()
    page = hub.changes(before.agreement, after=before.position, limit=MOST_DELTAS, wait=wait)
    if stopped():
        return before
    before = settle_clock(before, hub.date, asked=asked, node=node)
    if page.size < before.position:
        return _rolled_back(before, page.size, node)
    if before.position == 0 and page.size and not (empty and page.size <= FIRST_COPY):
        return first_copy(before, hub, node)
    return _apply(before, page, node)


def _apply(before: Membership, page: Page, node: Node) -> Membership:
    """Check a page and apply it; distrust it otherwise."""
    try:
        hub = Verifier.parse(before.hub_key)
        frontier = check_page(page, before.frontier, hub=hub, agreement=before.agreement)
        entries = SharedEntries(before, node.taxonomy, node.now())
        with uncollected():
            read = _read_page(page.lines, before, entries)
    except InputError as wrong:
        evidence = page.checkpoint[:10_000]
        if before.size < before.position:  # it was restored from a backup, as was seen then
            if _signed_fork(page, before):
                return settle(
                    before, State.ROLLED_BACK, node, error=_went_on(before), evidence=evidence
                )
            return settle(before, State.DISTRUSTED, node, error=str(wrong), evidence=evidence)
        return settle(
            before, State.DISTRUSTED, node, error=str(wrong), size=page.size, evidence=evidence
        )
    if not page.lines:
        return settle(before, State.FOLLOWING, node, size=page.size)
    now = node.now()
    with uncollected(), node.memory.transaction() as stores:
        here = stores.memberships.lock(before.id)
        if here is None or here.position != before.position or here.frontier != before.frontier:
            return here or before  # another process was faster, or it was left
        changed, disputed = stores.entries.follow(entries.in_order(), entries.gone, at=now)
        if read.doubtful:
            more = stores.entries.follow(_doubted(read, here.bank, stores), [], at=now)
            changed, disputed = changed + more[0], disputed + more[1]
        after = replace(
            here,
            frontier=frontier,
            checkpoint=page.checkpoint,
            size=max(page.size, frontier.size),
            state=State.FOLLOWING,
            error=None,
            skipped=here.skipped + len(read.skipped),
            disputed=here.disputed + disputed,
            last_delta_at=now,
            checked_at=now,
        )
        stores.memberships.save(after)
        details: Document = {"deltas": [before.position + 1, after.position], "changed": changed}
        if read.skipped:
            details["skipped"] = read.skipped[:MOST_SKIPPED]
        if read.doubtful:
            details["withheld"] = sorted(read.doubtful)[:MOST_SKIPPED]
        note_event(stores, action="membership:applied", of=after, at=now, details=details)
    return after


@dataclass(slots=True)
class _Read:
    """
    Why deltas of a page were left out, by number, and what became doubtful by that.

    A record is `doubtful` where the last that is said of it could not be understood: by its id, with its signal if
    known.
    """

    doubtful: dict[str, Signal | None] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def _read_page(lines: Iterable[bytes], before: Membership, entries: SharedEntries) -> _Read:
    """
    Take what the deltas say into the entries; one that cannot be understood is left out and named.

    Raises:
        InputError: A delta says that it is another than the one whose place it has.

    """
    read = _Read()
    for number, line in enumerate(lines, start=before.position + 1):
        try:
            told = delta_document(line)
            given, agreement = told["number"], told["agreement"]
            if (given, agreement) == (number, before.agreement) and told["record"]:
                read.doubtful.pop(entries.take(told["record"], number), None)
        except (ValueError, KeyError, TypeError, AttributeError, InputError) as wrong:
            # a hub may put anything anywhere
            read.skipped.append(f"{number}: {type(wrong).__name__}: {wrong}"[:500])
            read.doubtful.update(records_named(line, before.agreement))
            continue
        check_number(given, agreement, expected=number, ours=before.agreement)
    return read


def _doubted(read: _Read, bank: str, stores: Stores) -> list[Entry]:
    """
    The entries of doubtful records, disputed: perhaps it was a dispute or a withdrawal that could not be understood.

    The next delta of the record that can be understood says what holds.
    """
    signals = [signal for signal in read.doubtful.values() if signal is not None]
    records = [ident for ident, signal in read.doubtful.items() if signal is None]
    found = [*stores.entries.of_signals(bank, signals), *stores.entries.of_records(bank, records)]
    return [
        replace(entry, shared=replace(entry.shared, disputed=True))
        for entry in {entry.id: entry for entry in found}.values()
        if entry.shared is not None
    ]


# What went wrong.


def _rolled_back(before: Membership, size: int, node: Node) -> Membership:
    return settle(
        before,
        State.ROLLED_BACK,
        node,
        size=size,
        error=f"The hub has {size} deltas where it had {before.position}: it was restored from an older backup. "
        "What was read stays in force. If the hub cannot bring back the rest, "
        f"`seawall sync {before.agreement} --start-over` follows what it has now.",
    )


def _went_on(before: Membership) -> str:
    return (
        "The hub was restored from an older backup and has gone on from there with another history (a fork): up to "
        f"delta {before.position} it is not what was read here. That stays in force, and nothing new is read; "
        f"`seawall sync {before.agreement} --start-over` follows what the hub has now."
    )


def _signed_fork(page: Page, before: Membership) -> bool:
    """Whether the hub has signed a history as long as ours would be, and it is another."""
    pinned = Verifier.parse(before.hub_key)
    try:
        signed = Checkpoint.parse(opened(page.checkpoint, pinned))
    except InputError:
        return False
    expected = before.position + len(page.lines)
    return signed.origin == origin(pinned, before.agreement) and signed.size == expected


def _explained(before: Membership, hub: Hub, node: Node, refused: Error) -> Membership:
    """Why a hub has refused a question that was right when it was last asked: perhaps it has less now than it had."""
    try:
        note = hub.checkpoint(before.agreement)
        pinned = Verifier.parse(before.hub_key)
        signed = Checkpoint.parse(opened(note, pinned))
    except (InputError, RuleError, NotFound, OutsideError):
        return settle(before, State.UNREACHABLE, node, error=str(refused))
    if signed.origin == origin(pinned, before.agreement) and signed.size < before.position:
        return _rolled_back(before, signed.size, node)
    return settle(before, State.UNREACHABLE, node, error=str(refused))
