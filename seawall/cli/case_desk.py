"""What the commands ask about cases, policies and kept media: `case_local` or `case_remote` does it."""

from typing import Any, Protocol

Document = dict[str, Any]


class CaseDesk(Protocol):
    """Every answer is a document as the HTTP door gives it."""

    def all(self, *, status: str | None, queue: str | None, limit: int) -> list[Document]:
        """Cases, most urgent first; those that wait where no status is named."""
        ...

    def show(self, ident: str) -> Document:
        """One case with its items, rulings and events."""
        ...

    def open(self, handed: Document) -> Document:
        """The case that what is handed in is in now."""
        ...

    def next(self, wanted: Document) -> Document | None:
        """The most urgent case for this person, claimed; None when there is none."""
        ...

    def act(self, ident: str, what: str, wanted: Document) -> Document:
        """The case after `claim`, `release`, `skip`, `hold`, `hand-off` or `take-out`."""
        ...

    def rule(self, ident: str, answer: Document) -> Document:
        """The ruling of a person who claims the case for it."""
        ...

    def confirm(self, ident: str, person: str) -> Document:
        """The same ruling as on content with the same hash, by a person who claims the case for it."""
        ...

    def decide(self, ruling: str, what: str, wanted: Document) -> Document:
        """The ruling after `undo`, `approve`, `refuse` or `restore`."""
        ...

    def policies(self) -> list[Document]:
        """Every policy as it stands."""
        ...

    def policy(self, name: str, *, version: int | None) -> Document:
        """One policy, as it stands or as it stood."""
        ...

    def put_policy(self, name: str, wanted: Document) -> Document:
        """The policy from now on."""
        ...

    def media(
        self, *, upload: str | None, case: str | None, kept: bool, limit: int
    ) -> list[Document]:
        """What was kept for cases, newest first."""
        ...

    def delete_media(self, ident: str, *, reason: str) -> None:
        """Kept media that nobody can open any more."""
        ...
