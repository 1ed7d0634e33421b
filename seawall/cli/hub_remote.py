"""A hub elsewhere, asked over HTTP with a key of its operator or of a member that administers."""

from typing import Any, Protocol

Document = dict[str, Any]
EXCHANGE = "/v1/exchange"


class Ask(Protocol):
    """Sends a request and gives back the answer's document."""

    def __call__(self, method: str, route: str, **request: Any) -> Document:  # noqa: ANN401 - httpx's own arguments
        """The answer."""
        ...


class RemoteHub:
    """What the commands ask of a hub, done by a server."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def organisations(self) -> list[Document]:
        """Every organisation the hub knows."""
        return listed(self._ask("GET", f"{EXCHANGE}/organisations"), "organisations")

    def add_organisation(self, wanted: Document) -> Document:
        """An organisation the hub knows from now on."""
        return self._ask("POST", f"{EXCHANGE}/organisations", json=wanted)

    def agreements(self) -> list[Document]:
        """Every agreement that the caller may see."""
        return listed(self._ask("GET", f"{EXCHANGE}/agreements"), "agreements")

    def add_agreement(self, wanted: Document) -> Document:
        """A new agreement."""
        return self._ask("POST", f"{EXCHANGE}/agreements", json=wanted)

    def agreement(self, ident: str) -> Document:
        """One agreement, with its records counted."""
        return self._ask("GET", _at(ident))

    def change_agreement(self, ident: str, changes: Document) -> Document:
        """An agreement under other terms."""
        return self._ask("PATCH", _at(ident), json=changes)

    def members(self, agreement: str) -> list[Document]:
        """Every member of an agreement."""
        return listed(self._ask("GET", f"{_at(agreement)}/members"), "members")

    def change_member(self, agreement: str, organisation: str, changes: Document) -> Document:
        """A member as it has become."""
        return self._ask("PATCH", f"{_at(agreement)}/members/{organisation}", json=changes)

    def remove_member(
        self, agreement: str, organisation: str, contributions: str | None
    ) -> Document:
        """A membership that has ended, and how much was withdrawn with it."""
        wanted = {"contributions": contributions} if contributions else {}
        return self._ask(
            "DELETE", f"{_at(agreement)}/members/{organisation}", params=wanted, timeout=None
        )

    def invitations(self, agreement: str) -> list[Document]:
        """The invitations to an agreement that can still be used, without their tokens."""
        return listed(self._ask("GET", f"{_at(agreement)}/invitations"), "invitations")

    def uninvite(self, agreement: str, invitation: str) -> None:
        """An invitation whose token opens nothing any more."""
        self._ask("DELETE", f"{_at(agreement)}/invitations/{invitation}")

    def invite(self, agreement: str, wanted: Document) -> Document:
        """An invitation with its token."""
        return self._ask("POST", f"{_at(agreement)}/invitations", json=wanted)

    def quarantine(self, agreement: str) -> dict[str, int]:
        """How many contributions of each organisation wait."""
        waiting: dict[str, int] = self._ask("GET", f"{_at(agreement)}/quarantine")["waiting"]
        return waiting

    def empty_quarantine(self, agreement: str, organisation: str, fate: str) -> Document:
        """How many contributions were shared or forgotten."""
        return self._ask("POST", f"{_at(agreement)}/quarantine/{organisation}/{fate}", timeout=None)

    def withdraw_source(self, agreement: str, organisation: str) -> Document:
        """How much one organisation had said that was withdrawn."""
        return self._ask("POST", f"{_at(agreement)}/sources/{organisation}/withdraw", timeout=None)


def _at(agreement: str) -> str:
    return f"{EXCHANGE}/agreements/{agreement}"


def listed(document: Document, name: str) -> list[Document]:
    """The list of this name in an answer."""
    rows: list[Document] = document[name]
    return rows
