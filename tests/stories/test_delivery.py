"""Every message has its effect once and in order, whoever is down or dies meanwhile."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from seawall.storage.memory import Memory
from tests.made import NOON
from tests.receiver import LOST, receiving
from tests.test_architecture import ROOT
from tests.workflows.test_delivering import Home

SUBJECTS = 6
KILLS = 5
LOST_OF_NINE = 3  # answers that do not arrive although the message did
PATIENCE = 60  # seconds


@contextmanager
def sending(home: Path, database: str, clock: Path):
    """A process of its own that sends, killed with -9 at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stories.sending", str(home), database, str(clock)], cwd=ROOT
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def tell(clock: Path, moment) -> None:
    """The time is this now, whole at every instant."""
    own = clock.with_suffix(".new")
    own.write_text(moment.isoformat())
    own.replace(clock)


def test_an_hour_down_and_five_kills_lose_nothing_and_double_nothing(database_url, tmp_path):
    """Messages are committed all the while; some answers are lost after they took effect."""
    home = Home(Memory(database_url), tmp_path / "home")
    clock = tmp_path / "clock"
    lost: dict[str, int] = {}

    def answer(message) -> int:
        """A gateway's 502 in place of what the receiver has said: the effect is there, the answer is not."""
        lost[message["id"]] = lost.get(message["id"], 0) + 1
        return 204 if lost[message["id"]] > 1 or message["number"] % 9 >= LOST_OF_NINE else LOST

    with receiving() as free:
        port = int(free.url.split(":")[2].split("/")[0])
    ident, secret = home.endpoint(free.url)
    for kill in range(KILLS):  # down for an hour, killed every twelve minutes of it
        tell(clock, home.at)
        with sending(home.folder, database_url, clock):
            for minute in range(12):
                subjects = [f"post-{(kill + minute + n) % SUBJECTS}" for n in range(3)]
                home.commit(*subjects)
                home.at += timedelta(minutes=1)
                tell(clock, home.at)
                time.sleep(0.05)
            tried_by(home, ident, time.monotonic() + PATIENCE)
    total = KILLS * 12 * 3

    with receiving(port, secrets=[secret], answer=answer) as there:
        kills = 0
        until = time.monotonic() + PATIENCE
        while home.shown(ident)["waiting"]:
            assert time.monotonic() < until, "it does not end"
            with sending(home.folder, database_url, clock):
                arrived = len(there.effects)
                while home.shown(ident)["waiting"] and (
                    kills >= KILLS or len(there.effects) < arrived + total // 7
                ):
                    home.at += timedelta(seconds=40)
                    tell(clock, home.at)
                    time.sleep(0.05)
                    assert time.monotonic() < until, "it does not end"
            kills += 1

    home.memory.close()
    assert home.at - NOON > timedelta(hours=1)
    assert there.unverified == 0
    assert sorted(each["number"] for each in there.effects) == list(range(1, total + 1))
    for subject in range(SUBJECTS):
        numbers = there.of(f"post-{subject}")
        assert numbers == sorted(numbers)


def tried_by(home: Home, ident: str, until: float) -> None:
    """Wait until the endpoint was found down."""
    while home.shown(ident)["failing_since"] is None:
        assert time.monotonic() < until, "nobody has tried"
        time.sleep(0.02)
