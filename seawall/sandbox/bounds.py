"""
What a worker process may use, enforced by the operating system, so that no decoder can talk its way past it.

Memory, processor time a task, no file written, no core dump, few files open. macOS takes the limit on memory
and does not keep it; `UNBOUNDED` says so, for `seawall doctor`.
"""

import ctypes
import math
import resource
import signal
import sys
from pathlib import Path
from typing import Final

from seawall.media.limits import MediaLimits

OPEN_FILES = 64  # the channel to the service, and the one file being read
PR_SET_PDEATHSIG = 1  # Linux, prctl(2)
_DATA_PAGES = 5  # the field of /proc/self/statm, proc(5)

UNBOUNDED: Final = (
    None
    if sys.platform == "linux"
    else "This system does not bound the memory of workers; run Seawall on Linux for strangers' uploads."
)


def die_with_parent() -> None:
    """Have the kernel end this process when the one it was forked from ends; elsewhere a closed channel does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def bound(limits: MediaLimits) -> None:
    """Lower what this process may use, for good; memory counts from what it holds now."""
    _lower(resource.RLIMIT_DATA, data_held() + limits.max_memory)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)


def allow_seconds(seconds: float) -> None:
    """Let this process use so much more processor time; beyond it the kernel ends it with SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def data_held() -> int:
    """The bytes of this process's data segment; 0 where nobody tells."""
    if sys.platform != "linux":
        return 0
    pages = Path("/proc/self/statm").read_text().split()[_DATA_PAGES]
    return int(pages) * resource.getpagesize()


def _lower(what: int, most: int) -> None:
    """Lower one limit; a limit that is lower already stays."""
    _, hard = resource.getrlimit(what)
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (least, least))
