"""
An organisation shares a list: CSV or NDJSON, a line at a time.

    line ─▶ row ─▶ signal and opinion ─┐
    line ─▶ bad line, told of          ├─▶ a batch, one transaction ─▶ added, unchanged, held
    line ─▶ row ─▶ signal and opinion ─┘

Good lines are kept and bad ones reported, each by its number. The next batch is read while one is written.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seawall.access.key import Key
from seawall.clock import in_utc
from seawall.errors import Error, InputError
from seawall.exchange.agreement import Member, Role
from seawall.exchange.opinion import Opinion, Word, checked
from seawall.exchange.organisation import Kind
from seawall.policy.category import Taxonomy
from seawall.signals.signal import Signal
from seawall.storage.memory import Memory, Stores
from seawall.storage.records import Contribution
from seawall.workflows.acting import writing_member
from seawall.workflows.rows import Row, moment_in, names_in, read_rows, signal_in
from seawall.workflows.sharing import Shared, accept, one_piece, piece_named, share

COLUMNS = (
    "signal_type",
    "value",
    "word",
    "piece",
    "categories",
    "severity",
    "incident",
    "entity",
    "context",
    "confidence",
    "quality",
    "order",
    "reason",
    "expires_at",
)
LINES_PER_COMMIT = 2_000
BYTES_PER_COMMIT = 16 << 20  # of signals; a commit of long ones has fewer lines
_OF_THE_SIGNAL = ("signal_type", "value", "piece")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that was not shared, and why."""

    line: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one committed batch of lines brought."""

    added: int
    unchanged: int  # said before
    held: int  # in quarantine
    bad: tuple[BadLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an organisation says, before it is known who says it and when."""

    word: Word
    categories: tuple[str, ...] = ()
    severity: int = 0
    incident: str = ""
    entity: str = ""
    context: str = ""
    confidence: int | None = None
    quality: int | None = None
    order: str = ""
    reason: str = ""
    expires_at: datetime | None = None

    def opinion(self, member: Member, kind: Kind, taxonomy: Taxonomy, *, at: datetime) -> Opinion:
        """
        The same as an opinion.

        Raises:
            InputError: It says nothing, or names a category that is none.

        """
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["categories"] = taxonomy.names(self.categories)
        return checked(Opinion(organisation=member.organisation, kind=kind, at=at, **fields))


def share_signals(
    agreement: str,
    signals: Iterable[Signal],
    given: Given,
    *,
    piece: str | None,
    by: Key,
    taxonomy: Taxonomy,
    stores: Stores,
    now: datetime,
    said_at: datetime | None = None,
) -> list[Shared]:
    """
    What became of one word on the signals of one content.

    With `said_at` it is told again, after this hub was perhaps restored: it is as old as that, and no older than the
    agreement; what was said since stands, and in quarantine it takes its own place.

    Raises:
        InputError: It says nothing, or the terms do not allow it.
        NotFound: There is no such agreement.
        NotAllowed: The key's organisation may not contribute, or more of it would wait in quarantine than may.

    """
    member = writing_member(by, agreement, Role.CONTRIBUTE, stores=stores)
    kind = stores.organisations.find(member.organisation).kind
    at = now
    if said_at is not None:
        begun = stores.organisations.known_agreement(agreement).created_at
        at = min(max(in_utc(said_at), begun), now)
    opinion = given.opinion(member, kind, taxonomy, at=at)
    wanted = list(dict.fromkeys(signals))
    if said_at is not None:
        stores.deltas.lock(agreement)
        stores.records.drop_held(agreement, member.organisation, set(wanted), until=at)
    if piece:
        piece = piece_named(agreement, member.organisation, piece)
    elif len(wanted) > 1:
        piece = one_piece(agreement, wanted, stores)
    return share(
        agreement,
        [(signal, opinion, piece) for signal in wanted],
        by=member,
        taxonomy=taxonomy,
        stores=stores,
        now=now,
        actor=by.id,
    )


def contribute_lines(
    agreement: str,
    lines: Iterable[str],
    *,
    ndjson: bool,
    by: Key,
    taxonomy: Taxonomy,
    memory: Memory,
    now: Callable[[], datetime],
) -> Iterator[Batch]:
    """
    What each committed batch brought; what was yielded stays, whatever happens after.

    Raises:
        InputError: The columns are not ours; nothing was shared.
        NotFound: There is no such agreement.
        NotAllowed: The key's organisation may not contribute, or no more, or more of it would wait in quarantine than
            may; what was yielded stays.

    """
    rows = read_rows(lines, ndjson=ndjson, columns=COLUMNS)

    def commit(batch: "_Read") -> Batch:
        with memory.transaction() as stores:
            return batch.accepted(agreement, by=by, taxonomy=taxonomy, stores=stores, now=now())

    with ThreadPoolExecutor(1, "contributing") as writer:
        written: Future[Batch] | None = None
        for batch in _batches(rows):
            if written is not None:
                yield written.result()
            written = writer.submit(commit, batch)
        if written is not None:
            yield written.result()


