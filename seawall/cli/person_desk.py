"""What the commands ask about people; `person_local` does it here, `person_remote` asks a server."""

from typing import Any, Protocol

Document = dict[str, Any]


class PersonDesk(Protocol):
    """Every answer is a document as the HTTP door gives it; a person is named by id or login."""

    def all(self) -> list[Document]:
        """Everybody, by login."""
        ...

    def show(self, who: str) -> Document:
        """One person."""
        ...

    def invite(self, login: str, access: Document) -> Document:
        """An invitation with its token."""
        ...

    def invitations(self) -> list[Document]:
        """Invitations that can still be used, latest first."""
        ...

    def uninvite(self, invitation: str) -> None:
        """An invitation opens nothing any more."""
        ...

    def change(self, who: str, access: Document) -> Document:
        """A person with other roles and limits."""
        ...

    def act(self, who: str, what: str) -> Document:
        """A person after `disable` or `enable`; an invitation with its token for `reset`; how many for `sign-out`."""
        ...
