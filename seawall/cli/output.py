"""How commands speak: results on stdout, progress on stderr, JSON for machines, tables for people."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

WIDE = 200  # columns, where there is no terminal to fold lines for
LONGEST_VALUE = (
    96  # characters of a signal in a table; a video's has thousands, and --json is whole
)
BEGINNING = 48  # of a longer one that are shown

out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else WIDE)

SIGNALS = ("value", "signal")  # fields of documents that hold one

MARKS = {
    "allow": "[green]✓ allow[/]",
    "label": "[yellow]● label[/]",
    "restrict": "[yellow]◐ restrict[/]",
    "hold": "[yellow]‖ hold[/]",
    "block": "[red]✕ block[/]",
}


def say_json(document: object) -> None:
    """One object, one line, there at once for whoever reads along."""
    sys.stdout.write(orjson.dumps(document).decode() + "\n")
    sys.stdout.flush()


def table(*columns: str, whole: tuple[str, ...] = ()) -> Table:
    """A table in the house style: no frame, headings once, long cells folded save those of the `whole` columns."""
    made = Table(*columns, box=None, pad_edge=False, header_style="bold dim")
    for column in made.columns:
        column.overflow = "fold"
        column.no_wrap = column.header in whole
    return made


def text(value: object) -> str:
    """Somebody else's words in a cell: no markup of theirs counts."""
    if value is None or value == "" or value == []:
        return "[dim]-[/]"
    return escape(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def value(text_of: str) -> str:
    """A signal, or its value, in a cell: cut short where it is long."""
    if len(text_of) <= LONGEST_VALUE:
        return text(text_of)
    return f"{text(text_of[:BEGINNING])}… [dim]{len(text_of)} characters, whole with --json[/]"


@contextmanager
def progress(total: int | None, what: str) -> Iterator[Progress]:
    """A bar on stderr with count, rate and remaining time; silent when stderr is no terminal."""
    columns: list[ProgressColumn] = [
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
        bar.add_task(what, total=total, rate="")
        yield bar


def advance(bar: Progress) -> None:
    """One more done."""
    if bar.disable:
        return
    task = bar.tasks[0]
    rate = f"{task.speed:.0f}/s" if task.speed else ""
    bar.update(task.id, advance=1, rate=rate)


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 match`, `2 matches`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def show(
    rows: Iterable[dict[str, Any]],
    columns: dict[str, str],
    *,
    as_json: bool,
    empty: str,
    whole: tuple[str, ...] = ("entry", "type", "number", "id"),
) -> None:
    """Documents as lines or as a table of these fields; `empty` says how to fill an empty one."""
    listed = list(rows)
    if as_json:
        for row in listed:
            say_json(row)
        return
    if not listed:
        err.print(empty)
        return
    made = table(*columns.values(), whole=whole)
    for row in listed:
        made.add_row(*(_cell(name, row.get(name)) for name in columns))
    out.print(made)


def _cell(name: str, given: object) -> str:
    return value(given) if name in SIGNALS and isinstance(given, str) else text(given)
