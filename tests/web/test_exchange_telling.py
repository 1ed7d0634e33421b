"""What a platform tells its hubs through its own server."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from seawall.access.key import Scope
from seawall.clock import now
from seawall.exchange.membership import Message
from seawall.exchange.note import SigningKey
from seawall.storage.secrets import Vault
from seawall.web.telling import MOST_OF_ONE, Telling
from seawall.workflows.key import create_key
from seawall.workflows.membership import join, leave
from tests.made import pdq
from tests.poisoned_hub import AGREEMENT, PoisonedHub, poisoned_hub
from tests.web.serving import Served

MEMBERSHIP = f"/v1/exchange/memberships/{AGREEMENT}"
CONFIRM = {"signals": [str(pdq(50))], "categories": ["terrorist-content"]}


@pytest.fixture
def hub(served: Served, tmp_path: Path) -> Iterator[PoisonedHub]:
    """A hub with a record, which the server's home follows."""
    node = served.door.app.node()
    with poisoned_hub(tmp_path / "hub") as opened:
        opened.give([pdq(1)])
        joined = join(
            opened.url, "token", name="Beta", bank=None, hub_key=None, node=node, by="test"
        )
        yield opened
        opened.faults = set()
        leave(
            joined.id,
            contributions="keep",
            keep_entries=False,
            tell_hub=False,
            node=node,
            by="test",
        )


@pytest.fixture
def own(served: Served) -> Iterator[httpx.Client]:
    """A client with a key of the home's own organisation that opens the exchange, and nothing else."""
    with served.door.app.memory.transaction() as stores:
        _, text = create_key(
            "review",
            owner=served.door.app.settings.server.organisation,
            scopes=frozenset({Scope.EXCHANGE}),
            stores=stores,
            by="test",
            now=now(),
        )
    served.door.app.knowledge.refresh_now()
    with served.stranger(Authorization=f"Bearer {text}") as client:
        yield client


@contextmanager
def second_hub(served: Served, tmp_path: Path) -> Iterator[str]:
    """The membership of a second hub that the server's home follows."""
    node = served.door.app.node()
    with poisoned_hub(tmp_path / "second", key=SigningKey.generate("second.example")) as opened:
        joined = join(
            opened.url, "token", name="Beta", bank="second", hub_key=None, node=node, by="test"
        )
        try:
            yield joined.id
        finally:
            leave(
                joined.id,
                contributions="keep",
                keep_entries=False,
                tell_hub=False,
                node=node,
                by="test",
            )


def ident_of(hub: PoisonedHub, served: Served) -> str:
    """The id of the membership of a hub."""
    with served.door.app.memory.reading() as stores:
        return next(each.id for each in stores.memberships.all() if each.hub == hub.url)


def size(hub: PoisonedHub) -> int:
    """How many changes the hub has."""
    with hub.memory.reading() as stores:
        return stores.deltas.size(AGREEMENT)


def once(token: str) -> dict[str, str]:
    """The header of a request that may be repeated."""
    return {"Idempotency-Key": token}


def eventually(true: Callable[[], bool]) -> None:
    """It becomes true within seconds."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < 15
        time.sleep(0.02)


def test_a_word_is_told_and_a_repeated_request_changes_nothing(hub: PoisonedHub, own: httpx.Client):
    """The same Idempotency-Key gets the same answer, and another request under it is refused."""
    path, before = f"{MEMBERSHIP}/opinions", size(hub)
    first = own.post(path, json=CONFIRM, headers=once("word"))
    assert first.status_code == 201, first.text
    told = first.json()
    assert (told["signals"], told["kept"], told["error"]) == (CONFIRM["signals"], False, None)
    (result,) = told["results"]
    assert (result["record"]["signal"], result["changed"]) == (CONFIRM["signals"][0], True)
    after = size(hub)
    assert after > before

    assert own.post(path, json=CONFIRM, headers=once("word")).json() == first.json()
    assert size(hub) == after
    other = own.post(path, json=CONFIRM | {"severity": 3}, headers=once("word"))
    assert other.status_code == 409


def test_an_outcome_is_counted_once(hub: PoisonedHub, own: httpx.Client):
    """However often the request is repeated."""
    wanted = {"what": str(pdq(1)), "right": 3, "wrong": 1}
    answers = [
        own.post(f"{MEMBERSHIP}/outcomes", json=wanted, headers=once("outcome")) for _ in range(3)
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert [answer.json()["counted"] for answer in answers] == [1, 1, 1]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [list(report.values()) for report in hub.reports] == [[{"right": 3, "wrong": 1}]]


@pytest.mark.usefixtures("hub")
def test_an_entry_names_its_signal(own: httpx.Client, admin: httpx.Client):
    """A review tool has the entry's id from the match."""
    eventually(lambda: bool(admin.get(f"/v1/banks/{AGREEMENT}/entries").json().get("entries")))
    (entry,) = admin.get(f"/v1/banks/{AGREEMENT}/entries").json()["entries"]
    wanted = {"signals": [entry["id"]], "word": "dispute", "reason": "A news report."}
    answer = own.post(f"{MEMBERSHIP}/opinions", json=wanted)

    assert (answer.status_code, answer.json()["signals"]) == (201, [str(pdq(1))])
    eventually(
        lambda: admin.get("/v1/exchange/memberships").json()["memberships"][0]["disputed"] == 1
    )


