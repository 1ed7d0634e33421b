"""
How soon does a ruling reach the platform, how soon any message, and how many a second?

    python -m benchmarks.delivery [--trials 200] [--messages 2000] [--database postgresql://…]

A receiver in a process of its own checks nothing and answers 204. Rulings: `seawall serve` runs with no undo window, a
case is opened and claimed over HTTP, and the time runs from the `PUT` of the ruling, its answer waited for, until the
receiver has `ruling:made`. Messages: one is committed, alone, and the time
runs from the commit's return until the receiver has it; the clock is this machine's. Then many messages about as many
subjects are committed at once, and the time runs until the last one is written down as delivered.
"""

import argparse
import hashlib
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from benchmarks.crash import create_key
from benchmarks.server import running
from seawall.app import App, open_app
from seawall.clock import now
from seawall.ids import new_id
from seawall.settings import DeliveryConfig, Secrets, Settings
from seawall.storage.outbox import Message
from seawall.workflows.endpoints import add_endpoint
from seawall.workflows.sender import Sender
from tests.receiver import receiving


def receive(told: Connection) -> None:
    """Say where it listens, and when each message came."""
    with receiving() as there:
        told.send(there.url)
        arrived = 0
        while not told.poll(0.0005):
            if len(there.effects) > arrived:
                arrived = len(there.effects)
                told.send((arrived, time.time()))


def commit(app: App, count: int) -> None:
    """So many messages about as many subjects in one transaction."""
    with app.memory.transaction() as stores:
        for _ in range(count):
            ident = new_id("msg", at=now())
            stores.outbox.add(
                Message(id=ident, topic="benchmark:message", subject=ident, body={"n": 1}, at=now())
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--database")
    chosen = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=receive, args=(theirs,))
    process.start()
    there = ours.recv()
    with tempfile.TemporaryDirectory() as folder:
        measure_rulings(Path(folder) / "ruling", there, ours, chosen.database, trials=chosen.trials)
        settings = replace(
            Settings(home=Path(folder) / "sending"),
            delivery=DeliveryConfig(allowed_hosts=frozenset({"127.0.0.1"})),
            secrets=Secrets(chosen.database),
        )
        with open_app(settings) as app:
            measure(app, there, ours, trials=chosen.trials, messages=chosen.messages)
    ours.send("stop")
    process.join()


def measure_rulings(
    home: Path, there: str, receiver: Connection, database: str | None, *, trials: int
) -> None:
    """One ruling at a time, over HTTP, at a server of its own."""
    environment = {"SEAWALL_CASES_UNDO": "0", "SEAWALL_DELIVERY_ALLOWED_HOSTS": "127.0.0.1"}
    environment |= {"SEAWALL_DATABASE_URL": database} if database else {}
    key = create_key(home, environment, scopes="cases,rules:write,endpoints")
    with running(home, environment=environment) as server, httpx.Client(base_url=server.url) as ann:
        ann.headers["authorization"] = f"Bearer {key}"
        policy = {"title": "Terror", "ground": {"basis": "terms", "provision": "House rule 1"}}
        ann.put("/v1/policies/terror", json=policy).raise_for_status()
        ann.post("/v1/endpoints", json={"url": there, "topics": ["ruling:made"]}).raise_for_status()
        times = []
        for number in range(trials):
            signal = hashlib.sha256(f"{number}".encode()).hexdigest()
            item = {"item": f"post {number}", "kind": "image", "signals": [f"sha256:{signal}"]}
            case = ann.post("/v1/cases", json=item).raise_for_status().json()["id"]
            ann.post(f"/v1/cases/{case}/claim", json={"person": "ann"}).raise_for_status()
            answer = {"person": "ann", "decision": "remove", "policy": "terror"}
            asked = time.time()
            ann.put(f"/v1/cases/{case}/ruling", json=answer).raise_for_status()
            _, arrived = receiver.recv()
            times.append((arrived - asked) * 1000)
    print(f"ruling to message received: {summary(times)}")


def summary(times: Sequence[float]) -> str:
    """The median and the 95th percentile of these milliseconds."""
    p95 = statistics.quantiles(times, n=20)[-1]
    return f"p50 {statistics.median(times):.1f} ms, p95 {p95:.1f} ms"


def measure(app: App, there: str, receiver: Connection, *, trials: int, messages: int) -> None:
    """One message at a time, then many."""
    courier = app.courier()
    with app.memory.transaction() as stores:
        add_endpoint(
            there,
            (),
            outside=courier.outside,
            vault=courier.vault,
            stores=stores,
            by="benchmark",
            now=now(),
        )
    with closing(
        Sender(courier, app.settings.home / "delivery", on_attempt=lambda _: None)
    ) as sender:
        for stirred in (True, False):
            times = []
            for _ in range(trials):
                commit(app, 1)
                committed = time.time()
                if stirred:
                    sender.stir()
                _, arrived = receiver.recv()
                times.append((arrived - committed) * 1000)
                time.sleep(0.01)
            who = "the process that sends" if stirred else "another process"
            print(f"committed by {who}: {summary(times)}")
        begun = time.perf_counter()
        commit(app, messages)
        enqueued = time.perf_counter() - begun
        sender.stir()
        while waiting(app):
            time.sleep(0.02)
        seconds = time.perf_counter() - begun
    print(
        f"{messages} messages: {messages / enqueued:.0f} committed a second, "
        f"{messages / seconds:.0f} a second committed, sent, received and written down"
    )


def waiting(app: App) -> int:
    """How many messages have not arrived."""
    with app.memory.reading() as stores:
        return sum(each.waiting for each in stores.deliveries.backlogs().values())


if __name__ == "__main__":
    main()
