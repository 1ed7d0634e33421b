"""The server as it is run: two processes over one home, started and ended from outside."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.server import running
from seawall.access.key import Scope
from seawall.app import open_app
from seawall.clock import now
from seawall.settings import Settings
from seawall.workflows.key import create_key
from tests.made import pdq
from tests.sharing import agree, key_of, opinion, said


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A new home."""
    return tmp_path / "home"


def admin_key(home: Path) -> str:
    """An administrator's key of this home."""
    home.mkdir()
    with open_app(Settings(home=home)) as app, app.memory.transaction() as stores:
        _, text = create_key(
            "test",
            owner="alpha",
            scopes=frozenset({Scope.ADMIN}),
            stores=stores,
            by="test",
            now=now(),
        )
    return text


def test_two_workers_are_one_server(home: Path):
    """What one has committed the other finds at once, counts are everybody's, and no key is ever logged."""
    text = admin_key(home)
    headers = {"Authorization": f"Bearer {text}"}
    with running(home, workers=2) as server:

        def ask(_: int) -> int:
            """On a connection of its own, so that either worker may answer."""
            with httpx.Client(base_url=server.url, headers=headers) as client:
                asked = {"signals": [{"type": "pdq", "value": pdq(40_000).value}]}
                matches = client.post("/v1/match", json=asked).json()["results"][0]["matches"]
                return client.get("/v1/status").json()["worker"]["process"] if matches else 0

        with httpx.Client(base_url=server.url, headers=headers) as client:
            client.post("/v1/banks", json={"name": "known"})
            added = client.post(
                "/v1/banks/known/entries", json={"signal_type": "pdq", "value": pdq(40_000).value}
            )
            assert added.status_code == 201
            with ThreadPoolExecutor(4) as pool:
                workers = set(pool.map(ask, range(40)))
            counted = matches_counted(client.get("/metrics").text)

    assert 0 not in workers
    assert len(workers) == 2
    assert counted == 40
    log = (home.parent / "home-server.log").read_text()
    assert '"path":"/v1/match"' in log
    assert text not in log
    assert text.split("_")[2] not in log


def matches_counted(text: str) -> float:
    """How many matches all workers together say they have answered."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "seawall_request_seconds_count" and sample.labels["route"] == "/v1/match"
    )


def test_a_server_that_is_asked_to_end_finishes_what_it_acknowledged(home: Path):
    """Under load: everything answered with success is there afterwards, and it ends by itself."""
    text = admin_key(home)
    acknowledged: list[str] = []

    def keep_asking(number: int) -> None:
        headers = {"Authorization": f"Bearer {text}"}
        with httpx.Client(base_url=server.url, headers=headers) as client:
            for turn in range(10_000):
                value = pdq(41_000 + 10_000 * number + turn).value
                signals = f'[{{"type": "pdq", "value": "{value}"}}]'
                try:
                    answer = client.post("/v1/screen", data={"signals": signals})
                except httpx.HTTPError:
                    return
                if answer.status_code != 200:
                    return
                acknowledged.append(answer.json()["upload"])

    with running(home) as server:
        with ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(keep_asking, number) for number in range(4)]
            time.sleep(1.5)
            server.process.send_signal(signal.SIGTERM)
            for each in asking:
                each.result()
        assert server.process.wait(30) in (0, -signal.SIGTERM)

    assert acknowledged
    with open_app(Settings(home=home)) as app, app.memory.reading() as stores:
        remembered = {upload.id for upload in stores.uploads.all()}
    assert set(acknowledged) <= remembered


@pytest.mark.parametrize("workers", [1, 2])
def test_members_that_wait_for_changes_do_not_keep_a_server_from_stopping(home: Path, workers: int):
    """They get their answer, an empty page, and nothing waits for the end of their patience."""
    home.mkdir()
    with open_app(Settings(home=home)) as app:
        agree(app.memory, "terror", acme="consume")
        _, text = key_of(app.memory, "acme")
    headers = {"Authorization": f"Bearer {text}"}
    with running(home, workers=workers) as server, ThreadPoolExecutor(1) as pool:
        url = f"{server.url}/v1/exchange/agreements/terror/deltas?wait=20"
        asked = pool.submit(httpx.get, url, headers=headers, timeout=30)
        time.sleep(1)
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 10
        assert len(asked.result().content.splitlines()) == 2


def test_a_member_hears_within_a_moment_of_what_another_process_has_committed(home: Path):
    """The server was not told: it looks."""
    home.mkdir()
    with open_app(Settings(home=home)) as app:
        agree(app.memory, "terror", acme="consume,contribute")
        _, text = key_of(app.memory, "acme")
        headers = {"Authorization": f"Bearer {text}"}
        with running(home) as server, ThreadPoolExecutor(1) as pool:
            url = f"{server.url}/v1/exchange/agreements/terror/deltas"
            httpx.get(url, headers=headers)  # the key is known, the hub's own key made
            for n in range(5):

                def wait(after: int = n) -> float:
                    params = {"after": after, "wait": 20}
                    answer = httpx.get(url, params=params, headers=headers, timeout=30)
                    assert len(answer.content.splitlines()) == 3
                    return time.monotonic()

                asked = pool.submit(wait)
                time.sleep(0.5)
                said(app.memory, "terror", (pdq(n), opinion()))
                committed = time.monotonic()
                assert asked.result() - committed < 1
