"""What the commands ask of a hub; `hub_local` does it here, `hub_remote` asks a server."""

from typing import Any, Protocol

Document = dict[str, Any]


class HubDesk(Protocol):
    """Every answer is a document as the HTTP door gives it."""

    def organisations(self) -> list[Document]:
        """Every organisation the hub knows."""
        ...

    def add_organisation(self, wanted: Document) -> Document:
        """An organisation the hub knows from now on."""
        ...

    def agreements(self) -> list[Document]:
        """Every agreement that the caller may see."""
        ...

    def add_agreement(self, wanted: Document) -> Document:
        """A new agreement."""
        ...

    def agreement(self, ident: str) -> Document:
        """One agreement, with its records counted."""
        ...

    def change_agreement(self, ident: str, changes: Document) -> Document:
        """An agreement under other terms."""
        ...

    def members(self, agreement: str) -> list[Document]:
        """Every member of an agreement."""
        ...

    def change_member(self, agreement: str, organisation: str, changes: Document) -> Document:
        """A member as it has become."""
        ...

    def remove_member(
        self, agreement: str, organisation: str, contributions: str | None
    ) -> Document:
        """A membership that has ended, and how much was withdrawn with it."""
        ...

    def invitations(self, agreement: str) -> list[Document]:
        """The invitations to an agreement that can still be used, without their tokens."""
        ...

    def uninvite(self, agreement: str, invitation: str) -> None:
        """An invitation whose token opens nothing any more."""
        ...

    def invite(self, agreement: str, wanted: Document) -> Document:
        """An invitation with its token."""
        ...

    def quarantine(self, agreement: str) -> dict[str, int]:
        """How many contributions of each organisation wait."""
        ...

    def empty_quarantine(self, agreement: str, organisation: str, fate: str) -> Document:
        """How many contributions were shared (`release`) or forgotten (`drop`)."""
        ...

    def withdraw_source(self, agreement: str, organisation: str) -> Document:
        """How much one organisation had said that was withdrawn."""
        ...
