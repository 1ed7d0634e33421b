"""A hub and its members, each a server of its own: how they come together, and what one asks of them."""

import json
import time

import httpx

from seawall.access.key import imprint_of, new_text
from seawall.clock import now
from tests.cli.run import seawall

NAME = {"SEAWALL_EXCHANGE_HUB": "hub.example"}
CATEGORY = "terrorist-content"
NDJSON = {"Content-Type": "application/x-ndjson"}
FOUNDED = 3  # deltas that are no words: the agreement's terms, and that two members have come


def eventually(what, seconds=10.0):
    """How long it took to become true."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < seconds
        time.sleep(0.02)
    return time.monotonic() - begun


def found_pact(hub):
    """A home that is a hub with one agreement, which takes as much as one likes to give."""
    seawall(hub, "init")
    made = seawall(hub, "agreement", "create", "pact", "--title", "Pact", "--quota", "none")
    assert made.code == 0, made.error


def invited(hub, organisation):
    """The token of an invitation, made at the hub's terminal."""
    words = ("agreement", "invite", "pact", organisation, "--kind", "platform")
    made = seawall(hub, *words, "--role", "contribute,consume", "--json")
    return made.lines[0]["token"]


def named(number):
    """The signal of this number."""
    return f"sha256:{number:064x}"


def share(home, number):
    """The signal of this number, told to the hub by a member."""
    return seawall(home, "share", "pact", named(number), "--category", CATEGORY)


class Node:
    """A member: its home, its server, and what one asks of them."""

    def __init__(self, home, server):
        self.home = home
        made = seawall(home, "key", "create", "test", "--scope", "admin", "--json")
        headers = {"Authorization": f"Bearer {made.lines[0]['key']}"}
        self.http = httpx.Client(base_url=server.url, headers=headers, trust_env=False, timeout=30)

    def run(self, *words):
        """A command that must succeed."""
        ran = seawall(self.home, *words)
        assert ran.code == 0, (words, ran.err, ran.error)
        return ran

    def membership(self):
        """How following goes, as the server says it."""
        return self.http.get("/v1/exchange/memberships").json()["memberships"][0]

    def screened(self, picture):
        """The verdict on an upload."""
        return self.http.post("/v1/screen", files={"file": ("a.jpg", picture)}).json()

    def measure(self, picture):
        """What follows from it."""
        return self.screened(picture)["measure"]

    def stops(self, number):
        """Whether an upload with the signal of this number is stopped."""
        kind, value = named(number).split(":")
        signals = json.dumps([{"type": kind, "value": value}])
        verdict = self.http.post("/v1/screen", data={"signals": signals}).json()
        return verdict["measure"] in ("block", "hold")

    def matches(self, signal):
        """What a signal of any length is near."""
        asked = {"signals": [{"type": signal.type, "value": signal.value}]}
        return self.http.post("/v1/match", json=asked).json()["results"][0]["matches"]

    def knows(self, signal):
        """Whether an upload with this signal, of any length, is stopped."""
        signals = json.dumps([{"type": signal.type, "value": signal.value}])
        answer = self.http.post("/v1/screen", data={"signals": signals})
        answer.raise_for_status()
        return answer.json()["measure"] in ("block", "hold")

    def signals(self):
        """Those of the agreement's bank, in order, each as often as it is there."""
        rows = self.run("bank", "show", "pact", "--limit", 1_000_000, "--json").lines
        return sorted(f"{each['signal_type']}:{each['value']}" for each in rows)

    def events(self):
        """What was done with this membership, oldest first: the action's verb, and its details."""
        found, after = [], "0"
        while True:
            params = {"subject": self.membership()["id"], "after": after, "limit": 1000}
            page = self.http.get("/v1/audit", params=params).json()
            if not page["events"]:
                return found
            found += [
                (e["action"].removeprefix("membership:"), e["details"]) for e in page["events"]
            ]
            after = page["next"]


class Speaker:
    """An organisation that speaks to a hub with nothing but HTTP."""

    def __init__(self, url, token):
        self.key = new_text(at=now())
        wanted = {"token": token, "name": "Alpha", "key": imprint_of(self.key).document()}
        httpx.post(f"{url}/v1/exchange/join", json=wanted).raise_for_status()

    def at(self, url):
        """A client of the agreement's routes, where the hub is now."""
        return httpx.Client(
            base_url=f"{url}/v1/exchange/agreements/pact",
            headers={"Authorization": f"Bearer {self.key}"},
            trust_env=False,
            timeout=60,
        )

    def confirm(self, url, *numbers):
        """The signals of these numbers, one after the other, each acknowledged."""
        with self.at(url) as http:
            for number in numbers:
                answer = http.post("/opinions", json=confirmed(number))
                assert answer.status_code == 201, answer.text

    def confirm_in_bulk(self, url, numbers):
        """The same in one body, all of it acknowledged."""
        with self.at(url) as http:
            answer = http.post("/opinions/bulk", content=in_bulk(numbers), headers=NDJSON)
        told = [json.loads(line) for line in answer.text.splitlines()]
        assert sum(each["added"] for each in told) == len(numbers), told

    def log(self, url):
        """Every delta of the agreement."""
        deltas = []
        with self.at(url) as http:
            while True:
                page = http.get("/deltas", params={"after": len(deltas), "limit": 5000})
                _, *lines, _ = page.text.splitlines()
                if not lines:
                    return deltas
                deltas += [json.loads(line) for line in lines]


def confirmed(number):
    """What is said of one signal."""
    return {"signals": [named(number)], "categories": [CATEGORY], "severity": 3}


def in_bulk(numbers):
    """The lines that say it of many."""
    rows = ({"value": f"{number:064x}", "signal_type": "sha256"} for number in numbers)
    lines = (json.dumps(row | {"categories": [CATEGORY], "severity": 3}) for row in rows)
    return "\n".join(lines).encode()
