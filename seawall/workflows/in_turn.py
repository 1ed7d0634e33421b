"""
Answers in the order they were asked for, but for one that takes long: it holds up nobody behind it.

    asked: 1 2 3 4 ─▶ answered: 1 ──(2 is a film)──▶ 3 4 … 2
"""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

HEAD_START = 5.0  # seconds that whoever is first has before the others go on; workers start in less


def in_turn(
    asked: Iterator[tuple[str, Future[T]]], *, most: int
) -> Iterator[tuple[str, Future[T]]]:
    """What has been answered; `most` are asked at a time, the first of them at once."""
    return _answered(deque(islice(asked, most)), asked)


def _answered(
    window: deque[tuple[str, Future[T]]], asked: Iterator[tuple[str, Future[T]]]
) -> Iterator[tuple[str, Future[T]]]:
    first, since = None, 0.0
    while window:
        if window[0] is not first:
            first, since = window[0], time.monotonic()
        place = _ready([future for _, future in window], since + HEAD_START - time.monotonic())
        answered = window[place]
        del window[place]
        window.extend(islice(asked, 1))
        yield answered


def _ready(futures: list[Future[T]], patience: float) -> int:
    """The place of the next answer: the first's, unless it takes longer than this."""
    if wait(futures[:1], timeout=max(patience, 0)).done:
        return 0
    done = wait(futures, return_when=FIRST_COMPLETED).done
    return next(place for place, future in enumerate(futures) if future in done)
