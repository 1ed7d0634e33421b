"""Charts tell what the table behind them says, to everybody, in both themes."""

import os
import shutil
from collections.abc import Iterator
from itertools import combinations
from math import inf, nan
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, sync_playwright

import seawall.web
from seawall.errors import InputError
from seawall.web.console.charts import (
    Bounds,
    Frame,
    Line,
    Row,
    bars,
    intervals,
    lines,
    percent,
    plain,
    stacked_bars,
)

STYLES = Path(seawall.web.__file__).parent / "pages/static/check.css"
POLICY = "default-src 'none'; style-src 'self'"
LONG = "Intimate images shared without consent, reported by a trusted flagger in Belgium"
RULINGS = ("Policy", "Keep", "Label", "Restrict", "Remove")
SVG = "{http://www.w3.org/2000/svg}"


def frame(name="cases", title="Open cases", columns=("Queue", "Cases"), **others):
    """What is around the numbers."""
    return Frame(name=name, title=title, summary=f"{title}, as bars.", columns=columns, **others)


def read(chart):
    """The chart as a tree, as any reader of XML has it."""
    text = str(chart).replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ')
    return ET.fromstring(text)  # noqa: S314 - our own


def widths(chart):
    """How long its bars are."""
    return [float(each.get("width")) + 1 for each in read(chart).iter(f"{SVG}rect")]


def table(chart):
    """The rows of the table behind it."""
    return [["".join(cell.itertext()) for cell in row] for row in read(chart).iter("tr")]


def words(chart):
    """What stands in the picture."""
    return [each.text for each in read(chart).iter(f"{SVG}text")]


def test_a_bar_is_as_long_as_its_number():
    """All begin at 0, and the longest takes the width there is; nothing has no bar."""
    rows = [Row(label="Hate", values=(40,)), Row(label="Fraud", values=(10,))]
    chart = bars(frame(width=400), [*rows, Row(label="Spam", values=(0,))])

    assert widths(chart) == [400, 100]
    assert words(chart) == ["Hate", "40", "Fraud", "10", "Spam", "0"]


def test_the_parts_of_a_bar_are_as_long_as_theirs():
    """Or each bar is a whole of its own; the parts are named above."""
    rows = [Row(label="Hate", values=(30, 10)), Row(label="Fraud", values=(5, 15))]
    columns = ("Policy", "Keep", "Remove")
    chart = stacked_bars(frame(width=400, columns=columns), rows)
    whole = stacked_bars(frame(width=400, columns=columns), rows, whole=True)

    assert widths(chart)[2:] == [300, 98, 50, 148]  # two pixels between the parts
    assert widths(whole)[2:] == [300, 98, 100, 298]
    assert words(chart) == ["Keep", "Remove", "Hate", "40", "Fraud", "20"]


def test_bounds_are_a_line_with_the_value_on_it():
    """What was never tried has bounds and no dot; a target is marked in every row."""
    chart = intervals(
        frame(columns=("Policy", "Low", "Seen", "High"), width=409, show=percent),
        [
            Bounds(label="Hate", value=0.5, low=0.25, high=0.75),
            Bounds(label="Spam", value=None, low=0, high=1),
        ],
        target=0.9,
    )
    picture = read(chart)

    assert [each.get("cx") for each in picture.iter(f"{SVG}circle")] == ["204.5"]
    points = [each.get("points") for each in picture.iter(f"{SVG}polyline")]
    assert points[1] == "104.5,25 304.5,25"
    assert points[4] == "4.5,65 404.5,65"
    assert sum(each.startswith("364.5,") for each in points) == 2
    assert table(chart)[1:] == [
        ["Hate", "25.0\u202f%", "50.0\u202f%", "75.0\u202f%"],
        ["Spam", "0.0\u202f%", "\u2013", "100.0\u202f%"],
    ]


