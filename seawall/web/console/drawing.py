"""The strokes of a chart: bars, lines and words as SVG, in the colours of the page."""

from collections.abc import Iterable, Sequence
from math import floor, log10
from unicodedata import east_asian_width

from markupsafe import Markup

ACCENT, INK, QUIET, EDGE, LINE = (
    f"var(--{name}, currentColor)" for name in ("accent", "ink", "quiet", "edge", "line")
)
TEXT = 13  # pixels
BAR = 10  # its thickness


def box(left: float, top: float, width: float, fill: tuple[str, str]) -> Markup:
    """A bar under the label that begins at this height; a hollow one keeps its edge within its length."""
    inside, edge = fill
    if width <= 0:
        return Markup("")
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}"/>').format(
        figure_of(left + 0.5),
        figure_of(top + 20.5),
        figure_of(max(0.5, width - 1)),
        BAR - 1,
        inside,
        edge,
    )


def stroke(
    path: Sequence[tuple[float, float]], colour: str, *, width: float, dashes: str = "none"
) -> Markup:
    """A line through these points; a dot where there is only one."""
    if len(path) == 1:
        return dot(*path[0], 1.5 * width, colour)
    points = " ".join(f"{figure_of(x)},{figure_of(y)}" for x, y in path)
    return Markup(
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="{}" stroke-dasharray="{}"'
        ' stroke-linejoin="round"/>'
    ).format(points, colour, width, dashes)


def dot(x: float, y: float, radius: float, colour: str) -> Markup:
    """A full circle around this place."""
    return Markup('<circle cx="{}" cy="{}" r="{}" fill="{}"/>').format(
        figure_of(x), figure_of(y), figure_of(radius), colour
    )


def text(x: float, y: float, words: str, colour: str, *, anchor: str = "start") -> Markup:
    """Words that begin, end or stand around this place, on this line."""
    return Markup('<text x="{}" y="{}" fill="{}" text-anchor="{}">{}</text>').format(
        figure_of(x), figure_of(y), colour, anchor, words
    )


def cut(words: str, room: float) -> str:
    """The words as far as there is room."""
    if width_of(words) <= room:
        return words
    while words and width_of(words + "…") > room:
        words = words[:-1]
    return f"{words.rstrip()}…"


def width_of(words: str) -> float:
    """About how wide a text is in the page's font, rather more than less."""
    return sum(TEXT if east_asian_width(each) in "WF" else TEXT * 0.64 for each in words)


def apart(
    ends: Iterable[tuple[float, str, str]], distance: float, bottom: float
) -> list[tuple[float, str, str]]:
    """The same labels from the top down, none over another, none below the chart."""
    placed: list[tuple[float, str, str]] = []
    for y, name, colour in sorted(ends):
        placed.append((max(y, placed[-1][0] + distance) if placed else y, name, colour))
    limit = bottom
    for number in reversed(range(len(placed))):
        y, name, colour = placed[number]
        placed[number] = (min(y, limit), name, colour)
        limit = placed[number][0] - distance
    return placed


def ceiling_of(most: float) -> float:
    """The next number above that is round, and whose half is: 2, 4, 10, 20, 30, 40, 60."""
    if most <= 0:
        return 2
    power = 10.0 ** floor(log10(most))
    steps = (1, 2, 3, 4, 6, 8) if power > 1 else (1, 2, 4, 6, 8)
    return next((step * power for step in steps if step * power >= most), 10 * power)


def figure_of(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")
