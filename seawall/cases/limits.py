"""What one person may see and rule on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Names of what is allowed; None: everything. Categories are spelled out, sub-categories too."""

    categories: frozenset[str] | None = None
    queues: frozenset[str] | None = None
    territories: frozenset[str] | None = None

    def allow(self, *, queue: str, category: str | None, territory: str | None = None) -> bool:
        """Whether a case in this queue, of this category, from this territory is within the limits; None: not said."""
        return (
            (self.queues is None or queue in self.queues)
            and (self.categories is None or category in self.categories)
            and (self.territories is None or territory is None or territory in self.territories)
        )
