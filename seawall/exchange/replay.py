"""
The log of an agreement, told again from its first line, and what is wrong with it.

    lines, in order ──take──▶ faults of each line
                        └─ the tree's root        ──against, after──▶ faults of signed and of earlier checkpoints
                        └─ a digest of each record ──(copies.py)────▶ faults of snapshots and banks

Whoever replays a log believes its hub nothing but its signature. What is kept of a record is some 250 bytes, so a
log of a million records fits into memory.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from struct import Struct
from typing import Any

import orjson

from seawall.errors import InputError
from seawall.exchange.delta import (
    FORMAT,
    Delta,
    delta_from,
    delta_line,
    opinion_document,
    records_named,
)
from seawall.exchange.merkle import Frontier, leaf_hash
from seawall.exchange.note import Checkpoint, Verifier, opened
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.proof import origin
from seawall.exchange.record import Record, record_id
from seawall.signals.signal import Signal

MOST = 2**63 - 1  # what a database keeps of a count
TELLING = {"opinion", "sightings", "outcomes", "member", "terms"}  # kinds of delta we can judge
_COUNTS = Struct(">4Q")
_OPINION = Struct(">L16s")
_KEPT = Struct(">32s16s16sdd?")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that cannot be so if the hub is honest, with the lines and signed notes that show it."""

    says: str
    proof: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the same log before, or by somebody else: a checkpoint and the note it came in."""

    size: int
    root: bytes
    note: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a record."""

    counts: bytes  # number of its last delta, sightings, right, wrong
    identity: bytes  # digest of its signal and piece
    meaning: bytes  # digest of what a member's bank says of it
    opinions: (
        bytes  # for each organisation, by its name: our number for it and a digest of its word
    )
    first_end: float  # when the first of its confirmations ends; infinite for never, 0 without one
    last_end: float  # when the last does
    shown: bool  # somebody confirms or disputes it

    @property
    def number(self) -> int:
        """The last delta that touched it."""
        number: int = _COUNTS.unpack(self.counts)[0]
        return number

    def packed(self) -> bytes:
        """The same in as few bytes as it takes."""
        ends = self.first_end, self.last_end
        return (
            _KEPT.pack(self.counts, self.identity, self.meaning, *ends, self.shown) + self.opinions
        )


def _unpacked(packed: bytes) -> Kept:
    counts, identity, meaning, first_end, last_end, shown = _KEPT.unpack_from(packed)
    return Kept(
        counts=counts,
        identity=identity,
        meaning=meaning,
        opinions=packed[_KEPT.size :],
        first_end=first_end,
        last_end=last_end,
        shown=shown,
    )


