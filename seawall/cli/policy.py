"""`seawall policy`: what the platform does not allow, and every version of it."""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk

app = typer.Typer(no_args_is_help=True, help="Say what is not allowed; rulings name the version.")
COLUMNS = {
    "id": "policy",
    "version": "version",
    "title": "title",
    "measure": "measure",
    "strikes": "strikes",
    "severity": "severity",
    "categories": "categories",
}
Name = Annotated[str, typer.Argument(help="The policy's name.")]


@app.command("list")
def list_(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the policies as they stand."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        rows = at.cases.policies()
    empty = "There is no policy yet; `seawall policy put` makes one."
    table(rows, COLUMNS, as_json=json, empty=empty)


@app.command()
def show(
    name: Name,
    version: Annotated[int | None, typer.Option(help="As this version had it.")] = None,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Show one policy, as it stands or as it stood."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        found = at.cases.policy(name, version=version)
    table([found], {**COLUMNS, "ground": "ground", "text": "text"}, as_json=json, empty="")


@app.command()
def put(
    name: Name,
    title: Annotated[str, typer.Option(help="What people know it by.")],
    ground: Annotated[
        str,
        typer.Option(help="'illegal: Regulation (EU) 2021/784' or 'terms: section 3'."),
    ],
    text: Annotated[str, typer.Option(help="What it says.")] = "",
    category: Annotated[
        list[str] | None, typer.Option(help="What it is about; may be repeated.")
    ] = None,
    measure: Annotated[
        str, typer.Option(help="What usually follows: keep, label, restrict or remove.")
    ] = "remove",
    strikes: Annotated[int, typer.Option(help="What a breach counts against its user.")] = 0,
    severity: Annotated[int, typer.Option(help="How soon its cases are looked at, 0 to 7.")] = 2,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Put a policy in force; where there is one of that name, this is its next version."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`

    basis, _, provision = ground.partition(":")
    wanted = {
        "title": title,
        "ground": {"basis": basis.strip().lower(), "provision": provision.strip()},
        "text": text,
        "categories": list(category or ()),
        "measure": measure,
        "strikes": strikes,
        "severity": severity,
    }
    with desk(home, server, key) as at:
        made = at.cases.put_policy(name, wanted)
    table([made], COLUMNS, as_json=json, empty="")
