"""One record's last delta, proven to be in the log that its hub has signed."""

from base64 import b64decode
from dataclasses import dataclass

from seawall.errors import InputError, NotFound, OutsideError
from seawall.exchange.delta import delta_from
from seawall.exchange.merkle import leaf_hash, verify_inclusion
from seawall.exchange.note import Verifier
from seawall.exchange.record import record_id
from seawall.exchange.replay import told_by
from seawall.partners.hub import Hub
from seawall.signals.signal import Signal, brief


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What shows that a delta is in a log: the line, the hashes beside its path, the signed root."""

    record: str
    number: int
    line: bytes
    size: int
    checkpoint: str
    hashes: tuple[bytes, ...]


def prove_signal(hub: Hub, agreement: str, verifier: Verifier, signal: Signal) -> Proven:
    """
    The last delta of a signal's record, and the proof that it is in the log.

    That no later one exists only a whole audit can tell.

    Raises:
        NotFound: The hub has no record of it.
        OutsideError: The hub's proof does not hold, or it did not answer.

    """
    base = f"/agreements/{agreement}"
    try:
        row = hub.get(f"{base}/records/{record_id(agreement, signal)}")
    except NotFound as absent:
        raise NotFound(f"The hub has no record of {brief(signal)} under '{agreement}'.") from absent
    try:
        number = int(row["delta"])
        (line,) = hub.changes(agreement, after=number - 1, limit=1, wait=0).lines
        delta = delta_from(line)
        head = hub.checkpoint(agreement)
        told = told_by(head, verifier, agreement)
        answer = hub.get(f"{base}/proofs/inclusion", number=number, size=told.size)
        hashes = tuple(b64decode(text, validate=True) for text in answer["hashes"])
    except (InputError, ValueError, KeyError, TypeError) as wrong:
        raise OutsideError(f"The hub gives no proof that can be read: {wrong}") from wrong
    if (
        delta.record is None
        or (delta.number, delta.agreement) != (number, agreement)
        or (delta.record.signal, delta.record.id) != (signal, record_id(agreement, signal))
    ):
        raise OutsideError(f"Delta {number}, which the hub names, is not of {brief(signal)}.")
    if not verify_inclusion(leaf_hash(line), number - 1, told.size, hashes, told.root):
        raise OutsideError(
            f"The hub's proof does not hold: delta {number} is not in the log it signed."
        )
    return Proven(
        record=delta.record.id,
        number=number,
        line=line,
        size=told.size,
        checkpoint=head,
        hashes=hashes,
    )
