"""Endpoints over HTTP, and messages on their way from a real server."""

import time

import httpx
import pytest

from seawall.delivery.mail import PREFIX
from tests.receiver import Receiver, receiving
from tests.web.serving import Served

SCREEN_HELD = b"\x7fELF\x02\x01\x01\0\xff\xfe"  # of no kind that is looked into: held for a person


def wait_for(there: Receiver, count: int) -> None:
    """Until so many messages have arrived."""
    until = time.monotonic() + 20
    while len(there.effects) < count:
        assert time.monotonic() < until, f"{len(there.effects)} of {count} messages arrived"
        time.sleep(0.01)


@pytest.fixture
def client(served: Served):
    """One that may do nothing but this."""
    with served.client("endpoints") as opened:
        yield opened


def add(client: httpx.Client, url: str, *topics: str, **headers: str) -> dict:
    """A new endpoint."""
    made = client.post("/v1/endpoints", json={"url": url, "topics": topics}, headers=headers)
    assert made.status_code == 201, made.text
    return made.json()


def test_what_a_request_commits_is_received_at_once(served, client):
    """Signed with the secret that was shown when the endpoint was added."""
    with receiving() as there:
        made = add(client, there.url, "upload:review-wanted")
        there.secrets = [made["secret"]]
        with served.client("screen") as screening:
            answer = screening.post(
                "/v1/screen", files={"file": SCREEN_HELD}, data={"item_id": "post-7"}
            )
        assert answer.json()["review"] is True
        wait_for(there, 1)
        client.delete(f"/v1/endpoints/{made['id']}")

    assert there.effects[0]["type"] == "upload:review-wanted"
    assert there.effects[0]["data"]["upload"] == answer.json()["upload"]
    assert there.unverified == 0


def test_a_secret_is_shown_once(client):
    """Not in a list, not in a repeated answer, and not the same after a rotation."""
    token = {"Idempotency-Key": "once"}
    made = add(client, "http://127.0.0.1:9/x", **token)
    again = add(client, "http://127.0.0.1:9/x", **token)
    path = f"/v1/endpoints/{made['id']}"
    rotated = client.post(f"{path}/rotate").json()

    assert made["secret"].startswith("whsec_")
    assert again == made | {"secret": None}
    assert rotated["secret"] not in (None, made["secret"])
    assert "secret" not in client.get(path).json()
    assert all("secret" not in each for each in client.get("/v1/endpoints").json()["endpoints"])
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "url", ["http://platform.example/", "ftp://x/", f"{PREFIX}duty@platform.example", "x" * 3000]
)
def test_what_cannot_be_sent_to_is_refused_with_a_sentence(client, url):
    """Plain http to a host that nobody allowed; mail from a home that sends none."""
    answer = client.post("/v1/endpoints", json={"url": url})

    assert answer.status_code == 422


def test_a_dead_message_is_shown_and_sent_again(served, client):
    """410: the endpoint wants nothing any more; then it does."""
    with receiving(status=410) as there, served.client("screen") as screening:
        made = add(client, there.url)
        path = f"/v1/endpoints/{made['id']}"
        screening.post("/v1/screen", files={"file": SCREEN_HELD + b"2"})
        until = time.monotonic() + 20
        while client.get(path).json()["state"] != "disabled":
            assert time.monotonic() < until
            time.sleep(0.02)
        (dead,) = client.get(f"{path}/deliveries").json()["deliveries"]
        status = client.get("/v1/status")
        with served.client("status") as watching:
            status = watching.get("/v1/status").json()["delivery"]
            figures = watching.get("/metrics").text
        there.status = 200
        assert client.post(f"{path}/resume").json()["state"] == "open"
        wanted = {"deliveries": [dead["number"]]}
        assert client.post(f"{path}/replay", json=wanted).json() == {"replayed": 1}
        wait_for(there, 1)
        client.delete(path)

    assert dead["state"] == "dead"
    assert "410" in dead["last_error"]
    assert status["dead"] >= 1
    assert "seawall_delivery_dead" in figures
    assert 'seawall_delivery_attempts_total{answer="gone"}' in figures


def test_a_paused_endpoint_waits(client):
    """Until it is resumed."""
    made = add(client, "http://127.0.0.1:9/x")
    path = f"/v1/endpoints/{made['id']}"

    assert client.post(f"{path}/pause").json()["state"] == "paused"
    assert client.post(f"{path}/resume").json()["state"] == "open"
    assert client.delete(path).status_code == 204


def test_a_test_says_what_was_answered(client):
    """Before anything depends on it."""
    with receiving(status=500, body=b"not ready") as there:
        made = add(client, there.url)
        path = f"/v1/endpoints/{made['id']}"
        assert client.post(f"{path}/test").json() == {"status": 500, "error": "not ready"}
        client.delete(path)


def test_there_is_no_endpoint_of_that_name(client):
    """Whatever is asked of it."""
    for method, route in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/rotate"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
    ):
        assert client.request(method, f"/v1/endpoints/ep_0{route}").status_code == 404
    assert client.post("/v1/endpoints/ep_0/replay", json={}).status_code == 404
    assert client.get("/v1/endpoints/ep_0/deliveries?state=lost").status_code == 422


def test_messages_of_one_topic_can_be_pulled(served, admin):
    """By those who cannot receive."""
    with served.client("screen") as screening:
        screening.post("/v1/screen", files={"file": SCREEN_HELD + b"3"})

    found = admin.get("/v1/messages?topic=upload:review-wanted").json()["messages"]
    none = admin.get("/v1/messages?topic=upload:nothing").json()
    assert {each["topic"] for each in found} == {"upload:review-wanted"}
    assert none == {"messages": [], "next": "0"}