def test_a_line_has_a_gap_where_nothing_is_known():
    """And a moment that stands alone is a dot; each line is named at its end."""
    chart = lines(
        frame(columns=("Day", "Opened", "Ruled")),
        ["1 May", "2 May", "3 May", "4 May"],
        [
            Line(name="Opened", values=(1, None, 3, 4)),
            Line(name="Ruled", values=(4, 3, 2, 1)),
        ],
    )
    picture = read(chart)
    drawn = [each for each in picture.iter(f"{SVG}polyline") if each.get("stroke-width") == "2"]

    assert [len(each.get("points").split()) for each in drawn] == [2, 4]
    assert len(list(picture.iter(f"{SVG}circle"))) == 1
    assert {"Opened", "Ruled", "1 May", "4 May", "0", "4"} <= set(words(chart))
    assert table(chart)[2] == ["2 May", "\u2013", "3"]


EVERY = [
    bars(frame("bars"), [Row(label=LONG, values=(12_345,)), Row(label="Spam", values=(7,))]),
    stacked_bars(
        frame("parts", "Rulings per policy", RULINGS),
        [Row(label=LONG, values=(40, 10, 5, 60)), Row(label="Spam", values=(0, 0, 0, 0))],
    ),
    intervals(
        frame("bounds", "Recall", ("Policy", "Low", "Seen", "High"), show=percent),
        [
            Bounds(label=LONG, value=1, low=0.97, high=1),
            Bounds(label="Spam", value=0, low=0, high=1),
        ],
        target=0.95,
    ),
    lines(
        frame("lines", "Cases a day", ("Day", "Opened", "Ruled", "Carried out")),
        [f"{day} November" for day in range(1, 31)],
        [
            Line(name="Opened", values=tuple(2000 + 7 * day for day in range(30))),
            Line(name="Ruled", values=tuple(2001 + 7 * day for day in range(30))),
            Line(name="Carried out by themselves", values=tuple(range(30))),
        ],
    ),
]


@pytest.mark.parametrize("chart", EVERY)
def test_every_chart_has_a_title_a_description_and_its_table(chart):
    """Whoever does not see the picture has the same numbers."""
    picture = next(read(chart).iter(f"{SVG}svg"))
    title, summary = picture[0], picture[1]

    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby").split() == [title.get("id"), summary.get("id")]
    assert (title.tag, summary.tag) == (f"{SVG}title", f"{SVG}desc")
    assert title.text
    assert summary.text
    assert len(table(chart)) > 2
    assert LONG in str(chart) or "30 November" in str(chart)


@pytest.mark.parametrize("chart", EVERY)
def test_no_chart_has_a_style_or_script_of_its_own(chart):
    """A strict content security policy would forbid it, and the page's colours would not reach it."""
    tree = read(chart)

    assert not [each for each in tree.iter() if each.tag.rpartition("}")[2] in ("style", "script")]
    names = {name for each in tree.iter() for name in each.attrib}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    colours = {
        each.get(name) for each in tree.iter() for name in ("fill", "stroke") if each.get(name)
    }
    assert all(
        colour in ("none", "currentColor") or colour.startswith("var(--") for colour in colours
    )


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.floats(0, 1e12))
def test_whatever_a_label_is_it_is_only_text(label, value):
    """Queues and sources are named by people."""
    for text in (label, f'"><script>{label}</script>', f"{label}]]>&"):
        row = Row(label=text, values=(value,))
        chart = bars(frame(title=text or "x"), [row])

        assert [each.tag for each in read(chart).iter("script")] == []
        assert table(chart)[1] == [text, plain(value)]


def test_a_chart_of_nothing_says_so():
    """An empty picture would look broken."""
    line = Line(name="Opened", values=(None,))
    for chart in (
        bars(frame(empty="No case is open."), []),
        stacked_bars(frame(empty="No case is open."), []),
        intervals(frame(empty="No case is open."), []),
        lines(frame(empty="No case is open."), ["1 May"], [line]),
        lines(frame(empty="No case is open."), [], []),
    ):
        assert "No case is open." in chart
        assert "<svg" not in chart


def test_a_number_links_to_what_is_behind_it():
    """From the table, which the keyboard reaches, and only to a path of this site."""
    chart = bars(frame(), [Row(label="Hate", values=(4,), link="/desk/queue?name=hate&x=1")])

    assert [each.get("href") for each in read(chart).iter("a")] == ["/desk/queue?name=hate&x=1"]
    for link in ("https://example.com", "//example.com", "javascript:alert(1)", "", "/a b", "/\\e"):
        with pytest.raises(InputError, match="path of this site"):
            Row(label="Hate", values=(4,), link=link)


