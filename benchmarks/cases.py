"""
How long does a reviewer wait for the next case, and how many claims a second does a queue stand?

    python -m benchmarks.cases [--cases 100000] [--reviewers 20] [--claims 10000] [--asked 500] [--database-url URL]

Open cases of every urgency in four queues, each of a picture near an entry of a bank, are written in bulk. Then one
person asks for the next case again and again: as a story with its commit, and over HTTP from a server in this process,
where the answer is the page of the case (two requests) and the page of the queue (one). p95, and how many statements
the database is sent. At last many claim at once from one queue: no case is held twice, none is lost.
"""

import argparse
import random
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlencode

import httpx
from sqlalchemy import Connection, Engine, event, insert, text

from seawall.access.person import Limits, Role
from seawall.banks.bank import Bank
from seawall.banks.entry import Entry
from seawall.cases.case import Case, CaseEvent, Item, ItemKind, ItemMatch, Source, fold, opened
from seawall.cases.config import CasesConfig
from seawall.cases.likeness import marks_of
from seawall.clock import now
from seawall.ids import new_id
from seawall.signals.signal import Signal
from seawall.storage.case_rows import row_of
from seawall.storage.memory import Memory
from seawall.storage.tables import case_events, case_items, case_signals, cases
from seawall.web.metrics import Metrics
from seawall.workflows.cases import next_case
from tests.web.console.people import browser, somebody, word
from tests.web.serving import serving

AT_ONCE = 5_000  # written in one transaction
ENTRIES = 1_000
QUEUES = ("matches", "samples", "by-hand", "not-screened")
CATEGORIES = ("terrorist-content", "violence", "hate-speech")
CONFIG = CasesConfig(claim=timedelta(hours=12))


def main() -> None:
    """Fill a queue, ask for the next case, then claim from many threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--claims", type=int, default=10_000)
    parser.add_argument("--asked", type=int, default=500)
    parser.add_argument("--database-url", help="an empty database; SQLite in a new folder without")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), database_url=chosen.database_url, cases=CONFIG) as served,
    ):
        memory, secret = served.door.app.memory, served.door.app.draws
        begun = time.perf_counter()
        fill(memory, chosen.cases)
        print(f"{chosen.cases:,} cases written in {time.perf_counter() - begun:.0f} s")
        told("next, as a story", chosen.asked, lambda: take(memory, "ann", secret))
        with browser(served, somebody(served, Role.REVIEWER)) as client:
            asking = Asking(client)
            told("next, claimed over HTTP", chosen.asked, asking.claim)
            case = asking.claim()
            told("the page of a case", chosen.asked, lambda: asking.page(case))
            told("next, claimed, and its page", chosen.asked, lambda: asking.page(asking.claim()))
            inside(chosen.asked, lambda: asking.page(asking.claim()))
            told("a page of the queue", chosen.asked, lambda: asking.page("/desk/queue"))
        seconds, claimed = claims(memory, chosen.reviewers, chosen.claims)
        assert len(claimed) == len(set(claimed)) == chosen.claims
        print(
            f"{chosen.claims:,} claims by {chosen.reviewers} at once: "
            f"{chosen.claims / seconds:.0f} a second, none twice, none lost"
        )


def fill(memory: Memory, count: int) -> None:
    """So many open cases, about as many pictures, each near one of the bank's entries."""
    rng, moment = random.Random(7), now()
    entries = [
        Entry(
            id=new_id("en", at=moment),
            bank="known",
            signal=Signal("pdq", f"{rng.getrandbits(256):064x}"),
            categories=("terrorist-content",),
            vouchers=("us",),
            created_at=moment,
        )
        for _ in range(ENTRIES)
    ]
    names = [entry.id for entry in entries]
    with memory.transaction() as stores:
        stores.banks.add(Bank(name="known", owner="us", created_at=moment))
        stores.entries.add(entries)
    for start in range(0, count, AT_ONCE):
        events = [
            opening(number, rng, names) for number in range(start, min(start + AT_ONCE, count))
        ]
        with memory.transaction() as stores:
            write(events, stores.connection)
    with memory.transaction() as stores:
        stores.connection.execute(text("ANALYZE"))  # as the database does by itself in time


