"""
Is anything acknowledged ever lost?

    python -m benchmarks.crash [--kills 50] [--database postgresql://…]

A server is killed with -9, all its processes at once, at random moments under load, and started again, over and over.
In the end every upload and entry that was answered with success must be in the database exactly once, with its audit
line exactly once, findable through the API, and the audit chain must be whole.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.server import Server, start
from seawall.settings import Secrets, Settings
from seawall.storage.memory import Memory
from seawall.workflows.audit import verify_audit
from seawall.workflows.pictures import jpeg, landscape

CLIENTS = 4
LATER = {"Prefer": "respond-async"}
PATIENCE = 60  # seconds for what is waited for


@dataclass
class Acknowledged:
    """What the server said it had done."""

    uploads: list[str] = field(default_factory=list)
    entries: list[tuple[str, str]] = field(default_factory=list)  # id and value
    screenings: list[str] = field(default_factory=list)  # accepted for the background
    refused: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it went."""

    kills: int
    uploads: int
    entries: int
    screenings: int
    faults: tuple[str, ...]


def survive(
    home: Path, *, kills: int, workers: int, seed: int, database: str | None = None
) -> Outcome:
    """Kill and restart a loaded server this often, and look for what is missing."""
    rng = random.Random(seed)
    environment = {"SEAWALL_DATABASE_URL": database} if database else {}
    key = create_key(home, environment)
    said = Acknowledged()
    for _ in range(kills):
        server = start(home, workers=workers, environment=environment)
        stop = threading.Event()
        clients = [
            threading.Thread(target=_load, args=(server, key, said, stop, rng.getrandbits(64)))
            for _ in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        _await_some_of_each(said)
        time.sleep(rng.uniform(0.2, 2.0))
        server.kill()
        stop.set()
        for client in clients:
            client.join()
    server = start(home, workers=workers, environment=environment)
    unended = _unended(server, key, said)
    faults = [*unended, *_unfindable(server, key, said, rng), *_missing(home, database, said)]
    server.stop()
    return Outcome(
        kills=kills,
        uploads=len(said.uploads),
        entries=len(said.entries),
        screenings=len(said.screenings),
        faults=tuple(faults),
    )


def _await_some_of_each(said: Acknowledged) -> None:
    """A slow machine is not killed before there is anything to lose."""
    until = time.monotonic() + PATIENCE
    while not (said.uploads and said.entries and said.screenings) and time.monotonic() < until:
        time.sleep(0.02)


def _load(server: Server, key: str, said: Acknowledged, stop: threading.Event, seed: int) -> None:
    rng = random.Random(seed)
    photo = jpeg(landscape(seed % 5, width=400, height=300))
    with httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=20
    ) as http:
        while not stop.is_set():
            value = rng.randbytes(32).hex()
            try:
                if rng.random() < 0.3:
                    entry = {
                        "signal_type": "pdq",
                        "value": value,
                        "categories": ["terrorist-content"],
                    }
                    answer = http.post("/v1/banks/known/entries", json=entry)
                    if answer.is_success:
                        said.entries.append((answer.json()["entries"][0]["id"], value))
                elif rng.random() < 0.1:
                    answer = http.post("/v1/screen", files={"file": photo}, headers=LATER)
                    if answer.is_success:
                        said.screenings.append(answer.json()["id"])
                elif rng.random() < 0.5:
                    answer = http.post("/v1/screen", files={"file": photo})
                    if answer.is_success:
                        said.uploads.append(answer.json()["upload"])
                else:
                    signals = json.dumps([{"type": "pdq", "value": value}])
                    answer = http.post("/v1/screen", data={"signals": signals})
                    if answer.is_success:
                        said.uploads.append(answer.json()["upload"])
            except httpx.HTTPError:
                continue  # it was killed before it answered: nothing was acknowledged
            if not answer.is_success:
                said.refused[answer.status_code] += 1


