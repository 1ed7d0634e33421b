"""
What people do to a copy before they send it on: kinds of media, each with a declared ladder of alterations.

    original ──read──▶ thing ──alteration, strength──▶ bytes of the copy

A ladder is one kind of media: how its originals are opened and which alterations are tried. Names are AugLy's where
it has one (https://github.com/facebookresearch/AugLy); `collage`, `pad_blurred` and `pad_gradient` are our own.
To add a kind, write its ladder beside `photo_alterations` and list it in `seawall.workflows.evaluate.LADDERS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from random import Random
from typing import Generic, TypeVar

from seawall.errors import InputError
from seawall.media.media import Kind
from seawall.signals.fingerprint import Fingerprint

T = TypeVar("T")


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
    """How near a copy is to its original, in bits; None where one of them has no code."""

    distance: int | None  # of the nearest reading of any part
    whole: int | None  # of the nearest reading of the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder(Generic[T]):
    """The alterations of one kind of media, and how an original of it is opened."""

    kind: Kind
    read: Callable[[bytes], T]  # raises InputError where the bytes are not of this kind
    nearest: Callable[
        [Fingerprint, Fingerprint], "Near"
    ]  # a known one, and what is compared with it
    alterations: tuple[Alteration[T], ...]

    def only(self, wanted: Sequence[str]) -> "Ladder[T]":
        """
        The same with the alterations of these names, which may be patterns: `crop`, `overlay_*`.

        Raises:
            InputError: A name fits none of them.

        """
        names = sorted({each.name for each in self.alterations})
        for pattern in wanted:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise InputError(f"There is no alteration {pattern!r}; it is {', '.join(names)}.")
        kept = (
            each
            for each in self.alterations
            if any(fnmatchcase(each.name, pattern) for pattern in wanted)
        )
        return replace(self, alterations=tuple(kept))
