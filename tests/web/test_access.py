"""Who may call what."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute

from seawall.access.key import Scope
from seawall.clock import now
from seawall.web.console.page import Page
from seawall.web.openapi import scope_of
from tests.web.serving import Served

PAGE = Path(__file__).parents[2] / "docs/reference/http.md"
PUBLIC = {"/", "/health/live", "/health/ready", "/v1/exchange/join"}


def routes(served: Served) -> list[APIRoute]:
    """Every route for programs, as the application runs; the desk's have a table of their own."""
    return [
        route
        for route in served.app.routes
        if isinstance(route, APIRoute) and not isinstance(route, Page)
    ]


def table() -> dict[str, str]:
    """The scope that the documentation says each route asks for; but for those that ask for none."""
    rows = re.findall(
        r"^\| `([A-Z]+)` \| `(\S+)` \| `([a-z:]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE
    )
    return {f"{method} {path}": scope for method, path, scope in rows}


def answers(served: Served, text: str | None) -> dict[str, int]:
    """What every route that is not public answers to this key."""
    headers = {"Authorization": f"Bearer {text}"} if text else {}
    with served.stranger(**headers) as client:
        return {
            f"{method} {route.path}": client.request(method, route.path).status_code
            for route in routes(served)
            if route.path not in PUBLIC
            for method in route.methods
        }


def test_every_route_says_who_may_call_it(served: Served):
    """A route without a scope is public by intent or not at all."""
    found = routes(served)

    assert len(found) > 25
    assert {route.path for route in found if scope_of(route) is None} == PUBLIC


@pytest.mark.parametrize("text", [None, "swl_nobody_nothing", "", "x" * 5000])
def test_without_a_key_we_know_nothing_answers(served: Served, text: str | None):
    """Every route, before it reads a byte of the body."""
    assert set(answers(served, text).values()) == {401}


def test_an_expired_key_opens_nothing(served: Served):
    """From the moment named when it was given out."""
    _, text = served.key("admin", expires_at=now() - timedelta(seconds=1))

    assert set(answers(served, text).values()) == {403}


def test_a_revoked_key_opens_nothing(served: Served, admin: httpx.Client):
    """With the very next request."""
    ident, text = served.key("admin")
    assert admin.get("/v1/keys", headers={"Authorization": f"Bearer {text}"}).status_code == 200

    assert admin.delete(f"/v1/keys/{ident}").status_code == 204

    assert set(answers(served, text).values()) == {403}


@pytest.mark.parametrize("served", ["sqlite"], indirect=True)  # the table is the same on both
@pytest.mark.parametrize("scope", Scope)
def test_a_key_opens_what_the_table_says_and_nothing_else(served: Served, scope: Scope):
    """Every route answers a key of its scope, whatever else is wrong with the request, and refuses every other."""
    wanted = table()
    _, text = served.key(scope)
    answered = answers(served, text)

    assert set(answered) == set(wanted)
    opened = {route for route, status in answered.items() if status not in (401, 403)}
    every = scope is Scope.ADMIN
    assert opened == {route for route, asks in wanted.items() if every or asks == scope}


def test_a_refusal_says_how_to_ask(served: Served):
    """RFC 9110 wants the scheme named, RFC 9457 a document."""
    with served.stranger() as client:
        refusal = client.get("/v1/banks")

    assert refusal.headers["www-authenticate"] == 'Bearer realm="seawall"'
    assert refusal.headers["content-type"] == "application/problem+json"
    assert refusal.json()["status"] == 401


def test_the_key_is_asked_for_before_the_body_is_read(served: Served):
    """Nonsense from a stranger is a stranger's first of all."""
    with served.stranger() as client:
        for path in ("/v1/banks", "/v1/match", "/v1/keys", "/v1/rules/replay"):
            assert client.post(path, content=b"{nonsense").status_code == 401


def test_strangers_are_slowed_down(served: Served, a_long_second: int):
    """Whoever tries keys gets nowhere, slowly."""
    with served.stranger(Authorization="Bearer swl_guess_guess") as client:
        answered = [client.get("/v1/status").status_code for _ in range(a_long_second + 2)]

    assert answered == [401] * a_long_second + [429] * 2


def test_a_key_that_asks_too_fast_waits(served: Served):
    """The key's own rate counts, and the answer says for how long."""
    with served.client("status", requests_per_second=3) as client:
        answered = [client.get("/v1/status") for _ in range(12)]

    refused = [answer for answer in answered if answer.status_code == 429]
    assert refused
    assert refused[0].headers["retry-after"] == "1"
    assert refused[0].json()["type"] == "urn:seawall:problem:too-many"
