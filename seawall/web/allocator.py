"""
The C library's allocator, told to give memory back, so that a server is as large as what it holds.

glibc keeps what was freed: in an arena for every few threads, and the larger blocks too once one of their size was
freed. After 2 000 hostile videos and texts a server was 1.05 GB large, and is 0.7 GB so, of which 0.4 GB is its index.
"""

import ctypes
import sys
from typing import Final

# The numbers of mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
BLOCK: Final = 128 * 1024  # bytes; a larger one is the kernel's again as soon as it is free
ARENAS: Final = 2  # only one thread at a time allocates for Python


def give_back_memory() -> bool:
    """Set it so for this process; call it before there are threads. Whether there is such an allocator."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    options = ((_ARENA_MAX, ARENAS), (_TRIM_THRESHOLD, BLOCK), (_MMAP_THRESHOLD, BLOCK))
    return all(mallopt(option, value) for option, value in options)
