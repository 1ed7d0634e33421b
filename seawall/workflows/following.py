"""
A member reads what its hub has, believes none of it unchecked, and makes it its own.

    question ─▶ page ─▶ signature, numbers, tree ─▶ entries, position and audit event in one transaction
                              └─ does not fit ─▶ nothing applied; what is here stays in force; asked again

The first copy comes as a snapshot, checked as a whole before any of it is applied.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path

import orjson
import zstandard

from seawall.audit.event import Happening
from seawall.banks.entry import Entry, Shared
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
from seawall.exchange.delta import delta_from, record_from
from seawall.exchange.membership import Membership, State
from seawall.exchange.merkle import Frontier
from seawall.exchange.note import Checkpoint, Verifier, opened
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.proof import (
    Ending,
    Page,
    check_number,
    check_page,
    check_snapshot,
    origin,
    peaks_from,
)
from seawall.exchange.record import (
    Record,
    expires_at,
    from_authorities_only,
    from_authorities_only_after,
    living,
    record_id,
)
from seawall.index.digest import digest
from seawall.partners.hub import Document, Hub
from seawall.policy.category import Taxonomy
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Signal
from seawall.storage.memory import Stores
from seawall.workflows.membership import Node
from seawall.workflows.spill import by_digest

MOST_DELTAS = 5_000  # asked for at a time: as much as one transaction should hold
BATCH = (
    20_000  # records of a snapshot in one transaction: half a second in which nobody else writes
)
FIRST_COPY = 5_000  # deltas; an empty node that lacks more of them takes the snapshot
MOST_SKIPPED = 100  # reasons that are kept; the others are counted
LONGEST_LINE = 8 << 20  # bytes of a line of a snapshot
MOST_GROWTH = 200  # times; JSON shrinks to a fifth, a bomb to a thousandth
LOOK_AGAIN = timedelta(seconds=10)  # how often it is written down that all is as it was
MOST_REVIEWS = 1 << 53  # beyond it JSON's numbers are not exact any more
LONGEST_NAME = 64  # characters of an id
FORMAT = "seawall-snapshot/1"
TOO_MUCH = "The snapshot unpacks to far more than one would."


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

    What goes wrong is written into the membership, not raised. Once `stopped`, nothing is written.

    Raises:
        StorageError: This home could not keep what it read; nothing of it was applied.

    """
    with node.memory.reading() as stores:
        before = next((each for each in stores.memberships.all() if each.id == ident), None)
        empty = before is None or not stores.entries.page(before.bank, limit=1)
    if before is None:
        return None
    try:
        page = hub.changes(before.agreement, after=before.position, limit=MOST_DELTAS, wait=wait)
        if stopped():
            return before
        if page.size < before.position:
            return _rolled_back(before, page.size, node)
        if before.position == 0 and page.size and not (empty and page.size <= FIRST_COPY):
            return _first_copy(before, hub, node)
        return _apply(before, page, node)
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


def settle(
    before: Membership,
    state: State,
    node: Node,
    *,
    error: str | None = None,
    size: int | None = None,
    evidence: str | None = None,
) -> Membership:
    """The membership with how following goes written down; an event tells when that changes."""
    now = node.now()
    after = replace(before, state=state, error=error, size=before.size if size is None else size)
    if after == before and before.checked_at and now - before.checked_at < LOOK_AGAIN:
        return before
    with node.memory.transaction() as stores:
        here = stores.memberships.lock(before.id)
        if here is None or here.position != before.position:
            return before
        after = replace(here, state=state, error=error, size=after.size, checked_at=now)
        stores.memberships.save(after)
        forked = evidence is not None and error != here.error and state is State.ROLLED_BACK
        if forked or state not in (State.FOLLOWING, here.state):
            details: Document = {"state": state, "error": error, "position": here.position}
            if evidence is not None:
                details["checkpoint"] = evidence
            _record(stores, "membership:troubled", after, now, details)
        if state is State.FOLLOWING and here.state not in (State.FOLLOWING, State.JOINED):
            _record(stores, "membership:recovered", after, now, {"position": here.position})
    return after


def _apply(before: Membership, page: Page, node: Node) -> Membership:
    """Check a page and apply it; distrust it otherwise."""
    try:
        hub = Verifier.parse(before.hub_key)
        frontier = check_page(page, before.frontier, hub=hub, agreement=before.agreement)
        read = _read_page(page.lines, before)
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
    entries = _Entries(before, node.taxonomy, now)
    for record in read.records.values():
        entries.take(record)
    with node.memory.transaction() as stores:
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
        _record(stores, "membership:applied", after, now, details)
    return after


