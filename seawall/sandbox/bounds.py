"""
What a worker process may use, enforced by the operating system, so that no decoder can talk its way past it.

Memory, processor time a task, no file written, no core dump, few files open. Windows has no such limits: there only
the wall clock holds, and `UNBOUNDED` says so.
"""

import ctypes
import math
import signal
import sys
from typing import Final

from seawall.media.limits import MediaLimits

if sys.platform != "win32":
    import resource

OPEN_FILES = 64  # the pool's own pipes and locks, and the one file being read
PR_SET_PDEATHSIG = 1  # Linux, prctl(2)

UNBOUNDED: Final = (
    "Windows bounds neither the memory nor the processor time of workers; only the wall clock stops them."
    if sys.platform == "win32"
    else None
)


def die_with_parent() -> None:
    """Have the kernel end this process when the one it was forked from ends; elsewhere a closed pipe does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def bound(limits: MediaLimits) -> None:
    """Lower what this process may use, for good."""
    if sys.platform != "win32":
        _lower(resource.RLIMIT_DATA, limits.max_memory)
        _lower(resource.RLIMIT_FSIZE, 0)
        _lower(resource.RLIMIT_CORE, 0)
        _lower(resource.RLIMIT_NOFILE, OPEN_FILES)


def allow_seconds(seconds: float) -> None:
    """Let this process use so much more processor time; beyond it the kernel ends it with SIGXCPU."""
    if sys.platform != "win32":
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        until = math.ceil(used.ru_utime + used.ru_stime + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def _lower(what: int, most: int) -> None:
    """Lower one limit; a limit that is lower already stays."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))