@dataclass(slots=True)
class Replay:
    """The fold of a log. `secret` is for one audit only: nobody can prepare two records with the same digest."""

    agreement: str
    secret: bytes
    categories: frozenset[str] | None = None  # those a member's bank can name; None for all
    unknown: int = 0  # lines that this version cannot judge
    _tree: Frontier = field(default_factory=Frontier)
    _next: int = 1
    _records: dict[bytes, bytes] = field(default_factory=dict)
    _organisations: dict[str, int] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)
    _unread: set[str] = field(default_factory=set)

    @property
    def size(self) -> int:
        """How many lines were taken."""
        return self._tree.size

    @property
    def records(self) -> int:
        """How many records there are, withdrawn ones included."""
        return len(self._records)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees over the lines so far, largest first."""
        return tuple(self._tree.peaks)

    def root(self) -> bytes:
        """The root of the tree over the lines so far."""
        return self._tree.root()

    def confirmed(self) -> Iterator[str]:
        """The ids of the records that somebody confirms: what samples are drawn from."""
        return (_named(key) for key, kept in self.all() if kept.last_end)

    # Lines.

    def take(self, line: bytes) -> list[Fault]:
        """The next line, and what is wrong with it."""
        self._tree.append(leaf_hash(line))
        expected, self._next = self._next, self._next + 1
        try:
            delta = delta_from(line)
        except InputError as wrong:
            self._unread.update(records_named(line, self.agreement))
            if _is_newer(line):
                self.unknown += 1
                return []
            return [
                Fault(
                    f"Delta {expected} cannot be read: {wrong}", (line.decode("utf-8", "replace"),)
                )
            ]
        self._next = delta.number + 1  # one gap is one fault
        sentences = [*self._misplaced(delta, expected, line), *self._judged(delta)]
        return [
            Fault(f"Delta {delta.number} {sentence}", (line.decode(),)) for sentence in sentences
        ]

    def _misplaced(self, delta: Delta, expected: int, line: bytes) -> Iterator[str]:
        if delta.number != expected:
            yield f"stands where delta {expected} belongs: lines were left out, put in or turned round."
        if delta.agreement != self.agreement:
            yield f"is of the agreement '{delta.agreement}', not of '{self.agreement}'."
        if delta_line(delta) != line:
            yield "is not written in the one way a delta is written, so others may read it differently."

    def _judged(self, delta: Delta) -> Iterator[str]:
        """What is wrong with what the delta does; afterwards its record counts as the delta has it."""
        if delta.what not in TELLING:
            self.unknown += 1
        if delta.record is None:
            if delta.what not in ("member", "terms") and delta.what in TELLING:
                yield f"tells of {delta.what} and names no record."
            self._introduce(delta)
            return
        key = self.key(delta.record.signal)
        self._unread.discard(_named(key))
        before, after = self.find(key), self.kept(delta.record, delta.number)
        yield from misnamed(delta.record)
        if before is not None and before.identity != after.identity:
            yield f"moves its record to another piece; see delta {before.number}."
        if delta.what == "opinion":
            yield from self._misspoken(delta, delta.record, before, after)
        elif delta.what in TELLING:
            yield from _miscounted(delta, before, after)
        self._records[key] = after.packed()

    def _introduce(self, delta: Delta) -> None:
        """Remember of which kind a member is, where a delta tells it."""
        details = delta.details or {}
        if delta.what == "member" and isinstance(details, dict):
            organisation, kind = details.get("organisation"), details.get("kind")
            if isinstance(organisation, str) and isinstance(kind, str):
                self._kinds[organisation] = kind

    def _misspoken(
        self, delta: Delta, record: Record, before: Kept | None, after: Kept
    ) -> Iterator[str]:
        """An opinion changes what one organisation says, and nothing else."""
        by = delta.by
        said = next((each for each in record.opinions if each.organisation == by), None)
        if by is None or said is None:
            yield f"tells an opinion on {record.id} that is nobody's."
            return
        told = self._kinds.get(by)
        if told is None:
            yield f"is by '{by}', and the log never said that it joined."
        elif told != said.kind:
            yield f"calls '{by}' {said.kind}; it joined as {told}."
        ours = self._organisations[by]
        others = _without(before.opinions, ours) if before else b""
        earlier = f"; see delta {before.number}" if before else ""
        if others != _without(after.opinions, ours):
            yield f"is by '{by}' and changes what others say of {record.id}{earlier}."
        if after.counts[8:] != (before.counts[8:] if before else bytes(24)):
            yield f"is by '{by}' and changes the counts of {record.id}{earlier}."

    # The tree.

    def against(self, note: str, verifier: Verifier) -> list[Fault]:
        """
        What is wrong with a checkpoint that the hub signed over exactly these lines.

        Raises:
            InputError: The hub did not sign it; it proves nothing.

        """
        told = told_by(note, verifier, self.agreement)
        if told.size != self.size:
            return [
                Fault(
                    f"The hub signed a checkpoint over {told.size} deltas and sent it with {self.size}.",
                    (note,),
                )
            ]
        if told.root != self.root():
            return [
                Fault(
                    f"The hub signed another log: its root over {told.size} deltas is not that of the lines it sends.",
                    (note,),
                )
            ]
        return []

    def after(self, seen: Seen, note: str) -> list[Fault]:
        """
        What is wrong between an earlier checkpoint and these lines, of which there are as many; `note` is today's.

        The note of the whole log covers these lines, so both notes together show two pasts, signed by one key.
        """
        if seen.root == self.root():
            return []
        return [
            Fault(
                f"The past was rewritten, or the log forked: the hub signed other deltas up to {seen.size} before.",
                (seen.note, note),
            )
        ]

    # What is kept.

    def key(self, signal: Signal) -> bytes:
        """What the record of a signal is kept under: its id, in as few bytes as it takes."""
        return bytes.fromhex(record_id(self.agreement, signal).removeprefix("rec_"))

    def find(self, key: bytes) -> Kept | None:
        """What is kept of the record under this key."""
        packed = self._records.get(key)
        return None if packed is None else _unpacked(packed)

    def unread(self, key: bytes) -> bool:
        """Whether the last that the log says of the record under this key could not be understood."""
        return _named(key) in self._unread

    def all(self) -> Iterator[tuple[bytes, Kept]]:
        """Everything that is kept, by key."""
        return ((key, _unpacked(packed)) for key, packed in self._records.items())

    def kept(self, record: Record, number: int) -> Kept:
        """What would be kept of a record that this delta left so."""
        confirming = [each for each in record.opinions if each.word is Word.CONFIRM]
        disputed = any(each.word is Word.DISPUTE for each in record.opinions)
        ends = [_end(each) for each in confirming]
        counts = (number, record.sightings, record.right, record.wrong)
        return Kept(
            counts=_COUNTS.pack(*(min(max(count, 0), MOST) for count in counts)),
            identity=self._digest([str(record.signal), record.piece]),
            meaning=self.meaning(
                record.signal,
                record.piece,
                vouchers=(each.organisation for each in confirming),
                categories=(name for each in confirming for name in each.categories),
                disputed=disputed,
                right=record.right,
                wrong=record.wrong,
            ),
            opinions=b"".join(
                _OPINION.pack(
                    self._organisations.setdefault(each.organisation, len(self._organisations)),
                    self._digest(opinion_document(each)),
                )
                for each in record.opinions
            ),
            first_end=min(ends, default=0),
            last_end=max(ends, default=0),
            shown=bool(confirming) or disputed,
        )

    def meaning(
        self,
        signal: Signal,
        piece: str,
        *,
        vouchers: Iterable[str],
        categories: Iterable[str],
        disputed: bool,
        right: int,
        wrong: int,
    ) -> bytes:
        """A digest of what a member's bank says of a record."""
        named = set(categories) if self.categories is None else self.categories & set(categories)
        lists = [sorted(set(vouchers)), sorted(named)]
        return self._digest([str(signal), piece, lists, disputed, right, wrong])

    def _digest(self, value: Any) -> bytes:  # noqa: ANN401 - any JSON
        told = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(told, digest_size=16, key=self.secret).digest()


