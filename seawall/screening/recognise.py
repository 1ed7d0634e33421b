"""
Codes that were near become entries that are known.

    hits of one reading and one entry ──one code each──────▶ the nearest
                                      └──many in a row─────▶ the type compares: where, how much, how near
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seawall.banks.catalogue import Hit
from seawall.banks.entry import Entry
from seawall.signals.embedding import Embedding, model_of
from seawall.signals.registry import SEQUENCE_TYPES
from seawall.signals.sequence import Hits, Likeness, SequenceType
from seawall.signals.signal import Cause, NoSignal, Reading, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A reading of the upload and an entry it is near."""

    reading: Reading
    distance: int
    entry: Entry
    likeness: Likeness | None = None  # None: each is one code


class Recognised(NamedTuple):
    """What is known, and what was not compared for lack of time."""

    known: list[Known]
    left_out: tuple[NoSignal, ...] = ()


def recognised(
    hits: Iterable[Hit], entries: Mapping[int, Entry], *, most: int | None = None
) -> Recognised:
    """
    What these hits make known, of the entries that still count.

    Of long signals those with the most hits are compared, until they have `most` characters together.
    """
    rows: dict[tuple[Reading, int], list[Hit]] = defaultdict(list)
    known: list[Known] = []
    for hit in hits:
        entry = entries.get(hit.number)
        if entry is None:
            continue
        if _sequence(hit.reading, entry):
            rows[hit.reading, hit.number].append(hit)
        elif _comparable(hit, entry.signal):
            known.append(Known(reading=hit.reading, distance=_apart(hit), entry=entry))
    left_out: dict[str, set[int]] = defaultdict(set)
    compared = 0
    for (reading, number), row in sorted(rows.items(), key=lambda item: -len(item[1])):
        if most is not None and compared >= most:
            left_out[reading.signal.type].add(number)
            continue
        compared += len(entries[number].signal.value)
        found = _compared(reading, entries[number], row)
        if found is not None:
            known.append(found)
    return Recognised(
        known, tuple(_not_compared(name, len(numbers)) for name, numbers in left_out.items())
    )


def _not_compared(name: str, count: int) -> NoSignal:
    reason = f"It is like so many known ones that {count} of them were not compared with it."
    return NoSignal(type=name, reason=reason, cause=Cause.FAILED)


def _sequence(reading: Reading, entry: Entry) -> SequenceType | None:
    return SEQUENCE_TYPES.get(entry.signal.type) or SEQUENCE_TYPES.get(reading.signal.type)


def _comparable(hit: Hit, known: Signal) -> bool:
    asked = hit.reading.signal
    if not hit.distance:
        return asked == known  # digests may collide
    return model_of(asked) == model_of(known)


def _apart(hit: Hit) -> int:
    """Neither a part of a picture nor what a model takes for one is the whole known one, however near."""
    whole = hit.reading.region is None and hit.reading.signal.type != Embedding.name
    return hit.distance if whole else max(hit.distance, 1)


def _compared(reading: Reading, entry: Entry, row: list[Hit]) -> Known | None:
    kind = _sequence(reading, entry)
    if kind is None:
        return None
    found = kind.compare(
        reading.signal,
        entry.signal,
        Hits(
            np.array([hit.asked_part for hit in row], np.int64),
            np.array([hit.part for hit in row], np.int64),
            np.array([hit.distance for hit in row], np.int64),
        ),
    )
    if found is None:
        return None
    return Known(reading=reading, distance=found.distance, entry=entry, likeness=found)
