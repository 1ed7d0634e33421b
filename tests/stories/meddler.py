"""
What stands between a hub and its members, and may meddle with what the hub answers.

    member ──asks──▶ meddler ──asks──▶ hub ──answers──▶ meddler ──as it is, spoiled, or cut──▶ member
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx

HOP = {"host", "connection", "content-length", "transfer-encoding"}  # of one connection only


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub has answered; `sent` is the number of bytes after which the line is cut."""

    status: int
    headers: dict[str, str]
    body: bytes
    sent: int | None = None


Spoiler = Callable[[Answer], Answer]


@dataclass
class Meddler:
    """The hub's address for its members; `spoilers` are by the last word of a route."""

    url: str = ""
    hub: str = ""  # where it leads; while that is nowhere, a question waits
    spoilers: dict[str, Spoiler] = field(default_factory=dict)
    spoiled: int = 0  # answers since it began to spoil
    pages: list[bytes] = field(default_factory=list)  # of deltas, as the hub has sent them
    repeats: bool = False  # everything that is told to the hub is told twice
    _leads: threading.Event = field(default_factory=threading.Event)

    def lead_to(self, hub: str) -> None:
        """To this server from the next question on."""
        self.hub = hub
        self._leads.set()

    def lead_nowhere(self) -> None:
        """Until there is a server again."""
        self._leads.clear()

    def spoil(self, noun: str, how: Spoiler) -> None:
        """From the next answer of this route on."""
        self.spoiled = 0
        self.spoilers[noun] = how

    def behave(self) -> None:
        """Let everything pass."""
        self.spoilers.clear()

    def answer(self, ask: Callable[[], httpx.Response], method: str, path: str) -> Answer:
        """What the member gets."""
        self._leads.wait()
        came = ask()
        if method == "POST" and self.repeats:
            came = ask()
        headers = {name: text for name, text in came.headers.items() if name not in HOP}
        answer = Answer(came.status_code, headers, came.content)
        noun = urlsplit(path).path.rpartition("/")[2]
        if noun == "deltas" and answer.body.count(b"\n") > 2:
            self.pages.append(answer.body)
        if noun not in self.spoilers:
            return answer
        self.spoiled += 1
        return self.spoilers[noun](answer)


def cut(share: float) -> Spoiler:
    """The connection ends when this much of the body has come, whatever is still missing."""
    return lambda answer: replace(answer, sent=int(share * len(answer.body)))


def ended(share: float) -> Spoiler:
    """The answer ends there in good order, as if that were all."""
    return lambda answer: replace(answer, body=answer.body[: int(share * len(answer.body))])


def instead(body: bytes) -> Spoiler:
    """This comes instead, such as an answer that the hub gave before."""
    return lambda answer: replace(answer, body=body)


def doubled(answer: Answer) -> Answer:
    """Every delta comes twice."""
    first, *lines, last = answer.body.splitlines(keepends=True)
    return replace(answer, body=first + b"".join(line * 2 for line in lines) + last)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    meddler: Meddler
    client: httpx.Client

    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def do_DELETE(self) -> None:
        self._pass()

    def _pass(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: text for name, text in self.headers.items() if name.lower() not in HOP}

        def ask() -> httpx.Response:
            url = self.meddler.hub + self.path
            return self.client.request(self.command, url, headers=headers, content=content)

        self.close_connection = True  # unless all of the answer could be sent
        with contextlib.suppress(httpx.HTTPError, ConnectionError):
            self._send(self.meddler.answer(ask, self.command, self.path))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, text in answer.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: answer.sent])
        if answer.sent is None:
            self.close_connection = False
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def meddling() -> Iterator[Meddler]:
    """A meddler that passes on until the end of the block."""
    meddler = Meddler()
    client = httpx.Client(trust_env=False, timeout=60, limits=httpx.Limits(max_connections=None))
    handler = type("Handler", (_Handler,), {"meddler": meddler, "client": client})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    meddler.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield meddler
    finally:
        server.shutdown()
        server.server_close()
        client.close()
        thread.join()
