"""`seawall endpoint`: where messages are sent."""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk

app = typer.Typer(
    no_args_is_help=True, help="Say where messages are sent, and look after what did not arrive."
)

COLUMNS = {
    "id": "id",
    "url": "address",
    "topics": "topics",
    "state": "state",
    "waiting": "waiting",
    "dead": "dead",
    "last_error": "last error",
}
DELIVERY_COLUMNS = {
    "number": "number",
    "topic": "topic",
    "subject": "subject",
    "at": "at",
    "attempts": "attempts",
    "last_status": "status",
    "last_error": "error",
}
Ident = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id.")]


@app.command()
def add(
    url: Annotated[
        str, typer.Argument(help="https://platform.example/hooks, or mailto:duty@platform.example.")
    ],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    topic: Annotated[
        list[str] | None, typer.Option(help="What is sent there; may be repeated. All by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Send messages to an address from now on, and print its secret, once."""
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        made = at.endpoints.add(url, topic or [])
    if json:
        say_json(made)
        return
    err.print(f"Endpoint [bold]{made['id']}[/] gets {', '.join(made['topics'])}.")
    if made["secret"]:
        err.print("With this secret it checks what it receives. It is shown this once:")
        typer.echo(made["secret"])


@app.command("list")
def list_(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the endpoints, and how many messages wait or are dead."""
    from seawall.cli.output import show as shown  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        shown(
            at.endpoints.all(),
            COLUMNS,
            as_json=json,
            empty="There is no endpoint; `seawall endpoint add` makes one.",
        )


@app.command()
def show(
    ident: Ident,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Show one endpoint."""
    from seawall.cli.output import show as shown  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        shown([at.endpoints.show(ident)], COLUMNS, as_json=json, empty="")


@app.command()
def pause(ident: Ident, home: Home = None, server: Server = None, key: ServerKey = None) -> None:
    """Send nothing there until it is resumed; messages wait."""
    _act(ident, "pause", f"Nothing is sent to {ident} until it is resumed.", home, server, key)


@app.command()
def resume(ident: Ident, home: Home = None, server: Server = None, key: ServerKey = None) -> None:
    """Send what waits at once, however the endpoint was stopped."""
    _act(ident, "resume", f"{ident} gets messages again.", home, server, key)


@app.command()
def rotate(
    ident: Ident,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Give an endpoint a new secret and print it, once; the old one still signs for a day."""
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        made = at.endpoints.act(ident, "rotate")
    if json:
        say_json(made)
        return
    err.print(f"The new secret of {ident}; the old one signs as well for a while:")
    typer.echo(made["secret"])


@app.command("test")
def try_(
    ident: Ident,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Send a message `endpoint:test` now, and say what was answered; ends with 3 if it was not taken."""
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        answer = at.endpoints.act(ident, "test")
    taken = answer["status"] is not None and 200 <= answer["status"] < 300
    if json:
        say_json(answer)
    else:
        said = " ".join(str(each) for each in (answer["status"], answer["error"]) if each)
        err.print(f"{ident} answered: {said}", markup=False)
    if not taken:
        raise typer.Exit(3)


@app.command()
def remove(ident: Ident, home: Home = None, server: Server = None, key: ServerKey = None) -> None:
    """Send nothing there any more, and forget what waited for it."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        at.endpoints.remove(ident)
    err.print(f"{ident} is gone.")


@app.command()
def dead(
    ident: Ident,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100,
    json: Json = False,
) -> None:
    """Show the messages that an endpoint has not taken for days."""
    from seawall.cli.output import show as shown  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        shown(
            at.endpoints.deliveries(ident, state="dead", limit=limit),
            DELIVERY_COLUMNS,
            as_json=json,
            empty="Nothing is dead.",
        )


@app.command()
def replay(
    ident: Ident,
    number: Annotated[
        list[int] | None, typer.Argument(help="Dead deliveries; all where none is named.")
    ] = None,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
) -> None:
    """Send dead messages again."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        replayed = at.endpoints.replay(ident, number or [])
    err.print(f"Sent again: {replayed}.")


def _act(ident: str, what: str, said: str, home: Home, server: Server, key: ServerKey) -> None:
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        at.endpoints.act(ident, what)
    err.print(said)
