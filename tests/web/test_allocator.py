"""What a server has freed is the machine's again."""

import subprocess
import sys

import pytest

MEASURED = """
from pathlib import Path
from threading import Thread
from seawall.web.allocator import give_back_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def work():
    for size in (20_000_000, 10_000_000, 300_000):
        kept.append([bytes(size), *(bytes(size // 100) for _ in range(100))][-1])

kept = []
assert give_back_memory()
before = resident()
for _ in range(12):
    thread = Thread(target=work)
    thread.start()
    thread.join()
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is Linux's")
def test_what_was_large_is_given_back():
    """A large block between small ones that stay does not stay with them."""
    grown = subprocess.run(
        [sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True
    )

    assert int(grown.stdout) < 16_000_000
