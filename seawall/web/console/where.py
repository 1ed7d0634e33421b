"""
Where in an upload something known is, in plain words and drawn: on a line of time, on a sheet of frames, in a text.

    segments of its matches ─▶ "0:12–0:45 of the upload is 0:00–0:33 of the entry: 96 % of frames, …"
                            ├▶ stretches of a line, in hundredths of its length
                            └▶ pieces of a text, marked or not
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise

from seawall.clock import position
from seawall.media.contact_sheet import columns, moments
from seawall.media.media import Region
from seawall.media.regions import RegionKind
from seawall.media.text import normalised
from seawall.screening.verdict import Match
from seawall.signals.registry import SEQUENCE_TYPES
from seawall.signals.sequence import Likeness, Segment
from seawall.signals.text import Text
from seawall.signals.vpdq import Vpdq
from seawall.web.console.language import Language
from seawall.workflows.case_sheet import ItemSheet, Near

TIMED = frozenset(SEQUENCE_TYPES) - {Text.name}
"""Types whose segments are in seconds."""
MOST_TOLD = 5  # segments of one match that are put into words
NARROWEST = 0.6  # hundredths of a line: a moment is seen too
WHOLE = 20_000  # characters of a text that is shown without a fold
BEGINNING, AROUND, INTO = (
    2_000,
    500,
    2_500,
)  # characters that stay unfolded: at first, about a mark, of a mark
REGIONS: Mapping[str, str] = {
    RegionKind.WITHOUT_BORDER: "The picture without its border",
    RegionKind.WITHOUT_CAPTION: "The picture without its caption",
    RegionKind.IN_SCREENSHOT: "A picture within a screenshot",
    RegionKind.IN_COLLAGE: "A picture within a collage",
    RegionKind.INNER_PICTURE: "A picture within the picture",
}
Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a line of time that is known, in hundredths of its length."""

    left: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A frame on a contact sheet: its place in hundredths of the sheet, when it is shown, and whether it is known."""

    left: float
    top: float
    width: float
    height: float
    at: str
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What is known of something that lasts, drawn."""

    end: str
    told: str  # the known stretches, between commas
    stretches: tuple[Stretch, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text."""

    text: str
    known: bool = False
    folded: bool = False  # shown once somebody opens it


def words(tongue: Language) -> dict[str, Callable[..., object]]:
    """What templates call to say and draw where something known is."""
    return {
        "where": lambda near: told(
            near.kind, near.known, near.likeness, near.region, tongue=tongue
        ),
        "timeline": timeline,
        "percent": lambda share: "<1" if 0 < share < 0.005 else f"{100 * share:.0f}",
    }


def of_match(tongue: Language) -> Callable[[Match], list[str]]:
    """What templates call to say where in an upload a match is."""
    return lambda match: told(
        match.signal.type, match.known.type, match.likeness, match.region, tongue=tongue
    )


def told(
    signal: str,
    known: str,
    likeness: Likeness | None,
    region: Region | None,
    *,
    tongue: Language,
) -> list[str]:
    """Where an upload's signal of this type is near a known one, a sentence for each segment."""
    t = tongue.text
    found = []
    if region is not None:
        size = t("{width} × {height} pixels", width=region.width, height=region.height)
        found.append(f"{t(REGIONS.get(region.kind, region.kind))} ({size})")
    if likeness is not None:
        found += [_told(signal, known, each, tongue) for each in likeness.segments[:MOST_TOLD]]
        if (more := len(likeness.segments) - MOST_TOLD) > 0:
            found.append(t("{count} more segments", count=more))
    return found


def timeline(each: ItemSheet) -> Timeline | None:
    """The known stretches of an item that lasts; None where it does not."""
    if not each.duration:
        return None
    length = each.duration
    spans = list(_spans(each.near, TIMED))
    times = moments(length)
    across = columns(len(times))
    width, height = 100 / across, 100 / -(-len(times) // across)
    part = length / len(times) / 2
    return Timeline(
        end=position(length),
        told=", ".join(dict.fromkeys(_from_to(*span) for span in spans)),
        stretches=tuple(
            Stretch(
                left=min(100 * start / length, 100 - NARROWEST),
                width=max(100 * (min(end, length) - start) / length, NARROWEST),
            )
            for start, end in spans
        ),
        cells=tuple(
            Cell(
                left=place % across * width,
                top=place // across * height,
                width=width,
                height=height,
                at=position(at),
                known=any(start < at + part and end >= at - part for start, end in spans),
            )
            for place, at in enumerate(times)
        ),
    )


def pieces(text: str, near: Iterable[Near]) -> list[Piece]:
    """The text, with what is known in it marked, and of a long one the rest folded away."""
    marks = _marks(text, near)
    open_parts = [(0, len(text))] if len(text) <= WHOLE else _unfolded(marks, len(text))
    edges = sorted({0, len(text), *(edge for part in (*marks, *open_parts) for edge in part)})
    alike = groupby(
        pairwise(edges),
        key=lambda part: (_within(part[0], marks), not _within(part[0], open_parts)),
    )
    return [
        Piece("".join(text[start:end] for start, end in parts), known, folded)
        for (known, folded), parts in alike
    ]


def _told(signal: str, known: str, segment: Segment, tongue: Language) -> str:
    t = tongue.text
    if signal not in SEQUENCE_TYPES:  # a photo, within a video
        return t("It is shown at {at} of the entry.", at=position(segment.known_start))
    if known not in SEQUENCE_TYPES:
        return t("{when} of the upload shows it.", when=_from_to(segment.start, segment.end))
    share = round(100 * segment.share)
    if signal not in TIMED:
        return t(
            "Letters {start} to {end} of the upload are letters {known_start} to {known_end} of the entry: "
            "{share} % of the passages.",
            start=round(segment.start) + 1,
            end=round(segment.end),
            known_start=round(segment.known_start) + 1,
            known_end=round(segment.known_end),
            share=share,
        )
    of_frames = "{when} of the upload is {known} of the entry: {share} % of frames, median distance {distance}."
    of_sound = "{when} of the upload is {known} of the entry: {share} % of the sound, median distance {distance}."
    return t(
        of_frames if signal == Vpdq.name else of_sound,
        when=_from_to(segment.start, segment.end),
        known=_from_to(segment.known_start, segment.known_end),
        share=share,
        distance=segment.distance,
    )


def _from_to(start: float, end: float) -> str:
    first, last = position(start), position(end)
    return first if first == last else f"{first}–{last}"


def _spans(near: Iterable[Near], kinds: Iterable[str]) -> Iterator[Span]:
    for each in near:
        if each.likeness is not None and each.kind in kinds:
            yield from ((segment.start, segment.end) for segment in each.likeness.segments)


def _marks(text: str, near: Iterable[Near]) -> list[tuple[int, int]]:
    """From where to where in the text as it was written."""
    spans = list(_spans(near, {Text.name}))
    if not spans:
        return []
    plain = normalised(text, leet=True)
    return [plain.written(round(start), round(end)) for start, end in spans]


def _unfolded(marks: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    found = [(0, BEGINNING)]
    for start, end in marks:
        found += [(start - AROUND, min(start + INTO, end)), (end - AROUND, end + AROUND)]
    return [(max(start, 0), min(end, length)) for start, end in found]


def _within(place: int, parts: Iterable[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in parts)
