"""Python's collector of cycles, kept away from work in bulk that makes none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """
    Nothing looks for cycles in this block; keep it to some thousand objects, for other threads' cycles wait as well.

    The collector walks through everything there is each time a quarter more of it has been made: half of the time
    that it takes to read many rows. What is not part of a cycle goes at once, as always.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
