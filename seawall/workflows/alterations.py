"""
What people do to a copy before they send it on: kinds of media, each with a declared ladder of alterations.

    original ──read──▶ thing ──alteration, strength──▶ bytes of the copy ──worker──▶ how near

A ladder is one kind of media: how its originals are opened and which alterations are tried. Names are AugLy's where
it has one (https://github.com/facebookresearch/AugLy).
To add a kind, write its ladder beside `photo_alterations` and list it in `seawall.workflows.evaluate.LADDERS`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Generic, TypeVar

import numpy as np

from seawall.errors import InputError
from seawall.media.media import Kind
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.sequence import EXACT, Filed, Hits, SequenceType
from seawall.signals.signal import Reading

T = TypeVar("T")
NEAR = 31  # bits: the usual threshold of a match
ROWS = 512  # codes compared with all others at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration(Generic[T]):
    """One way to alter a copy, at one strength; the number makes chance in it repeatable."""

    name: str
    strength: str  # in words a table can show: "q15", "70 % centre"
    apply: Callable[[T, Random], bytes]

    @property
    def label(self) -> str:
        """Name and strength in one."""
        return f"{self.name} {self.strength}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """How near a copy is to its original, in bits; None where they are not alike, or one of them has no code."""

    distance: int | None  # of the nearest reading of any part or pitch
    whole: int | None  # of the nearest reading of the whole, at its own pitch
    with_crops: int | None  # of the nearest reading, had the original been filed with its crops


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder(Generic[T]):
    """The alterations of one kind of media, and how an original of it is opened."""

    kind: Kind
    type: str  # of the signals that are compared
    read: Callable[[bytes], T]  # raises InputError where the bytes are not of this kind
    nearest: Callable[
        [Fingerprint, Fingerprint], "Near"
    ]  # a known one, and what is compared with it
    alterations: tuple[Alteration[T], ...]

    def only(self, wanted: Sequence[str]) -> "Ladder[T]":
        """The same with the alterations of these names, which may be patterns: `crop`, `overlay_*`."""
        kept = (
            each
            for each in self.alterations
            if any(fnmatchcase(each.name, pattern) for pattern in wanted)
        )
        return replace(self, alterations=tuple(kept))


def chosen(ladders: Iterable[Ladder[Any]], wanted: Sequence[str]) -> list[Ladder[Any]]:
    """
    The ladders with the alterations of these names or patterns.

    Raises:
        InputError: A name fits no alteration of any of them.

    """
    ladders = list(ladders)
    names = sorted({each.name for ladder in ladders for each in ladder.alterations})
    for pattern in wanted:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise InputError(f"There is no alteration {pattern!r}; it is {', '.join(names)}.")
    return [ladder.only(wanted) for ladder in ladders]


def nearest(kind: SequenceType, known: Fingerprint, copy: Fingerprint) -> Near:
    """How near any reading of the copy is to the known one as it lies, by a type that is many codes in a row."""
    ours = [each for each in known.readings if each.signal.type == kind.name and each.plain]
    theirs = [each for each in copy.readings if each.signal.type == kind.name]

    def least(readings: Iterable[Reading]) -> int | None:
        found = (_apart(kind, asked, one) for asked in readings for one in ours)
        return min((each for each in found if each is not None), default=None)

    distance = least(theirs)
    return Near(
        distance=distance,
        whole=least(each for each in theirs if each.region is None and not each.pitch),
        with_crops=distance,
    )


def _apart(kind: SequenceType, asked: Reading, known: Reading) -> int | None:
    """What the type says of every hit that a search would find between the two."""
    rows = [
        hits
        for one in kind.asked(asked.signal)
        for other in kind.filed(known.signal)
        if one.name == other.name
        for hits in _hits(one, other, 0 if one.name == EXACT else _radius(kind))
    ]
    if not rows:
        return None
    joined = Hits(*(np.concatenate(column) for column in zip(*rows, strict=True)))
    found = kind.compare(asked.signal, known.signal, joined) if len(joined.asked) else None
    return None if found is None else found.distance


def _hits(asked: Filed, known: Filed, radius: int) -> Iterable[Hits]:
    for start in range(0, len(asked.codes), ROWS):
        codes = asked.codes[start : start + ROWS]
        apart = np.bitwise_count(codes[:, None] ^ known.codes[None]).sum(axis=2, dtype=np.int64)
        one, other = np.nonzero(apart <= radius)
        yield Hits(asked.parts[start + one], known.parts[other], apart[one, other])


def _radius(kind: SequenceType) -> int:
    return NEAR if kind.reach is None else kind.reach
