"""What a server has freed is the machine's again."""

import subprocess
import sys

import pytest

LEFT = """
from pathlib import Path
from seawall.web.allocator import give_back_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if {given_back}:
    assert give_back_memory()
before = resident()
large = b"x" * 30_000_000
del large  # from here on glibc keeps blocks up to this size
large, small = [], []
for _ in range(20):
    large.append(b"x" * 5_000_000)
    small.append(b"x" * 50_000)
del large
print(resident() - before)
"""


def left(*, given_back: bool) -> int:
    """Bytes that a process still has once it has freed 100 MB of the 101 it asked for."""
    code = LEFT.format(given_back=given_back)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(ended.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
def test_large_blocks_between_small_ones_that_stay_are_given_back():
    """Left alone, the allocator keeps them all."""
    assert left(given_back=True) < 10_000_000 < 90_000_000 < left(given_back=False)
