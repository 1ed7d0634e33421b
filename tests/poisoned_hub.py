"""
A hub that can misbehave: the real stories and the real tree behind routes of a few lines.

Its signing key, agreement and member are those of a real hub; `faults` says what it does wrong from the next answer on.
"""

import contextlib
import gzip
import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import zstandard

from seawall.access.key import Imprint, Key, Scope, imprint_of
from seawall.clock import rfc3339
from seawall.exchange import merkle
from seawall.exchange.agreement import Agreement, Member, Role, Terms
from seawall.exchange.note import Checkpoint, SigningKey, sign
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.organisation import Kind, Organisation
from seawall.policy.taxonomy import taxonomy
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Signal
from seawall.storage.memory import Memory
from seawall.workflows.contributing import Given, contribute_lines, share_signals
from seawall.workflows.exchange_wire import shared_record_document
from seawall.workflows.sharing import Told, share, tell
from tests.made import NOON

AGREEMENT = "pact"
TAXONOMY = taxonomy({})
REFUSALS = {"locked": 401, "barred": 403, "broken": 500, "busy": 503, "odd": 422}  # fault → status
KEY = Key(
    id="key_1",
    name="beta's member",
    owner="beta",
    scopes=frozenset({Scope.EXCHANGE}),
    created_at=NOON,
)


