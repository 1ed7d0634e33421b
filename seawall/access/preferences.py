"""How somebody wants to work: colours, language, and how much of terrible things is shown at first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from seawall.errors import InputError

THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """One person's choices; the gentlest to begin with."""

    theme: str = "auto"
    language: str | None = None  # None: what the browser asks for
    blur: bool = True  # previews are blurred until revealed
    grey: bool = True  # previews are without colour until revealed
    nothing_graphic: date | None = None  # the day (UTC) on which nothing graphic is handed out

    def __post_init__(self) -> None:
        if self.theme not in THEMES:
            raise InputError(f"There is no theme '{self.theme}'; there are {', '.join(THEMES)}.")

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
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """The preferences of such a document."""
        day = document.get("nothing_graphic")
        return cls(**{**document, "nothing_graphic": date.fromisoformat(day) if day else None})
