"""`seawall media`: what is kept for cases, deleted early, or handed to whoever must preserve it."""

import os
from pathlib import Path
from typing import Annotated

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, at_home, desk
from seawall.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Keep, delete and hand out what was kept for cases.")

BY = "cli"


@app.command("list")
def list_(
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
    limit: Annotated[int, typer.Option(help="How many of the latest.")] = 50,
    upload: Annotated[str | None, typer.Option(help="Only of this upload.")] = None,
    case: Annotated[str | None, typer.Option(help="Only of this case.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is gone, or could not be kept.")
    ] = False,
) -> None:
    """Show what is kept for cases, and until when."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        rows = at.cases.media(upload=upload, case=case, kept=not everything, limit=limit)
    columns = {
        "id": "id",
        "upload": "upload",
        "item": "item",
        "case": "case",
        "media_type": "type",
        "size": "bytes",
        "delete_at": "until",
        "deleted_at": "deleted",
        "missing": "not kept because",
    }
    show(rows, columns, as_json=json, empty="Nothing is kept; --all shows what was.")


@app.command()
def delete(
    ident: Annotated[
        str | None, typer.Argument(metavar="ID", help="The media's id: med_…; or --due.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    due: Annotated[
        bool, typer.Option("--due", help="Everything whose time has come, as a server does.")
    ] = False,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
) -> None:
    """Delete kept media before its time, or what is due; nobody can open it any more."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    if due == (ident is not None) or (due and server):
        raise InputError(
            "Name the media to delete with a --reason, or give --due, which a server does itself."
        )
    if ident is None:
        err.print(f"{_delete_due(home)} deleted.")
        return
    with desk(home, server, key) as at:
        at.cases.delete_media(ident, reason=reason)
    err.print(f"{ident} is deleted.")


@app.command()
def export(
    ident: Annotated[str, typer.Argument(metavar="ID", help="The media's id: med_…")],
    file: Annotated[Path, typer.Argument(help="A new file for the original bytes.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")],
    home: Home = None,
) -> None:
    """Write the original for whoever must preserve it by law; only where the home is, and do not open it."""
    from seawall.cli.output import err, plural  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.clock import now  # noqa: PLC0415 - with the next
    from seawall.workflows.sealing import export_media  # noqa: PLC0415 - SQLAlchemy would slow `--help`

    with at_home(home) as seawall:
        if file.exists():
            raise InputError(f"{file} exists already; name a new file.")
        data = export_media(
            ident, reason=reason, by=BY, safe=seawall.safe, memory=seawall.memory, now=now()
        )
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            written.write(data)
    except OSError as wrong:
        raise InputError(f"{file} cannot be written: {wrong.strerror}.") from wrong
    err.print(f"{file} has {plural(len(data), 'byte')}, readable by you only.")


def _delete_due(home: Path | None) -> int:
    """How many were due."""
    from seawall.clock import now  # noqa: PLC0415 - with the next
    from seawall.workflows import sealing  # noqa: PLC0415 - SQLAlchemy would slow `--help`

    with at_home(home) as seawall:
        safe, memory = seawall.safe, seawall.memory
        gone = sealing.delete_due(safe=safe, memory=memory, now=now())
        sealing.sweep(safe=safe, memory=memory, now=now())
    return gone
