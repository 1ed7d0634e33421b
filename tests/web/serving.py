"""A real server in a thread, and clients with keys."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from seawall.access.key import parse_scopes
from seawall.clock import now
from seawall.settings import Secrets, Settings
from seawall.web.application import application
from seawall.web.door import Door
from seawall.workflows.key import create_key
from tests.provider import SECRET


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
    ) -> tuple[str, str]:
        """A key's id and its text."""
        with self.door.app.memory.transaction() as stores:
            key, text = create_key(
                "test",
                owner="alpha",
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

    def client(self, *scopes: str, requests_per_second: int | None = None) -> httpx.Client:
        """A client whose key may do this; an administrator's when nothing is named."""
        _, text = self.key(*scopes, requests_per_second=requests_per_second)
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
