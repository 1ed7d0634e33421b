"""A log as an honest hub writes it, for tests that bend it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson

from seawall.exchange.delta import Delta, delta_line, record_document
from seawall.exchange.merkle import Frontier, leaf_hash
from seawall.exchange.note import Checkpoint, SigningKey, sign
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.organisation import Kind
from seawall.exchange.record import Record, record_id, with_opinion
from seawall.exchange.replay import Fault, Replay
from seawall.signals.signal import Signal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HUB = SigningKey("hub.example", bytes(range(32)))
PICS = "pics"
KINDS = {"acme": Kind.PLATFORM, "beta": Kind.PLATFORM, "police": Kind.AUTHORITY}


def signal(number: int) -> Signal:
    """A signal like no other."""
    return Signal("sha256", sha256(str(number).encode()).hexdigest())


def confirm(organisation: str, *, word: Word = Word.CONFIRM, **said: Any) -> Opinion:
    """An opinion of one of the three."""
    fields: dict[str, Any] = {"categories": ("terrorist-content",)} if word is Word.CONFIRM else {}
    return Opinion(
        organisation=organisation,
        kind=KINDS[organisation],
        word=word,
        at=NOON,
        **fields | said,
    )


class Log:
    """What a hub has: the lines, and the records as they stand."""

    def __init__(self, agreement: str = PICS) -> None:
        self.agreement = agreement
        self.lines: list[bytes] = []
        self.records: dict[Signal, Record] = {}
        for organisation, kind in KINDS.items():
            details = {"organisation": organisation, "kind": kind, "status": "active"}
            self.write(what="member", by=organisation, details=details)

    def write(self, *, what: str, by: str | None, **rest: Any) -> bytes:
        """One more line."""
        number = len(self.lines) + 1
        at = NOON + timedelta(seconds=number)
        delta = Delta(agreement=self.agreement, number=number, at=at, by=by, what=what, **rest)
        self.lines.append(delta_line(delta))
        return self.lines[-1]

    def say(self, number: int, opinion: Opinion) -> Record:
        """An organisation says its word on a signal."""
        of = signal(number)
        record = with_opinion(self.record(number), opinion)
        return self.put(record, what="opinion", by=opinion.organisation, of=of)

    def count(self, number: int, what: str = "sightings", **more: int) -> Record:
        """Matches or outcomes are counted."""
        record = self.record(number)
        grown = {name: getattr(record, name) + by for name, by in more.items()}
        return self.put(replace(record, **grown), what=what, by=None, of=signal(number))

    def put(self, record: Record, *, what: str, by: str | None, of: Signal) -> Record:
        """The record as it has become, right or wrong."""
        written = replace(record, delta=len(self.lines) + 1)
        self.write(what=what, by=by, record=written)
        self.records[of] = written
        return written

    def record(self, number: int) -> Record:
        """The record of a signal as it stands, or a new one."""
        of = signal(number)
        ident = record_id(self.agreement, of)
        new = Record(
            id=ident, agreement=self.agreement, signal=of, piece=f"pc_{ident[4:]}", opinions=()
        )
        return self.records.get(of, new)

    def checkpoint(self, size: int | None = None, key: SigningKey = HUB) -> str:
        """What the hub signs over its first lines."""
        tree = self.tree(size)
        told = Checkpoint(f"{key.name}/{self.agreement}", tree.size, tree.root())
        return sign(told.text, key)

    def tree(self, size: int | None = None) -> Frontier:
        """The tree over its first lines."""
        tree = Frontier()
        for line in self.lines[:size]:
            tree.append(leaf_hash(line))
        return tree

    def snapshot(self, records: Iterable[Record] | None = None) -> list[bytes]:
        """The snapshot, line by line."""
        chosen = self.records.values() if records is None else records
        shown = sorted(chosen, key=lambda each: each.delta)
        lines = [
            _json({"format": "seawall-snapshot/1", "agreement": self.agreement, "size": self.size}),
            *(
                _json({"number": each.delta, "record": record_document(each)})
                for each in shown
                if any(said.word is not Word.WITHDRAW for said in each.opinions)
            ),
        ]
        digest = sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
        text = f"{HUB.name}/{self.agreement}/snapshot\n{self.size}\n{digest}\n"
        end = {
            "records": len(lines) - 1,
            "checkpoint": self.checkpoint(),
            "signed": sign(text, HUB),
            "peaks": [peak.hex() for peak in self.tree().peaks],
        }
        return [*lines, _json(end)]

    @property
    def size(self) -> int:
        """How many lines there are."""
        return len(self.lines)


def honest() -> Log:
    """A log in which everything happens once."""
    log = Log()
    log.say(1, confirm("acme"))
    log.say(2, confirm("police", categories=("terrorist-content", "cyber-violence")))
    log.say(1, confirm("beta", severity=3))
    log.count(1, sightings=4)
    log.count(1, "outcomes", right=2, wrong=1)
    log.say(1, confirm("beta", word=Word.DISPUTE, reason="Satire."))
    log.say(3, confirm("acme", expires_at=NOON + timedelta(days=30)))
    log.say(2, confirm("police", word=Word.WITHDRAW))
    log.write(what="terms", by="acme", details={"title": "Pictures"})
    return log


def replayed(lines: Iterable[bytes], agreement: str = PICS) -> tuple[Replay, list[Fault]]:
    """The fold of these lines and every fault on the way."""
    replay = Replay(agreement, b"secret")
    faults = [fault for line in lines for fault in replay.take(line)]
    return replay, faults


def sentences(faults: Iterable[Fault]) -> Iterator[str]:
    """What the faults say."""
    return (fault.says for fault in faults)


def _json(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
