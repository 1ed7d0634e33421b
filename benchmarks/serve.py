"""
How fast does the HTTP door answer?

    python -m benchmarks.serve [--codes 1000000] [--home DIR]

A bank of random codes, a server with two workers, and a load generator, all on this machine. Matches are asked one
signal a request and in batches; photos of about a megapixel are screened, and the peer is the same work in one process
without HTTP and storage: the same sandbox, lookup and rules, with as many decoders. `--home` keeps the bank for the
next run.
"""

import argparse
import json
import os
import random
import selectors
import socket
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.server import running
from seawall.access.key import Scope
from seawall.app import App, open_app
from seawall.clock import now
from seawall.decoders import open_sandbox
from seawall.settings import Settings
from seawall.signals.fingerprint import Fingerprint
from seawall.workflows.bank import ensure_bank
from seawall.workflows.importing import import_entries
from seawall.workflows.key import create_key
from seawall.workflows.pictures import jpeg, landscape
from seawall.workflows.upload import Context, screen_upload

BATCH = 100  # signals a request
ROUNDS = 5  # of screening with and without HTTP, in turn; the one in the middle is shown
BOUNDARY = "a-boundary-that-is-in-no-photo"


@dataclass(frozen=True, slots=True)
class Load:
    """What a load generator saw."""

    requests: int
    seconds: float
    latencies: tuple[float, ...]  # seconds

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """The latency this share of requests stayed under, in milliseconds."""
        return 1000 * sorted(self.latencies)[int(share * (len(self.latencies) - 1))]


