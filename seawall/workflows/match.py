"""Somebody asks whether a signal, a file or a text is known; nothing is decided and nothing is remembered."""

from collections.abc import Sequence
from datetime import datetime

from seawall.banks.entry import counts
from seawall.errors import InputError
from seawall.policy.rule import MAX_DISTANCE
from seawall.screening.recognise import Known
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import Reading, Signal
from seawall.workflows.knowledge import Knowledge


def match_signals(
    signals: Sequence[Signal], *, max_distance: int, knowledge: Knowledge, now: datetime
) -> list[list[Known]]:
    """
    For each signal the entries near it, nearest first.

    Raises:
        InputError: The distance is out of range.

    """
    _check(max_distance)
    readings = [Reading(signal=signal, frame=place) for place, signal in enumerate(signals)]
    answers: list[list[Known]] = [[] for _ in signals]
    for known in knowledge.known(readings, max_distance=max_distance):
        if counts(known.entry, at=now):
            answers[known.reading.frame].append(known)
    for answer in answers:
        answer.sort(key=lambda known: (known.distance, known.entry.number))
    return answers


def match_fingerprint(
    found: Fingerprint, *, max_distance: int, knowledge: Knowledge, now: datetime
) -> list[Known]:
    """
    The entries near a piece of media, by any of its signals and however it is turned, nearest first; each once.

    Raises:
        InputError: The distance is out of range.

    """
    _check(max_distance)
    near = [
        known
        for known in knowledge.known(found.readings, max_distance=max_distance)
        if counts(known.entry, at=now)
    ]
    near.sort(key=lambda known: (known.distance, known.entry.number))
    nearest: dict[int, Known] = {}
    for known in near:
        nearest.setdefault(known.entry.number, known)
    return list(nearest.values())


def _check(max_distance: int) -> None:
    if not 0 <= max_distance <= MAX_DISTANCE:
        raise InputError(f"max_distance is 0 to {MAX_DISTANCE} bits; this is {max_distance}.")
