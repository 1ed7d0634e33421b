"""
The tree that lets strangers check a list which only grows.

    level 2 blocks   ●                    one root over 65 536 leaves
                     ├────────┬───╌╌╌──┐
    level 1 blocks   ●        ●        ●  one root over 256 leaves
                     ├─┬╌╌┐   ├─┬╌╌┐   ├─┬╌╌┐
    level 0          ● ●  ●   ● ●  ●   ● ●  ●   the leaves' hashes

Kept elsewhere are the hashes of all leaves and the root of every complete block; they never change once written. Roots
and proofs are worked out from a few hundred of them, read through `Hashes`.

RFC 9162, section 2.1: https://www.rfc-editor.org/rfc/rfc9162#section-2.1
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seawall.errors import InputError, StorageError

BLOCK_BITS = 8
BLOCK = 1 << BLOCK_BITS
HASH_BYTES = 32
EMPTY = hashlib.sha256().digest()

Completed = tuple[int, int, bytes]
"""Level, position and root of a block that is complete now."""


class Hashes(Protocol):
    """What is kept of a tree, by level: 0 has the leaves' hashes, L the roots of 256**L leaves each."""

    def __call__(self, level: int, start: int, stop: int, /) -> Sequence[bytes]:
        """The hashes at positions `start` up to, not including, `stop`; all of them are kept."""
        ...


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry; its prefix keeps it from passing for a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(size: int, hashes: Hashes) -> bytes:
    """The root of the first `size` leaves."""
    edge: list[bytes] = []
    for level in range(_levels(size)):
        edge = _edge(level, size, hashes, edge)
    return edge[0] if edge else EMPTY


def peaks(size: int, hashes: Hashes) -> list[bytes]:
    """The roots of the complete subtrees of the first `size` leaves, largest first, as a `Frontier` has them."""
    found: list[bytes] = []
    start = 0
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            level, doublings = divmod(height, BLOCK_BITS)
            first = start >> BLOCK_BITS * level
            found.append(_folded(_read(hashes, level, first, first + (1 << doublings))))
            start += 1 << height
    return found


def inclusion_proof(position: int, size: int, hashes: Hashes) -> list[bytes]:
    """
    What shows that the leaf at `position` is in the tree of the first `size` leaves: its siblings, lowest first.

    Raises:
        InputError: The tree has no such leaf.

    """
    if not 0 <= position < size:
        raise InputError(f"A tree of {size} leaves has no leaf {position}; the first one is 0.")
    siblings: list[bytes] = []
    edge: list[bytes] = []
    for level in range(_levels(size)):
        at = position >> BLOCK_BITS * level
        complete = size >> BLOCK_BITS * level
        start = at - at % BLOCK
        row = _read(hashes, level, start, min(start + BLOCK, complete))
        if start + BLOCK > complete:
            row += edge
        siblings += _siblings(at - start, row)
        edge = _edge(level, size, hashes, edge)
    return siblings


def consistency_proof(old_size: int, new_size: int, hashes: Hashes) -> list[bytes]:
    """
    What shows that the first `old_size` of `new_size` leaves are the ones that were there before.

    Raises:
        InputError: The old tree is larger than the new one.

    """
    if not 0 <= old_size <= new_size:
        raise InputError(f"A tree of {new_size} leaves never had {old_size} before.")
    if old_size in (0, new_size):
        return []
    # The last subtree of the old tree is complete in both; from there on it is the path of its last leaf.
    height = _doublings(old_size)
    path = inclusion_proof(old_size - 1, new_size, hashes)[height:]
    if old_size == 1 << height:
        return path
    level, doublings = divmod(height, BLOCK_BITS)
    stop = old_size >> BLOCK_BITS * level
    return [_folded(_read(hashes, level, stop - (1 << doublings), stop)), *path]