def opening(number: int, rng: random.Random, names: list[str]) -> CaseEvent:
    """How a case of a picture nobody has seen before opens."""
    moment = now()
    signal = f"pdq:{rng.getrandbits(256):064x}"
    category = rng.choice(CATEGORIES)
    match = ItemMatch(
        bank="known",
        entry=rng.choice(names),
        signal=signal,
        distance=rng.randrange(32),
        categories=(category,),
    )
    item = Item(
        id=f"post {number}",
        kind=ItemKind.IMAGE,
        upload=f"up_{number}",
        uploader=f"user {number % 20_000}",
        signals=(signal,),
        matches=(match,),
        territory=rng.choice(("DE", "FR", "IT", None)),
        reach=rng.randrange(1 << 20),
    )
    return opened(
        new_id("case", at=moment),
        item,
        source=Source.SCREENING,
        queue=rng.choice(QUEUES),
        category=category,
        severity=rng.randrange(8),
        confidence=rng.randrange(4),
        deadline=moment + timedelta(minutes=rng.randrange(9_000)) if rng.random() < 0.1 else None,
        by="benchmark",
        at=moment,
    )


def write(events: list[CaseEvent], connection: Connection) -> None:
    """Cases of these events, as a story would have opened them one by one."""
    made: list[Case] = [fold([each]) for each in events]
    connection.execute(insert(case_events), [asdict(each) for each in events])
    connection.execute(insert(cases), [row_of(case) for case in made])
    connection.execute(
        insert(case_items),
        [
            {
                "case": case.id,
                "item": item.id,
                "kind": item.kind,
                "upload": item.upload,
                "uploader": item.uploader,
            }
            for case in made
            for item in case.items
        ],
    )
    connection.execute(
        insert(case_signals),
        [
            {"case": case.id, "item": item.key, **asdict(mark)}
            for case in made
            for item in case.items
            for mark in marks_of(item)
        ],
    )


def told(what: str, times: int, ask: Callable[[], object]) -> None:
    """Print how long 95 of 100 stayed under, and how much the database was asked."""
    ask()  # templates are compiled
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    with counted() as statements:
        ask()
    p95 = 1000 * sorted(taken)[int(times * 0.95)]
    print(f"{what}: p95 {p95:.1f} ms, {len(statements)} statements")


def inside(times: int, ask: Callable[[], object]) -> None:
    """Print how long 95 of 100 took inside the server, all requests of one together."""
    spent: list[float] = []
    note = Metrics.answered

    def noted(self: Metrics, method: str, route: str, status: int, seconds: float) -> None:
        spent.append(seconds)
        note(self, method, route, status, seconds)

    taken = []
    with patch.object(Metrics, "answered", noted):
        for _ in range(times):
            spent.clear()
            ask()
            taken.append(sum(spent))
    print(f"the same, server time: p95 {1000 * sorted(taken)[int(times * 0.95)]:.1f} ms")


@contextmanager
def counted() -> Iterator[list[str]]:
    """What databases are sent meanwhile about cases and what belongs to them."""
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if re.search(r"case|people|entries|uploads|sealed|ruling|polic|looks", statement):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


class Asking:
    """A browser's connection, with little work of its own: it shares the interpreter with the server."""

    def __init__(self, client: httpx.Client) -> None:
        url = client.base_url
        self._connection = HTTPConnection(url.host, url.port)
        self._headers = {
            **client.headers,
            "Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept-Encoding": "identity",
        }
        self._form = urlencode({"csrf": word(client)})

    def claim(self) -> str:
        """Where the next case is, once it is claimed."""
        status, address = self._asked("POST", "/desk/queue/next", self._form)
        assert status == 303, status
        assert address.startswith("/desk/cases/"), address
        return address

    def page(self, address: str) -> None:
        """A page is read."""
        status, _ = self._asked("GET", address)
        assert status == 200, status

    def _asked(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("location", "")


def claims(memory: Memory, reviewers: int, wanted: int) -> tuple[float, list[str]]:
    """How long so many claims took, and of which cases they were."""
    claimed: list[str] = []
    turns = iter(range(wanted))
    gate = threading.Lock()

    def work(person: str) -> None:
        while True:
            with gate:
                if next(turns, None) is None:
                    return
            claimed.append(take(memory, person))

    threads = [
        threading.Thread(target=work, args=(f"person {number}",)) for number in range(reviewers)
    ]
    begun = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return time.perf_counter() - begun, claimed


def take(memory: Memory, person: str, secret: bytes | None = None) -> str:
    """The next case, theirs now."""
    with memory.transaction() as stores:
        case = next_case(
            person, limits=Limits(), config=CONFIG, stores=stores, now=now(), secret=secret
        )
    assert case is not None
    return case.id


if __name__ == "__main__":
    main()
