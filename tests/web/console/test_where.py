"""Where in an upload something known is, said and drawn."""

import pytest

from seawall.cases.case import Item, ItemKind
from seawall.media.media import Region
from seawall.signals.sequence import Likeness, Segment
from seawall.web.console.language import language
from seawall.web.console.where import WHOLE, Piece, pieces, timeline, told
from seawall.workflows.case_sheet import ItemSheet, Near

ENGLISH = language("en")


def likeness(*segments: tuple[float, float, float, float]) -> Likeness:
    """Of these segments, each alike in 96 of 100 parts."""
    return Likeness(
        distance=8,
        asked_share=0.3,
        known_share=1.0,
        segments=tuple(
            Segment(
                start=start,
                end=end,
                known_start=known_start,
                known_end=known_end,
                share=0.96,
                distance=8,
            )
            for start, end, known_start, known_end in segments
        ),
    )


def near(kind: str, found: Likeness | None) -> Near:
    """An entry of the same type that is alike in this way."""
    return Near(
        kind=kind,
        known=kind,
        bits=256,
        bank="known",
        entry="en_1",
        distance=8,
        threshold=31,
        rule="known-nearly",
        categories=(),
        vouchers=1,
        organisations=(),
        origins=(),
        withheld=None,
        note="",
        likeness=found,
    )


def sheet(duration: float | None, *others: Near) -> ItemSheet:
    """An item that lasts so long and is near these."""
    return ItemSheet(
        number=1,
        item=Item(id="post", kind=ItemKind.VIDEO),
        near=others,
        duration=duration,
        media=None,
        nothing=None,
        link=None,
        standing=None,
    )


@pytest.mark.parametrize(
    ("signal", "known", "segment", "sentence"),
    [
        (
            *("vpdq", "vpdq", (12, 45, 0, 33)),
            "0:12–0:45 of the upload is 0:00–0:33 of the entry: 96 % of frames, median distance 8.",
        ),
        (
            *("chromaprint", "chromaprint", (3600, 3725, 0, 125)),
            "1:00:00–1:02:05 of the upload is 0:00–2:05 of the entry: 96 % of the sound, median distance 8.",
        ),
        (
            *("text", "text", (188, 373, 3, 188)),
            "Letters 189 to 373 of the upload are letters 4 to 188 of the entry: 96 % of the passages.",
        ),
        ("pdq", "vpdq", (0, 0, 61, 61), "It is shown at 1:01 of the entry."),
        ("vpdq", "pdq", (5, 9, 0, 0), "0:05–0:09 of the upload shows it."),
    ],
)
def test_a_segment_is_a_sentence(signal, known, segment, sentence):
    """In minutes and seconds, or in letters of a text."""
    assert told(signal, known, likeness(segment), None, tongue=ENGLISH) == [sentence]


def test_a_part_of_a_picture_is_named():
    """What was looked at instead of the whole; of many segments only the first are put into words."""
    region = Region(kind="without-border", left=10, top=10, width=640, height=480)
    said = told("pdq", "pdq", None, region, tongue=ENGLISH)
    assert said == ["The picture without its border (640 × 480 pixels)"]

    many = likeness(*((each, each + 1, 0, 1) for each in range(0, 80, 10)))
    assert told("vpdq", "vpdq", many, None, tongue=ENGLISH)[-1] == "3 more segments"


def test_known_minutes_are_marked_on_the_line_and_on_the_sheet():
    """Eighty seconds, sixteen frames five seconds apart: what is known from 0:20 to 0:30 are two of them."""
    drawn = timeline(sheet(80.0, near("vpdq", likeness((20, 29.9, 0, 10)))))

    assert (drawn.end, drawn.told) == ("1:20", "0:20–0:29")
    (stretch,) = drawn.stretches
    assert (stretch.left, round(stretch.width)) == (25, 12)
    assert [cell.at for cell in drawn.cells if cell.known] == ["0:22", "0:27"]
    assert [(cell.left, cell.top) for cell in drawn.cells[:5]] == [
        *((0, 0), (25, 0), (50, 0), (75, 0)),
        (0, 25),
    ]


def test_what_does_not_last_has_no_line():
    """A picture, and what was not screened here."""
    assert timeline(sheet(None, near("pdq", None))) is None


def test_a_known_passage_is_marked_as_it_was_written():
    """Its places are those of the plain letters; what is marked is what was written for them."""
    text = "See what he wrote: K l e i n e   B-r-ü-c-k-e, and more."

    found = pieces(text, [near("text", likeness((13, 25, 0, 12)))])

    assert [each.text for each in found if each.known] == ["K l e i n e   B-r-ü-c-k-e"]
    assert "".join(each.text for each in found) == text


def test_of_a_long_text_the_rest_is_folded_away():
    """Its beginning and what is about a mark are seen; nothing is left out."""
    text = "a b " * WHOLE
    found = pieces(text, [near("text", likeness((30_000, 30_100, 0, 100)))])

    assert "".join(each.text for each in found) == text
    assert [(each.known, each.folded) for each in found] == [
        *((False, False), (False, True), (False, False), (True, False)),
        *((False, False), (False, True)),
    ]
    assert pieces("short", []) == [Piece("short")]
