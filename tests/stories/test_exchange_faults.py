"""
What goes wrong between a hub and a member, both real servers: nothing acknowledged is lost, nothing applied twice.

The member has joined through a meddler, so that the line, and the hub behind it, can be changed under it.
"""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from benchmarks.server import running
from seawall.workflows.following import FIRST_COPY
from tests.cli.run import seawall
from tests.stories.meddler import cut, doubled, ended, instead, meddling
from tests.stories.pact import (
    CATEGORY,
    FOUNDED,
    NAME,
    NDJSON,
    Node,
    Speaker,
    confirmed,
    eventually,
    found_pact,
    in_bulk,
    invited,
    named,
)

MANY = range(1, FIRST_COPY + 2)  # so many that an empty member takes the snapshot
WRITERS = 6  # connections that tell one number at a time; one more tells many at once


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The home of a hub, with an agreement that nobody is in yet."""
    for name, value in NAME.items():
        monkeypatch.setenv(name, value)
    found_pact(tmp_path / "hub")
    return tmp_path / "hub"


@pytest.fixture
def meddler():
    """What the member takes for its hub."""
    with meddling() as opened:
        yield opened


@pytest.fixture(scope="module")
def member(tmp_path_factory):
    """A member's home and its server."""
    home = tmp_path_factory.mktemp("member") / "home"
    seawall(home, "init")
    with running(home) as server:
        yield Node(home, server)


@pytest.fixture
def node(member):
    """The member before it joins; what it has joined is left afterwards."""
    yield member
    member.run("leave", "pact", "--without-hub")


@contextmanager
def serving(hub, meddler):
    """The hub's server, where the meddler leads to; afterwards it leads nowhere."""
    with running(hub) as server:
        meddler.lead_to(server.url)
        try:
            yield server
        finally:
            meddler.lead_nowhere()


def joined(node, hub, meddler):
    """The member has joined, and follows as soon as it can."""
    node.run("join", meddler.url, "--token", invited(hub, "beta"), "--name", "Beta")


def follows(node, words):
    """Whether the member has applied so many words, and there are no more."""
    here = node.membership()
    return (here["state"], here["position"], here["lag"]) == ("following", FOUNDED + words, 0)


def reports(node, state, sentence):
    """Whether this is what the member says of its hub."""
    here = node.membership()
    return here["state"] == state and sentence in here["error"]


def assert_each_once(node, numbers, *, words):
    """The bank has these signals, and each delta of the hub was applied once, in order, without a gap."""
    here = node.membership()
    assert node.signals() == sorted(map(named, numbers))
    assert (here["state"], here["lag"], here["skipped"]) == ("following", 0, 0)
    position = 0
    for action, details in node.events():
        if action == "copied":
            assert position == 0
            position = details["position"]
        elif action == "applied":
            assert details["deltas"][0] == position + 1
            position = details["deltas"][1]
        elif action == "started-over":
            position = 0
    assert position == here["position"] == FOUNDED + words


# The line.


def test_a_snapshot_that_does_not_come_whole_is_not_applied_and_asked_for_again(hub, meddler, node):
    """Wherever it ends, and however innocently: none of it is in force, and the next whole one is."""
    with serving(hub, meddler) as server:
        alpha = Speaker(server.url, invited(hub, "alpha"))
        alpha.confirm_in_bulk(server.url, MANY)
        meddler.spoil("snapshot", cut(0.5))
        joined(node, hub, meddler)
        for spoiler, state, sentence in (
            (cut(0.5), "unreachable", "did not answer"),
            (ended(0.5), "distrusted", "snapshot"),
            (cut(0.999), "unreachable", "did not answer"),
            (ended(0.999), "distrusted", "snapshot"),
        ):
            meddler.spoil("snapshot", spoiler)
            eventually(lambda state=state, said=sentence: reports(node, state, said))
            assert (node.membership()["position"], node.signals()) == (0, [])
            assert not node.stops(1)
        meddler.behave()
        eventually(lambda: follows(node, len(MANY)), 30)
        assert list((node.home / "exchange").glob("*.snapshot")) == []
        alpha.confirm(server.url, len(MANY) + 1)
        eventually(lambda: node.stops(len(MANY) + 1))
        assert node.stops(1)
        assert_each_once(node, [*MANY, len(MANY) + 1], words=len(MANY) + 1)


