"""What was let through yesterday is judged by what becomes known today, through every door."""

import random
import subprocess
import sys
import time
from collections import Counter

import httpx

from benchmarks.server import running
from seawall.policy.rule import STARTING_RULES
from seawall.settings import Settings
from seawall.storage.memory import Memory
from seawall.workflows.audit import verify_audit
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.cli.run import seawall
from tests.made import flipped, pdq
from tests.workflows.test_retroaction import BANK, Node, entry

PATIENCE = 30  # seconds; how fast it is, `benchmarks.retroaction` says
VICTIM = """
import random, sys
from datetime import datetime, UTC
from pathlib import Path
from seawall.app import open_app
from seawall.settings import Settings
from seawall.workflows import retroaction
retroaction.UPLOADS_PER_COMMIT = 5
with open_app(Settings(home=Path(sys.argv[1]))) as app:
    app.knowledge.refresh()
    print("ready", flush=True)
    for _ in retroaction.look_back(
        memory=app.memory,
        knowledge=app.knowledge,
        ledger=app.ledger,
        chance=random.random,
        now=lambda: datetime.now(UTC),
    ):
        pass
"""


def test_an_upload_of_yesterday_is_found_by_the_entry_of_today(tmp_path):
    """Also its mirrored copy; with a verdict, a message and an event each, and no stranger with them."""
    home = tmp_path / "home"
    admin = seawall(home, "init", "--json").lines[0]["key"]
    known = jpeg(landscape(1))
    (tmp_path / "known.jpg").write_bytes(known)
    pictures = [known, ALTERATIONS["mirrored"](landscape(1)), jpeg(landscape(2))]
    with (
        running(home, workers=2) as server,
        httpx.Client(
            base_url=server.url, headers={"Authorization": f"Bearer {admin}"}, timeout=30
        ) as http,
    ):
        uploads = [
            http.post("/v1/screen", data={"item_id": f"post {n}"}, files={"file": each}).json()
            for n, each in enumerate(pictures)
        ]
        assert [each["measure"] for each in uploads] == ["allow"] * 3
        copy, mirrored, stranger = (each["upload"] for each in uploads)
        added = seawall(
            tmp_path / "elsewhere",
            *("bank", "add", "known", tmp_path / "known.jpg", "--server", server.url),
            *("--key", admin),
        )
        assert added.code == 0

        judged = waited_for(http, 2)
        assert {each["upload"]: each["before"] for each in judged} == dict.fromkeys(
            (copy, mirrored), "allow"
        )
        shown = http.get(f"/v1/uploads/{copy}").json()
        assert (shown["measure"], shown["measure_now"]) == ("allow", "block")
        assert [each["entry"] for each in shown["retroactions"]] == [
            each["entry"] for each in judged if each["upload"] == copy
        ]
        turned = http.get(f"/v1/uploads/{mirrored}").json()
        assert turned["measure_now"] in ("hold", "block")
        assert turned["retroactions"][0]["matches"][0]["orientation"] == "mirror"
        same = http.get(f"/v1/uploads/{stranger}").json()
        assert (same["measure_now"], same["retroactions"]) == ("allow", [])

        told = Counter(
            each["subject"]
            for each in http.get("/v1/messages").json()["messages"]
            if each["topic"] == "upload:reconsidered"
        )
        assert told == {copy: 1, mirrored: 1}
        events = http.get("/v1/audit", params={"subject": copy}).json()["events"]
        assert [each["action"] for each in events] == ["upload:screened", "upload:reconsidered"]
        status = http.get("/v1/status").json()
        assert status["counts"]["retroactions"] == 2
        listed = seawall(home, "reconsider", "--server", server.url, "--key", admin, "--json")
        assert [line["upload"] for line in listed.lines] == [each["upload"] for each in judged]


def waited_for(http, count):
    """The retroactions, once there are so many; a test that fails says how many there were in time."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = http.get("/v1/retroactions").json()["retroactions"]
        if len(found) >= count or time.monotonic() > deadline:
            assert len(found) == count
            return found
        time.sleep(0.02)


def test_a_command_does_what_is_outstanding(tmp_path):
    """Without a server nobody looks back by himself; what a bank that is off knows does not count."""
    home = tmp_path / "home"
    (tmp_path / "known.jpg").write_bytes(jpeg(landscape(1)))
    (tmp_path / "copy.jpg").write_bytes(ALTERATIONS["mirrored"](landscape(1)))
    (recorded,) = seawall(home, "scan", tmp_path / "copy.jpg", "--record", "--json").lines
    seawall(home, "bank", "add", "known", tmp_path / "known.jpg")
    seawall(home, "bank", "disable", "known")

    nothing = seawall(home, "reconsider")
    assert (nothing.code, nothing.out) == (0, "")
    assert "Nothing that was let through is judged otherwise now." in nothing.err
    seawall(home, "bank", "enable", "known")
    (line,) = seawall(home, "reconsider", "--json").lines
    assert (line["upload"], line["before"]) == (recorded["upload"], "allow")
    assert line["measure"] in ("hold", "block")
    assert line["item"] == str(tmp_path / "copy.jpg")
    assert recorded["upload"] in seawall(home, "reconsider").out


def test_killed_while_looking_back(tmp_path):
    """With -9, at random moments, again and again: every upload is told of, once, and the chain of events holds."""
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    memory = Memory(settings.database_url())
    with memory.transaction() as stores:
        stores.banks.add(BANK)
        for rule in STARTING_RULES:
            stores.rules.put(rule, at=BANK.created_at)
    node = Node(memory, settings.home)
    known = [pdq(n) for n in range(5)]
    uploads = [node.let_through(flipped(known[n % 5], n % 30, seed=n)) for n in range(100)]
    node.add(*(entry(signal) for signal in known))
    node.ledger.close()
    rng = random.Random(7)
    kills = 0
    while True:
        with subprocess.Popen(
            [sys.executable, "-c", VICTIM, str(settings.home)], stdout=subprocess.PIPE
        ) as victim:
            assert victim.stdout.readline() == b"ready\n"
            try:
                assert victim.wait(rng.uniform(0, 0.2 * 1.3**kills)) == 0
                break
            except subprocess.TimeoutExpired:
                victim.kill()
                kills += 1

    assert kills > 1
    assert node.look_back() == []
    assert sorted(each.upload for each in node.remembered()) == sorted(uploads)
    told = Counter(subject for topic, subject in node.messages() if topic == "upload:reconsidered")
    assert told == Counter(uploads)
    with memory.reading() as stores:
        events = Counter(
            each.happening.subject
            for each in stores.audit.all()
            if each.happening.action == "upload:reconsidered"
        )
    assert events == told
    assert verify_audit(memory).faults == ()
    memory.close()
