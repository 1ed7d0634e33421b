"""A ruling reaches the platform once, whoever is down and however often the server is killed."""

import time

import httpx

from benchmarks.server import free_port, start
from tests.cli.run import seawall
from tests.receiver import receiving

CASES = 3
SETTINGS = """
[cases]
undo = 0

[delivery]
allowed_hosts = ["127.0.0.1"]
"""


def eventually(what, seconds=20.0):
    """Wait until this is so."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.05)


def ruled(http, item):
    """The id of a ruling on a new case about this item, as the server has acknowledged it."""
    case = http.post("/v1/cases", json={"item": item, "kind": "user"}).json()["id"]
    assert http.post(f"/v1/cases/{case}/claim", json={"person": "ann"}).status_code == 200
    answer = {"person": "ann", "decision": "keep"}
    ruling = http.put(f"/v1/cases/{case}/ruling", json=answer)
    assert ruling.status_code == 200, ruling.text
    return ruling.json()["id"]


def test_rulings_arrive_once_although_the_server_was_killed_and_nobody_listened(tmp_path):
    """Killed after each acknowledgement, while the endpoint is down, and while it takes what waited: five times."""
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    (home / "seawall.toml").write_text(SETTINGS)
    key = seawall(home, "key", "create", "me", "--scope", "admin", "--json").lines[0]["key"]
    given = []

    def served(server):
        return httpx.Client(
            base_url=server.url, headers={"Authorization": f"Bearer {key}"}, trust_env=False
        )

    def kept(http, endpoint):
        return http.get(f"/v1/endpoints/{endpoint}").json()

    server = start(home)
    with served(server) as http:
        added = http.post("/v1/endpoints", json={"url": f"http://127.0.0.1:{port}/hook"}).json()
    for number in range(CASES):
        with served(server) as http:
            given.append(ruled(http, f"user-{number}"))
            server.kill()
        server = start(home)
    with served(server) as http:
        eventually(lambda: kept(http, added["id"])["waiting"] == CASES)
        eventually(lambda: kept(http, added["id"])["failing_since"])
        server.kill()
    with receiving(port, secrets=[added["secret"]]) as there:
        server = start(home)
        with served(server) as http:
            http.post(f"/v1/endpoints/{added['id']}/resume")
            eventually(lambda: there.effects)
            server.kill()
        server = start(home)
        with served(server) as http:
            eventually(lambda: kept(http, added["id"])["waiting"] == 0)
            server.stop()

    assert there.unverified == 0
    made = [each for each in there.effects if each["type"] == "ruling:made"]
    assert sorted(each["data"]["ruling"] for each in made) == sorted(given)