class _Read:
    """Lines that were read and are not written yet."""

    def __init__(self) -> None:
        self.good: list[tuple[int, Signal, Given, str | None]] = []
        self.bad: list[BadLine] = []
        self.size = 0  # bytes of the signals

    def __len__(self) -> int:
        return len(self.good) + len(self.bad)

    @property
    def full(self) -> bool:
        """Whether it is enough for one transaction."""
        return len(self) >= LINES_PER_COMMIT or self.size >= BYTES_PER_COMMIT

    def accepted(
        self, agreement: str, *, by: Key, taxonomy: Taxonomy, stores: Stores, now: datetime
    ) -> Batch:
        """What became of them; lines that change something and that the terms do not allow are bad ones."""
        member = writing_member(by, agreement, Role.CONTRIBUTE, stores=stores)
        kind = stores.organisations.find(member.organisation).kind
        shared = stores.organisations.agreement(agreement)
        opinions: dict[int, Opinion | Error] = {}  # by what was given; lines share one object
        wanted: list[tuple[int, Contribution]] = []
        bad = list(self.bad)
        for line, signal, given, name in self.good:
            if id(given) not in opinions:
                opinions[id(given)] = _opinion_or_error(given, member, kind, taxonomy, now)
            opinion = opinions[id(given)]
            if isinstance(opinion, Error):
                bad.append(BadLine(line=line, error=str(opinion)))
                continue
            piece = piece_named(agreement, member.organisation, name) if name else None
            wanted.append((line, (signal, opinion, piece)))
        results = accept(
            shared,
            [contribution for _, contribution in wanted],
            by=member,
            taxonomy=taxonomy,
            stores=stores,
            now=now,
            actor=by.id,
        )
        bad += [
            BadLine(line=line, error=each.refused)
            for (line, _), each in zip(wanted, results, strict=True)
            if each.refused
        ]
        return _counted(results, bad)


def _opinion_or_error(
    given: Given, member: Member, kind: Kind, taxonomy: Taxonomy, now: datetime
) -> Opinion | Error:
    try:
        return given.opinion(member, kind, taxonomy, at=now)
    except Error as wrong:
        return wrong


def _counted(results: list[Shared], bad: list[BadLine]) -> Batch:
    added = sum(each.changed for each in results)
    held = sum(each.held for each in results)
    refused = sum(each.refused is not None for each in results)
    return Batch(
        added=added,
        unchanged=len(results) - added - held - refused,
        held=held,
        bad=tuple(sorted(bad, key=lambda each: each.line)),
    )


def _batches(rows: Iterable[tuple[int, Row | Error]]) -> Iterator[_Read]:
    """At least one batch, so that who may not contribute hears of it whatever is sent."""
    batch, told = _Read(), False
    known: dict[tuple[Any, ...], Given] = {}
    for line, row in rows:
        try:
            if isinstance(row, Error):
                raise row
            signal, name = signal_in(row), str(row.get("piece") or "").strip()
            batch.good.append((line, signal, _given(row, known), name or None))
            batch.size += len(signal.value)
        except Error as wrong:
            batch.bad.append(BadLine(line=line, error=str(wrong)))
        if batch.full:
            yield batch
            batch, told = _Read(), True
            known.clear()
    if len(batch) or not told:
        yield batch


def _given(row: Row, known: dict[tuple[Any, ...], Given]) -> Given:
    """What the row says, the same object for rows that say the same: most of a list does."""
    cells = tuple(str(value) for name, value in row.items() if name not in _OF_THE_SIGNAL)
    found = known.get((*row, *cells))
    if found is None:
        found = known[(*row, *cells)] = Given(
            word=_word(row.get("word")),
            categories=names_in(row.get("categories")),
            severity=_number("severity", row.get("severity")) or 0,
            confidence=_number("confidence", row.get("confidence")),
            quality=_number("quality", row.get("quality")),
            expires_at=moment_in(row.get("expires_at")),
            **{
                name: str(row.get(name) or "")
                for name in ("incident", "entity", "context", "order", "reason")
            },
        )
    return found


def _word(cell: object) -> Word:
    said = str(cell or Word.CONFIRM).strip().lower()
    if said not in set(Word):
        raise InputError(f"A word is {', '.join(Word)}; this is '{said[:80]}'.")
    return Word(said)


def _number(name: str, cell: object) -> int | None:
    said = str("" if cell is None else cell).strip()
    if not said:
        return None
    if not said.isdecimal() or len(said) > 3:
        raise InputError(f"{name} is a whole number; this is '{said[:80]}'.")
    return int(said)
