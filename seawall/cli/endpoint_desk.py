"""What the commands ask about endpoints; `endpoint_local` does it here, `endpoint_remote` asks a server."""

from collections.abc import Sequence
from typing import Any, Protocol

Document = dict[str, Any]


class EndpointDesk(Protocol):
    """Every answer is a document as the HTTP door gives it."""

    def all(self) -> list[Document]:
        """Every endpoint."""
        ...

    def add(self, url: str, topics: Sequence[str]) -> Document:
        """A new endpoint with its secret."""
        ...

    def show(self, ident: str) -> Document:
        """One endpoint."""
        ...

    def act(self, ident: str, what: str) -> Document:
        """An endpoint after `pause`, `resume` or `rotate`, which adds its secret; what it answers to a `test`."""
        ...

    def remove(self, ident: str) -> None:
        """One endpoint fewer."""
        ...

    def deliveries(self, ident: str, *, state: str, limit: int) -> list[Document]:
        """Deliveries in this state."""
        ...

    def replay(self, ident: str, numbers: Sequence[int]) -> int:
        """How many dead deliveries are sent again: these, or all where none is named."""
        ...
