"""Somebody as the provider of their organisation's accounts knows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody as their provider knows them."""

    subject: str  # the issuer, a space, and its name for the account, which it gives nobody else
    email: str | None = None  # only one that the provider has verified
    name: str | None = None
    strong: bool = False  # a second factor was given there

    def document(self) -> dict[str, Any]:
        """The same as it is sealed."""
        return {
            "subject": self.subject,
            "email": self.email,
            "name": self.name,
            "strong": self.strong,
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """The identity of such a document."""
        return cls(**document)