def _unended(server: Server, key: str, said: Acknowledged) -> list[str]:
    """What was accepted for the background and has no verdict, though there was time for all."""
    until = time.monotonic() + PATIENCE
    states: dict[str, str] = {}
    with httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=20
    ) as http:
        for ident in said.screenings:
            while True:
                states[ident] = http.get(f"/v1/screenings/{ident}").json().get("state", "lost")
                if states[ident] not in ("waiting", "working") or time.monotonic() > until:
                    break
                time.sleep(0.05)
    return [f"screening {ident} is {state}" for ident, state in states.items() if state != "done"]


def _unfindable(server: Server, key: str, said: Acknowledged, rng: random.Random) -> list[str]:
    sample = rng.sample(said.entries, min(300, len(said.entries)))
    body = {"signals": [{"type": "pdq", "value": value} for _, value in sample], "max_distance": 0}
    headers = {"Authorization": f"Bearer {key}"}
    results = httpx.post(f"{server.url}/v1/match", json=body, headers=headers, timeout=60).json()[
        "results"
    ]
    found = [[match["entry"] for match in result["matches"]] for result in results]
    return [
        f"entry {ident} is not matched"
        for (ident, _), there in zip(sample, found, strict=True)
        if there != [ident]
    ]


def _missing(home: Path, database: str | None, said: Acknowledged) -> list[str]:
    faults = [
        f"the server answered {status} {count} times" for status, count in said.refused.items()
    ]
    memory = Memory(Settings(home=home, secrets=Secrets(database)).database_url())
    with memory.reading() as stores:
        uploads = Counter(upload.id for upload in stores.uploads.all())
        entries = Counter(entry.id for entry in stores.entries.all("known"))
        events: Counter[str] = Counter()
        told = stores.outbox.after(0, limit=1_000_000, topic="upload:screened")
        verdicts = Counter(message.body["screening"] for message in told)
        for event in stores.audit.all():
            happening = event.happening
            events.update([happening.subject] if happening.action == "upload:screened" else [])
            events.update(
                happening.details.get("entries", []) if happening.action == "entry:added" else []
            )
    for kind, wanted, there in (
        ("upload", said.uploads, uploads),
        ("entry", [ident for ident, _ in said.entries], entries),
    ):
        faults += [
            f"{kind} {ident} is there {there[ident]} times" for ident in wanted if there[ident] != 1
        ]
        faults += [
            f"{kind} {ident} has {events[ident]} audit lines"
            for ident in wanted
            if events[ident] != 1
        ]
    faults += [
        f"screening {ident} has {verdicts[ident]} verdicts"
        for ident in said.screenings
        if verdicts[ident] != 1
    ]
    faults += verify_audit(memory).faults
    memory.close()
    return faults


def create_key(
    home: Path, environment: dict[str, str], *, scopes: str = "match,screen,banks"
) -> str:
    """A key that may do this: where nothing is named, screen, match and fill the bank `known`."""

    def seawall(*arguments: str) -> str:
        command = [
            sys.executable,
            "-c",
            "from seawall.cli.main import main; main()",
            "--home",
            str(home),
        ]
        return subprocess.run(
            [*command, *arguments],
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
        ).stdout.decode()

    seawall("bank", "create", "known")
    made = json.loads(seawall("key", "create", "crash", "--scope", scopes, "--json"))
    return str(made["key"])


def main() -> None:
    """Kill, restart, compare, report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--database")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        outcome = survive(
            Path(place) / "home",
            kills=chosen.kills,
            workers=chosen.workers,
            seed=chosen.seed,
            database=chosen.database,
        )
    print(
        f"{outcome.kills} kills of {chosen.workers} workers on {'PostgreSQL' if chosen.database else 'SQLite'}: "
        f"{outcome.uploads} uploads, {outcome.entries} entries and {outcome.screenings} in the background "
        f"acknowledged, {len(outcome.faults)} faults"
    )
    for fault in outcome.faults[:20]:
        print(f"  {fault}")
    sys.exit(bool(outcome.faults))


if __name__ == "__main__":
    main()
