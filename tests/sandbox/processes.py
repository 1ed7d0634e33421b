"""Which processes a sandbox has, as the kernel tells it."""

from pathlib import Path

from seawall.sandbox.sandbox import Sandbox


def nursery(of: Sandbox) -> int:
    """The process its workers are forked from."""
    process = of._nursery._process
    assert process is not None
    return process.pid


def workers(of: Sandbox) -> list[int]:
    """Its worker processes."""
    lists = Path(f"/proc/{nursery(of)}/task").glob("*/children")
    return [int(pid) for list_ in lists for pid in list_.read_text().split()]


def alive(pid: int) -> bool:
    """Whether a process runs, and is not merely not buried yet."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
