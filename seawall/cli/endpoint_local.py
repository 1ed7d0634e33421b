"""Endpoints of this machine's home."""

import asyncio
from collections.abc import Sequence
from typing import Any

from seawall.app import App
from seawall.clock import now
from seawall.errors import InputError
from seawall.workflows.delivering import try_endpoint
from seawall.workflows.endpoints import (
    add_endpoint,
    deliveries_in,
    endpoint_documents,
    parse_progress,
    pause_endpoint,
    remove_endpoint,
    replay_dead,
    resume_endpoint,
    rotate_secret,
    shown_endpoint,
)

Document = dict[str, Any]
BY = "cli"


class LocalEndpoints:
    """What the commands ask about endpoints, done here."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._memory = app.memory

    def all(self) -> list[Document]:
        """Every endpoint."""
        with self._memory.reading() as stores:
            return endpoint_documents(stores)

    def add(self, url: str, topics: Sequence[str]) -> Document:
        """A new endpoint with its secret."""
        courier = self._app.courier()
        with self._memory.transaction() as stores:
            endpoint, secret = add_endpoint(
                url,
                topics,
                outside=courier.outside,
                vault=courier.vault,
                stores=stores,
                by=BY,
                now=now(),
            )
            return shown_endpoint(endpoint.id, stores) | {"secret": secret}

    def show(self, ident: str) -> Document:
        """One endpoint."""
        with self._memory.reading() as stores:
            return shown_endpoint(ident, stores)

    def act(self, ident: str, what: str) -> Document:
        """An endpoint after `pause`, `resume` or `rotate`, which adds its secret; what it answers to a `test`."""
        if what == "test":
            return asyncio.run(try_endpoint(ident, courier=self._app.courier()))
        with self._memory.transaction() as stores:
            secret = {}
            match what:
                case "pause":
                    pause_endpoint(ident, stores=stores, by=BY, now=now())
                case "resume":
                    resume_endpoint(ident, stores=stores, by=BY, now=now())
                case "rotate":
                    _, text = rotate_secret(
                        ident,
                        overlap=self._app.settings.delivery.old_secret,
                        vault=self._app.courier().vault,
                        stores=stores,
                        by=BY,
                        now=now(),
                    )
                    secret = {"secret": text}
                case _:
                    raise InputError(f"An endpoint cannot {what}.")
            return shown_endpoint(ident, stores) | secret

    def remove(self, ident: str) -> None:
        """One endpoint fewer."""
        with self._memory.transaction() as stores:
            remove_endpoint(ident, stores=stores, by=BY, now=now())

    def deliveries(self, ident: str, *, state: str, limit: int) -> list[Document]:
        """Deliveries in this state."""
        with self._memory.reading() as stores:
            progress = parse_progress(state)
            return deliveries_in(ident, progress, after=0, limit=limit, stores=stores)

    def replay(self, ident: str, numbers: Sequence[int]) -> int:
        """How many dead deliveries are sent again."""
        with self._memory.transaction() as stores:
            return replay_dead(ident, numbers or None, stores=stores, by=BY, now=now())