@dataclass
class PoisonedHub:
    """A hub over a database of its own."""

    folder: Path
    key: SigningKey = field(default_factory=lambda: SigningKey.generate("hub.example"))
    faults: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    answered: dict[str, bytes] = field(default_factory=dict)  # by Idempotency-Key
    reports: list[dict[str, Any]] = field(default_factory=list)
    keys: list[Imprint] = field(default_factory=list)  # as members have shown them
    opening: set[str] | None = None  # the ids of the keys that open; None: whatever is shown does
    picky: dict[str, int] = field(default_factory=dict)  # a message with this text → its status
    bulk: bytes = b""  # in place of the answer to a list, which breaks off after it
    date: str | None = None  # what its clock says; the true time
    url: str = ""

    def __post_init__(self) -> None:
        """Open it, with two members."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.memory = Memory(f"sqlite:///{self.folder / 'hub.db'}")
        with self.memory.transaction() as stores:
            if stores.organisations.agreements():
                return
            stores.organisations.add_agreement(
                Agreement(id=AGREEMENT, terms=Terms(title="Pact", quota=None), created_at=NOON)
            )
            for name in ("alpha", "beta"):
                stores.organisations.add(
                    Organisation(id=name, name=name, kind=Kind.PLATFORM, created_at=NOON)
                )
                stores.organisations.add_member(
                    Member(
                        agreement=AGREEMENT,
                        organisation=name,
                        roles=frozenset({Role.CONTRIBUTE, Role.CONSUME}),
                        joined_at=NOON,
                    )
                )

    def give(
        self,
        signals: list[Signal],
        *,
        by: str = "alpha",
        word: Word = Word.CONFIRM,
        reason: str = "",
        at: datetime | None = None,
        categories: tuple[str, ...] = ("terrorist-content",),
        expires_at: datetime | None = None,
        kind: Kind = Kind.PLATFORM,
    ) -> None:
        """An organisation's word on these signals, each a content of its own."""
        moment = at or datetime.now(UTC)
        with self.memory.transaction() as stores:
            member = stores.organisations.member(AGREEMENT, by)
            opinion = Opinion(
                organisation=by,
                kind=kind,
                word=word,
                at=moment,
                categories=categories if word is Word.CONFIRM else (),
                reason=reason,
                expires_at=expires_at,
            )
            share(
                AGREEMENT,
                [(signal, opinion, None) for signal in signals],
                by=member,
                taxonomy=TAXONOMY,
                stores=stores,
                now=moment,
                actor="test",
            )

    def poison(self, line: bytes) -> None:
        """A delta that is signed like every other, and means nothing."""
        with self.memory.transaction() as stores:
            size = stores.deltas.lock(AGREEMENT)
            stores.deltas.append(AGREEMENT, [(line, None)], size=size, at=NOON)

    def note(self, size: int) -> str:
        """The signed checkpoint over the first `size` deltas."""
        with self.memory.reading() as stores:
            root = stores.deltas.root(AGREEMENT, size)
        if "forked" in self.faults and size:
            root = hashlib.sha256(b"another history").digest()
        signer = SigningKey.generate(self.key.name) if "unsigned" in self.faults else self.key
        return sign(Checkpoint(f"{self.key.name}/{AGREEMENT}", size, root).text, signer)

    def page(self, after: int, limit: int) -> bytes:
        """An answer to a question for changes."""
        with self.memory.reading() as stores:
            size = stores.deltas.size(AGREEMENT)
            lines = list(stores.deltas.lines_after(AGREEMENT, after, limit=limit))
        last = after + len(lines)
        if "replayed" in self.faults and lines:
            lines = [lines[0], *lines]
        if "reordered" in self.faults:
            lines = lines[::-1]
        if "altered" in self.faults:
            lines = [line.replace(b"confirm", b"dispute") for line in lines]
        if "endless" in self.faults:
            lines = [b"x" * 1_000_000] * 200
        ending = orjson.dumps({"checkpoint": self.note(min(last, size))})
        return b"\n".join([orjson.dumps({"after": after, "size": size}), *lines, ending, b""])

    def snapshot(self) -> bytes:
        """Every record, compressed and signed."""
        with self.memory.reading() as stores:
            size = stores.deltas.size(AGREEMENT)
            records = list(stores.records.documents(AGREEMENT))
            peaks = merkle.peaks(size, stores.deltas.hashes(AGREEMENT))
        head = {"format": "seawall-snapshot/1", "agreement": AGREEMENT, "size": size}
        body = orjson.dumps(head) + b"\n"
        for number, record in records:
            body += orjson.dumps({"number": number, "record": record}) + b"\n"
        digest = hashlib.sha256(body).hexdigest()
        origin = f"{self.key.name}/{AGREEMENT}"
        body += orjson.dumps(
            {
                "records": len(records),
                "checkpoint": self.note(size),
                "signed": sign(f"{origin}/snapshot\n{size}\n{digest}\n", self.key),
                "peaks": [peak.hex() for peak in peaks],
            }
        )
        if "bomb" in self.faults:
            body = b"\0" * (1 << 30)
        if "altered" in self.faults:
            body = body.replace(b"confirm", b"dispute")
        return zstandard.ZstdCompressor().compress(body + b"\n")

    def get(self, path: str, query: dict[str, str]) -> bytes:
        """What a member asks for."""
        match path.rpartition("/")[2]:
            case "deltas":
                after = int(query["after"])
                self._wait_for_news(after, seconds=int(query["wait"]))
                return self.page(after, int(query["limit"]))
            case "snapshot":
                return self.snapshot()
            case "checkpoint":
                with self.memory.reading() as stores:
                    size = stores.deltas.size(AGREEMENT)
                return self.note(size).encode()
        raise ValueError(path)

    def post_once(self, token: str | None, path: str, body: bytes) -> bytes:
        """What a member is answered; the same once more for the same token."""
        answer = self.answered.get(token or "")
        if answer is None:
            answer = json.dumps(self.post(path, json.loads(body))).encode()
        if token:
            self.answered[token] = answer
        return answer

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What a member tells."""
        if path.endswith("/join"):
            return {
                "organisation": "beta",
                "agreement": AGREEMENT,
                "roles": ["consume", "contribute"],
                "key": self._shown(body["key"]),
                "hub": str(self.key.verifier),
            }
        if path.endswith("/key"):
            return {"key": self._shown(body["key"]), "expires_at_of_old": None}
        if path.endswith("/reports"):
            self.reports.append(body["records"])
            told = {ident: Told(**counts) for ident, counts in body["records"].items()}
            with self.memory.transaction() as stores:
                member = stores.organisations.member(AGREEMENT, "beta")
                now = datetime.now(UTC)
                count = tell(AGREEMENT, told, by=member, stores=stores, now=now, actor="test")
            return {"counted": count}
        return self._said(**body)

    def _wait_for_news(self, after: int, *, seconds: int) -> None:
        """Until there is a delta after this one, or a fault, or the time is up."""
        for _ in range(seconds * 50):
            with self.memory.reading() as stores:
                if stores.deltas.size(AGREEMENT) != after or self.faults:
                    return
            time.sleep(0.02)

    def _said(
        self,
        *,
        signals: list[str],
        word: str,
        piece: str | None = None,
        said_at: str | None = None,
        **opinion: Any,
    ) -> dict[str, Any]:
        """What a member says, as the hub's own story takes it."""
        now = datetime.now(UTC)
        with self.memory.transaction() as stores:
            results = share_signals(
                AGREEMENT,
                [parse_signal(text) for text in signals],
                Given(word=Word(word), **opinion),
                piece=piece,
                by=KEY,
                taxonomy=TAXONOMY,
                stores=stores,
                now=now,
                said_at=datetime.fromisoformat(said_at) if said_at else None,
            )
        documents = [
            {
                "record": each.record and shared_record_document(each.record, now=now),
                "held": each.held,
                "changed": each.changed,
            }
            for each in results
        ]
        return json.loads(orjson.dumps({"at": rfc3339(now), "results": documents}))

    def list_said(self, text: str) -> bytes:
        """What a member says in a list of CSV, as the hub's own story takes it."""
        batches = contribute_lines(
            AGREEMENT,
            text.splitlines(keepends=True),
            ndjson=False,
            by=KEY,
            taxonomy=TAXONOMY,
            memory=self.memory,
            now=lambda: datetime.now(UTC),
        )
        lines = []
        for batch in batches:
            lines += [asdict(bad) for bad in batch.bad]
            lines.append({name: getattr(batch, name) for name in ("added", "unchanged", "held")})
        return b"".join(orjson.dumps(each) + b"\n" for each in lines)

    def _shown(self, key: dict[str, str]) -> str:
        self.keys.append(Imprint(key["id"], bytes.fromhex(key["digest"])))
        if self.opening is not None:
            self.opening.add(key["id"])
        return key["id"]


