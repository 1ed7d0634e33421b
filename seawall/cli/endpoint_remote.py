"""Endpoints of a server, asked over HTTP with a key."""

from collections.abc import Sequence
from typing import Any

from seawall.cli.hub_remote import Ask

Document = dict[str, Any]
ENDPOINTS = "/v1/endpoints"


class RemoteEndpoints:
    """What the commands ask about endpoints, done by a server."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def all(self) -> list[Document]:
        """Every endpoint."""
        found: list[Document] = self._ask("GET", ENDPOINTS)["endpoints"]
        return found

    def add(self, url: str, topics: Sequence[str]) -> Document:
        """A new endpoint with its secret."""
        return self._ask("POST", ENDPOINTS, json={"url": url, "topics": list(topics)})

    def show(self, ident: str) -> Document:
        """One endpoint."""
        return self._ask("GET", f"{ENDPOINTS}/{ident}")

    def act(self, ident: str, what: str) -> Document:
        """An endpoint after `pause`, `resume` or `rotate`, which adds its secret; what it answers to a `test`."""
        return self._ask("POST", f"{ENDPOINTS}/{ident}/{what}")

    def remove(self, ident: str) -> None:
        """One endpoint fewer."""
        self._ask("DELETE", f"{ENDPOINTS}/{ident}")

    def deliveries(self, ident: str, *, state: str, limit: int) -> list[Document]:
        """Deliveries in this state."""
        wanted = {"state": state, "limit": limit}
        found: list[Document] = self._ask("GET", f"{ENDPOINTS}/{ident}/deliveries", params=wanted)[
            "deliveries"
        ]
        return found

    def replay(self, ident: str, numbers: Sequence[int]) -> int:
        """How many dead deliveries are sent again."""
        wanted = {"deliveries": list(numbers)} if numbers else {}
        replayed: int = self._ask("POST", f"{ENDPOINTS}/{ident}/replay", json=wanted)["replayed"]
        return replayed
