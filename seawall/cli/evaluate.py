"""`seawall evaluate`: how well altered copies of a folder's files are found."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seawall.cli.options import Home, Json, open_workers

if TYPE_CHECKING:
    from seawall.workflows.evaluate import Evaluation


def evaluate(
    folder: Annotated[Path, typer.Argument(exists=True, help="A folder of your own files.")],
    others: Annotated[
        Path | None,
        typer.Option(exists=True, help="A folder that shows something else: false matches."),
    ] = None,
    ladder: Annotated[
        list[str] | None,
        typer.Option(help="Only these alterations: crop, overlay_*; may be repeated."),
    ] = None,
    near: Annotated[int, typer.Option(min=0, max=128, help="Bits within which one is found.")] = 31,
    svg: Annotated[
        Path | None, typer.Option(file_okay=False, help="A folder to write charts into.")
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Alter every file the way people alter copies, and show what is found; exit code 3 when files were left out."""
    from dataclasses import asdict  # noqa: PLC0415 - with the rest
    from time import perf_counter  # noqa: PLC0415 - the same

    from seawall.cli.output import advance, err, progress, say_json  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows import evaluate as story  # noqa: PLC0415 - so would Numba
    from seawall.workflows.evaluation_charts import charts  # noqa: PLC0415 - the same
    from seawall.workflows.paths import files_in  # noqa: PLC0415 - the same

    wanted = list(files_in([str(folder)]))
    strangers = list(files_in([str(others)])) if others else []
    with (
        open_workers(home) as sandbox,
        progress(len(wanted) + len(strangers), "evaluating") as bar,
    ):
        found = story.evaluate(
            wanted,
            others=strangers,
            only=ladder or (),
            near=near,
            sandbox=sandbox,
            seconds=perf_counter,
            done=lambda: advance(bar),
        )
    if svg:
        svg.mkdir(parents=True, exist_ok=True)
        for name, drawn in charts(found):
            (svg / name).write_text(drawn, encoding="utf-8")
    if json:
        say_json(asdict(found))
    else:
        _show(found)
    for path, reason in found.left_out:
        err.print(f"{path} was left out: {reason}", markup=False)
    if found.left_out:
        raise typer.Exit(3)


def _show(found: "Evaluation") -> None:
    from seawall.cli.output import out, plural, show  # noqa: PLC0415 - Rich would slow `--help`

    rows = [
        {
            "kind": rung.kind,
            "alteration": f"{rung.alteration} {rung.strength}".strip(),
            "copies": rung.copies,
            "found": f"{rung.found / rung.copies:.1%}",
            "whole": f"{rung.found_whole / rung.copies:.1%}",
            "crops": f"{rung.found_with_crops / rung.copies:.1%}" if rung.kind == "image" else "",
            "distance": rung.median_distance,
            "ms": rung.milliseconds,
        }
        for rung in found.rungs
    ]
    heads = {
        "kind": "kind",
        "alteration": "alteration",
        "copies": "copies",
        "found": f"within {found.near}",
        "whole": "by the whole",
        "crops": "crops filed",
        "distance": "median distance",
        "ms": "ms a copy",
    }
    out.print(f"{plural(found.originals, 'original')}, each altered in every way.")
    show(rows, heads, as_json=False, empty="", whole=("alteration",))
    if found.strangers:
        counts = [
            {"threshold": each.threshold, "matches": each.matches, "of": each.comparisons}
            for each in found.strangers
        ]
        out.print()
        heads = {"threshold": "false matches within", "matches": "pairs", "of": "of"}
        show(counts, heads, as_json=False, empty="")
