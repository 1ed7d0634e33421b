"""
How soon is what one organisation shares enforced at another, and how long does a first copy take?

    python -m benchmarks.fresh [--trials 200] [--entries 1000000] [--records 1000000] [--missed 100000]

A hub and a member node, each a real server in processes of its own, on this machine. Trials: a random signal is
contributed at the hub by one organisation, and the node of another, which holds so many entries of its own, is asked
about it until it blocks; the time runs from the hub's acknowledgement and, stricter, from sending the contribution.
Then the hub is filled with records, an empty node takes its first copy, misses some deltas and catches up.
"""

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.serve import prepare
from benchmarks.server import Server, running
from seawall.access.key import Scope, imprint_of, new_text
from seawall.app import open_app
from seawall.clock import now
from seawall.settings import Settings
from seawall.workflows.key import create_key

AGREEMENT = "shared"
PATIENCE = 60.0  # seconds until a trial counts as failed


@dataclass(frozen=True, slots=True)
class Hub:
    """A running hub with one agreement and one contributor."""

    server: Server
    admin: httpx.Client
    contributor: httpx.Client

    def invitation(self, organisation: str, *roles: str) -> str:
        """A token that lets this organisation join."""
        wanted = {"organisation": organisation, "kind": "platform", "roles": roles}
        return str(self._made("invitations", wanted)["token"])

    def contribute(self, signal: str) -> None:
        """One confirmed signal, acknowledged."""
        opinion = {"signals": [signal], "word": "confirm", "categories": ["terrorist-content"]}
        path = f"/v1/exchange/agreements/{AGREEMENT}/opinions"
        self.contributor.post(path, json=opinion).raise_for_status()

    def contribute_many(self, count: int, rng: random.Random) -> float:
        """So many random signals in one request; the seconds it took."""

        def lines() -> Iterator[bytes]:
            yield b"signal_type,value,word,categories\n"
            for _ in range(count):
                yield f"pdq,{rng.randbytes(32).hex()},confirm,terrorist-content\n".encode()

        path = f"/v1/exchange/agreements/{AGREEMENT}/opinions/bulk"
        begun = time.perf_counter()
        with self.contributor.stream(
            "POST", path, content=lines(), headers={"Content-Type": "text/csv"}, timeout=None
        ) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                assert '"error"' not in line, line
        return time.perf_counter() - begun

    def _made(self, what: str, wanted: dict[str, object]) -> dict[str, object]:
        answer = self.admin.post(f"/v1/exchange/agreements/{AGREEMENT}/{what}", json=wanted)
        assert answer.is_success, answer.text
        made: dict[str, object] = answer.json()
        return made


@contextmanager
def hub(home: Path) -> Iterator[Hub]:
    """A hub over this new home."""
    with open_app(Settings(home=home)) as app, app.memory.transaction() as stores:
        _, text = create_key(
            "operator",
            owner="hub",
            scopes=frozenset({Scope.ADMIN}),
            expires_at=None,
            requests_per_second=1_000_000,
            stores=stores,
            by="benchmark",
            now=now(),
        )
    with running(home) as server:
        admin = client(server.url, text)
        terms = {"id": AGREEMENT, "title": "Shared", "quota": None}
        admin.post("/v1/exchange/agreements", json=terms).raise_for_status()
        begun = Hub(server, admin, admin)
        token = begun.invitation("acme", "contribute", "consume")
        key = new_text(at=now())
        wanted = {"token": token, "name": "Acme", "key": imprint_of(key).document()}
        joined = httpx.post(f"{server.url}/v1/exchange/join", json=wanted)
        assert joined.is_success, joined.text
        yield Hub(server, admin, client(server.url, key))


def client(url: str, key: str) -> httpx.Client:
    """Requests to a server with a key."""
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)


def seawall(home: Path, *arguments: str) -> tuple[float, int]:
    """Run a command on a home: its seconds, and the most memory it had, in MiB."""
    command = [sys.executable, "-c", "from seawall.cli.main import main; main()"]
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--home", str(home), *arguments], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, (arguments, status)
    return time.perf_counter() - begun, used.ru_maxrss // 1024


def resident(server: Server) -> int:
    """The largest process of a server, in MiB."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == server.process.pid:
                status = (folder / "status").read_text()
                peak = status.partition("VmHWM:")[2].split()
                found = max(found, int(peak[0]) // 1024)
        except (OSError, IndexError):
            continue
    return found


def trials(
    shared: Hub, node: httpx.Client, count: int, rng: random.Random
) -> list[tuple[float, float]]:
    """For each trial the seconds until the node knows the signal: since it was acknowledged, and since it was sent."""
    taken = []
    for _ in range(count):
        value = rng.randbytes(32).hex()
        question = {"signals": [{"type": "pdq", "value": value}], "max_distance": 0}
        sent = time.perf_counter()
        shared.contribute(f"pdq:{value}")
        acknowledged = time.perf_counter()
        while not node.post("/v1/match", json=question).json()["results"][0]["matches"]:
            assert time.perf_counter() - sent < PATIENCE, "The node never heard of it."
            time.sleep(0.005)
        known = time.perf_counter()
        taken.append((known - acknowledged, known - sent))
        time.sleep(rng.uniform(0, 0.2))  # so that the trials do not fall into step with anything
    return taken


def print_trials(name: str, seconds: list[float]) -> None:
    """Median and 99th percentile in milliseconds."""
    p99 = sorted(seconds)[int(0.99 * (len(seconds) - 1))]
    print(f"{name:46} median {1e3 * statistics.median(seconds):6.0f} ms   p99 {1e3 * p99:6.0f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--missed", type=int, default=100_000)
    chosen = parser.parse_args()
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as place, hub(Path(place) / "hub") as shared:
        if chosen.trials:
            home = Path(place) / "node"
            home.mkdir()
            key = prepare(home, chosen.entries)
            token = shared.invitation("beta", "consume")
            seawall(home, "join", shared.server.url, "--token", token)
            with running(home) as server:
                found = trials(shared, client(server.url, key), chosen.trials, rng)
            print(f"{chosen.trials} trials, a node with {chosen.entries} entries of its own")
            print_trials("  acknowledged at the hub to known at the node", [a for a, _ in found])
            print_trials("  sent to the hub to known at the node", [s for _, s in found])
        if chosen.records:
            first_copy(shared, Path(place) / "empty", chosen.records, chosen.missed, rng)
    print(f"this process at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


def first_copy(shared: Hub, home: Path, records: int, missed: int, rng: random.Random) -> None:
    """Fill the hub, let an empty node copy it, miss some, and catch up."""
    taken = shared.contribute_many(records, rng)
    print(f"{records} records in bulk: {taken:.1f} s, {records / taken:.0f} a second")
    token = shared.invitation("gamma", "consume")
    joining, memory = seawall(home, "join", shared.server.url, "--token", token)
    syncing, more = seawall(home, "sync", "--once")
    most = max(memory, more)
    print(
        f"first copy, indexed: {joining + syncing:.1f} s (at most 60); node at most {most} MiB (at most 1024)"
    )
    print(f"hub at most {resident(shared.server)} MiB in one process (at most 1024)")
    shared.contribute_many(missed, rng)
    catching_up, _ = seawall(home, "sync", "--once")
    print(
        f"{missed} deltas missed: caught up in {catching_up:.1f} s (at most 10), start-up included"
    )


if __name__ == "__main__":
    main()