def test_what_the_hub_does_not_take_now_is_kept_and_told_later(hub: PoisonedHub, own: httpx.Client):
    """And who asks again hears that it was told."""
    before = size(hub)
    hub.faults = {"broken"}
    kept = own.post(f"{MEMBERSHIP}/opinions", json=CONFIRM, headers=once("kept"))
    assert (kept.status_code, kept.json()["kept"], kept.json()["results"]) == (201, True, None)
    assert "refused" in kept.json()["error"]

    hub.faults = set()
    eventually(lambda: size(hub) > before)
    told = own.post(f"{MEMBERSHIP}/opinions", json=CONFIRM, headers=once("kept")).json()
    assert (told["id"], told["kept"], told["error"]) == (kept.json()["id"], False, None)
    assert len(told["results"]) == 1
    assert size(hub) == before + 1


def test_a_slow_hub_keeps_nobody_waiting(
    hub: PoisonedHub,
    served: Served,
    own: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
):
    """The request is answered in time, whatever was said is told later."""
    monkeypatch.setattr(served.door.telling, "_patience", 0.5)
    before = size(hub)
    hub.faults = {"silent"}
    for number in range(6):  # more than there are threads
        begun = time.monotonic()
        wanted = {**CONFIRM, "signals": [str(pdq(60 + number))]}
        answer = own.post(f"{MEMBERSHIP}/opinions", json=wanted)
        assert (answer.status_code, answer.json()["kept"]) == (201, True)
        assert "0.5 seconds" in answer.json()["error"]
        assert time.monotonic() - begun < 5

    hub.faults = set()
    eventually(lambda: size(hub) == before + 6)


def test_a_slow_hub_leaves_room_for_others(
    hub: PoisonedHub,
    served: Served,
    own: httpx.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """It takes three threads of four; who gets none is told that it was not even asked."""
    telling = served.door.telling
    monkeypatch.setattr(telling, "_patience", 5.0)
    with second_hub(served, tmp_path) as other, ThreadPoolExecutor(MOST_OF_ONE) as threads:
        path = f"/v1/exchange/memberships/{ident_of(hub, served)}/opinions"
        hub.faults = {"silent"}
        words = [{**CONFIRM, "signals": [str(pdq(70 + each))]} for each in range(MOST_OF_ONE)]
        slow = [threads.submit(own.post, path, json=word) for word in words]
        eventually(lambda: sum(each.endswith("/opinions") for each in hub.asked) >= MOST_OF_ONE)
        told = own.post(f"/v1/exchange/memberships/{other}/opinions", json=CONFIRM).json()
        assert (told["kept"], len(told["results"])) == (False, 1)
        monkeypatch.setattr(telling, "_patience", 0.3)
        waits = own.post(path, json=CONFIRM).json()
        assert (waits["kept"], "busy with what it was told before" in waits["error"]) == (
            True,
            True,
        )
        assert not any(each.done() for each in slow)
        hub.faults = set()


def test_what_was_given_up_before_the_hub_was_asked_is_not_told(hub: PoisonedHub, served: Served):
    """It is kept, and the follower's to tell."""
    node = served.door.app.node()
    with node.memory.reading() as stores:
        membership = stores.memberships.find(AGREEMENT)
    waited = threading.Event()

    class SlowVault(Vault):
        def open(self, sealed: bytes) -> str:
            assert waited.wait(10)
            return super().open(sealed)

    message = Message(
        id="msg_given_up",
        membership=membership.id,
        path=f"/agreements/{AGREEMENT}/opinions",
        body={**CONFIRM, "word": "confirm"},
        at=now(),
    )
    slow = replace(node, vault=SlowVault(served.door.app.settings.home))
    with closing(Telling(slow, patience=0.2)) as telling:
        told = asyncio.run(telling.told(message))
        assert (told.kept, told.answer) == (True, None)
        waited.set()
    assert message.id not in hub.answered


def test_what_the_hub_refuses_is_a_problem(hub: PoisonedHub, own: httpx.Client):
    """With its sentence; so is what is refused here, and neither is kept."""
    hub.faults = {"odd"}
    refused = own.post(f"{MEMBERSHIP}/opinions", json=CONFIRM)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        f"The hub at {hub.url} refused: No.",
    )
    hub.faults = set()
    asked = len(hub.answered)
    for path, body, status in (
        (f"{MEMBERSHIP}/opinions", CONFIRM | {"signals": ["pdq:00"]}, 422),
        (f"{MEMBERSHIP}/opinions", CONFIRM | {"signals": ["en_0"]}, 404),
        (f"{MEMBERSHIP}/opinions", CONFIRM | {"more": 1}, 422),
        (f"{MEMBERSHIP}/opinions", CONFIRM | {"said_at": "2026-01-01T00:00:00Z"}, 422),
        (f"{MEMBERSHIP}/outcomes", {"what": str(pdq(1))}, 422),
        ("/v1/exchange/memberships/nowhere/opinions", CONFIRM, 404),
        ("/v1/exchange/memberships/nowhere/outcomes", {"what": str(pdq(1)), "right": 1}, 404),
    ):
        assert own.post(path, json=body).status_code == status, (path, body)
    assert len(hub.answered) == asked
