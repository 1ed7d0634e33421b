"""
What a member checks before it believes a hub.

    page of deltas ─▶ number after number ─▶ tree grown by these lines ─▶ root = the root the hub has signed
    snapshot ─▶ digest of its bytes = the digest the hub has signed ─▶ peaks of the tree = the root it has signed
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seawall.errors import InputError
from seawall.exchange.merkle import Frontier, leaf_hash
from seawall.exchange.note import Checkpoint, Verifier, opened

SNAPSHOT = "seawall-snapshot/1"  # the format a snapshot's first line names


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Deltas as a hub sends them: how many it has, the hashed lines, and its signed note over all up to the last."""

    size: int
    lines: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The last line of a snapshot: how many records, and what the hub signs of them."""

    records: int
    checkpoint: str  # over the tree at the snapshot's size
    signed: str  # over the bytes of the snapshot
    peaks: tuple[bytes, ...]  # of the tree at that size, so that deltas can be followed from there


def origin(hub: Verifier, agreement: str) -> str:
    """What the checkpoints of an agreement call themselves."""
    return f"{hub.name}/{agreement}"


def check_page(page: Page, before: Frontier, *, hub: Verifier, agreement: str) -> Frontier:
    """
    The tree once it has grown by this page.

    Raises:
        InputError: The page is not signed by the pinned key, or not what the hub has signed.

    """
    after = Frontier(before.size, list(before.peaks))
    for line in page.lines:
        after.append(leaf_hash(line))
    check_root(page.checkpoint, after, hub=hub, agreement=agreement)
    return after


def check_root(note: str, tree: Frontier, *, hub: Verifier, agreement: str) -> None:
    """
    Whether the hub has signed exactly this tree.

    Raises:
        InputError: It has not; the sentence says what differs.

    """
    signed = Checkpoint.parse(opened(note, hub))
    if signed.origin != origin(hub, agreement):
        raise InputError(f"The hub's checkpoint is of '{signed.origin}', which is another log.")
    if signed.size != tree.size:
        raise InputError(
            f"The hub's checkpoint is over {signed.size} deltas where it should be {tree.size}."
        )
    if signed.root != tree.root():
        raise InputError(
            f"The hub's history up to delta {tree.size} is not the one that leads there from what is here: "
            "something was changed, left out or slipped in."
        )


def check_snapshot(
    ending: Ending, *, size: int, digest: str, hub: Verifier, agreement: str
) -> Frontier:
    """
    The tree at the end of a snapshot whose bytes have this digest (SHA-256, in hexadecimal).

    Raises:
        InputError: The hub has not signed these bytes, or the peaks are not of the tree it has signed.

    """
    said = f"{origin(hub, agreement)}/snapshot\n{size}\n{digest}\n"
    if opened(ending.signed, hub) != said:
        raise InputError("The hub has signed another snapshot than this one.")
    if len(ending.peaks) != size.bit_count():
        raise InputError("The snapshot's peaks are not those of a tree of its size.")
    tree = Frontier(size, list(ending.peaks))
    check_root(ending.checkpoint, tree, hub=hub, agreement=agreement)
    return tree


def check_number(number: object, agreement: object, *, expected: int, ours: str) -> None:
    """
    Whether a delta is the one that comes next.

    Raises:
        InputError: It is another, sent again or out of order.

    """
    if number != expected or agreement != ours:
        raise InputError(
            f"Delta {expected} of '{ours}' says that it is number {number} of '{agreement}'."
        )


def peaks_from(texts: Sequence[str]) -> tuple[bytes, ...]:
    """
    The peaks as a snapshot writes them, in hexadecimal.

    Raises:
        InputError: One of them is no hash.

    """
    try:
        peaks = tuple(bytes.fromhex(text) for text in texts)
    except (TypeError, ValueError):
        raise InputError("A peak is 64 hexadecimal digits.") from None
    if any(len(peak) != len(leaf_hash(b"")) for peak in peaks):
        raise InputError("A peak is 64 hexadecimal digits.")
    return peaks
