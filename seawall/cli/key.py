"""`seawall key`: who may call the HTTP door."""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk
from seawall.cli.when import ahead

app = typer.Typer(no_args_is_help=True, help="Give out and take back keys for the HTTP door.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str], typer.Option(help="What it may do: match,screen,…; may be repeated.")
    ],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    owner: Annotated[str | None, typer.Option(help="The organisation that answers for it.")] = None,
    expires: Annotated[str | None, typer.Option(help="Until when: 2027-01-31, or 90d.")] = None,
    rate: Annotated[
        int | None, typer.Option(help="Requests a second, if not the server's setting.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a key and print it, once."""
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`

    wanted = {
        "name": name,
        "owner": owner,
        "scopes": scope,
        "expires_at": ahead(expires),
        "requests_per_second": rate,
    }
    with desk(home, server, key) as at:
        made = at.create_key(wanted)
    if json:
        say_json(made)
        return
    err.print(
        f"Key [bold]{made['id']}[/] may {', '.join(made['scopes'])}. It is shown this once and not kept:"
    )
    typer.echo(made["key"])


@app.command("list")
def list_(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the keys, without their text."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    columns = {
        "id": "id",
        "name": "name",
        "owner": "owner",
        "scopes": "scopes",
        "expires_at": "expires",
        "revoked_at": "revoked",
    }
    with desk(home, server, key) as at:
        show(
            at.keys(),
            columns,
            as_json=json,
            empty="There is no key yet; `seawall init` makes the first.",
        )


@app.command()
def revoke(
    ident: Annotated[str, typer.Argument(metavar="ID", help="The key's id.")],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
) -> None:
    """Take a key back; from the next request on it opens nothing."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        at.revoke_key(ident)
    err.print(f"{ident} opens nothing any more.")
