"""`seawall init`: a home, and a key for whoever looks after it."""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, desk, settings_for


def init(
    home: Home = None,
    json: Json = False,
    owner: Annotated[str | None, typer.Option(help="The organisation the key belongs to.")] = None,
) -> None:
    """Make the home and print an administrator's key, once."""
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`

    settings = settings_for(home)
    with desk(home) as at:
        active = [key for key in at.keys() if "admin" in key["scopes"] and not key["revoked_at"]]  # noqa: SIM118 - keys for the door, not of a dict
        if active:
            document = {"home": str(settings.home), "id": active[0]["id"], "key": None}
        else:
            wanted = {"name": "administrator", "scopes": ["admin"], "owner": owner}
            made = at.create_key(wanted)
            document = {"home": str(settings.home), "id": made["id"], "key": made["key"]}
    if json:
        say_json(document)
        return
    err.print(f"The home is [bold]{settings.home}[/].")
    if document["key"]:
        err.print("This is the administrator's key. It is shown this once and not kept:")
        typer.echo(document["key"])
    else:
        err.print(
            f"It already has an administrator's key, {document['id']}. Lost it? "
            "`seawall key create NAME --scope admin` makes another."
        )
