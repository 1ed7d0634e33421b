"""A member that has joined a hub which can misbehave, and what tests do with it."""

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

from seawall.app import open_app
from seawall.settings import ExchangeConfig, Secrets, Settings
from seawall.workflows.following import follow
from seawall.workflows.membership import join
from seawall.workflows.telling import deliver
from seawall.workflows.upload import Context, remember_upload, screen_upload
from tests.made import NOON, fingerprint, pdq
from tests.poisoned_hub import AGREEMENT


class Member:
    """A home that has joined the hub, and asks it when told to."""

    def __init__(self, app, hub):
        self.app = app
        self.node = app.node()
        self.id = join(
            hub.url, "token", name="Beta", bank=None, hub_key=None, node=self.node, by="test"
        ).id

    def ask(self, times=1):
        """The membership after so many questions."""
        for _ in range(times):
            with self.node.hub_of(self.here) as client:
                after = follow(self.id, hub=client, wait=0, node=self.node)
        return after

    @property
    def here(self):
        """The membership as it is kept."""
        with self.app.memory.reading() as stores:
            return stores.memberships.find(self.id)

    def entries(self):
        """Signal → entry, of the bank."""
        with self.app.memory.reading() as stores:
            return {str(each.signal): each for each in stores.entries.all(AGREEMENT)}

    def known(self, number):
        """How many entries an upload with this signal meets, as soon as the change is taken in."""
        self.app.knowledge.refresh_now()
        return len(self.app.knowledge.known(fingerprint(pdq(number)).readings))

    def events(self):
        """What the audit log says of this membership."""
        with self.app.memory.reading() as stores:
            events = stores.audit.after(0, limit=1000, subject=self.id)
        return [event.happening.action.removeprefix("membership:") for event in events]

    def said(self, action):
        """What the events of this kind say."""
        with self.app.memory.reading() as stores:
            events = stores.audit.after(0, limit=1000, subject=self.id)
        return [
            event.happening.details
            for event in events
            if event.happening.action == f"membership:{action}"
        ]


@contextmanager
def home(folder, *, database_url=None, **exchange):
    """A member's home."""
    settings = Settings(
        home=folder,
        exchange=replace(ExchangeConfig(), **exchange),
        secrets=Secrets(database_url),
    )
    folder.mkdir(exist_ok=True)
    with open_app(settings) as app:
        yield app


def named(*numbers):
    """These signals as text."""
    return {str(pdq(number)) for number in numbers}


def screened(member, number):
    """An upload of this picture, written."""
    knowledge = member.app.knowledge
    knowledge.refresh_now()
    upload = screen_upload(
        fingerprint(pdq(number)), Context(), knowledge=knowledge, chance=0.5, now=NOON
    )
    with member.app.memory.transaction() as stores:
        remember_upload(upload, stores=stores, keep_ledger=False)


def deliver_all(member):
    """What becomes of everything that waits."""
    with member.node.hub_of(member.here) as client:
        return list(deliver(member.here, hub=client, node=member.node))


def back_up(hub, file):
    """This file is a copy of the hub's database."""
    source = str(hub.folder / "hub.db")
    subprocess.run([sys.executable, "-c", COPY, source, str(file)], check=True)


COPY = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as source, sqlite3.connect(sys.argv[2]) as target:
    source.backup(target)
"""