@dataclass(slots=True)
class _Read:
    """
    The latest of each record on a page, and why deltas were left out, by number.

    A record is `doubtful` where the last that is said of it could not be understood: by its id, with its signal if
    known.
    """

    records: dict[str, Record] = field(default_factory=dict)
    doubtful: dict[str, Signal | None] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def _read_page(lines: Iterable[bytes], before: Membership) -> _Read:
    """
    What the deltas say; one that cannot be understood is left out and named.

    Raises:
        InputError: A delta says that it is another than the one whose place it has.

    """
    read = _Read()
    for number, line in enumerate(lines, start=before.position + 1):
        try:
            delta = delta_from(line)
            record = _checked_record(delta.record) if delta.record else None
        except (InputError, TypeError) as wrong:  # a hub may put anything anywhere
            read.skipped.append(f"{number}: {wrong}"[:500])
            read.doubtful.update(_named(line, before.agreement))
            continue
        check_number(delta.number, delta.agreement, expected=number, ours=before.agreement)
        if record is not None:
            read.records[record.id] = record
            read.doubtful.pop(record.id, None)
    return read


def _named(line: bytes, agreement: str) -> dict[str, Signal | None]:
    """The records that a delta names which cannot be understood otherwise: by its signal, and by an id."""
    found: dict[str, Signal | None] = {}
    try:
        said = orjson.loads(line)["record"]
        ident, text = said.get("id"), said.get("signal")
    except (ValueError, KeyError, TypeError, AttributeError):
        return found
    if isinstance(ident, str) and 0 < len(ident) <= LONGEST_NAME and "\0" not in ident:
        found[ident] = None
    try:
        signal = parse_signal(text)
    except (InputError, ValueError, TypeError, AttributeError):
        return found
    return found | {record_id(agreement, signal): signal}


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


def _checked_record(record: Record) -> Record:
    """
    The record, if an entry can be made of it: no two records are ever one entry, and every database can keep it.

    Raises:
        InputError: It cannot; the sentence says why.

    """
    _check_fields(
        record.id,
        agreement=record.agreement,
        signal=record.signal,
        piece=record.piece,
        right=record.right,
        wrong=record.wrong,
    )
    for opinion in record.opinions:
        _check_opinion(opinion)
    return record


def _check_fields(
    ident: str, *, agreement: str, signal: Signal, piece: str, right: int, wrong: int
) -> None:
    if ident != record_id(agreement, signal):
        raise InputError(f"The record '{ident[:80]}' is not that of its signal.")
    if not (0 <= right < MOST_REVIEWS and 0 <= wrong < MOST_REVIEWS):
        raise InputError("A record cannot have been reviewed so often.")
    if len(piece) > LONGEST_NAME or "\0" in piece:
        raise InputError("The record's piece has no id that can be kept.")


