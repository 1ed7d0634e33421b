"""`seawall bank`: what is known."""

import sys
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, Texts, desk
from seawall.cli.when import ahead
from seawall.errors import InputError
from seawall.workflows.paths import LINK_PREFIXES, Passage, files_in, is_there

app = typer.Typer(no_args_is_help=True, help="Keep lists of known signals.")

Bank = Annotated[str, typer.Argument(help="The bank's name.")]
ENTRY_COLUMNS = {
    "id": "entry",
    "signal_type": "type",
    "value": "value",
    "categories": "categories",
    "vouchers": "vouchers",
    "note": "note",
}


@app.command()
def add(
    bank: Bank,
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, links, or signals such as pdq:f8f8…."),
    ] = None,
    texts: Texts = None,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    category: Annotated[
        list[str] | None, typer.Option(help="What it is: terrorist-content; may be repeated.")
    ] = None,
    voucher: Annotated[
        list[str] | None, typer.Option(help="Who says so; the bank's owner unless named.")
    ] = None,
    note: Annotated[str, typer.Option(help="For those who see the match.")] = "",
    expires: Annotated[
        str | None, typer.Option(help="Until when it counts: 2027-01-31, or 90d.")
    ] = None,
    crops: Annotated[
        bool,
        typer.Option(
            "--crops", help="Pictures also by their crops, so that a copy that was cut is found."
        ),
    ] = False,
    links: Annotated[
        bool,
        typer.Option(
            "--links", help="Texts and pictures also by every link in them: look at these first."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Make media or signals known; the bank is created if need be."""
    from seawall.cli.output import err, show  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.signals.registry import SIGNAL_TYPES  # noqa: PLC0415 - the same

    filing: dict[str, Any] = {
        "categories": category or [],
        "vouchers": voucher or [],
        "note": note,
        "expires_at": ahead(expires),
    }
    what = what or []
    if not what and not texts:
        raise InputError("Name files, links or signals, or give a text with --text.")
    signals = [
        each for each in what if each.partition(":")[0] in SIGNAL_TYPES and not is_there(each)
    ]
    signals += [f"url:{each}" for each in what if each.startswith(LINK_PREFIXES)]
    paths = [each for each in what if each not in signals and f"url:{each}" not in signals]
    media = chain(map(Passage, texts or []), files_in(paths))
    entries: list[dict[str, Any]] = []
    failed = 0
    with desk(home, server, key, media=bool(paths or texts)) as at:
        if bank not in [each["name"] for each in at.banks()]:
            at.create_bank(bank, owner=None, description="")
        if signals:
            entries += at.add_signals(bank, signals, filing)
        told_of = at.add_files(bank, media, filing, crops=crops, links=links)
        for told in told_of if paths or texts else ():
            entries += told["entries"]
            failed += told["error"] is not None
            lacks = [f"{absent['type']}: {absent['reason']}" for absent in told["no_signal"]]
            for problem in filter(None, [told["error"], *lacks]):
                err.print(f"{told['path']}: {problem}", markup=False, soft_wrap=True)
    show(entries, ENTRY_COLUMNS, as_json=json, empty="Nothing was added.")
    if failed:
        raise typer.Exit(3)


@app.command()
def create(
    bank: Bank,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    owner: Annotated[str | None, typer.Option(help="The organisation that answers for it.")] = None,
    description: Annotated[str, typer.Option(help="What it holds.")] = "",
    json: Json = False,
) -> None:
    """Make an empty bank."""
    with desk(home, server, key) as at:
        _show_banks([at.create_bank(bank, owner=owner, description=description)], as_json=json)


@app.command("list")
def list_(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the banks."""
    with desk(home, server, key) as at:
        _show_banks(at.banks(), as_json=json)


@app.command()
def show(
    bank: Bank,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    search: Annotated[
        str | None, typer.Option(help="Only entries whose value or note contains this.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 100,
    json: Json = False,
) -> None:
    """Show a bank's entries."""
    from seawall.cli.output import show as show_rows  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        rows = at.entries(bank, text=search, limit=limit)
    empty = f"Nothing here. `seawall bank add {bank} FILE` makes a picture known."
    show_rows(rows, ENTRY_COLUMNS, as_json=json, empty=empty)


@app.command()
def enable(bank: Bank, home: Home = None, server: Server = None, key: ServerKey = None) -> None:
    """Let a bank match again."""
    with desk(home, server, key) as at:
        _show_banks([at.change_bank(bank, enabled=True)], as_json=False)


@app.command()
def disable(bank: Bank, home: Home = None, server: Server = None, key: ServerKey = None) -> None:
    """Keep a bank, and match nothing with it."""
    with desk(home, server, key) as at:
        _show_banks([at.change_bank(bank, enabled=False)], as_json=False)


@app.command()
def remove(
    bank: Bank,
    entry: Annotated[str, typer.Argument(help="The entry's id.")],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
) -> None:
    """Take an entry out of a bank."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        at.remove_entry(bank, entry)
    err.print(f"{entry} is no longer in {bank}.")


@app.command("import")
def import_(
    bank: Bank,
    file: Annotated[
        Path,
        typer.Argument(
            help="A .csv or .ndjson file; a .txt file as python-threatexchange keeps it.",
            exists=True,
            dir_okay=False,
        ),
    ],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Fill a bank from a file: signal_type, value, categories, note. Bad lines are named, good ones kept."""
    from seawall.cli.output import err, out, plural, progress, say_json  # noqa: PLC0415 - Rich would slow `--help`

    if file.suffix.lower() not in (".csv", ".ndjson", ".jsonl", ".txt"):
        raise InputError(
            f"'{file.name}' is neither .csv nor .ndjson nor .txt; the ending says how to read it."
        )
    added = bad = 0
    with desk(home, server, key) as at, progress(None, "importing") as bar:
        if bank not in [each["name"] for each in at.banks()]:
            at.create_bank(bank, owner=None, description="")
        for document in at.import_file(bank, file):
            if "error" in document:
                bad += 1
                if json:
                    say_json(document)
                else:
                    err.print(
                        f"line {document['line']}: {document['error']}",
                        markup=False,
                        soft_wrap=True,
                    )
            else:
                added += document["added"]
                bar.update(bar.tasks[0].id, completed=added + bad)
    if json:
        say_json({"bank": bank, "added": added, "bad": bad})
    else:
        out.print(f"{plural(added, 'line')} kept, {bad} not.")
    if bad:
        raise typer.Exit(3)


@app.command()
def export(
    bank: Bank,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    ndjson: Annotated[bool, typer.Option("--ndjson", help="NDJSON instead of CSV.")] = False,
    threatexchange: Annotated[
        bool,
        typer.Option(
            "--threatexchange", help="Lines as python-threatexchange reads them, without notes."
        ),
    ] = False,
) -> None:
    """Write a bank to stdout, as `import` reads it."""
    if ndjson and threatexchange:
        raise InputError("Choose one of --ndjson and --threatexchange.")
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    to = "threatexchange" if threatexchange else "ndjson" if ndjson else "csv"
    written = 0
    with desk(home, server, key) as at:
        for text in at.export(bank, to=to):
            sys.stdout.write(text)
            written += text.count("\n")
        there = next(each["entries"] for each in at.banks() if each["name"] == bank)
    if threatexchange and there > written:
        err.print(
            f"{there - written} of {there} entries were left out: they do not count now, or "
            "python-threatexchange has no type for them.",
            soft_wrap=True,
        )


def _show_banks(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    from seawall.cli.output import show as show_rows  # noqa: PLC0415 - Rich would slow `--help`

    columns = {
        "name": "bank",
        "owner": "owner",
        "entries": "entries",
        "enabled": "enabled",
        "description": "description",
    }
    empty = "There is no bank yet. `seawall bank add known FILE --category terrorist-content` makes one."
    show_rows(rows, columns, as_json=as_json, empty=empty)
