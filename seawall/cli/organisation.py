"""`seawall organisation`: whom the hub knows."""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk

app = typer.Typer(no_args_is_help=True, help="Whom this hub knows.")
COLUMNS = {"id": "id", "name": "name", "kind": "kind", "created_at": "since"}


@app.command()
def add(
    ident: Annotated[str, typer.Argument(metavar="ID", help="What its keys and opinions name.")],
    name: Annotated[str, typer.Option(help="What people know it by.")],
    kind: Annotated[
        str,
        typer.Option(
            help="platform, authority, flagger, hotline, researcher, civil-society, monitor."
        ),
    ],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Make an organisation known; one that is invited need not be."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        made = at.hub.add_organisation({"id": ident, "name": name, "kind": kind})
    show([made], COLUMNS, as_json=json, empty="")


@app.command("list")
def list_(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the organisations the hub knows."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        show(
            at.hub.organisations(),
            COLUMNS,
            as_json=json,
            empty="There is no organisation yet. `seawall agreement invite` brings the first.",
        )
