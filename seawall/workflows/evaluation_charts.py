"""
An evaluation as SVG files: what is found and how near it is by alteration, and false matches by threshold.

Drawn by hand, as the console's are (docs/decisions/0007): Altair with vl-convert would be 94 MB for two bar charts.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from seawall.workflows.evaluate import Evaluation, Rung

WIDE, LABEL, BAR = 760, 300, 18  # pixels
FURTHEST = 128  # bits: as far apart as codes of different things
WHOLE, PARTS, INK = "#1f5a85", "#7fb3d5", "#222222"


def charts(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    """The name of each file, and the SVG in it."""
    for kind in dict.fromkeys(rung.kind for rung in evaluation.rungs):
        rungs = [rung for rung in evaluation.rungs if rung.kind == kind]
        rows = [
            (
                f"{rung.alteration} {rung.strength}",
                rung.found_whole / rung.copies,
                rung.found / rung.copies,
                f"{rung.found / rung.copies:.0%}",
            )
            for rung in rungs
        ]
        title = f"Copies found within {evaluation.near} bits: dark by the whole, light by a part"
        yield f"recall-{kind}.svg", _bars(title, rows)
        title = "Distance of the copies that are like their originals, in bits: the median"
        yield f"distance-{kind}.svg", _bars(title, [_distance(rung) for rung in rungs])
    if evaluation.strangers:
        most = max(1, *(each.matches for each in evaluation.strangers))
        counts = [
            (f"{each.threshold} bits", each.matches / most, each.matches / most, str(each.matches))
            for each in evaluation.strangers
        ]
        title = f"False matches of {evaluation.strangers[0].comparisons} pairs, by threshold"
        yield "false-matches.svg", _bars(title, counts)


def _distance(rung: Rung) -> tuple[str, float, float, str]:
    median = rung.median_distance
    share = min((median or 0) / FURTHEST, 1)
    return (
        f"{rung.alteration} {rung.strength}",
        share,
        share,
        "–" if median is None else f"{median:g}",
    )


def _bars(title: str, rows: Sequence[tuple[str, float, float, str]]) -> str:
    """A row each: its label, the length of the dark bar, that of the light one it stands on, and a figure."""
    high = BAR * (len(rows) + 3)
    room = WIDE - LABEL - 70
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" role="img"'
        f' font-family="sans-serif" font-size="13" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDE}" height="{high}" fill="#ffffff"/>',
        f'<text x="10" y="{BAR + 4}" font-weight="bold">{escape(title)}</text>',
    ]
    for place, (label, dark, light, figure) in enumerate(rows):
        top = BAR * (place + 2)
        lines += [
            f'<text x="{LABEL - 8}" y="{top + 13}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{LABEL}" y="{top + 3}" width="{room * light:.1f}" height="12" fill="{PARTS}"/>',
            f'<rect x="{LABEL}" y="{top + 3}" width="{room * dark:.1f}" height="12" fill="{WHOLE}"/>',
            f'<text x="{LABEL + room * light + 6:.1f}" y="{top + 13}">{escape(figure)}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"
