"""The receiver on the page works as it stands there."""

import socket
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import httpx
import orjson

from seawall.delivery.webhook import headers, new_secret
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs/howto/receive-messages.md"


def test_the_receiver_of_the_page_takes_each_message_once_and_no_forgery(tmp_path):
    """Run as a process of its own, with two secrets."""
    (program,) = [each.text for each in blocks(PAGE) if each.language == "python"]
    (example,) = [each.text for each in blocks(PAGE) if each.language == "json"]
    old, new, stranger = new_secret(), new_secret(), new_secret()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"SEAWALL_SECRETS": f"{new} {old}", "PORT": str(port)},
        stderr=subprocess.DEVNULL,
    )
    message, body = orjson.loads(example), example.encode()
    now = datetime.now(UTC)

    def answered(ident: str, secret: str, *, at: datetime = now, sent: bytes = body) -> int:
        signed = headers(ident, body, keys=[secret], at=at)
        url = f"http://127.0.0.1:{port}/"
        return httpx.post(url, content=sent, headers=signed, trust_env=False).status_code

    try:
        until = time.monotonic() + 20
        while True:
            try:
                first = answered("msg_1", old)
                break
            except httpx.ConnectError:
                assert time.monotonic() < until, "the receiver did not start"
                time.sleep(0.05)
        rest = [answered("msg_1", new), answered("msg_2", new)]
        forged = [
            answered("msg_3", stranger),
            answered("msg_3", new, at=now - timedelta(minutes=10)),
            answered("msg_3", new, sent=body + b" "),
        ]
    finally:
        process.kill()
        process.wait()

    with sqlite3.connect(tmp_path / "received.db") as database:
        reviews = database.execute("SELECT item, measure FROM to_review").fetchall()
    assert (first, rest, forged) == (200, [200, 200], [401, 401, 401])
    assert reviews == [(message["data"]["item"], message["data"]["measure"])] * 2
