"""The one place where everything is put together."""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from seawall.clock import now
from seawall.policy.taxonomy import taxonomy
from seawall.settings import Settings
from seawall.storage.memory import Memory
from seawall.storage.sealed_files import SealedFiles
from seawall.storage.secrets import Vault
from seawall.workflows.delivering import Courier
from seawall.workflows.effects import Bench
from seawall.workflows.endpoints import Outside
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.ledger import Ledger
from seawall.workflows.membership import Node
from seawall.workflows.rule import put_starting_rules
from seawall.workflows.sealing import Safe

if TYPE_CHECKING:
    from seawall.partners.identity_provider import IdentityProvider


class App:
    """A running Seawall: its settings, what it remembers and what it knows."""

    def __init__(self, settings: Settings, memory: Memory) -> None:
        self.settings = settings
        self.memory = memory
        self.taxonomy = taxonomy(settings.categories)
        self._known: Knowledge | None = None
        self.ledger = Ledger(memory, settings.home / "ledger-index")

    @property
    def knowledge(self) -> Knowledge:
        """What is known; opened when it is first asked for, since many a command looks nothing up."""
        if self._known is None:
            self._known = Knowledge(
                self.memory,
                self.settings.home / "index",
                taxonomy=self.taxonomy,
                least_distance=self.settings.screening.least_distance,
                enforce_authority_only=self.settings.screening.enforce_authority_only,
                look_every=_look_every(self.memory),
            )
        return self._known

    def node(self) -> Node:
        """What this home needs to follow hubs."""
        exchange = self.settings.exchange
        return Node(
            memory=self.memory,
            taxonomy=self.taxonomy,
            vault=Vault(self.settings.home),
            folder=self.settings.home / "exchange",
            now=now,
            wait=exchange.wait,
            report_every=exchange.report_every,
            renew_key=exchange.renew_key,
            plain_hosts=exchange.plain_hubs,
        )

    def bench(self) -> Bench:
        """What this home needs to carry rulings out."""
        return Bench(
            config=self.settings.cases,
            taxonomy=self.taxonomy,
            owner=self.settings.server.organisation,
            keep_ledger=self.settings.screening.keep_ledger,
            secret=self.draws,
        )

    @cached_property
    def draws(self) -> bytes:
        """The secret by which it is drawn what is decided twice and where golden items stand."""
        return Vault(self.settings.home).derive("draws", size=32)

    @cached_property
    def safe(self) -> Safe:
        """Where media is kept for cases."""
        cases = self.settings.cases
        return Safe(
            files=SealedFiles(self.settings.home, self.memory.database_id()),
            after_closing=cases.keep_media,
            at_most=cases.keep_media_at_most,
            max_bytes=self.settings.media.max_bytes,
            budget=cases.exposure_budget,
        )

    def courier(self) -> Courier:
        """What this home needs to send messages."""
        settings = self.settings
        return Courier(
            memory=self.memory,
            vault=Vault(settings.home),
            owner=f"{socket.gethostname()}:{settings.home}",
            outside=Outside(allowed_hosts=settings.delivery.allowed_hosts, mail=settings.mail),
            timeout=settings.delivery.timeout,
            give_up=settings.delivery.give_up,
            now=now,
            chance=random.random,
            mail_password=settings.secrets.mail_password,
        )

    @cached_property
    def provider(self) -> "IdentityProvider | None":
        """Whose accounts open the desk too, if anybody's do."""
        from seawall.workflows.signing_in_elsewhere import open_provider  # noqa: PLC0415 - JOSE would slow commands

        secret = self.settings.secrets.oidc_client_secret
        return open_provider(self.settings.oidc, client_secret=secret)

    def close(self) -> None:
        """Let go of the index and the database."""
        if self._known is not None:
            self._known.close()
        self.ledger.close()
        self.memory.close()


@contextmanager
def open_app(settings: Settings) -> Iterator[App]:
    """
    Seawall over its home, made ready if it is new.

    Raises:
        StorageError: The home or the database cannot be used.

    """
    app = App(settings, Memory(settings.database_url()))
    try:
        put_starting_rules(app.memory, now=now())
        yield app
    finally:
        app.close()


def _look_every(memory: Memory) -> timedelta:
    # Asking SQLite costs microseconds; asking PostgreSQL costs a round trip, so 50 ms may pass between two.
    return timedelta(0) if memory.dialect == "sqlite" else timedelta(milliseconds=50)
