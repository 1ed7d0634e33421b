"""How the service is doing, for people, balancers and Prometheus."""

import json
import sqlite3
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute
from prometheus_client.parser import text_string_to_metric_families

from tests.made import pdq
from tests.web.serving import Served, serving


def test_health_needs_no_key(served: Served):
    """Alive as a process, ready with its database and index."""
    with served.stranger() as client:
        assert client.get("/health/live").json() == {"live": True}
        assert client.get("/health/ready").json() == {"ready": True}


@pytest.mark.parametrize("part", ["database", "writer", "decoders"])
def test_what_cannot_serve_is_not_ready(tmp_path: Path, part: str):
    """Whoever balances sends nobody there, and learns no more than what is missing."""
    with serving(tmp_path / "home") as running, running.stranger() as client:
        assert client.get("/health/ready").status_code == 200
        if part == "database":
            break_database(tmp_path / "home")
        elif part == "writer":
            running.door.commits.close()
        else:
            running.door.sandbox.close()

        answer = client.get("/health/ready")
        assert client.get("/health/live").status_code == 200

    says = {"database": "database", "writer": "written", "decoders": "look into uploads"}[part]
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "urn:seawall:problem:not-ready"
    assert says in answer.json()["detail"]
    assert "counters" not in answer.text


def test_the_driver_s_words_stay_in_the_log(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
):
    """They name hosts, users and tables; whoever calls needs to know that nothing was recorded."""
    with serving(tmp_path / "home") as running, running.client() as client:
        break_database(tmp_path / "home")
        answers = [client.get("/v1/banks"), client.get("/v1/status")]

    for answer in answers:
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:seawall:problem:outside"
        assert "counters" not in answer.text
        assert "nothing was recorded" in answer.json()["detail"]
    assert b"no such table: counters" in capfdbinary.readouterr().err


def break_database(home: Path) -> None:
    """What an operator's accident looks like: a table is gone."""
    with sqlite3.connect(home / "seawall.db") as connection:
        connection.execute("ALTER TABLE counters RENAME TO lost")
    connection.close()


def test_status_counts_what_there_is(admin: httpx.Client, bank: str):
    """And how far the index has followed."""
    before = admin.get("/v1/status").json()
    admin.post(f"/v1/banks/{bank}/entries", json={"signal_type": "pdq", "value": pdq(30_000).value})
    after = admin.get("/v1/status").json()

    assert after["counts"]["entries"] == before["counts"]["entries"] + 1
    assert after["index"]["lag"] == 0
    assert after["database"] in ("sqlite", "postgresql")
    assert after["worker"]["waiting"] == 0
    assert set(after["background"]) == {"held", "bytes", "oldest_seconds", "failed"}


def test_metrics_can_be_read_by_prometheus(admin: httpx.Client, photo: bytes):
    """Requests with their time, screenings by measure, what failed, decoders, entries, lag and commits."""
    given = json.dumps([{"type": "pdq", "value": pdq(30_001).value}])
    admin.post("/v1/screen", data={"signals": given})
    admin.post("/v1/screen", files={"file": photo[:999]})

    text = admin.get("/metrics").text
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }

    assert samples["seawall_screenings_total", ("measure", "allow")] >= 1
    assert samples["seawall_not_screened_total", ("cause", "failed"), ("what", "pdq")] >= 1
    assert samples["seawall_sandbox_total", ("event", "served")] >= 1
    assert samples["seawall_commit_stories_count",] >= 2
    assert samples["seawall_index_lag",] == 0
    assert ("seawall_entries",) in samples
    assert samples["seawall_background_failed",] == 0
    answered = ("method", "POST"), ("route", "/v1/screen"), ("status", "200")
    assert samples[("seawall_request_seconds_count", *answered)] >= 2


BODILESS = (  # their addresses say all there is to say
    "/v1/exchange/agreements/{agreement}/quarantine/{organisation}/{fate}",
    "/v1/exchange/agreements/{agreement}/sources/{organisation}/withdraw",
    *(f"/v1/endpoints/{{endpoint}}/{act}" for act in ("pause", "resume", "rotate", "test")),
    *(f"/v1/people/{{person}}/{act}" for act in ("disable", "enable", "sign-out", "reset")),
)
KEYLESS = (
    "/health/live",
    "/health/ready",
    "/v1/exchange/join",
)  # an invitation's token is its own key


def test_the_description_names_every_route_with_an_example(served: Served, admin: httpx.Client):
    """What it takes, what it gives, and the scope it needs."""
    document = admin.get("/v1/openapi.json").json()

    assert document["openapi"].startswith("3.")
    for route in served.app.routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods:
            operation = document["paths"][route.path][method.lower()]
            assert "Needs the scope" in operation["description"] or route.path in KEYLESS
            assert "default" in operation["responses"]
            if method in ("POST", "PUT", "PATCH") and route.path not in BODILESS:
                assert operation["requestBody"]["content"]
    asked = document["paths"]["/v1/match"]["post"]["requestBody"]["content"]["application/json"]
    assert admin.post("/v1/match", json=asked["example"]).status_code == 200
    references = json.dumps(document).split('"$ref": "#/components/schemas/')[1:]
    assert {each.partition('"')[0] for each in references} <= set(document["components"]["schemas"])
