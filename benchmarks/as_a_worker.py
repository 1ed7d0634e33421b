"""Measure with the memory settings that workers have; the C library reads them once, when a process begins."""

import os
import sys

from seawall.sandbox.nursery import KEEP_MEMORY


def as_a_worker() -> None:
    """Begin this command anew with those settings, unless it has them."""
    if any(name not in os.environ for name in KEEP_MEMORY):
        os.execve(sys.executable, sys.orig_argv, {**os.environ, **KEEP_MEMORY})  # noqa: S606 - ourselves
