"""
How soon does a message arrive, and how many a second?

    python -m benchmarks.delivery [--trials 200] [--messages 2000] [--database postgresql://…]

A receiver in a process of its own checks nothing and answers 204. Trials: a message is committed, alone, and the time
runs from the commit's return until the receiver has it; the clock is this machine's. Then many messages about as many
subjects are committed at once, and the time runs until the last one is written down as delivered.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

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
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(
            Settings(home=Path(folder)),
            delivery=DeliveryConfig(allowed_hosts=frozenset({"127.0.0.1"})),
            secrets=Secrets(chosen.database),
        )
        with open_app(settings) as app:
            measure(app, ours, trials=chosen.trials, messages=chosen.messages)
    ours.send("stop")
    process.join()


def measure(app: App, receiver: Connection, *, trials: int, messages: int) -> None:
    """One message at a time, then many."""
    courier = app.courier()
    with app.memory.transaction() as stores:
        add_endpoint(
            receiver.recv(),
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
            p95 = statistics.quantiles(times, n=20)[-1]
            who = "the process that sends" if stirred else "another process"
            print(f"committed by {who}: p50 {statistics.median(times):.1f} ms, p95 {p95:.1f} ms")
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
