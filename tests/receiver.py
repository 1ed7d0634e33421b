"""A platform that receives messages: it checks signatures, knows a message again by its id, and can misbehave."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

LOST = 502  # a gateway answers so where the receiver's own answer got lost: the message took effect


@dataclass
class Receiver:
    """What came, what was made of it, and what is answered."""

    url: str = ""
    secrets: list[str] = field(
        default_factory=list
    )  # any of them verifies; none: nothing is checked
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    answer: Callable[[dict[str, Any]], int] | None = None  # a status for each message, instead
    body: bytes = b""
    requests: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(
        default_factory=list
    )  # each message once, as it was first taken
    known: set[str] = field(default_factory=set)
    unverified: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, raw: bytes, headers: dict[str, str]) -> int:
        """One request."""
        with self.lock:
            message = json.loads(raw)
            if self.secrets and not self._verified(raw, headers):
                self.unverified += 1
                return 401
            self.requests.append({"id": headers["webhook-id"], **message, "headers": headers})
            status = self.answer(message) if self.answer else self.status
            if (status < 300 or status == LOST) and headers["webhook-id"] not in self.known:
                self.known.add(headers["webhook-id"])
                self.effects.append(message)
            return status

    def of(self, subject: str) -> list[int]:
        """The numbers of the messages about a subject, in the order they took effect."""
        return [each["number"] for each in self.effects if each["subject"] == subject]

    def _verified(self, raw: bytes, headers: dict[str, str]) -> bool:
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)  # the sender's clock
        expected = {
            Webhook(secret).sign(headers["webhook-id"], at, raw.decode()) for secret in self.secrets
        }
        return bool(expected & set(headers["webhook-signature"].split()))


@contextmanager
def receiving(port: int = 0, **fields: Any) -> Iterator[Receiver]:
    """A receiver on this machine."""
    receiver = Receiver(**fields)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.take(raw, {k.lower(): v for k, v in self.headers.items()})
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(receiver.body)))
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", port), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
