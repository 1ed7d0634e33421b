"""A real server in a thread, and clients with keys."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from seawall.access.key import parse_scopes
from seawall.clock import now
from seawall.sandbox.fetch_config import FetchConfig
from seawall.settings import DeliveryConfig, Secrets, ServerConfig, Settings
from seawall.web import rates
from seawall.web.application import application
from seawall.web.door import Door
from seawall.workflows.key import create_key
from tests.postgres import fresh_schema, server_url
from tests.provider import SECRET, Provider

PLACES = 16


@dataclass(frozen=True)
class Served:
    """A server that answers, and its inside for what only an operator can do."""

    url: str
    app: FastAPI

    @property
    def door(self) -> Door:
        """What the server has open."""
        return self.app.state.door

    def key(
        self,
        *scopes: str,
        expires_at: datetime | None = None,
        requests_per_second: int | None = None,
        owner: str = "alpha",
    ) -> tuple[str, str]:
        """A key's id and its text."""
        with self.door.app.memory.transaction() as stores:
            key, text = create_key(
                "test",
                owner=owner,
                scopes=parse_scopes(scopes or ("admin",)),
                requests_per_second=requests_per_second,
                stores=stores,
                by="test",
                now=now(),
            )
            if expires_at is not None:  # one that has run out cannot be created, only become so
                stores.connection.exec_driver_sql(
                    f"UPDATE keys SET expires_at = '{expires_at:%Y-%m-%d %H:%M:%S.%f}' WHERE id = '{key.id}'"  # noqa: S608
                )
        self.door.app.knowledge.refresh_now()
        return key.id, text

    def client(
        self, *scopes: str, requests_per_second: int | None = None, owner: str = "alpha"
    ) -> httpx.Client:
        """A client whose key may do this; an administrator's when nothing is named."""
        _, text = self.key(*scopes, requests_per_second=requests_per_second, owner=owner)
        return self.stranger(Authorization=f"Bearer {text}")

    def stranger(self, **headers: str) -> httpx.Client:
        """A client without a key."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)


@contextmanager
def serving(home: Path, *, database_url: str | None = None, **sections: object) -> Iterator[Served]:
    """A server over this home, with some sections of its settings replaced."""
    settings = replace(
        Settings(home=home), secrets=Secrets(database_url, oidc_client_secret=SECRET), **sections
    )
    home.mkdir(exist_ok=True)
    app = application(settings)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(f"http://127.0.0.1:{port}", app)
    finally:
        server.should_exit = True
        thread.join(timeout=30)


@contextmanager
def strangers_welcome() -> Iterator[None]:
    """All tests come from one address, and need not wait for the next second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rates, "STRANGERS_PER_SECOND", 1_000_000)
        yield


@contextmanager
def served_by(kind: str, home: Path, provider: Provider) -> Iterator[Served]:
    """A server that fetches from this machine and has few places, on a database of this kind."""
    sections = {
        "server": ServerConfig(max_waiting=PLACES, decoders=1),
        "delivery": DeliveryConfig(allowed_hosts=frozenset({"127.0.0.1"})),
        "oidc": provider.config,
        "fetch": replace(FetchConfig(), allowed_hosts=frozenset({"127.0.0.1"})),
    }
    with ExitStack() as open_meanwhile:
        url = None
        if kind == "postgresql":
            url = open_meanwhile.enter_context(fresh_schema(server_url()))
        yield open_meanwhile.enter_context(serving(home, database_url=url, **sections))
