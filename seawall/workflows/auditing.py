"""
Somebody who trusts nobody reads a hub's whole log again.

    newest checkpoint ─▶ snapshot, kept aside ─▶ every page of deltas, each line judged ─▶ faults, gaps, checkpoint
                                                      └─ each at the size it belongs to:
                                                         earlier checkpoints, samples, the snapshot, the own bank

A fault is something that an honest hub cannot have done; a gap is something that could not be looked at.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from tempfile import TemporaryFile
from typing import BinaryIO, TypeVar

import orjson

from seawall.banks.entry import Entry
from seawall.errors import Error, NotAllowed, TooMany
from seawall.exchange.copies import bank_faults, snapshot_faults
from seawall.exchange.note import Verifier
from seawall.exchange.proof import SNAPSHOT
from seawall.exchange.replay import Fault, Replay, Seen, told_by
from seawall.exchange.sample import draw
from seawall.partners.hub import Hub
from seawall.partners.snapshot import snapshot_lines

MOST_FAULTS = 100  # kept; a hub that lies about everything would fill the memory
PAGE = 1_000
TRIES = 20  # times that a busy hub is asked
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What a member has itself: how far it has come, under which note, and what its bank says."""

    seen: Seen
    entries: Iterable[Entry]
    categories: frozenset[str]  # that it can name


@dataclass(slots=True, kw_only=True)
class Audit:
    """What came out of it."""

    agreement: str
    size: int = 0
    records: int = 0
    root: bytes = b""
    checkpoint: str = ""  # signed, over everything that was read
    compared: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    more: int = 0  # faults beyond those kept
    gaps: list[str] = field(default_factory=list)

    def add(self, faults: Iterable[Fault]) -> None:
        """Keep faults, as many as people read."""
        for fault in faults:
            if len(self.faults) < MOST_FAULTS:
                self.faults.append(fault)
            else:
                self.more += 1


@dataclass(frozen=True, slots=True)
class _Check:
    """Something to compare with the log as it was at one size."""

    name: str
    size: int
    faults: Callable[[], Iterable[Fault]]


