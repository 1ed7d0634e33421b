"""Cases, policies and kept media of a server, asked over HTTP with a key."""

from typing import Any, Protocol

from seawall.cli.hub_remote import Ask

Document = dict[str, Any]
CASES, POLICIES, MEDIA = "/v1/cases", "/v1/policies", "/v1/media"
PUTS = {"hold": "hold", "hand-off": "assignment", "take-out": "items/removed"}


class Pages(Protocol):
    """Asks page after page for so many rows."""

    def __call__(
        self, route: str, name: str, *, limit: int | None = None, **wanted: str | None
    ) -> list[Document]:
        """The rows."""
        ...


class RemoteCases:
    """What the commands ask about cases, done by a server."""

    def __init__(self, ask: Ask, pages: Pages) -> None:
        self._ask = ask
        self._pages = pages

    def all(self, *, status: str | None, queue: str | None, limit: int) -> list[Document]:
        """Cases, most urgent first."""
        return self._pages(CASES, "cases", limit=limit, status=status, queue=queue)

    def show(self, ident: str) -> Document:
        """One case."""
        return self._ask("GET", f"{CASES}/{ident}")

    def open(self, handed: Document) -> Document:
        """The case that what is handed in is in now."""
        return self._ask("POST", CASES, json=handed)

    def next(self, wanted: Document) -> Document | None:
        """The most urgent case for this person, claimed."""
        found: Document | None = self._ask("POST", f"{CASES}/next", json=wanted)["case"]
        return found

    def act(self, ident: str, what: str, wanted: Document) -> Document:
        """The case after this."""
        if what in PUTS:
            return self._ask("PUT", f"{CASES}/{ident}/{PUTS[what]}", json=wanted)
        return self._ask("POST", f"{CASES}/{ident}/{what}", json=wanted)

    def rule(self, ident: str, answer: Document) -> Document:
        """The ruling."""
        self.act(ident, "claim", {"person": answer["person"]})
        return self._ask("PUT", f"{CASES}/{ident}/ruling", json=answer)

    def confirm(self, ident: str, person: str) -> Document:
        """The same ruling as before."""
        self.act(ident, "claim", {"person": person})
        return self._ask("PUT", f"{CASES}/{ident}/confirmation", json={"person": person})

    def decide(self, ruling: str, what: str, wanted: Document) -> Document:
        """The ruling after this."""
        return self._ask("POST", f"/v1/rulings/{ruling}/{what}", json=wanted)

    def policies(self) -> list[Document]:
        """Every policy."""
        found: list[Document] = self._ask("GET", POLICIES)["policies"]
        return found

    def policy(self, name: str, *, version: int | None) -> Document:
        """One policy."""
        wanted = {} if version is None else {"version": version}
        return self._ask("GET", f"{POLICIES}/{name}", params=wanted)

    def put_policy(self, name: str, wanted: Document) -> Document:
        """The policy from now on."""
        return self._ask("PUT", f"{POLICIES}/{name}", json=wanted)

    def media(
        self, *, upload: str | None, case: str | None, kept: bool, limit: int
    ) -> list[Document]:
        """What was kept."""
        only = "true" if kept else None
        return self._pages(MEDIA, "media", limit=limit, upload=upload, case=case, kept=only)

    def delete_media(self, ident: str, *, reason: str) -> None:
        """Media fewer."""
        self._ask("DELETE", f"{MEDIA}/{ident}", params={"reason": reason})
