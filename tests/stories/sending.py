"""A process that sends, at a time that a file tells: `python -m tests.stories.sending HOME DATABASE CLOCK`."""

import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

from seawall.storage.memory import Memory
from seawall.storage.secrets import Vault
from seawall.workflows.delivering import Courier
from seawall.workflows.endpoints import Outside
from seawall.workflows.sender import Sender


def main(home: Path, database: str, clock: Path) -> None:
    """Send until killed."""
    courier = Courier(
        memory=Memory(database),
        vault=Vault(home),
        owner=str(home),
        outside=Outside(allowed_hosts=frozenset({"127.0.0.1"})),
        timeout=timedelta(seconds=5),
        give_up=timedelta(days=5),
        now=lambda: datetime.fromisoformat(clock.read_text()),
        chance=lambda: 0.5,
    )
    Sender(courier, home / "delivery", on_attempt=lambda _: None)
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
