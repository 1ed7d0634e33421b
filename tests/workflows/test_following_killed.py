"""A member that is killed, or whose disk is full, has nothing half or twice."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seawall.workflows import first_copy, following
from tests.made import pdq
from tests.workflows.members import Member, home

ROOT = Path(__file__).parents[2]

KILLED = """
import sys
from pathlib import Path
from seawall.app import open_app
from seawall.settings import Settings
from seawall.workflows import first_copy
from seawall.workflows.following import follow

first_copy.BATCH = 50
with open_app(Settings(home=Path(sys.argv[1]))) as app:
    node = app.node()
    with app.memory.reading() as stores:
        (membership,) = stores.memberships.all()
    print("ready", flush=True)
    with node.hub_of(membership) as hub:
        while True:
            follow(membership.id, hub=hub, wait=0, node=node)
"""


def process(folder, **options):
    """A second process that follows until it is killed."""
    started = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        **options,
    )
    assert started.stdout.readline() == b"ready\n"
    return started


@pytest.mark.parametrize("from_snapshot", [True, False])
def test_a_member_killed_while_it_applies_has_nothing_half_or_twice(
    tmp_path, hub, from_snapshot, monkeypatch
):
    """Wherever it was: what it reads afterwards is what it would have read anyway."""
    rng = random.Random(7)
    everything = {str(pdq(number)) for number in range(1, 3004)}
    hub.give([pdq(number) for number in range(4, 3004)])
    folder = tmp_path / "home"
    if not from_snapshot:
        monkeypatch.setattr(following, "MOST_DELTAS", 100)
    with home(folder) as app:
        member = Member(app, hub)
        if from_snapshot:  # a bank that has something is copied anew
            monkeypatch.setattr(following, "FIRST_COPY", 0)
            monkeypatch.setattr(first_copy, "BATCH", 100)
    sizes = set()
    for _ in range(4):
        running = process(folder)
        time.sleep(rng.uniform(0, 0.4))
        running.send_signal(signal.SIGKILL)
        running.wait()
        with home(folder) as app, app.memory.reading() as stores:
            (here,) = stores.memberships.all()
            sizes.add((here.position, stores.entries.count()))
            assert here.position == 0 or here.position <= stores.entries.count()
    with home(folder) as app:
        member.app, member.node = app, app.node()
        while member.ask().lag:
            pass
        entries = member.entries()
        assert entries.keys() == everything
        assert app.memory.last_change() >= len(everything)
        with app.memory.reading() as stores:
            assert stores.entries.count() == len(everything)
            assert stores.memberships.find(member.id).position == 3003


def test_a_full_disk_here_is_told_and_nothing_is_half_written(tmp_path, hub):
    """A real second process whose files may not grow; with room again it goes on."""
    folder = tmp_path / "home"
    with home(folder) as app:
        member = Member(app, hub)
        member.ask()
    hub.give([pdq(number) for number in range(4, 2000)])
    limit = 200 * 1024
    running = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), str(limit)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "StorageError" in running.stdout, running.stderr
    with home(folder) as app:
        member.app, member.node = app, app.node()
        position = member.here.position
        assert len(member.entries()) == position < 1999
        while member.ask().lag:
            pass
        assert len(member.entries()) == 1999


FULL = """
import resource, signal, sys
from pathlib import Path
from seawall.app import open_app
from seawall.errors import StorageError
from seawall.settings import Settings
from seawall.workflows.following import follow

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open_app(Settings(home=Path(sys.argv[1]))) as app:
    node = app.node()
    with app.memory.reading() as stores:
        (membership,) = stores.memberships.all()
    size = max(each.stat().st_size for each in Path(sys.argv[1]).glob("seawall.db*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]),) * 2)
    with node.hub_of(membership) as hub:
        try:
            while follow(membership.id, hub=hub, wait=0, node=node).lag:
                pass
        except StorageError as full:
            print("StorageError", full)
"""
