"""A real server in processes of its own, started, waited for, and stopped or killed as a whole."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PATIENCE = 60  # seconds until a server answers


@dataclass(frozen=True, slots=True)
class Server:
    """A running `seawall serve`: where it listens and its process group."""

    url: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """`kill -9` of everything at once, as when the power goes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end, and wait; its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(30)
        finally:
            self.kill()


def start(home: Path, *, workers: int = 1, environment: dict[str, str] | None = None) -> Server:
    """A server over this home, once it answers."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-c",
        "from seawall.cli.main import main; main()",
        "--home",
        str(home),
    ]
    with (home.parent / f"{home.name}-server.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port), "--workers", str(workers)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    server = Server(url, process)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health/ready", timeout=2).status_code == 200:
                return server
        if process.poll() is not None:
            break
        time.sleep(0.05)
    server.kill()
    raise RuntimeError(f"The server did not answer; see {home}-server.log.")


@contextmanager
def running(
    home: Path, *, workers: int = 1, environment: dict[str, str] | None = None
) -> Iterator[Server]:
    """A server that is gone at the end of the block."""
    server = start(home, workers=workers, environment=environment)
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
