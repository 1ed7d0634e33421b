"""
Small charts as SVG within the page: bars, stacked bars, lines, and shares with their bounds.

    rows ──▶ figure: caption, picture with title and description, and the table behind it

The picture needs no script, no style sheet of its own, and nothing that a strict content security policy forbids. Its
colours are the page's custom properties, so it is dark or light as the page is, and its text has the page's size. Links
to what is behind a number are in the table, where a keyboard reaches them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from markupsafe import Markup, escape

from seawall.errors import InputError
from seawall.web.console.drawing import (
    ACCENT,
    BAR,
    EDGE,
    INK,
    LINE,
    QUIET,
    TEXT,
    apart,
    box,
    ceiling_of,
    cut,
    dot,
    figure_of,
    stroke,
    text,
    width_of,
)

FILLS = ((ACCENT, ACCENT), (INK, INK), (EDGE, EDGE), ("none", EDGE))  # fill and stroke of a part
STROKES = ((ACCENT, "none"), (INK, "none"), (QUIET, "5 3"))  # colour and dashes of a line
ROW = 40  # of a label with its bar under it
DOT = 4.5
GAP = 2
NONE = "\N{EN DASH}"  # where there is no value
PLOT = 132  # height of a line chart without its labels
_PLACE = re.compile(r"/(?!/)[!-\[\]-~]*")  # no backslash, which browsers read as a slash


def plain(value: float) -> str:
    """A number as it is, in groups of three."""
    return (
        f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}") if value >= 10 else f"{value:g}"
    )


def percent(value: float) -> str:
    """A share in percent, to a tenth."""
    return f"{100 * value:.1f}\N{NARROW NO-BREAK SPACE}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every chart has around its numbers; the words are the page's, in its language."""

    name: str  # unique on the page
    title: str
    summary: str  # what it shows, for who cannot see it
    columns: tuple[str, ...]  # heads of the table, the first one over the labels
    show: Callable[[float], str] = plain
    table: str = "The numbers"
    empty: str = "Nothing to show yet."
    width: int = 320

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", self.name):
            raise InputError("A chart is named in small letters, digits and hyphens.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A label with its values: one for a bar, one for each part of a stacked bar."""

    label: str
    values: tuple[float, ...]
    link: str | None = None  # a path here, to the rows behind the number

    def __post_init__(self) -> None:
        if not all(isfinite(value) and value >= 0 for value in self.values):
            raise InputError("A bar is as long as a number of 0 or more.")
        _check_link(self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A label with a value and between what the true one lies; no value where nothing was tried."""

    label: str
    value: float | None
    low: float
    high: float
    link: str | None = None

    def __post_init__(self) -> None:
        inner = self.low if self.value is None else self.value
        if not self.low <= inner <= self.high:
            raise InputError("A value lies between its bounds.")
        _check_link(self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A name with one value for each moment; None where there is none."""

    name: str
    values: tuple[float | None, ...]


def bars(frame: Frame, rows: Sequence[Row]) -> Markup:
    """One bar for each row; all begin at 0."""
    _check_columns(frame, rows, parts=1)
    most = max((row.values[0] for row in rows), default=0) or 1
    drawn: list[Markup] = []
    for number, row in enumerate(rows):
        top = number * ROW
        (value,) = row.values
        drawn += _labelled(frame, row.label, frame.show(value), top)
        drawn.append(box(0, top, frame.width * value / most, FILLS[0]))
    return _figure(frame, drawn, ROW * len(rows), _table(frame, rows))


def stacked_bars(frame: Frame, rows: Sequence[Row], *, whole: bool = False) -> Markup:
    """
    A bar of several parts for each row, named by the columns; with `whole`, every bar is as long as the others.

    Raises:
        InputError: A row has another number of parts than there are columns, or more than four.

    """
    _check_columns(frame, rows, parts=len(frame.columns) - 1)
    legend, below = _legend(frame)
    most = max((sum(row.values) for row in rows), default=0) or 1
    drawn = legend if rows else []
    for number, row in enumerate(rows):
        top, total = below + number * ROW, sum(row.values)
        drawn += _labelled(frame, row.label, frame.show(total), top)
        start, scale = 0.0, frame.width / ((total or 1) if whole else most)
        for value, fill in zip(row.values, FILLS, strict=False):
            gap = GAP if start else 0
            drawn.append(box(start + gap, top, value * scale - gap, fill))
            start += value * scale
    return _figure(frame, drawn, below + ROW * len(rows), _table(frame, rows))


def intervals(
    frame: Frame,
    rows: Sequence[Bounds],
    *,
    ends: tuple[float, float] = (0.0, 1.0),
    target: float | None = None,
) -> Markup:
    """Values as dots on the line between their bounds, on one scale; a target is a line through all."""
    lowest, highest = ends
    height = ROW * len(rows)

    def across(value: float) -> float:
        share = (min(max(value, lowest), highest) - lowest) / (highest - lowest)
        return DOT + share * (frame.width - 2 * DOT)

    drawn: list[Markup] = []
    for number, row in enumerate(rows):
        top, middle = number * ROW, number * ROW + 25
        drawn += _labelled(frame, row.label, _or_dash(frame, row.value), top)
        drawn.append(stroke([(0, middle), (frame.width, middle)], LINE, width=1))
        reach = [(across(bound), middle) for bound in (row.low, row.high)]
        drawn.append(stroke(reach, QUIET, width=3))
        if row.value is not None:
            drawn.append(dot(across(row.value), middle, DOT, ACCENT))
        if target is not None:
            tick = [(across(target), middle + end) for end in (-8, 8)]
            drawn.append(stroke(tick, INK, width=1))
    if rows:
        marks = [each for each in (target, lowest, highest) if each is not None]
        named = [(across(each), frame.show(each)) for each in marks]
        drawn += _scale(frame, named, height + TEXT)
    cells = [
        (row.label, row.link, [_or_dash(frame, each) for each in (row.low, row.value, row.high)])
        for row in rows
    ]
    return _figure(frame, drawn, height + TEXT + 5, _rows(frame, cells))


def lines(frame: Frame, moments: Sequence[str], series: Sequence[Line]) -> Markup:
    """
    Up to three lines over the same moments, each named at its end; all begin at 0.

    Raises:
        InputError: More than three lines, or one with another number of values than there are moments.

    """
    if len(series) > len(STROKES):
        raise InputError(f"A chart has at most {len(STROKES)} lines; more cannot be told apart.")
    if any(len(line.values) != len(moments) for line in series):
        raise InputError("A line has one value for each moment.")
    known = [value for line in series for value in line.values if value is not None]
    if not all(isfinite(value) and value >= 0 for value in known):
        raise InputError("A line goes through numbers of 0 or more.")
    most = ceiling_of(max(known, default=0))
    scale = {frame.show(value): value / most for value in (0, most / 2, most)}
    left = max(width_of(said) for said in scale) + 6
    right = frame.width - _end_labels(frame, series)
    step = (right - left) / max(1, len(moments) - 1)
    drawn = _axes(frame, left, right, scale, moments) if known else []
    ends: list[tuple[float, str, str]] = []
    for line, (colour, dashes) in zip(series, STROKES, strict=False):
        for run in _runs(line.values):
            path = [(left + number * step, _height(value / most)) for number, value in run]
            drawn.append(stroke(path, colour, width=2, dashes=dashes))
            last = path[-1][1]
        if len(series) > 1 and any(value is not None for value in line.values):
            ends.append((last, line.name, colour))
    for y, name, colour in apart(ends, TEXT + 2, _height(0)):
        drawn.append(text(right + 6, y + 4, cut(name, frame.width - right - 6), colour))
    cells: list[tuple[str, str | None, Sequence[str]]] = [
        (moment, None, [_or_dash(frame, line.values[number]) for line in series])
        for number, moment in enumerate(moments)
    ]
    return _figure(frame, drawn, _height(0) + TEXT + 10, _rows(frame, cells))


def _figure(frame: Frame, drawn: Iterable[Markup], height: float, table: Markup) -> Markup:
    picture = Markup("").join(drawn)
    caption = Markup("<figcaption>{}</figcaption>").format(frame.title)
    if not picture:
        return Markup('<figure class="chart">{}<p class="quiet">{}</p></figure>').format(
            caption, frame.empty
        )
    return Markup(
        '<figure class="chart">{caption}'
        '<svg role="img" aria-labelledby="{name}-title {name}-summary" viewBox="0 0 {width} {height}"'
        ' width="{width}" height="{height}" direction="ltr" font-size="{text}" fill="currentColor">'
        '<title id="{name}-title">{title}</title><desc id="{name}-summary">{summary}</desc>'
        "{picture}</svg>"
        "<details><summary>{words}</summary>{table}</details></figure>"
    ).format(
        caption=caption,
        name=frame.name,
        width=frame.width,
        height=figure_of(height),
        text=TEXT,
        title=frame.title,
        summary=frame.summary,
        picture=picture,
        words=frame.table,
        table=table,
    )


def _table(frame: Frame, rows: Sequence[Row]) -> Markup:
    return _rows(
        frame, [(row.label, row.link, [frame.show(value) for value in row.values]) for row in rows]
    )


def _rows(frame: Frame, rows: Iterable[tuple[str, str | None, Sequence[str]]]) -> Markup:
    heads = Markup("").join(
        Markup('<th scope="col">{}</th>').format(each) for each in frame.columns
    )
    body = Markup("")
    for label, link, values in rows:
        name = escape(label) if link is None else Markup('<a href="{}">{}</a>').format(link, label)
        cells = Markup("").join(Markup("<td>{}</td>").format(each) for each in values)
        body += Markup('<tr><th scope="row">{}</th>{}</tr>').format(name, cells)
    return Markup(
        '<table aria-label="{}"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format(frame.title, heads, body)


def _labelled(frame: Frame, label: str, value: str, top: float) -> list[Markup]:
    """A label at the left and its value at the right, above where the bar comes."""
    room = frame.width - width_of(value) - TEXT
    return [
        text(0, top + TEXT, cut(label, room), "currentColor"),
        text(frame.width, top + TEXT, value, "currentColor", anchor="end"),
    ]


def _legend(frame: Frame) -> tuple[list[Markup], float]:
    """The parts by name, in as many lines as they need; and where they end."""
    drawn: list[Markup] = []
    left, top = 0.0, 0.0
    for name, fill in zip(frame.columns[1:], FILLS, strict=False):
        width = BAR + 5 + width_of(name) + TEXT
        if left and left + width > frame.width:
            left, top = 0.0, top + TEXT + 6
        drawn.append(box(left, top - TEXT - 4, BAR - 1, fill))
        drawn.append(text(left + BAR + 5, top + TEXT, cut(name, frame.width - BAR - 5), QUIET))
        left += width
    return drawn, top + TEXT + 12


def _scale(frame: Frame, marks: Iterable[tuple[float, str]], y: float) -> list[Markup]:
    """Words under their places, the most important first; one that would touch an earlier one is left out."""
    taken: list[tuple[float, float]] = []
    drawn: list[Markup] = []
    for x, words in marks:
        width = width_of(words)
        left = min(max(0.0, x - width / 2), frame.width - width)
        if all(left > end + 6 or left + width < start - 6 for start, end in taken):
            taken.append((left, left + width))
            drawn.append(text(left + width / 2, y, words, QUIET, anchor="middle"))
    return drawn


def _height(share: float) -> float:
    """Where a share of the highest number stands in a chart of lines."""
    return TEXT + (1 - share) * PLOT


def _end_labels(frame: Frame, series: Sequence[Line]) -> float:
    """Room for the names of lines beside their ends; a single line has its name in the title."""
    if len(series) == 1:
        return DOT
    return min(frame.width * 0.4, max((width_of(line.name) for line in series), default=0) + 6)


def _axes(
    frame: Frame, left: float, right: float, scale: Mapping[str, float], moments: Sequence[str]
) -> list[Markup]:
    """Lines at the numbers of the scale, and the first and the last moment."""
    drawn: list[Markup] = []
    for said, share in scale.items():
        y = _height(share)
        drawn.append(stroke([(left, y), (right, y)], LINE, width=1))
        drawn.append(text(left - 6, y + 4, said, QUIET, anchor="end"))
    return drawn + _scale(
        frame, [(left, moments[0]), (right, moments[-1])][: len(moments)], _height(0) + TEXT + 4
    )


def _runs(values: Sequence[float | None]) -> Iterable[list[tuple[int, float]]]:
    """Stretches without a gap."""
    run: list[tuple[int, float]] = []
    for number, value in enumerate(values):
        if value is not None:
            run.append((number, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _or_dash(frame: Frame, value: float | None) -> str:
    return NONE if value is None else frame.show(value)


def _check_columns(frame: Frame, rows: Sequence[Row], *, parts: int) -> None:
    if not 1 <= parts <= len(FILLS):
        raise InputError(f"A bar has 1 to {len(FILLS)} parts; more cannot be told apart.")
    if len(frame.columns) != parts + 1 or any(len(row.values) != parts for row in rows):
        raise InputError("A chart has a head for its labels, and one for each value of a row.")


def _check_link(link: str | None) -> None:
    if link is not None and not _PLACE.fullmatch(link):
        raise InputError("A number links to a path of this site.")