def audit_exchange(
    hub: Hub,
    agreement: str,
    verifier: Verifier,
    *,
    secret: bytes,
    now: datetime,
    earlier: Sequence[str] = (),
    own: Own | None = None,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> Audit:
    """
    What is wrong with a hub's log, from its first line to its last.

    `earlier` are signed checkpoints of this log that any auditor or member has kept; `told` hears how many deltas of
    how many are done. A hub that does not answer leaves a gap, and no error.

    Raises:
        InputError: An earlier checkpoint is none of this log, or not signed by this hub.

    """
    audit = Audit(agreement=agreement)
    replay = Replay(agreement, secret, own.categories if own else None)
    past = [_seen(note, verifier, agreement) for note in earlier]
    try:
        head = _patiently(hub, lambda: hub.checkpoint(agreement))
        size = told_by(head, verifier, agreement).size
    except Error as failed:
        audit.gaps.append(f"There is no checkpoint to begin with: {failed}")
        return audit
    with TemporaryFile() as file:
        checks = [
            _Check("newest checkpoint", size, lambda: replay.against(head, verifier)),
            *_own_check(own, replay, now),
            *_snapshot_check(hub, replay, verifier, file, audit),
            *_sample_checks(hub, replay, audit),
        ]
        for seen in [*past, *([own.seen] if own else [])]:
            if seen.size > size:
                audit.add([_shorter(seen, size, head)])
            else:
                checks.append(_earlier_check(seen, replay, head))
        reach = [each for each in checks if each.name != "own bank" or each.size <= size]
        _read(hub, replay, verifier, reach, audit, head, told)
    audit.size, audit.records, audit.root = replay.size, replay.records, replay.root()
    if replay.unknown:
        said = f"{replay.unknown} deltas are of a kind this version cannot judge; upgrade Seawall."
        audit.gaps.append(said)
    return audit


def _read(
    hub: Hub,
    replay: Replay,
    verifier: Verifier,
    checks: Sequence[_Check],
    audit: Audit,
    head: str,
    told: Callable[[int, int], None],
) -> None:
    """Read page after page up to the last check, judge every line, and make each check at its size."""
    audit.checkpoint = head
    target = max(each.size for each in checks)
    due: dict[int, list[_Check]] = {}
    for each in checks:
        due.setdefault(each.size, []).append(each)
    _make(due.pop(0, []), audit)
    try:
        while replay.size < target:
            page = _patiently(
                hub, lambda: hub.changes(replay.agreement, after=replay.size, limit=PAGE, wait=0)
            )
            if not page.lines:
                said = f"The hub speaks of {target} deltas and gives only {replay.size}: it hides the rest."
                audit.add([Fault(said, (head,))])
                return
            for line in page.lines:
                audit.add(replay.take(line))
                _make(due.pop(replay.size, []), audit)
            audit.add(replay.against(page.checkpoint, verifier))
            audit.checkpoint = page.checkpoint
            told(replay.size, target)
    except Error as failed:
        said = f"The log was read up to delta {replay.size} of {target} only: {failed}"
        audit.gaps.append(said)


def _make(checks: Iterable[_Check], audit: Audit) -> None:
    for each in checks:
        try:
            audit.add(each.faults())
            audit.compared.append(f"{each.name} at {each.size}")
        except Error as failed:
            audit.gaps.append(f"The {each.name} at {each.size} could not be compared: {failed}")


# What is compared.


def _seen(note: str, verifier: Verifier, agreement: str) -> Seen:
    told = told_by(note, verifier, agreement)
    return Seen(told.size, told.root, note)


def _shorter(seen: Seen, size: int, head: str) -> Fault:
    return Fault(
        f"The log is shorter than it was: the hub signed {seen.size} deltas before, and {size} now.",
        (seen.note, head),
    )


def _earlier_check(seen: Seen, replay: Replay, head: str) -> _Check:
    return _Check("earlier checkpoint", seen.size, lambda: replay.after(seen, head))


def _own_check(own: Own | None, replay: Replay, now: datetime) -> Iterator[_Check]:
    if own is not None:
        yield _Check("own bank", own.seen.size, lambda: bank_faults(own.entries, replay, now=now))


def _snapshot_check(
    hub: Hub, replay: Replay, verifier: Verifier, file: BinaryIO, audit: Audit
) -> Iterator[_Check]:
    """The snapshot is fetched first: one that the hub keeps for a while is older than its log."""
    try:
        _patiently(hub, lambda: hub.snapshot(replay.agreement, file))
        with snapshot_lines(file) as lines:
            head = orjson.loads(next(lines, b""))
        size, said = int(head["size"]), (head["format"], head["agreement"])
    except Error as failed:
        audit.gaps.append(f"The snapshot could not be compared: {failed}")
        return
    except (ValueError, KeyError, TypeError):
        audit.gaps.append("The snapshot could not be compared: it does not begin as one.")
        return
    if said != (SNAPSHOT, replay.agreement):
        audit.gaps.append(f"The snapshot could not be compared: it is a {said[0]} of '{said[1]}'.")
        return
    yield _Check("snapshot", size, lambda: _snapshot_faults(file, replay, verifier))


def _sample_checks(hub: Hub, replay: Replay, audit: Audit) -> Iterator[_Check]:
    """Samples are those that the log draws; who may not see them leaves them aside."""
    base = f"/agreements/{replay.agreement}/samples"
    try:
        for row in _patiently(hub, lambda: hub.get(base))["samples"]:
            ident, size = str(row["id"]), int(row["size"])
            records = tuple(_sampled(hub, f"{base}/{ident}"))
            yield _Check(f"sample {ident}", size, _drawn(ident, records, replay))
    except NotAllowed:
        return
    except Error as failed:
        audit.gaps.append(f"The samples could not be compared: {failed}")
    except (ValueError, KeyError, TypeError) as wrong:
        audit.gaps.append(f"The samples could not be compared: they cannot be read ({wrong!r}).")


def _drawn(ident: str, records: tuple[str, ...], replay: Replay) -> Callable[[], Iterator[Fault]]:
    def faults() -> Iterator[Fault]:
        if draw(replay.root(), replay.confirmed(), max(1, len(records))) != records:
            yield Fault(f"The records of the sample {ident} are not those that the log draws.")

    return faults


def _sampled(hub: Hub, route: str) -> Iterator[str]:
    after: int | None = 0
    while after is not None:
        start = after
        page = _patiently(hub, lambda start=start: hub.get(route, after=start, limit=PAGE))  # type: ignore[misc] # the page is asked for before the loop goes on
        yield from (str(row["record"]) for row in page["records"])
        after = page["next"]


def _patiently(hub: Hub, ask: Callable[[], T]) -> T:
    """What the hub answers, once it is no longer too busy to."""
    for _ in range(TRIES):
        try:
            time.sleep(hub.pause)
            return ask()
        except TooMany:
            continue
    return ask()


def _snapshot_faults(file: BinaryIO, replay: Replay, verifier: Verifier) -> Iterator[Fault]:
    with snapshot_lines(file) as lines:
        yield from snapshot_faults(lines, replay, verifier)
