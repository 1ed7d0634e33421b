"""A hub that answers over HTTP from a log of lines, and can lie about everything."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import zstandard

from seawall.exchange.merkle import inclusion_proof, leaf_hash
from tests.exchange.logs import Log


@dataclass
class LyingHub:
    """The routes an auditor asks. Each field replaces what an honest hub would say."""

    log: Log
    lines: list[bytes] | None = None  # those it sends
    checkpoint: str | None = None
    snapshot: list[bytes] | None = None
    samples: list[dict[str, Any]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    leaf: bytes | None = None
    page: int = 4  # deltas at a time, however many are asked for

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        """Status and body."""
        noun = path.removeprefix(f"/v1/exchange/agreements/{self.log.agreement}/")
        if noun.partition("/")[0] in self.refuses:
            return 403, b'{"detail": "No."}'
        match noun.split("/"):
            case ["checkpoint"]:
                return 200, (self.checkpoint or self.log.checkpoint()).encode()
            case ["deltas"]:
                return 200, self._page(int(query["after"]), int(query["limit"]))
            case ["snapshot"]:
                lines = self.snapshot or self.log.snapshot()
                return 200, zstandard.compress(b"".join(line + b"\n" for line in lines))
            case ["samples"]:
                return 200, orjson.dumps({"samples": self.samples})
            case ["samples", ident]:
                (sample,) = (each for each in self.samples if each["id"] == ident)
                return 200, orjson.dumps(sample | {"next": None})
            case ["records", ident]:
                found = [each for each in self.log.records.values() if each.id == ident]
                if found:
                    return 200, orjson.dumps({"id": ident, "delta": found[0].delta})
            case ["proofs", "inclusion"]:
                hashes = self._proof(int(query["number"]), int(query["size"]))
                return 200, orjson.dumps({"hashes": hashes})
        return 404, b'{"detail": "There is nothing here."}'

    def _page(self, after: int, limit: int) -> bytes:
        lines = (self.log.lines if self.lines is None else self.lines)[after:][
            : min(limit, self.page)
        ]
        head = {"after": after, "size": self.log.size}
        end = {"checkpoint": self.log.checkpoint(after + len(lines))}
        return b"".join(line + b"\n" for line in (_json(head), *lines, _json(end)))

    def _proof(self, number: int, size: int) -> list[str]:
        leaves = [leaf_hash(line) for line in self.log.lines]
        leaves[0] = self.leaf or leaves[0]
        proof = inclusion_proof(number - 1, size, lambda _level, start, stop: leaves[start:stop])
        return [base64.b64encode(each).decode() for each in proof]


@contextmanager
def answering(hub: LyingHub) -> Iterator[str]:
    """The address at which it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            status, body = hub.answer(asked.path, query)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()