@lru_cache(4096)  # in bulk, many signals come with the same word
def _check_opinion(opinion: Opinion) -> None:
    texts = (opinion.organisation, opinion.incident, opinion.entity, *opinion.categories)
    if not all(isinstance(text, str) and "\0" not in text for text in texts):
        raise InputError("An opinion has something else than text where text belongs.")
    moments = [each for each in (opinion.at, opinion.expires_at) if each is not None]
    if any(each.tzinfo is None for each in moments):
        raise InputError("An opinion has a moment without a time zone.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What the opinions on a record come to, for an entry."""

    living: bool
    disputed: bool
    authority_only: bool
    authority_only_from: datetime | None
    categories: tuple[str, ...]
    vouchers: tuple[str, ...]
    origins: tuple[str, ...]
    note: str
    expires_at: datetime | None


class _Entries:
    """What records come to: entries of a membership's bank, and the ids of those that do not count any more."""

    def __init__(self, membership: Membership, taxonomy: Taxonomy, now: datetime) -> None:
        self.wanted: dict[str, Entry] = {}
        self.gone: list[str] = []
        self.lost = 0  # lines that could not be understood
        self._agreement, self._bank, self._now = membership.agreement, membership.bank, now
        self._source = origin(Verifier.parse(membership.hub_key), membership.agreement)
        self._categories = frozenset(category.name for category in taxonomy)
        self._name = _entry_ids(membership.bank)
        # In bulk, many signals come with the same word.
        self._words: dict[tuple[Opinion, ...], _Word] = {}
        self._told: dict[bytes, _Word] = {}

    def take(self, record: Record) -> None:
        """A record that was checked."""
        word = self._word(record)
        self._take(record.id, record.signal, record.piece, record.right, record.wrong, word)

    def take_line(self, line: bytes) -> None:
        """
        A record as a snapshot has it; the same as its record, checked and taken, in half the time.

        Raises:
            ValueError, KeyError, TypeError, AttributeError, InputError: It is none.

        """
        document = orjson.loads(line)
        number, said = int(document["number"]), document["record"]
        opinions = orjson.dumps(said["opinions"])
        word = self._told.get(opinions)
        if word is None:
            record = _checked_record(record_from(said, self._agreement, number))
            self._told[opinions] = self._word(record)
            self.take(record)
            return
        ident, piece, signal = str(said["id"]), str(said["piece"]), parse_signal(said["signal"])
        right, wrong, _ = int(said["right"]), int(said["wrong"]), int(said["sightings"])
        _check_fields(
            ident, agreement=self._agreement, signal=signal, piece=piece, right=right, wrong=wrong
        )
        self._take(ident, signal, piece, right, wrong, word)

    def in_order(self) -> list[Entry]:
        """The entries, by their ids."""
        return [self.wanted[ident] for ident in sorted(self.wanted)]

    def _word(self, record: Record) -> _Word:
        word = self._words.get(record.opinions)
        if word is None:
            word = self._words[record.opinions] = _word(record, self._categories, self._now)
        return word

    def _take(
        self, record: str, signal: Signal, piece: str, right: int, wrong: int, word: _Word
    ) -> None:
        ident = self._name(signal)
        if not word.living:
            self.gone.append(ident)
            return
        self.wanted[ident] = Entry(
            id=ident,
            bank=self._bank,
            signal=signal,
            categories=word.categories,
            vouchers=word.vouchers,
            note=word.note,
            source=self._source,
            expires_at=word.expires_at,
            created_at=self._now,
            shared=Shared(
                record=record,
                piece=piece,
                disputed=word.disputed,
                authority_only=word.authority_only,
                authority_only_from=word.authority_only_from,
                origins=word.origins,
                right=right,
                wrong=wrong,
            ),
        )


def _word(record: Record, categories: frozenset[str], now: datetime) -> _Word:
    confirming = living(record, now=now)
    named = {name for each in confirming for name in each.categories}
    notes = {each.incident for each in confirming} | {each.entity for each in confirming}
    unknown = {f"category {name}, unknown here" for name in named - categories}
    return _Word(
        living=bool(confirming),
        disputed=any(each.word is Word.DISPUTE for each in record.opinions),
        authority_only=from_authorities_only(record, now=now),
        authority_only_from=from_authorities_only_after(record, now=now),
        categories=tuple(sorted(named & categories)),
        vouchers=tuple(each.organisation for each in confirming),
        origins=tuple(sorted({each.kind.value for each in confirming})),
        note="; ".join(sorted((notes | unknown) - {""})),
        expires_at=expires_at(record, now=now),
    )


def _entry_ids(bank: str) -> Callable[[Signal], str]:
    """
    What names an entry of this bank: the same record is always the same entry, also when it comes back.

    Ids are in the order of the digests, so that many entries written in this order fill the database's indexes in
    theirs; a million take a third of the time.
    """
    suffix = hashlib.sha256(bank.encode()).hexdigest()[:16]
    return lambda signal: f"en_{digest(str(signal)).hex()[:32]}{suffix}"


# The first copy.


def _first_copy(before: Membership, hub: Hub, node: Node) -> Membership:
    """Take the snapshot: whole and checked, or not at all; entries that are not in it go."""
    path = node.folder / f"{before.id}.snapshot"
    try:
        node.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        hub.snapshot(before.agreement, path)
        try:
            frontier, ending = _checked(path, before)
        except InputError as wrong:
            return settle(before, State.DISTRUSTED, node, error=str(wrong))
        return _copied(path, before, frontier, ending, node)
    except OSError as broken:
        raise StorageError(
            f"The snapshot cannot be kept in {node.folder}: {broken.strerror}. Make room on the disk."
        ) from broken
    finally:
        path.unlink(missing_ok=True)


def _checked(path: Path, membership: Membership) -> tuple[Frontier, Ending]:
    """
    The tree at the end of a snapshot, and its last line.

    Raises:
        InputError: It is no snapshot, or the hub has not signed it.

    """
    hashed, first, last, count = hashlib.sha256(), b"", b"", 1
    with _unpacked(path) as blocks:
        for block in blocks:
            last += block
            cut = last.rfind(b"\n", 0, -1) + 1  # the last line, whole or not, waits
            if cut:
                first = first or last[: last.index(b"\n") + 1]
                hashed.update(memoryview(last)[:cut])
                count += last.count(b"\n", 0, cut)
                last = last[cut:]
            if len(last) > LONGEST_LINE:
                raise InputError(TOO_MUCH)
    try:
        head, tail = orjson.loads(first), orjson.loads(last)
        size, said = int(head["size"]), (head["format"], head["agreement"])
        ending = Ending(
            records=int(tail["records"]),
            checkpoint=str(tail["checkpoint"]),
            signed=str(tail["signed"]),
            peaks=peaks_from(tail["peaks"]),
        )
    except (ValueError, KeyError, TypeError) as wrong:
        raise InputError(f"What the hub sent is no whole snapshot: {wrong}.") from wrong
    if said != (FORMAT, membership.agreement) or ending.records != count - 2:
        raise InputError("The snapshot is of another format or agreement, or not whole.")
    frontier = check_snapshot(
        ending,
        size=size,
        digest=hashed.hexdigest(),
        hub=Verifier.parse(membership.hub_key),
        agreement=membership.agreement,
    )
    return frontier, ending


def _copied(
    path: Path, before: Membership, frontier: Frontier, ending: Ending, node: Node
) -> Membership:
    """Apply a snapshot that was checked, some thousand records in a transaction, the position in the last."""
    with node.memory.reading() as stores:
        stale = {entry.id for entry in stores.entries.all(before.bank)}
    changed = disputed = lost = 0
    skipped: list[str] = []
    with _snapshot_lines(path) as lines:
        records = islice(lines, 1, ending.records + 1)
        for batch in by_digest(records, count=ending.records, most=BATCH, folder=node.folder):
            now = node.now()
            with uncollected():
                entries = _taken(batch, _Entries(before, node.taxonomy, now), skipped)
            lost += entries.lost
            wanted = entries.in_order()
            with uncollected(), node.memory.transaction() as stores:
                here = stores.memberships.lock(before.id)
                if here is None or here.position:
                    return here or before  # another process was faster, or it was left
                changed += stores.entries.follow(wanted, entries.gone, at=now)[0]
            stale.difference_update(entries.wanted)
            disputed += sum(entry.shared is not None and entry.shared.disputed for entry in wanted)
    now = node.now()
    with node.memory.transaction() as stores:
        here = stores.memberships.lock(before.id)
        if here is None or here.position:
            return here or before
        stores.entries.follow([], sorted(stale), at=now)
        after = replace(
            here,
            frontier=frontier,
            checkpoint=ending.checkpoint,
            size=max(here.size, frontier.size),
            state=State.FOLLOWING,
            error=None,
            skipped=here.skipped + lost,
            disputed=disputed,
            last_delta_at=now,
            checked_at=now,
        )
        stores.memberships.save(after)
        details: Document = {
            "position": after.position,
            "changed": changed,
            "removed": len(stale),
        }
        if skipped:
            details["skipped"] = skipped
        _record(stores, "membership:copied", after, now, details)
    return after


def _taken(lines: Iterable[bytes], entries: _Entries, skipped: list[str]) -> _Entries:
    """The entries with those of these lines; a line that cannot be understood is left out and named."""
    for line in lines:
        try:
            entries.take_line(line)
        except (ValueError, KeyError, TypeError, AttributeError, InputError) as wrong:
            entries.lost += 1
            if len(skipped) < MOST_SKIPPED:
                skipped.append(f"{type(wrong).__name__}: {wrong}"[:500])
    return entries


@contextmanager
def _snapshot_lines(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a snapshot, none too long."""
    with _unpacked(path) as blocks:
        yield _lines(blocks)


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise InputError(TOO_MUCH)
        yield from whole
    if rest:
        yield rest


@contextmanager
def _unpacked(path: Path) -> Iterator[Iterator[bytes]]:
    """The bytes of a snapshot, not more than its size can hold."""
    most = MOST_GROWTH * path.stat().st_size + LONGEST_LINE
    with (
        path.open("rb") as file,
        zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file) as reader,
    ):
        yield _blocks(reader, most)


def _blocks(reader: zstandard.ZstdDecompressionReader, most: int) -> Iterator[bytes]:
    try:
        while block := reader.read(1 << 20):
            most -= len(block)
            if most < 0:
                raise InputError(TOO_MUCH)
            yield block
    except zstandard.ZstdError as broken:
        raise InputError(f"The snapshot cannot be unpacked: {broken}.") from broken


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


def _record(
    stores: Stores, action: str, membership: Membership, now: datetime, details: Document
) -> None:
    stores.audit.record(
        Happening(
            action=action, subject=membership.id, actor=membership.hub, at=now, details=details
        )
    )
