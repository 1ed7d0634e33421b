"""`/v1/banks`."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.made import pdq
from tests.postgres import fresh_schema, server_url
from tests.web.serving import serving


def test_a_bank_is_created_listed_and_shown(admin: httpx.Client):
    """Owned by the caller's organisation unless another is named."""
    name = f"bank-{secrets.token_hex(4)}"

    made = admin.post("/v1/banks", json={"name": name, "description": "ours"})

    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/banks/{name}"
    bank = made.json()
    assert bank["owner"] == "alpha"
    assert admin.get(f"/v1/banks/{name}").json() == bank
    assert bank in admin.get("/v1/banks").json()["banks"]


def test_a_name_is_given_once(admin: httpx.Client, bank: str):
    """The second gets a conflict; a repeated request with its Idempotency-Key does not."""
    assert admin.post("/v1/banks", json={"name": bank}).status_code == 409

    headers = {"Idempotency-Key": secrets.token_hex(8)}
    wanted = {"name": f"{bank}-more"}
    first = admin.post("/v1/banks", json=wanted, headers=headers)
    again = admin.post("/v1/banks", json=wanted, headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())


def test_of_two_equal_requests_to_two_servers_both_get_the_answer_of_the_first(tmp_path: Path):
    """The one that comes second finds the name taken, by its own twin."""
    with (
        fresh_schema(server_url()) as url,
        serving(tmp_path / "one", database_url=url) as one,
        serving(tmp_path / "two", database_url=url) as two,
        one.client() as client,
        ThreadPoolExecutor(2) as pool,
    ):
        headers = {"Idempotency-Key": secrets.token_hex(8)} | dict(client.headers)

        def ask(server: str) -> httpx.Response:
            return httpx.post(f"{server}/v1/banks", json={"name": "twin"}, headers=headers)

        with one.door.app.memory.transaction() as stores:
            stores.hold_changes()  # both have looked for a kept answer, and wait here for their turn
            asked = [pool.submit(ask, server.url) for server in (one, two)]
            time.sleep(1)
        answers = [each.result() for each in asked]

    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert answers[0].json() == answers[1].json()


def test_a_bank_that_is_off_matches_nothing(admin: httpx.Client, bank: str):
    """With the next request, and again when it is on."""
    signal = pdq(9_001)
    admin.post(f"/v1/banks/{bank}/entries", json={"signal_type": "pdq", "value": signal.value})

    def found() -> int:
        asked = {"signals": [{"type": "pdq", "value": signal.value}], "max_distance": 0}
        return len(admin.post("/v1/match", json=asked).json()["results"][0]["matches"])

    counts = [found()]
    for enabled in (False, True):
        assert (
            admin.patch(f"/v1/banks/{bank}", json={"enabled": enabled}).json()["enabled"] is enabled
        )
        counts.append(found())

    assert counts == [1, 0, 1]


def test_what_is_not_there_is_not_found(admin: httpx.Client):
    """For a bank and for its entries."""
    for path in ("/v1/banks/nowhere", "/v1/banks/nowhere/entries", "/v1/banks/nowhere/export"):
        answer = admin.get(path)
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:seawall:problem:not-found"


def test_a_name_must_fit_into_an_address(admin: httpx.Client):
    """And fields we do not know are refused."""
    assert admin.post("/v1/banks", json={"name": "no/slash"}).status_code == 422
    assert admin.post("/v1/banks", json={"name": "fine", "color": "red"}).status_code == 422
