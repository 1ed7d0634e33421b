"""How much may be sent."""

import asyncio
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from seawall.web import bodies
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


def test_a_long_form_is_waited_for_as_long_as_it_comes(monkeypatch: pytest.MonkeyPatch):
    """A film takes minutes; whoever sends a byte now and then is not waited for."""
    monkeypatch.setattr(bodies, "PATIENCE", 0.1)
    monkeypatch.setattr(bodies, "STEP", 1000)

    form = asyncio.run(bodies.read_form(slow_form([b"x" * 1000] * 8)))

    assert form.file == b"x" * 8000
    with pytest.raises(HTTPException) as refused:
        asyncio.run(bodies.read_form(slow_form([b"x"] * 8)))
    assert refused.value.status_code == 408


def slow_form(pieces: list[bytes]) -> Request:
    """A form whose file arrives in these pieces, one in 30 ms."""
    head = b'--end\r\nContent-Disposition: form-data; name="file"; filename="film"\r\n\r\n'
    arriving = iter([head, *pieces, b"\r\n--end--\r\n"])

    async def receive() -> dict[str, object]:
        await asyncio.sleep(0.03)
        piece = next(arriving, b"")
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    kind = (b"content-type", b"multipart/form-data; boundary=end")
    return Request({"type": "http", "method": "POST", "headers": [kind]}, receive)


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


def test_a_parameter_that_does_not_exist_is_refused_by_name(admin: httpx.Client, bank: str):
    """A misspelt filter would otherwise list everything."""
    paths = ("/v1/uploads", "/v1/banks", f"/v1/banks/{bank}/export", "/v1/status", "/v1/audit")
    for path in paths:
        answer = admin.get(path, params={"mesure": "hold"})
        assert answer.status_code == 422, path
        assert "mesure" in answer.json()["detail"]
    assert "measure" in admin.get("/v1/uploads", params={"mesure": "hold"}).json()["detail"]
    assert admin.post("/v1/match", params={"max": 1}, json={"signals": []}).status_code == 422
    assert admin.get("/v1/uploads", params={"measure": "hold", "limit": 1}).status_code == 200


@pytest.mark.parametrize("path", ["uploads", "banks/{bank}/entries", "audit", "messages"])
def test_a_place_in_a_list_beyond_all_numbers_is_refused(admin: httpx.Client, bank: str, path: str):
    """As an input, not as a mistake of ours."""
    at = f"/v1/{path}".format(bank=bank)

    assert admin.get(at, params={"after": 10**30}).status_code == 422
    assert admin.get(at, params={"after": -1}).status_code == 422
    assert admin.get(at, params={"after": 2**63 - 1}).status_code == 200


def test_a_rate_beyond_all_measure_is_refused(admin: httpx.Client):
    """The database has no number for it, and nobody a use."""
    wanted = {"name": "fast", "scopes": ["screen"]}

    assert admin.post("/v1/keys", json=wanted | {"requests_per_second": 2**40}).status_code == 422
    assert admin.post("/v1/keys", json=wanted | {"requests_per_second": 10**6}).status_code == 201


@pytest.mark.parametrize(("odd", "says"), [(r"a\u0000b", "NUL"), (r"a\ud800b", "escape")])
def test_text_that_no_database_keeps_is_refused_with_a_sentence(
    admin: httpx.Client, bank: str, odd: str, says: str
):
    """PostgreSQL has no NUL, and half of a surrogate pair has no bytes."""
    entry = f'"signal_type": "md5", "value": "{"0" * 32}"'
    bodies = {
        "/v1/banks": f'{{"name": "fine", "description": "{odd}"}}',
        "/v1/keys": f'{{"name": "{odd}", "scopes": ["screen"]}}',
        f"/v1/banks/{bank}/entries": f'{{{entry}, "note": "{odd}"}}',
        f"/v1/banks/{bank}/entries?": f'[{{{entry}, "vouchers": ["ok", "{odd}"]}}]',
        "/v1/rules/replay": f'{{"rule": {{"name": "n", "measure": "hold", "bank": "{odd}"}}}}',
    }
    for path, body in bodies.items():
        answer = admin.post(path, content=body)
        assert answer.status_code == 422, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert says in answer.text


def test_a_form_an_address_and_a_query_have_no_nul_either(admin: httpx.Client, bank: str):
    """Whatever way text comes in."""
    answers = [
        admin.post("/v1/screen", data={"item_id": "a\0b", "url": "https://example.org/"}),
        admin.get(f"/v1/banks/{bank}/entries", params={"text": "a\0b"}),
        admin.get("/v1/banks/a%00b"),
        admin.get("/v1/uploads", params={"item": "a\0b"}),
    ]
    for answer in answers:
        assert answer.status_code == 422, answer.text
        assert "NUL" in answer.json()["detail"]


def test_what_is_not_there_and_what_is_not_done_are_problems_too(admin: httpx.Client):
    """Whatever the cause, the answer has one shape."""
    for method, path, status in (("GET", "/v1/nowhere", 404), ("DELETE", "/v1/match", 405)):
        answer = admin.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
