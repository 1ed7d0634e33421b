"""
What was made of a log, held against the log as it was told again.

    snapshot      ─┐
                   ├─▶ record by record ─▶ says something else · slipped in · hidden
    member's bank ─┘
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

import orjson

from seawall.banks.entry import Entry, Shared
from seawall.errors import InputError
from seawall.exchange.delta import record_from
from seawall.exchange.note import Verifier, opened
from seawall.exchange.proof import origin
from seawall.exchange.replay import Fault, Replay, misnamed


def snapshot_faults(lines: Iterable[bytes], replay: Replay, verifier: Verifier) -> Iterator[Fault]:
    """What is wrong with a snapshot of exactly the lines replayed, given line by line without line ends."""
    digest, last, seen = hashlib.sha256(), b"", set[bytes]()
    for count, line in enumerate(lines):
        if count:
            digest.update(last + b"\n")
        if count > 1:
            yield from _record_faults(last, replay, seen)
        last = line
    yield from _end_faults(last, digest.hexdigest(), len(seen), replay, verifier)
    for key, kept in replay.all():
        if kept.shown and key not in seen:
            yield Fault(f"The snapshot hides the record rec_{key.hex()}; see delta {kept.number}.")


def bank_faults(entries: Iterable[Entry], replay: Replay, *, now: datetime) -> Iterator[Fault]:
    """
    What is wrong with the bank of a member that has applied exactly the lines replayed.

    A member that could not understand the last word on a record withholds its entry, or has none, as it should.
    """
    moment, seen = now.timestamp(), set[bytes]()
    for entry in entries:
        shared, key = entry.shared, replay.key(entry.signal)
        kept = replay.find(key)
        if shared is None or kept is None or not kept.last_end:
            yield Fault(
                f"The bank has {entry.id} ({entry.signal}), which the log does not confirm."
            )
            continue
        seen.add(key)
        says = {_meaning(entry, shared, replay)}
        if shared.disputed and replay.unread(key):
            says.add(_meaning(entry, replace(shared, disputed=False), replay))
        # Once a confirmation has ended, what the entry should say depends on when its node looked.
        if kept.meaning not in says and moment < kept.first_end:
            yield Fault(
                f"The bank says of {entry.id} ({entry.signal}) what the log does not; see delta {kept.number}."
            )
    for key, kept in replay.all():
        if moment < kept.last_end and key not in seen and not replay.unread(key):
            yield Fault(f"The bank lacks the record rec_{key.hex()}; see delta {kept.number}.")


def _meaning(entry: Entry, shared: Shared, replay: Replay) -> bytes:
    return replay.meaning(
        entry.signal,
        shared.piece,
        vouchers=entry.vouchers,
        categories=entry.categories,
        disputed=shared.disputed,
        right=shared.right,
        wrong=shared.wrong,
    )


def _record_faults(line: bytes, replay: Replay, seen: set[bytes]) -> Iterator[Fault]:
    text = line.decode("utf-8", "replace")
    try:
        document = orjson.loads(line)
        record = record_from(document["record"], replay.agreement, int(document["number"]))
    except (ValueError, KeyError, TypeError, AttributeError, InputError):
        yield Fault("The snapshot has a line that is no record.", (text,))
        return
    key = replay.key(record.signal)
    kept = replay.find(key)
    if kept is None or not kept.shown:
        yield Fault(f"The snapshot slips in {record.id}, which the log has not.", (text,))
    elif kept != replay.kept(record, record.delta) or [*misnamed(record)]:
        said = f"The snapshot says of {record.id} what the log does not; see delta {kept.number}."
        yield Fault(said, (text,))
    elif key in seen:
        yield Fault(f"The snapshot has {record.id} twice.", (text,))
    seen.add(key)


def _end_faults(
    line: bytes, digest: str, count: int, replay: Replay, verifier: Verifier
) -> Iterator[Fault]:
    text = line.decode("utf-8", "replace")
    try:
        end = orjson.loads(line)
        records, checkpoint, signed = end["records"], end["checkpoint"], end["signed"]
        yield from replay.against(checkpoint, verifier)
        name = origin(verifier, replay.agreement)
        if opened(signed, verifier) != f"{name}/snapshot\n{replay.size}\n{digest}\n":
            yield Fault("The snapshot is not the one the hub signed.", (signed,))
        if end["peaks"] != [peak.hex() for peak in replay.peaks]:
            yield Fault("The snapshot's peaks are not those of the log's tree.", (text,))
        if records != count:
            yield Fault(f"The snapshot has {count} records and claims {records}.", (text,))
    except (ValueError, KeyError, TypeError, AttributeError, InputError) as wrong:
        yield Fault(f"The snapshot is not closed as it should be: {wrong}", (text,))
