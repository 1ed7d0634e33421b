"""
A member's first copy: the hub's snapshot, checked as a whole before any of it is applied.

    snapshot ─▶ file ─▶ digest, signature, peaks of the tree ─▶ batches of entries ─▶ position, with the last
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from tempfile import TemporaryFile
from typing import BinaryIO

import orjson

from seawall.collecting import uncollected
from seawall.errors import InputError, StorageError
from seawall.exchange.membership import Membership, State
from seawall.exchange.merkle import Frontier
from seawall.exchange.note import Verifier
from seawall.exchange.proof import SNAPSHOT, Ending, check_snapshot, peaks_from
from seawall.partners.hub import Document, Hub
from seawall.partners.snapshot import LONGEST_LINE, TOO_MUCH, snapshot_blocks, snapshot_lines
from seawall.workflows.membership import Node
from seawall.workflows.settling import note_event, settle
from seawall.workflows.shared_entries import SharedEntries
from seawall.workflows.spill import by_digest

BATCH = (
    20_000  # records of a snapshot in one transaction: half a second in which nobody else writes
)
MOST_SKIPPED = 100  # reasons that are kept; the others are counted


def first_copy(before: Membership, hub: Hub, node: Node) -> Membership:
    """Take the snapshot: whole and checked, or not at all; entries that are not in it go."""
    try:
        node.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=node.folder) as file:  # each process its own, gone with the process
            hub.snapshot(before.agreement, file)
            try:
                frontier, ending = _checked(file, before)
            except InputError as wrong:
                return settle(before, State.DISTRUSTED, node, error=str(wrong))
            return _copied(file, before, frontier, ending, node)
    except OSError as broken:
        raise StorageError(
            f"The snapshot cannot be kept in {node.folder}: {broken.strerror}. Make room on the disk."
        ) from broken


def _checked(file: BinaryIO, membership: Membership) -> tuple[Frontier, Ending]:
    """
    The tree at the end of a snapshot, and its last line.

    Raises:
        InputError: It is no snapshot, or the hub has not signed it.

    """
    hashed, first, last, count = hashlib.sha256(), b"", b"", 1
    with snapshot_blocks(file) as blocks:
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
    if said != (SNAPSHOT, membership.agreement) or ending.records != count - 2:
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
    file: BinaryIO, before: Membership, frontier: Frontier, ending: Ending, node: Node
) -> Membership:
    """Apply a snapshot that was checked, some thousand records in a transaction, the position in the last."""
    with node.memory.reading() as stores:
        stale = {entry.id for entry in stores.entries.all(before.bank)}
    changed = disputed = lost = 0
    skipped: list[str] = []
    with snapshot_lines(file) as lines:
        records = islice(lines, 1, ending.records + 1)
        for batch in by_digest(records, count=ending.records, most=BATCH, folder=node.folder):
            now = node.now()
            with uncollected():
                entries = _taken(batch, SharedEntries(before, node.taxonomy, now), skipped)
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
        note_event(stores, action="membership:copied", of=after, at=now, details=details)
    return after


def _taken(lines: Iterable[bytes], entries: SharedEntries, skipped: list[str]) -> SharedEntries:
    """The entries with those of these lines; a line that cannot be understood is left out and named."""
    for line in lines:
        try:
            entries.take_line(line)
        except (ValueError, KeyError, TypeError, AttributeError, InputError) as wrong:
            entries.lost += 1
            if len(skipped) < MOST_SKIPPED:
                skipped.append(f"{type(wrong).__name__}: {wrong}"[:500])
    return entries
