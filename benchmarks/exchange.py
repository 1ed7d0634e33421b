"""
How much does a hub take in, and how fast does it give it out?

    python -m benchmarks.exchange [--records 1000000] [--seconds 10] [--database postgresql://…]

A hub in processes of its own, and members, all on this machine. Contributions come by single requests over many
connections, then in bulk as one NDJSON body; the snapshot of all of it is read over HTTP, unpacked and checked against
its signature; then single requests come again, on what is full by now.
"""

import argparse
import json
import os
import random
import secrets
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import httpx
import zstandard

from benchmarks.serve import Load, load
from benchmarks.server import Server, running
from seawall.access.key import Scope
from seawall.app import open_app
from seawall.clock import now
from seawall.exchange.agreement import Agreement, Member, Role, Terms
from seawall.exchange.organisation import Kind, Organisation
from seawall.settings import Secrets, Settings
from seawall.workflows.key import create_key

CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Hub:
    """A running hub, an agreement on it, and the key of its one member."""

    server: Server
    agreement: str
    key: str

    @property
    def path(self) -> str:
        """Where the agreement is."""
        return f"/v1/exchange/agreements/{self.agreement}"

    @property
    def headers(self) -> dict[str, str]:
        """What a request carries."""
        return {"Authorization": f"Bearer {self.key}"}

    def resident(self) -> tuple[float, float]:
        """Memory of its processes now, and the most it ever was, in MiB."""
        found = [_memory(pid) for pid in _group(self.server.process.pid)]
        return sum(now for now, _ in found), sum(most for _, most in found)


def single(hub: Hub, *, seconds: float, rng: random.Random) -> Load:
    """Contributions one a request, as many as it takes."""
    requests = [_request(hub, rng.randbytes(32).hex()) for _ in range(int(1_500 * seconds))]
    return load(hub.server.url, requests, connections=CONNECTIONS, seconds=seconds)


def in_bulk(hub: Hub, count: int, *, rng: random.Random) -> float:
    """Seconds for so many contributions in one body."""

    def body() -> Iterator[bytes]:
        for _ in range(0, count, 1000):
            yield b"".join(_line(rng.randbytes(32).hex()) for _ in range(1000))

    begun = time.perf_counter()
    added = 0
    headers = hub.headers | {"Content-Type": "application/x-ndjson"}
    with httpx.stream(
        "POST",
        f"{hub.server.url}{hub.path}/opinions/bulk",
        content=body(),
        headers=headers,
        timeout=600,
    ) as answer:
        for line in answer.iter_lines():
            added += json.loads(line)["added"]
    if added != count:
        raise RuntimeError(f"{added} of {count} were added.")
    return time.perf_counter() - begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A snapshot as it was read."""

    seconds: float
    first: float  # seconds until its first byte
    compressed: int
    length: int
    records: int


def copy(hub: Hub) -> Copy:
    """Read the snapshot, unpack it and check its digest."""
    digest, begun, first = sha256(), time.perf_counter(), 0.0
    compressed = length = 0
    unpacked, tail = zstandard.ZstdDecompressor().decompressobj(), b""
    url = f"{hub.server.url}{hub.path}/snapshot"
    with httpx.stream("GET", url, headers=hub.headers, timeout=600) as answer:
        for piece in answer.iter_raw():
            first = first or time.perf_counter() - begun
            compressed += len(piece)
            text = unpacked.decompress(piece)
            length += len(text)
            text = tail + text
            at = text.rfind(b"\n", 0, -1) + 1  # the last line, whole or not, waits
            digest.update(text[:at])
            tail = text[at:]
    last = json.loads(tail)
    if digest.hexdigest() not in last["signed"]:
        raise RuntimeError("The snapshot is not what the hub has signed.")
    return Copy(
        seconds=time.perf_counter() - begun,
        first=first,
        compressed=compressed,
        length=length,
        records=last["records"],
    )


def _prepared(home: Path, database: str | None) -> tuple[str, str]:
    """An agreement without a quota, and its member's key."""
    agreement, moment = f"bench-{secrets.token_hex(4)}", now()
    with (
        open_app(Settings(home=home, secrets=Secrets(database))) as app,
        app.memory.transaction() as stores,
    ):
        stores.organisations.add(
            Organisation(id=agreement, name="Bench", kind=Kind.PLATFORM, created_at=moment)
        )
        terms = Terms(title="Bench", quota=None)
        stores.organisations.add_agreement(Agreement(id=agreement, terms=terms, created_at=moment))
        stores.organisations.add_member(_member(agreement, moment))
        _, key = create_key(
            "bench",
            owner=agreement,
            scopes=frozenset({Scope.EXCHANGE}),
            requests_per_second=1_000_000,
            stores=stores,
            by="bench",
            now=moment,
        )
    return agreement, key


def _member(agreement: str, moment: datetime) -> Member:
    return Member(
        agreement=agreement, organisation=agreement, roles=frozenset(Role), joined_at=moment
    )


def _request(hub: Hub, value: str) -> bytes:
    body = {"signals": [f"pdq:{value}"], "categories": ["terrorist-content"], "severity": 3}
    content = json.dumps(body).encode()
    head = (
        f"POST {hub.path}/opinions HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {hub.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _line(value: str) -> bytes:
    return (
        f'{{"signal_type":"pdq","value":"{value}","categories":["terrorist-content"],"severity":3}}\n'
    ).encode()


def _group(leader: int) -> list[int]:
    """The processes of this group."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(place.name)) == leader:
                found.append(int(place.name))
        except ProcessLookupError:
            continue
    return found


def _memory(pid: int) -> tuple[float, float]:
    fields = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    )
    return tuple(int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value] # two of them


def main() -> None:
    """Contribute, copy, report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=1_000_000)
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--database")
    chosen = arguments.parse_args()
    rng = random.Random(secrets.randbits(32) if chosen.database else chosen.seed)
    environment = {"SEAWALL_SERVER_DECODERS": "1"}
    if chosen.database:
        environment["SEAWALL_DATABASE_URL"] = chosen.database
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        home.mkdir()
        agreement, key = _prepared(home, chosen.database)
        with running(home, workers=chosen.workers, environment=environment) as server:
            hub = Hub(server, agreement, key)
            print(f"{'PostgreSQL' if chosen.database else 'SQLite'}, {chosen.workers} workers")
            _tell_load("single requests", single(hub, seconds=chosen.seconds, rng=rng))
            took = in_bulk(hub, chosen.records, rng=rng)
            print(
                f"in bulk: {chosen.records} in {took:.1f} s, {chosen.records / took:.0f} a second"
            )
            before, _ = hub.resident()
            got = copy(hub)
            _, most = hub.resident()
            print(
                f"snapshot: {got.records} records in {got.seconds:.1f} s, first byte after {got.first:.2f} s, "
                f"{got.compressed / 2**20:.0f} MiB for {got.length / 2**20:.0f} MiB; "
                f"hub resident {before:.0f} MiB before, {most:.0f} MiB at most"
            )
            _tell_load("single requests again", single(hub, seconds=chosen.seconds, rng=rng))


def _tell_load(what: str, seen: Load) -> None:
    print(
        f"{what}: {seen.per_second:.0f} a second over {CONNECTIONS} connections, "
        f"median {seen.percentile(0.5):.0f} ms, p99 {seen.percentile(0.99):.0f} ms"
    )


if __name__ == "__main__":
    main()
