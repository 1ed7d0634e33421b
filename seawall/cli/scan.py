"""`seawall scan`: what is already hosted, looked through."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cases.case import MOST_REACH
from seawall.cli.options import Home, Json, Server, ServerKey, desk, settings_for
from seawall.errors import InputError
from seawall.workflows.paths import files_in, listed_in

if TYPE_CHECKING:
    from seawall.workflows.journal import Journal, Line


def scan(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, patterns or links; - reads paths from stdin."),
    ] = None,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
    files_from: Annotated[
        Path | None,
        typer.Option(
            "--files-from", help="A list of paths, one a line.", exists=True, dir_okay=False
        ),
    ] = None,
    territory: Annotated[str | None, typer.Option(help="Judge as if uploaded there: DE.")] = None,
    reach: Annotated[
        int | None, typer.Option(min=0, max=MOST_REACH, help="How many people have seen each.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Remember each file as an upload.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the same scan was interrupted.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="List files without a match too.")
    ] = False,
) -> None:
    """Screen files; exit code 1 when something known was found, 3 when something could not be screened."""
    from seawall.cli.output import advance, err, progress  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.journal import Journal  # noqa: PLC0415 - Numba would slow `--help`

    wanted = list(_listed(paths or [], files_from))
    journal = Journal(
        settings_for(home).home, [*(paths or []), str(files_from or ""), str(territory)]
    )
    done = _done_before(journal, resume=resume)
    if done:
        err.print(f"Going on after {len(done)} files.")
    tally = Counter(line.measure for line in done.values())
    found = sum(line.found for line in done.values())
    failed = sum(line.failed for line in done.values())
    todo = [path for path in wanted if path not in done]
    report = _lines if json else _table
    with desk(home, server, key, media=True) as at, journal, progress(len(todo), "scanning") as bar:
        scanned = at.scan_paths(todo, territory=territory, record=record, reach=reach)
        for document in report(scanned, everything):
            line = _line_of(document)
            journal.write(line)
            tally[line.measure] += 1
            found += line.found
            failed += line.failed
            advance(bar)
    _sum_up(tally, found, failed)
    if failed:
        raise typer.Exit(3)
    if found:
        raise typer.Exit(1)


def _listed(paths: list[str], files_from: Path | None) -> Iterator[str]:
    if not paths and files_from is None:
        raise InputError("Name files or folders to scan, or a list of them with --files-from.")
    if paths == ["-"]:
        yield from listed_in(typer.get_text_stream("stdin"))
    else:
        yield from files_in(paths)
    if files_from is not None:
        with files_from.open(encoding="utf-8") as lines:
            yield from listed_in(lines)


def _done_before(journal: "Journal", *, resume: bool) -> "dict[str, Line]":
    """What the same scan had done when it was interrupted, of files that are as they were; none to begin anew."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.journal import stamp  # noqa: PLC0415 - Numba would slow `--help`

    before = journal.read()
    if before and not resume:
        err.print(
            f"The same scan was interrupted after {len(before)} files; --resume would go on from there."
        )
        journal.forget()
        return {}
    return {path: line for path, line in before.items() if stamp(path) == (line.size, line.changed)}


def _line_of(document: dict[str, Any]) -> "Line":
    from seawall.workflows.journal import Line, stamp  # noqa: PLC0415 - Numba would slow `--help`

    size, changed = stamp(document["path"])
    return Line(
        path=document["path"],
        size=size,
        changed=changed,
        measure=document["measure"],
        found=bool(document["matches"]),
        failed=bool(document["error"])
        or any(each["cause"] != "empty" for each in document["not_screened"]),
    )


def _lines(documents: Iterable[dict[str, Any]], _everything: bool) -> Iterator[dict[str, Any]]:
    from seawall.cli.output import say_json  # noqa: PLC0415 - Rich would slow `--help`

    for document in documents:
        say_json(document)
        yield document


def _table(documents: Iterable[dict[str, Any]], everything: bool) -> Iterator[dict[str, Any]]:
    from seawall.cli.output import MARKS, out, table, text  # noqa: PLC0415 - Rich would slow `--help`

    made = table(
        "file",
        "measure",
        "distance",
        "turned",
        "bank",
        "categories",
        whole=("measure", "distance", "turned"),
    )
    for document in documents:
        measure = MARKS.get(document["measure"], "[red]! error[/]")
        nearest: dict[str, dict[str, Any]] = {}
        for match in document["matches"]:
            nearest.setdefault(match["bank"], match)
        for match in nearest.values():
            made.add_row(
                text(_near(document["path"])),
                f"{measure} [dim]{text(match['withheld'])}[/]" if match["withheld"] else measure,
                f"{match['distance']:>2} [dim]{match['signal_type']}[/]",
                text(match["orientation"]),
                text(match["bank"]),
                text(match["categories"]),
            )
        why = document["error"] or "; ".join(
            f"{each['what']}: {each['reason']}" for each in document["not_screened"]
        )
        if not nearest and (why or everything):
            made.add_row(text(_near(document["path"])), measure, "", "", "", f"[dim]{text(why)}[/]")
        yield document
    if made.row_count:
        out.print(made)


def _near(path: str) -> str:
    """The path as seen from here, when that is the shorter way to say it."""
    from_here = os.path.relpath(path) if Path(path).is_absolute() else path
    return min(path, from_here, key=len)


def _sum_up(tally: Counter[Any], found: int, failed: int) -> None:
    from seawall.cli.output import err, plural  # noqa: PLC0415 - Rich would slow `--help`

    measures = ", ".join(
        f"{count} {measure or 'unread'}" for measure, count in sorted(tally.items(), key=str)
    )
    err.print(
        f"{plural(tally.total(), 'file')}: {measures or 'nothing to do'}. "
        f"{found} matched, {failed} could not be screened in full."
    )
