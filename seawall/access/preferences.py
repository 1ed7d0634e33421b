"""How somebody wants to work: colours, language, and how much of terrible things is shown at first."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Self

from seawall.errors import InputError

THEMES = ("auto", "light", "dark")
MOST_FILTERS = 20
LONGEST_FILTER = 40  # letters of its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which cases of the queue somebody looks at, under a name of theirs; empty: all."""

    name: str
    queue: str = ""
    category: str = ""
    show: str = ""
    severity: int = 0  # at most; 0: any


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """One person's choices; the gentlest to begin with."""

    theme: str = "auto"
    language: str | None = None  # None: what the browser asks for
    blur: bool = True  # previews are blurred until revealed
    grey: bool = True  # previews are without colour until revealed
    nothing_graphic: date | None = None  # the day (UTC) on which nothing graphic is handed out
    filters: tuple[Filter, ...] = ()  # of the queue, saved, by name

    def __post_init__(self) -> None:
        if self.theme not in THEMES:
            raise InputError(f"There is no theme '{self.theme}'; there are {', '.join(THEMES)}.")

    def with_filter(self, filter_: Filter) -> Self:
        """
        With this filter, in the place of one of the same name.

        Raises:
            InputError: It has no name or a long one, or there are too many.

        """
        name = " ".join(filter_.name.split())
        if not 1 <= len(name) <= LONGEST_FILTER or not name.isprintable():
            raise InputError(f"Name the filter in 1 to {LONGEST_FILTER} letters.")
        kept = self.without_filter(name).filters
        if len(kept) == MOST_FILTERS:
            raise InputError(f"You have {MOST_FILTERS} filters; remove one first.")
        named = (*kept, replace(filter_, name=name))
        return replace(self, filters=tuple(sorted(named, key=lambda each: each.name.casefold())))

    def without_filter(self, name: str) -> Self:
        """Without the filter of this name."""
        return replace(self, filters=tuple(each for each in self.filters if each.name != name))

    def spares(self, at: datetime) -> bool:
        """Whether nothing graphic is to be handed out now."""
        return self.nothing_graphic == at.date()

    def document(self) -> dict[str, Any]:
        """The same as it is kept."""
        day = self.nothing_graphic
        return {
            "theme": self.theme,
            "language": self.language,
            "blur": self.blur,
            "grey": self.grey,
            "nothing_graphic": day.isoformat() if day else None,
            "filters": [asdict(each) for each in self.filters],
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """The preferences of such a document."""
        day = document.get("nothing_graphic")
        filters = tuple(Filter(**each) for each in document.get("filters", ()))
        given = {"nothing_graphic": date.fromisoformat(day) if day else None, "filters": filters}
        return cls(**{**document, **given})