def test_deltas_that_come_twice_or_again_are_not_applied(hub, meddler, node):
    """An answer from before is no answer now, though the hub has signed it; what is in force stays so."""
    with serving(hub, meddler) as server:
        alpha = Speaker(server.url, invited(hub, "alpha"))
        joined(node, hub, meddler)
        for number in (1, 2, 3):
            alpha.confirm(server.url, number)
            eventually(lambda number=number: follows(node, number))
        older, newest = meddler.pages[-2:]
        for number, spoiler, state, sentence in (
            (4, instead(newest), "distrusted", "where it should be"),
            (5, instead(older), "rolled-back", "older backup"),
            (6, doubled, "distrusted", "where it should be"),
            (7, cut(0.5), "unreachable", "did not answer"),
        ):
            meddler.spoil("deltas", spoiler)
            alpha.confirm(server.url, number)
            eventually(lambda state=state, said=sentence: reports(node, state, said), 30)
            assert node.membership()["position"] == FOUNDED + number - 1
            assert node.signals() == [named(each) for each in range(1, number)]
            assert node.stops(1)
            assert not node.stops(number)
            meddler.behave()
            eventually(lambda number=number: follows(node, number))
            eventually(lambda number=number: node.stops(number))
        assert_each_once(node, range(1, 8), words=7)


def test_what_a_member_tells_twice_is_said_once(hub, meddler, node):
    """Whatever stands between may repeat a request; the hub knows it by its Idempotency-Key."""
    with serving(hub, meddler) as server:
        alpha = Speaker(server.url, invited(hub, "alpha"))
        joined(node, hub, meddler)
        meddler.repeats = True
        node.run("share", "pact", named(1), "--category", CATEGORY)
        node.run("withdraw", "pact", named(1))
        node.run("share", "pact", named(1), "--category", CATEGORY)
        eventually(lambda: follows(node, 3))
        assert len(alpha.log(server.url)) == FOUNDED + 3
        assert_each_once(node, [1], words=3)


# The hub.


@dataclass
class Teller:
    """What one connection tells a hub, each number one signal, and what of that was acknowledged."""

    start: int
    numbers: list[int] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)

    def tell(self, http: httpx.Client, *, more: bool = True) -> None:
        """First again what had no answer, then new numbers until the hub is gone."""
        with http, contextlib.suppress(httpx.TransportError):
            for number in self._next(more=more):
                answer = http.post(
                    "/opinions", json=confirmed(number), headers={"Idempotency-Key": str(number)}
                )
                assert answer.status_code == 201, answer.text
                self.acknowledged.add(number)

    def tell_in_bulk(self, http: httpx.Client) -> None:
        """All of its numbers in one body, also those that are known; the hub acknowledges a batch at a time."""
        body, done = in_bulk(self.numbers), 0
        with (
            contextlib.suppress(httpx.TransportError),
            http,
            http.stream("POST", "/opinions/bulk", content=body, headers=NDJSON) as answer,
        ):
            for line in answer.iter_lines():
                told = json.loads(line)
                done += told["added"] + told["unchanged"]
                self.acknowledged.update(self.numbers[:done])

    def _next(self, *, more: bool) -> Iterator[int]:
        yield from [number for number in self.numbers if number not in self.acknowledged]
        while more:
            self.numbers.append(self.start + len(self.numbers))
            yield self.numbers[-1]


def killed_under_load(server, alpha, tellers, bulk):
    """The hub is killed while every connection is telling it something."""
    before = [len(each.acknowledged) for each in tellers]
    with ThreadPoolExecutor(len(tellers) + 1) as pool:
        telling = [pool.submit(each.tell, alpha.at(server.url)) for each in tellers]
        telling.append(pool.submit(bulk.tell_in_bulk, alpha.at(server.url)))
        eventually(
            lambda: all(
                len(each.acknowledged) > count + 10
                for each, count in zip(tellers, before, strict=True)
            )
        )
        assert not any(each.done() for each in telling[:-1])
        server.kill()
        for each in telling:
            each.result()
    assert all(len(each.numbers) > len(each.acknowledged) for each in tellers)