class _Server(ThreadingHTTPServer):
    """Answers for one hub."""

    daemon_threads = True

    def __init__(self, hub: PoisonedHub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


class _Handler(BaseHTTPRequestHandler):
    """One connection: what the hub says, and the faults of the line."""

    protocol_version = "HTTP/1.1"
    server: _Server

    @property
    def hub(self) -> PoisonedHub:
        return self.server.hub

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(timestamp) if self.hub.date is None else self.hub.date

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        self.hub.asked.append(asked.path)
        if not self._refused():
            self._answer(self.hub.get(asked.path, query))

    def do_POST(self) -> None:
        if self.path.endswith("/bulk"):
            self._bulk()
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.hub.asked.append(self.path)
        if self._refused(body.decode()):
            return
        while "silent" in self.hub.faults:
            time.sleep(0.02)
        answer = self.hub.post_once(self.headers.get("Idempotency-Key"), self.path, body)
        if "deaf" in self.hub.faults:  # it is done, and nobody hears of it
            self.hub.faults.discard("deaf")
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._answer(answer)

    def do_DELETE(self) -> None:
        self.hub.asked.append(self.path)
        if not self._refused():
            self._answer(b"")

    def _bulk(self) -> None:
        """What becomes of a list that comes in pieces: the real answer, or half of the one that is given."""
        pieces = []
        while (length := int(self.rfile.readline(), 16)) > 0:
            pieces.append(self.rfile.read(length))
            self.rfile.readline()
        self.rfile.readline()
        if not self.hub.bulk:
            self._answer(self.hub.list_said(b"".join(pieces).decode()))
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.hub.bulk) + 1))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(self.hub.bulk)
        self.close_connection = True

    def _refused(self, body: str = "") -> bool:
        """Whether a fault has answered already; a checkpoint is always shown."""
        opening, shown = self.hub.opening, self.headers.get("Authorization", "")
        statuses = []
        if opening is not None and imprint_of(shown.removeprefix("Bearer ")).id not in opening:
            statuses.append(REFUSALS["locked"])
        statuses += [REFUSALS[each] for each in REFUSALS if each in self.hub.faults]
        statuses += [status for text, status in self.hub.picky.items() if text in body]
        if not statuses or self.path.endswith("/checkpoint"):
            return False
        self._answer(b'{"detail": "No."}', statuses[0])
        return True

    def _answer(self, body: bytes, status: int = 200) -> None:
        faults = self.hub.faults
        if "packed" in faults:
            body = gzip.compress(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status in (429, 503):
            self.send_header("Retry-After", "1")
        if "packed" in faults:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        cut = "cut" in faults or ("cut-snapshot" in faults and self.path.endswith("/snapshot"))
        with contextlib.suppress(ConnectionError):  # the member has had enough
            self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def poisoned_hub(folder: Path, **fields: Any) -> Iterator[PoisonedHub]:
    """A hub that answers until the end of the block."""
    hub = PoisonedHub(folder, **fields)
    server = _Server(hub)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        hub.memory.close()
