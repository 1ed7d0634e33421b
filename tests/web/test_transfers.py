"""Import and export."""

import json
import secrets
import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from tests.made import pdq
from tests.web.serving import Served

CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}


def lines(answer: httpx.Response) -> list[dict[str, object]]:
    """The lines of an NDJSON answer."""
    return [json.loads(line) for line in answer.text.splitlines()]


def test_good_lines_are_kept_and_bad_ones_told(admin: httpx.Client, bank: str):
    """Each bad one by its number; the last line sums up."""
    body = (
        "signal_type,value,categories,note\n"
        f"pdq,{pdq(1).value},terrorist-content,first\n"
        "pdq,not-hex,,\n"
        f"pdq,{pdq(2).value},no-such-category,\n"
        f"pdq,{pdq(3).value},,last\n"
    )

    told = lines(admin.post(f"/v1/banks/{bank}/import", content=body, headers=CSV))

    assert [each["line"] for each in told[:-1]] == [3, 4]
    assert told[-1] == {"added": 2, "bad": 2}
    assert admin.get(f"/v1/banks/{bank}").json()["entries"] == 2


def test_what_was_exported_can_be_imported(admin: httpx.Client, bank: str):
    """Both formats, with quotes, commas and line ends in a note."""
    entry = {
        "signal_type": "pdq",
        "value": pdq(4).value,
        "categories": ["terrorist-content"],
        "note": 'a "quoted", comma\nand a line',
        "source": "a hotline",
        "expires_at": "2999-01-01T00:00:00Z",
    }
    admin.post(f"/v1/banks/{bank}/entries", json=entry)

    for kind, headers in (("csv", CSV), ("ndjson", NDJSON)):
        other = f"{bank}-{kind}"
        admin.post("/v1/banks", json={"name": other})
        exported = admin.get(f"/v1/banks/{bank}/export", params={"format": kind})
        told = lines(
            admin.post(f"/v1/banks/{other}/import", content=exported.content, headers=headers)
        )

        assert told == [{"added": 1, "bad": 0}]
        again = admin.get(f"/v1/banks/{other}/export", params={"format": kind})
        assert again.text == exported.text
    theirs = admin.get(f"/v1/banks/{bank}/export", params={"format": "threatexchange"})
    assert theirs.text == f"pdq {pdq(4).value}\n"


def test_five_thousand_lines_come_in_and_go_out(admin: httpx.Client, bank: str):
    """In several commits, and the next query knows the last of them; a second time doubles nothing."""
    count = 5_000
    body = "signal_type,value\n" + "".join(f"pdq,{pdq(50_000 + n).value}\n" for n in range(count))

    for _ in range(2):
        told = lines(admin.post(f"/v1/banks/{bank}/import", content=body, headers=CSV))
        assert told == [{"added": count, "bad": 0}]

    exported = admin.get(f"/v1/banks/{bank}/export").text.splitlines()
    assert len(exported) == count + 1
    asked = {"signals": [{"type": "pdq", "value": pdq(50_000 + count - 1).value}]}
    assert len(admin.post("/v1/match", json=asked).json()["results"][0]["matches"]) == 1


@pytest.mark.parametrize(
    "served", ["postgresql"], indirect=True
)  # where each reader takes a connection
def test_slow_readers_of_an_export_keep_nobody_from_writing(
    served: Served, admin: httpx.Client, bank: str
):
    """More of them than the database has connections, each stopped after its first bytes."""
    many = [
        {"signal_type": "pdq", "value": pdq(60_000 + n).value, "note": "x" * 4000}
        for n in range(1_500)
    ]
    assert admin.post(f"/v1/banks/{bank}/entries", json=many).status_code == 201
    at = urlsplit(served.url)
    asked = (
        f"GET /v1/banks/{bank}/export HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: {admin.headers['authorization']}\r\n\r\n"
    )
    with ExitStack() as readers:
        for _ in range(36):
            reader = socket.socket()
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            readers.enter_context(reader)
            reader.settimeout(20)
            reader.connect((at.hostname, at.port))
            reader.sendall(asked.encode())
            assert reader.recv(12) == b"HTTP/1.1 200"

        name = f"bank-{secrets.token_hex(4)}"
        assert admin.post("/v1/banks", json={"name": name}, timeout=10).status_code == 201

    exported = admin.get(f"/v1/banks/{bank}/export").text.splitlines()
    assert len(exported) == len(many) + 1


def test_what_is_wrong_with_all_of_it_is_a_status(admin: httpx.Client, bank: str):
    """Columns we do not know, a bank that is not there, a type we do not read."""
    path = f"/v1/banks/{bank}/import"

    assert admin.post(path, content="a,b\n1,2\n", headers=CSV).status_code == 422
    assert (
        admin.post(
            "/v1/banks/nowhere/import", content="signal_type,value\n", headers=CSV
        ).status_code
        == 404
    )
    assert (
        admin.post(path, content="[]", headers={"Content-Type": "application/json"}).status_code
        == 415
    )


def test_a_line_without_end_is_one_bad_line(admin: httpx.Client, bank: str):
    """It neither fills the memory nor takes the next line with it."""
    body = "signal_type,value\npdq," + "0" * 3_000_000 + f"\npdq,{pdq(5).value}\n"

    told = lines(admin.post(f"/v1/banks/{bank}/import", content=body, headers=CSV))

    assert [each.get("line") for each in told] == [2, None]
    assert told[-1] == {"added": 1, "bad": 1}