def assert_kept(log, everybody):
    """The log has all that was acknowledged, each word once, and no gap."""
    said = [delta["record"]["signal"] for delta in log if delta["record"]]
    assert [delta["number"] for delta in log] == list(range(1, len(log) + 1))
    assert len(said) == len(set(said)) == len(log) - FOUNDED
    assert {named(number) for each in everybody for number in each.acknowledged} <= set(said)


def test_a_hub_killed_while_many_write_has_what_it_acknowledged_once(hub, meddler, node):
    """Whoever had no answer tells it again; then the hub and the member have everything, each once."""
    tellers = [Teller(start * 1_000_000) for start in range(1, WRITERS + 1)]
    bulk = Teller(0, numbers=list(range(1, 6_001)))
    everybody = [*tellers, bulk]
    with serving(hub, meddler) as server:
        alpha = Speaker(server.url, invited(hub, "alpha"))
        joined(node, hub, meddler)
        killed_under_load(server, alpha, tellers, bulk)
    with serving(hub, meddler) as server:
        assert_kept(alpha.log(server.url), everybody)
        killed_under_load(server, alpha, tellers, bulk)
    with serving(hub, meddler) as server:
        assert_kept(alpha.log(server.url), everybody)
        for each in tellers:
            each.tell(alpha.at(server.url), more=False)
        bulk.tell_in_bulk(alpha.at(server.url))
        assert_kept(alpha.log(server.url), everybody)
        numbers = [number for each in everybody for number in each.numbers]
        assert sum(len(each.acknowledged) for each in everybody) == len(numbers)
        eventually(lambda: follows(node, len(numbers)), 30)
        assert_each_once(node, numbers, words=len(numbers))


def backed_up(hub, into):
    """A home with what a backup of the hub's has, made while it runs."""
    into.mkdir()
    shutil.copytree(hub / "secrets", into / "secrets")
    with (
        closing(sqlite3.connect(hub / "seawall.db")) as live,
        closing(sqlite3.connect(into / "seawall.db")) as copy,
    ):
        live.backup(copy)
    return into


def killed_after_a_backup(hub, meddler, node, into):
    """Who has said four words that the member has read, and a backup with the first two; the hub is killed."""
    with serving(hub, meddler) as server:
        alpha = Speaker(server.url, invited(hub, "alpha"))
        joined(node, hub, meddler)
        alpha.confirm(server.url, 1, 2)
        backup = backed_up(hub, into)
        alpha.confirm(server.url, 3, 4)
        eventually(lambda: follows(node, 4))
        server.kill()
    return alpha, backup


def test_a_hub_restored_from_a_backup_is_followed_again_once_it_has_everything(
    hub, meddler, node, tmp_path
):
    """Until then the member says what is missing, and goes on stopping what it has read."""
    alpha, backup = killed_after_a_backup(hub, meddler, node, tmp_path / "backup")
    with serving(backup, meddler):
        eventually(lambda: reports(node, "rolled-back", "What was read stays in force."), 30)
        assert node.signals() == [named(number) for number in (1, 2, 3, 4)]
        assert node.stops(4)
    with serving(hub, meddler) as server:
        eventually(lambda: follows(node, 4), 30)
        alpha.confirm(server.url, 5)
        eventually(lambda: node.stops(5))
        assert_each_once(node, [1, 2, 3, 4, 5], words=5)


def test_a_hub_that_goes_on_from_a_backup_is_followed_once_the_member_starts_over(
    hub, meddler, node, tmp_path
):
    """Its history is another one now: what was read stays in force until somebody decides."""
    alpha, backup = killed_after_a_backup(hub, meddler, node, tmp_path / "backup")
    with serving(backup, meddler) as server:
        eventually(lambda: reports(node, "rolled-back", "older backup"), 30)
        alpha.confirm(server.url, 6, 7, 8)
        eventually(lambda: reports(node, "rolled-back", "--start-over"), 30)
        eventually(lambda: reports(node, "rolled-back", "a fork"), 30)
        assert node.signals() == [named(number) for number in (1, 2, 3, 4)]
        assert node.stops(4)
        assert not node.stops(6)

        node.run("sync", "pact", "--start-over")
        eventually(lambda: follows(node, 5), 30)
        eventually(lambda: node.stops(6))
        assert not node.stops(4)
        alpha.confirm(server.url, 9)
        eventually(lambda: node.stops(9), 40)
        assert_each_once(node, [1, 2, 6, 7, 8, 9], words=6)