@pytest.mark.parametrize("value", [-1, nan, inf])
def test_what_has_no_length_is_no_bar(value):
    """And goes on no line."""
    with pytest.raises(InputError):
        Row(label="Hate", values=(value,))
    with pytest.raises(InputError):
        lines(frame(), ["1 May"], [Line(name="Opened", values=(value,))])


def test_what_cannot_be_told_apart_is_not_drawn():
    """Two greys, an accent and a hollow one are all there is."""
    with pytest.raises(InputError, match="1 to 4 parts"):
        stacked_bars(frame(columns=("a", "b", "c", "d", "e", "f")), [])
    with pytest.raises(InputError, match="at most 3 lines"):
        lines(frame(), [], [Line(name="x", values=())] * 4)
    with pytest.raises(InputError, match="for each moment"):
        lines(frame(), ["1 May"], [Line(name="x", values=())])
    with pytest.raises(InputError, match="a head for"):
        bars(frame(), [Row(label="x", values=(1, 2))])
    with pytest.raises(InputError, match="between its bounds"):
        Bounds(label="x", value=0.5, low=0.6, high=1)
    with pytest.raises(InputError, match="small letters"):
        frame(name='x" onload="')


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without one the test is skipped, or fails where CI says so."""
    path = os.environ.get("SEAWALL_CHROMIUM") or shutil.which("chromium")
    if path is None:
        if os.environ.get("SEAWALL_REQUIRE_ALL") == "1":
            pytest.fail("SEAWALL_CHROMIUM names no browser, and every test is to run.")
        pytest.skip("there is no Chromium; SEAWALL_CHROMIUM may name one")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """All charts on one page with the real style sheet, under a strict policy that nothing offends."""
    body = f'<!doctype html><link rel="stylesheet" href="/s.css">{"".join(EVERY)}'
    context = browser.new_context(color_scheme=request.param)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.route("**/s.css", lambda route: route.fulfill(path=STYLES, content_type="text/css"))
    page.route(
        "**/charts",
        lambda route: route.fulfill(
            body=body,
            content_type="text/html; charset=utf-8",
            headers={"content-security-policy": POLICY},
        ),
    )
    page.goto("http://charts.test/charts")
    yield page
    context.close()
    assert complaints == []


def test_the_words_of_a_picture_are_within_it_and_none_is_over_another(page: Page):
    """As a browser measures them, in the font it has."""
    boxes = page.evaluate(
        """[...document.querySelectorAll('svg')].map(svg => [svg, ...svg.querySelectorAll('text')]
            .map(each => each.getBoundingClientRect().toJSON()))"""
    )
    assert len(boxes) == len(EVERY)
    for picture, *texts in boxes:
        for box in texts:
            assert picture["left"] - 1 <= box["left"]
            assert box["right"] <= picture["right"] + 1
            assert picture["top"] - 2 <= box["top"]
            assert box["bottom"] <= picture["bottom"] + 2
        for one, other in combinations(texts, 2):
            apart = one["right"] <= other["left"] or other["right"] <= one["left"]
            over = one["bottom"] <= other["top"] + 3 or other["bottom"] <= one["top"] + 3
            assert apart or over


def luminance(colour: str) -> float:
    """How bright a colour is, by WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance ."""
    shares = [int(each) / 255 for each in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_everything_that_says_something_stands_out_from_the_page(page: Page):
    """In both themes: words 4.5 to 1, bars, lines and dots 3 to 1; the faint lines of the scale say nothing."""
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    drawn = page.evaluate(
        """[...document.querySelectorAll('svg :is(text, rect, circle, polyline)')]
            .filter(each => !(each.getAttribute('stroke') || '').includes('--line'))
            .map(each => [each.tagName, getComputedStyle(each).fill, getComputedStyle(each).stroke])"""
    )
    assert {tag for tag, _, _ in drawn} == {"text", "rect", "circle", "polyline"}
    for tag, fill, edge in drawn:
        colour = edge if fill == "none" else fill
        bright, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= (4.5 if tag == "text" else 3), (tag, colour)


def test_a_picture_is_read_out_by_its_title_and_description(page: Page):
    """As a screen reader has it from the browser."""
    picture = page.get_by_role("img", name="Rulings per policy Rulings per policy, as bars.")

    assert picture.count() == 1