def completed(size: int, added: Sequence[bytes], hashes: Hashes) -> list[Completed]:
    """The blocks, on all levels, that become complete when these leaf hashes join a tree of `size` leaves."""
    found: list[Completed] = []
    level, before, new = 0, size, list(added)
    while before % BLOCK + len(new) >= BLOCK:
        row = _read(hashes, level, before - before % BLOCK, before) + new
        level, before = level + 1, before // BLOCK
        whole = len(row) - len(row) % BLOCK
        new = [_folded(row[at : at + BLOCK]) for at in range(0, whole, BLOCK)]
        found += [(level, before + n, block) for n, block in enumerate(new)]
    return found


def verify_inclusion(
    leaf: bytes, position: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """
    Whether the proof leads from this leaf hash to the root.

    The size must come with the root, from one signed checkpoint: a proof alone does not settle it.
    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= position < size or not _are_hashes(leaf, root, *proof):
        return False
    here, last, reached = position, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            reached = node_hash(sibling, reached)
            skipped = _doublings(here)
            here, last = here >> skipped, last >> skipped
        else:
            reached = node_hash(reached, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and reached == root


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """
    Whether the proof leads to both roots, so that the new tree only added leaves to the old one.

    Every tree grew from the empty one, without proof. Each size must come with its root, from one signed checkpoint.
    RFC 9162, section 2.1.4.2.
    """
    if not 0 <= old_size <= new_size or not _are_hashes(old_root, new_root, *proof):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root and (old_size > 0 or old_root == EMPTY)
    if old_size == 0:
        return not proof and old_root == EMPTY
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    height = _doublings(old_size)
    here, last = (old_size - 1) >> height, (new_size - 1) >> height
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            skipped = _doublings(here)
            here, last = here >> skipped, last >> skipped
        else:
            new = node_hash(new, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


@dataclass(slots=True)
class Frontier:
    """
    The root of leaves that come one after the other, for whoever reads them all and keeps none.

    `peaks` are the roots of the complete subtrees so far, largest first: one for each bit of `size`.
    """

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """One more leaf hash."""
        node, rest = leaf, self.size
        while rest & 1:
            node, rest = node_hash(self.peaks.pop(), node), rest >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self.peaks:
            return EMPTY
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node


def _levels(size: int) -> int:
    """How many levels have something to read in a tree of this size."""
    levels = 1
    while size >= 1 << BLOCK_BITS * levels:
        levels += 1
    return levels


def _edge(level: int, size: int, hashes: Hashes, below: list[bytes]) -> list[bytes]:
    """The root of the incomplete block at the right end of a level, given the one below it; none if there is none."""
    complete = size >> BLOCK_BITS * level
    row = _read(hashes, level, complete - complete % BLOCK, complete) + below
    return [_folded(row)] if row else []


def _siblings(at: int, row: list[bytes]) -> list[bytes]:
    """The siblings met on the way from one hash of a row to the row's root."""
    met: list[bytes] = []
    while len(row) > 1:
        if at ^ 1 < len(row):
            met.append(row[at ^ 1])
        row, at = _paired(row), at >> 1
    return met


def _folded(row: list[bytes]) -> bytes:
    """The root of a row of at most 256 hashes."""
    while len(row) > 1:
        row = _paired(row)
    return row[0]


def _paired(row: list[bytes]) -> list[bytes]:
    """The row above: each pair hashed, a last one without a partner lifted as it is."""
    sha256 = hashlib.sha256
    pairs = zip(row[::2], row[1::2], strict=False)
    above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return above if len(row) % 2 == 0 else [*above, row[-1]]


def _read(hashes: Hashes, level: int, start: int, stop: int) -> list[bytes]:
    """The hashes asked for, or an error: a root over a gap must never be signed."""
    if start == stop:
        return []
    found = list(hashes(level, start, stop))
    if len(found) != stop - start:
        raise StorageError(
            f"The tree lacks hashes between {start} and {stop} on level {level}; restore it from a backup."
        )
    return found


def _are_hashes(*values: bytes) -> bool:
    return all(isinstance(value, bytes) and len(value) == HASH_BYTES for value in values)


def _doublings(number: int) -> int:
    """How often two divides a number that is not 0."""
    return (number & -number).bit_length() - 1
