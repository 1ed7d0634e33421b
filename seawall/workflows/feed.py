"""
What a hub gives its members to read: changes, a copy of everything, and proofs that both are what everybody gets.

    deltas after N ─▶ page ─▶ checkpoint over all up to its last
    records, all   ─▶ snapshot of one moment ─▶ signed as a whole
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import orjson

from seawall.errors import InputError
from seawall.exchange import merkle
from seawall.exchange.note import Checkpoint, SigningKey, sign
from seawall.exchange.proof import SNAPSHOT, origin
from seawall.storage.memory import Stores
from seawall.workflows.hub import check_hub_key, hub_key
from seawall.workflows.wire import Document

MOST_BYTES = 8 * 1024 * 1024  # of the deltas on a page; those that follow are asked for next
REMEMBERED = 4096  # checkpoints; members that follow ask for the same few
LINES_IN_A_PIECE = 500  # of a snapshot
BYTES_IN_A_PIECE = 1 << 20  # the same where lines are long


class Signer:
    """Signs checkpoints with the hub's key, each once; the key is read when it is first needed."""

    def __init__(self, home: Path, name: str) -> None:
        self._home = home
        self._name = name
        self._key: SigningKey | None = None
        self._lock = Lock()
        self._signed: dict[tuple[str, int], str] = {}
        self._checked = False  # that the database is this key's

    @property
    def key(self) -> SigningKey:
        """The hub's signing key."""
        if self._key is None:
            self._key = hub_key(self._home, self._name)
        return self._key

    def checkpoint(self, agreement: str, size: int, stores: Stores) -> str:
        """
        The signed note over the agreement's first `size` deltas, which are committed.

        What was committed never changes, so a note that was signed once is good for ever.

        Raises:
            StorageError: The database is another hub key's.

        """
        if not self._checked:
            self._checked = check_hub_key(self.key, stores)
        with self._lock:
            known = self._signed.get((agreement, size))
        if known is not None:
            return known
        root = stores.deltas.root(agreement, size)
        text = Checkpoint(origin(self.key.verifier, agreement), size, root).text
        note = sign(text, self.key)
        with self._lock:
            while len(self._signed) >= REMEMBERED:
                del self._signed[next(iter(self._signed))]
            self._signed[agreement, size] = note
        return note


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Deltas that follow one number, as they were hashed, and how many there are in all."""

    after: int
    size: int
    lines: tuple[bytes, ...]
    checkpoint: str

    @property
    def nothing_new(self) -> bool:
        """Whether who asked has read everything there is."""
        return self.size == self.after

    def ndjson(self) -> bytes:
        """As it is sent."""
        first = orjson.dumps({"after": self.after, "size": self.size})
        last = orjson.dumps({"checkpoint": self.checkpoint})
        return b"\n".join((first, *self.lines, last, b""))


def read_page(agreement: str, *, after: int, limit: int, signer: Signer, stores: Stores) -> Page:
    """
    The deltas that follow a number, at most so many, and a checkpoint over all up to the last of them.

    Asked for what follows a delta that is not there, as after a backup was restored, the checkpoint is over what is.

    Raises:
        NotFound: There is no such agreement.

    """
    size = stores.deltas.size(agreement)
    lines: list[bytes] = []
    length = 0
    for line in stores.deltas.lines_after(agreement, after, limit=min(limit, max(0, size - after))):
        lines.append(line)
        length += len(line)
        if length > MOST_BYTES:
            break
    reached = min(after, size) + len(lines)
    checkpoint = signer.checkpoint(agreement, reached, stores)
    return Page(after=after, size=size, lines=tuple(lines), checkpoint=checkpoint)


def snapshot(agreement: str, *, signer: Signer, stores: Stores) -> Iterator[bytes]:
    """
    Every record that says something, in pieces of NDJSON: the moment's first line, the records, and what signs them.

    `peaks` are those of the tree at the snapshot's size, so that who starts here can follow it from there.

    Raises:
        NotFound: There is no such agreement.

    """
    size = stores.deltas.size(agreement)
    digest, count, length = hashlib.sha256(), 0, 0
    lines = [_line({"format": SNAPSHOT, "agreement": agreement, "size": size})]
    for number, record in stores.records.documents(agreement):
        lines.append(_line({"number": number, "record": record}))
        count += 1
        length += len(lines[-1])
        if len(lines) == LINES_IN_A_PIECE or length >= BYTES_IN_A_PIECE:
            piece = b"".join(lines)
            digest.update(piece)
            yield piece
            lines.clear()
            length = 0
    digest.update(b"".join(lines))
    said = f"{origin(signer.key.verifier, agreement)}/snapshot\n{size}\n{digest.hexdigest()}\n"
    peaks = merkle.peaks(size, stores.deltas.hashes(agreement))
    last = {
        "records": count,
        "checkpoint": signer.checkpoint(agreement, size, stores),
        "signed": sign(said, signer.key),
        "peaks": [peak.hex() for peak in peaks],
    }
    yield b"".join((*lines, _line(last)))


def inclusion(agreement: str, *, number: int, size: int | None, stores: Stores) -> Document:
    """
    What proves that a delta is among the first `size`, or among all there are.

    Raises:
        InputError: There are not so many deltas.
        NotFound: There is no such agreement.

    """
    size = _checked_size(agreement, size, stores)
    hashes = merkle.inclusion_proof(number - 1, size, stores.deltas.hashes(agreement))
    leaf = stores.deltas.leaf(agreement, number)
    return {
        "number": number,
        "size": size,
        "leaf": b64encode(leaf).decode(),
        "hashes": _texts(hashes),
    }


def consistency(agreement: str, *, old: int, new: int | None, stores: Stores) -> Document:
    """
    What proves that the first `old` deltas were not changed when the log had grown to `new`.

    Raises:
        InputError: There are not so many deltas.
        NotFound: There is no such agreement.

    """
    new = _checked_size(agreement, new, stores)
    hashes = merkle.consistency_proof(old, new, stores.deltas.hashes(agreement))
    return {"from": old, "to": new, "hashes": _texts(hashes)}


def _checked_size(agreement: str, size: int | None, stores: Stores) -> int:
    last = stores.deltas.size(agreement)
    if size is not None and size > last:
        raise InputError(f"The agreement '{agreement}' has {last} deltas; there are no {size} yet.")
    return last if size is None else size


def _texts(hashes: list[bytes]) -> list[str]:
    return [b64encode(each).decode() for each in hashes]


def _line(document: Document) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
