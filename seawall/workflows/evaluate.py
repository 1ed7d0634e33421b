"""
How well are altered copies found? A folder is altered, rung by rung of a ladder, and every copy is looked for.

    originals ─▶ sandbox ─▶ codes ◀──nearest── codes ◀─ sandbox ◀─ altered copies
                              └────nearest────── others ─▶ false matches by threshold

Nothing is remembered and no bank is asked: each copy is compared with its own original, as a bank that held only this
one would. An original is opened here to be altered only after a worker has read it without harm.
"""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from seawall.errors import Error, InputError
from seawall.sandbox.sandbox import Sandbox
from seawall.signals.fingerprint import Fingerprint
from seawall.workflows.alterations import NEAR, Alteration, Ladder, chosen
from seawall.workflows.photo_alterations import PHOTOS
from seawall.workflows.sound_alterations import SOUNDS
from seawall.workflows.text_alterations import TEXTS
from seawall.workflows.video_alterations import VIDEOS

LADDERS: tuple[Ladder[Any], ...] = (PHOTOS, VIDEOS, SOUNDS, TEXTS)
THRESHOLDS = (0, 8, 16, 24, 31, 40, 48, 64)  # bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What came of one alteration at one strength."""

    kind: str
    alteration: str
    strength: str
    copies: int
    found: int  # by any reading
    found_whole: int  # without looking at regions or other pitches
    found_with_crops: int  # had the originals been filed with their crops
    median_distance: float | None  # bits; None where no copy is like its original
    milliseconds: float  # that a worker took for a copy, median


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangers:
    """How many pairs of an original and something else are this near."""

    threshold: int
    matches: int
    comparisons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A folder's copies, looked for."""

    originals: int
    left_out: tuple[tuple[str, str], ...]  # path and reason
    near: int
    rungs: tuple[Rung, ...]
    strangers: tuple[Strangers, ...]  # none where no others were named


@dataclass(slots=True)
class _Tally:
    distances: list[int | None] = field(default_factory=list)
    whole: list[int | None] = field(default_factory=list)
    with_crops: list[int | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Original:
    ladder: Ladder[Any]
    fingerprint: Fingerprint


def evaluate(
    paths: Iterable[str],
    *,
    others: Iterable[str] = (),
    only: Sequence[str] = (),
    near: int = NEAR,
    sandbox: Sandbox,
    seconds: Callable[[], float],
    done: Callable[[], None] = lambda: None,
) -> Evaluation:
    """
    How many altered copies of these files are found, and how many others are taken for one of them.

    `only` names the alterations tried, all when empty; `seconds` is a clock; `done` is called for each file.

    Raises:
        InputError: None of the files can be altered, or a name is of no alteration.

    """
    ladders = chosen(LADDERS, only or ["*"])
    tallies: dict[tuple[str, Alteration[Any]], _Tally] = {}
    originals: list[_Original] = []
    left_out: list[tuple[str, str]] = []
    for path in paths:
        try:
            original = _opened(path, ladders, sandbox)
            chance = Random(len(originals))  # noqa: S311 - repeatable, and hides nothing
            data = Path(path).read_bytes()
            _altered(original, data, tallies, chance=chance, sandbox=sandbox, seconds=seconds)
        except Error as wrong:
            left_out.append((path, str(wrong)))
        else:
            originals.append(original)
        done()
    if not originals:
        why = f" The first: {left_out[0][1]}" if left_out else ""
        raise InputError(
            f"There is nothing here that can be altered; name a folder of photos, videos, sounds or texts.{why}"
        )
    strangers = _strangers(originals, others, left_out, sandbox=sandbox, done=done)
    return Evaluation(
        originals=len(originals),
        left_out=tuple(left_out),
        near=near,
        rungs=tuple(_rung(*key, tally, near) for key, tally in tallies.items()),
        strangers=strangers,
    )


def _opened(path: str, ladders: Sequence[Ladder[Any]], sandbox: Sandbox) -> _Original:
    fingerprint = sandbox.submit_file(Path(path), crops=True).result()
    ladder = next((each for each in ladders if each.kind is fingerprint.kind), None)
    if fingerprint.error is not None or ladder is None:
        raise InputError(fingerprint.error or f"There is no ladder for {fingerprint.media_type}.")
    if ladder.nearest(fingerprint, fingerprint).distance is None:
        raise InputError(
            "; ".join(each.reason for each in fingerprint.missing) or "It has no code."
        )
    return _Original(ladder, fingerprint)


def _altered(
    original: _Original,
    data: bytes,
    tallies: dict[tuple[str, Alteration[Any]], _Tally],
    *,
    chance: Random,
    sandbox: Sandbox,
    seconds: Callable[[], float],
) -> None:
    ladder = original.ladder
    thing = ladder.read(data)
    for alteration in ladder.alterations:
        copy = alteration.apply(thing, chance)
        began = seconds()
        found = sandbox.fingerprint(copy)
        took = seconds() - began
        near = ladder.nearest(original.fingerprint, found)
        tally = tallies.setdefault((ladder.kind, alteration), _Tally())
        tally.distances.append(near.distance)
        tally.whole.append(near.whole)
        tally.with_crops.append(near.with_crops)
        tally.seconds.append(took)


def _rung(kind: str, alteration: Alteration[Any], tally: _Tally, near: int) -> Rung:
    distances = [each for each in tally.distances if each is not None]
    return Rung(
        kind=kind,
        alteration=alteration.name,
        strength=alteration.strength,
        copies=len(tally.distances),
        found=_within(near, tally.distances),
        found_whole=_within(near, tally.whole),
        found_with_crops=_within(near, tally.with_crops),
        median_distance=statistics.median(distances) if distances else None,
        milliseconds=round(statistics.median(tally.seconds) * 1000, 2),
    )


def _within(near: int, distances: list[int | None]) -> int:
    return sum(each is not None and each <= near for each in distances)


def _strangers(
    originals: Sequence[_Original],
    others: Iterable[str],
    left_out: list[tuple[str, str]],
    *,
    sandbox: Sandbox,
    done: Callable[[], None],
) -> tuple[Strangers, ...]:
    """Every original against every other file; one that cannot be read is added to what was `left_out`."""
    distances: list[int] = []
    comparisons = 0
    for path in others:
        done()
        try:
            found = sandbox.submit_file(Path(path)).result()
        except Error as wrong:
            left_out.append((path, str(wrong)))
            continue
        if found.error is not None:
            left_out.append((path, found.error))
        types = {reading.signal.type for reading in found.readings}
        for original in originals:
            if original.ladder.type not in types:
                continue
            distance = original.ladder.nearest(original.fingerprint, found).distance
            comparisons += 1
            distances += [] if distance is None else [distance]
    return tuple(
        Strangers(
            threshold=threshold,
            matches=sum(each <= threshold for each in distances),
            comparisons=comparisons,
        )
        for threshold in (THRESHOLDS if comparisons else ())
    )
