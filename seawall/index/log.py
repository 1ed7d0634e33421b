"""
Changes since the manifest, in batches that end at a position of the database.

    add, remove ─▶ pending ──advance(position)──▶ batch ──a manifest at or after it──▶ forgotten

Why replaying a batch that a manifest contains in part is right: the batch holds every change
between its two ends, so for each key it touches its last word is the truth at its end, and for
each key it does not touch the manifest already had that truth.
"""

from dataclasses import dataclass

from seawall.index.fold import Change


@dataclass(frozen=True, slots=True)
class Batch:
    """Every change up to position `end` since the batch before."""

    end: int
    changes: tuple[Change, ...]

    @property
    def size(self) -> int:
        """How many keys it adds or removes."""
        return sum(len(change.keys) for change in self.changes)


@dataclass(frozen=True, slots=True)
class Log:
    """
    What this process knows beyond a manifest at position `base`.

    `position` is the last change taken in; `pending` are changes whose position is not told yet.
    """

    base: int
    position: int
    batches: tuple[Batch, ...] = ()
    pending: tuple[Change, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes in order."""
        return (*self.told, *self.pending)

    @property
    def told(self) -> tuple[Change, ...]:
        """The changes up to `position`: what a merge may write down."""
        return tuple(change for batch in self.batches for change in batch.changes)

    def with_change(self, change: Change) -> "Log":
        """This change happened, at a position to be told."""
        return Log(self.base, self.position, self.batches, (*self.pending, change))

    def advanced(self, position: int) -> "Log":
        """
        The pending changes are everything up to `position`.

        A position we are past already means that a refresh overtook these changes: the manifest
        has them and perhaps their undoing, so they are forgotten.
        """
        if position < self.position:
            return Log(self.base, self.position, self.batches)
        batches = (*self.batches, Batch(position, self.pending)) if self.pending else self.batches
        return Log(self.base, position, batches)

    def fits(self, manifest: int) -> bool:
        """Whether this log continues a manifest of the same history at that position."""
        return self.base <= manifest <= self.position

    def after(self, manifest: int) -> "Log":
        """What remains to be said beyond a manifest at that position, which `fits`."""
        batches = tuple(batch for batch in self.batches if batch.end > manifest)
        return Log(manifest, self.position, batches, self.pending)