def load(url: str, requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Keep this many connections busy for so long, each with one request at a time, from a process of its own."""
    with ProcessPoolExecutor(1) as pool:
        return pool.submit(_loaded, url, requests, connections, seconds).result()


def _loaded(url: str, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    at = urlsplit(url)
    chooser = selectors.DefaultSelector()
    for _ in range(connections):
        connection = socket.create_connection((at.hostname, at.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chooser.register(connection, selectors.EVENT_READ, [0.0, b""])
    turn, latencies = 0, []
    begun = time.perf_counter()
    for key in chooser.get_map().values():
        key.data[0] = time.perf_counter()
        key.fileobj.sendall(requests[turn])  # type: ignore[union-attr]
        turn += 1
    while (passed := time.perf_counter() - begun) < seconds:
        for key, _ in chooser.select(1):
            key.data[1] += key.fileobj.recv(1 << 20)  # type: ignore[union-attr]
            if not _complete(key.data[1]):
                continue
            latencies.append(time.perf_counter() - key.data[0])
            key.data[:] = [time.perf_counter(), b""]
            key.fileobj.sendall(requests[turn % len(requests)])  # type: ignore[union-attr]
            turn += 1
    return Load(len(latencies), passed, tuple(latencies))


def _complete(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")), answer[:500]
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return len(body) >= int(length)


def match_request(key: str, codes: Sequence[bytes]) -> bytes:
    """A request for these codes."""
    signals = [{"type": "pdq", "value": code.hex()} for code in codes]
    return post("/v1/match", key, "application/json", json.dumps({"signals": signals}).encode())


def screen_request(key: str, photo: bytes) -> bytes:
    """A request with this photo."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    body = head.encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
    return post("/v1/screen", key, f"multipart/form-data; boundary={BOUNDARY}", body)


def post(path: str, key: str, kind: str, body: bytes) -> bytes:
    """A request as it goes over the wire."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def prepare(home: Path, codes: int) -> str:
    """A bank of random codes, if it is not there, and a key that may ask as fast as it can."""
    with open_app(Settings(home=home)) as app:
        with app.memory.transaction() as stores:
            ensure_bank("known", owner="benchmark", stores=stores, by="benchmark", now=now())
            here = stores.banks.size("known")
            _, text = create_key(
                "benchmark",
                owner="benchmark",
                scopes=frozenset({Scope.ADMIN}),
                requests_per_second=10**9,
                stores=stores,
                by="benchmark",
                now=now(),
            )
        if here < codes:
            _import(app, codes - here)
        app.knowledge.refresh_now()
        app.knowledge.catalogue.merge(always=True)
    return text


def _import(app: App, count: int) -> None:
    rng = random.Random()

    def lines() -> Iterator[str]:
        yield "signal_type,value\n"
        for _ in range(count):
            yield f"pdq,{rng.randbytes(32).hex()}\n"

    begun = time.perf_counter()
    for _ in import_entries(
        "known",
        lines(),
        ndjson=False,
        taxonomy=app.taxonomy,
        memory=app.memory,
        by="benchmark",
        now=now,
        source="random",
    ):
        pass
    print(f"imported {count} codes, {count / (time.perf_counter() - begun):.0f} a second")


def screened_without_http(
    home: Path, photos: Sequence[bytes], *, decoders: int, seconds: float
) -> float:
    """Photos a second of fingerprinting, looking up and judging in one process, nothing sent and nothing kept."""
    settings = Settings(home=home)
    waiting: deque[Future[Fingerprint]] = deque()
    with open_app(settings) as app, open_sandbox(settings) as sandbox:
        for photo in photos[: 2 * decoders]:
            sandbox.submit(photo).result()
        done = turn = 0
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            while len(waiting) < 2 * decoders:
                waiting.append(sandbox.submit(photos[turn % len(photos)]))
                turn += 1
            moment: datetime = now()
            screen_upload(
                waiting.popleft().result(),
                Context(),
                knowledge=app.knowledge,
                chance=1.0,
                now=moment,
            )
            done += 1
        passed = time.perf_counter() - begun
    return done / passed


def measure(home: Path, *, codes: int, seconds: float) -> None:
    """Measure and print a table."""
    key = prepare(home, codes)
    rng = random.Random(2)
    cores = len(os.sched_getaffinity(0))
    singles = [match_request(key, [rng.randbytes(32)]) for _ in range(5_000)]
    batches = [match_request(key, [rng.randbytes(32) for _ in range(BATCH)]) for _ in range(200)]
    photos = [jpeg(landscape(seed)) for seed in range(40)]
    uploads = [screen_request(key, photo) for photo in photos]

    with running(home, workers=2) as server:
        load(server.url, singles, connections=8, seconds=1)  # warm
        single = load(server.url, singles, connections=8, seconds=seconds)
        batch = load(server.url, batches, connections=4, seconds=seconds)
    rounds = []
    for _ in range(ROUNDS):
        floor = screened_without_http(home, photos, decoders=cores, seconds=seconds)
        with running(home, workers=1) as server:
            load(server.url, uploads, connections=4 * cores, seconds=1)  # warm
            rounds.append(
                (load(server.url, uploads, connections=4 * cores, seconds=seconds), floor)
            )
    rounds.sort(key=lambda each: each[0].per_second / each[1])
    screened, floor = rounds[ROUNDS // 2]

    print(f"{cores} processors, {codes} codes; server and load on this machine")
    _line("match, one signal", single, f"{single.per_second:8.0f} requests/s  (at least 1500)")
    signals = batch.per_second * BATCH
    each = signals / cores
    _line(
        f"match, {BATCH} signals",
        batch,
        f"{signals:8.0f} signals/s, {each:.0f} per processor  (at least 3000)",
    )
    _line("screen, 1 megapixel", screened, f"{screened.per_second:8.1f} photos/s")
    print(f"  the same without HTTP and storage         {floor:8.1f} photos/s")
    print(
        f"  ratio                                     {screened.per_second / floor:8.1%}  (at least 70 %)"
    )


def _line(name: str, seen: Load, figure: str) -> None:
    print(
        f"{name:20} p50 {seen.percentile(0.5):6.1f} ms  p99 {seen.percentile(0.99):6.1f} ms  {figure}"
    )


def main() -> None:
    """Read the options, measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--codes", type=int, default=1_000_000)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--home", type=Path)
    chosen = options.parse_args()
    if chosen.home:
        measure(chosen.home, codes=chosen.codes, seconds=chosen.seconds)
        return
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place) / "home", codes=chosen.codes, seconds=chosen.seconds)


if __name__ == "__main__":
    main()