def _named(key: bytes) -> str:
    return f"rec_{key.hex()}"


def misnamed(record: Record) -> Iterator[str]:
    """What is wrong with the names in a record: its own, and those of who speaks in it."""
    ident = record_id(record.agreement, record.signal)
    if record.id != ident:
        yield f"has a record '{record.id}'; the one of {record.signal} is {ident}."
    names = [each.organisation for each in record.opinions]
    if names != sorted(set(names)):
        yield f"gives its record {record.id} opinions twice, or not in the order of who gave them."


def told_by(note: str, verifier: Verifier, agreement: str) -> Checkpoint:
    """
    The checkpoint that the hub signed for this agreement.

    Raises:
        InputError: It is none, of another log, or not signed by this hub.

    """
    told = Checkpoint.parse(opened(note, verifier))
    if told.origin != origin(verifier, agreement):
        raise InputError(
            f"This checkpoint is of the log '{told.origin}', not of '{origin(verifier, agreement)}'."
        )
    return told


def _miscounted(delta: Delta, before: Kept | None, after: Kept) -> Iterator[str]:
    """Counts grow, tell of nobody, and leave the opinions alone."""
    if delta.by is not None:
        yield f"counts, and says that '{delta.by}' did."
    if before is None:
        yield f"counts {delta.what} of a record that nobody had shared."
        return
    if before.opinions != after.opinions:
        yield f"counts, and changes what organisations say; see delta {before.number}."
    was, now = _COUNTS.unpack(before.counts)[1:], _COUNTS.unpack(after.counts)[1:]
    if any(new < old for old, new in zip(was, now, strict=True)):
        yield f"lowers a count of its record; see delta {before.number}."
    if delta.what == "sightings" and was[1:] != now[1:]:
        yield f"tells of sightings and changes outcomes; see delta {before.number}."


def _without(opinions: bytes, organisation: int) -> bytes:
    """The words of the others."""
    return b"".join(
        _OPINION.pack(*each) for each in _OPINION.iter_unpack(opinions) if each[0] != organisation
    )


def _end(opinion: Opinion) -> float:
    ends = opinion.expires_at
    return ends.astimezone(UTC).timestamp() if ends else float("inf")


def _is_newer(line: bytes) -> bool:
    """Whether the line is a delta of a format to come."""
    try:
        name = orjson.loads(line)["format"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(name, str) and name != FORMAT and name.startswith(FORMAT.partition("/")[0])
