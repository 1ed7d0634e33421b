"""How much may be sent."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.web.serving import Served


@pytest.mark.parametrize(("path", "length"), [("/v1/match", 9 << 20), ("/v1/screen", 66 << 20)])
def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_read(
    served: Served, path: str, length: int
):
    """Not a byte of it is sent here, and the answer is there."""
    at = urlsplit(served.url)
    with socket.create_connection((at.hostname, at.port), timeout=5) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        answer = connection.recv(65_536)

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in answer


def test_a_body_that_grows_too_long_is_cut(admin: httpx.Client):
    """Without a length nobody promised anything, so it is counted."""
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1 << 20
            yield bytes(1 << 20)

    try:
        status = admin.post("/v1/match", content=pieces()).status_code
    except httpx.HTTPError:  # the server has hung up while we were still sending
        status = 413

    assert status == 413
    assert sent < 64 << 20


def test_answers_carry_the_headers_that_keep_browsers_tame(admin: httpx.Client):
    """On pages a policy without any other host or inline script; on the rest nothing at all."""
    page, status, missing = (admin.get(path).headers for path in ("/", "/v1/status", "/nowhere"))

    policy = page["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    for headers in (page, status, missing):
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert status["cache-control"] == "no-store"
    assert status["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_what_is_not_there_and_what_is_not_done_are_problems_too(admin: httpx.Client):
    """Whatever the cause, the answer has one shape."""
    for method, path, status in (("GET", "/v1/nowhere", 404), ("DELETE", "/v1/match", 405)):
        answer = admin.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
