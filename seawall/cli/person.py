"""`seawall person`: who signs in at the console, and what they may do."""

from typing import Annotated, Any

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk

app = typer.Typer(no_args_is_help=True, help="Who signs in at the console, and what they may do.")
COLUMNS = {
    "id": "id",
    "login": "login",
    "name": "name",
    "pseudonym": "pseudonym",
    "roles": "roles",
    "second_factor": "second factor",
    "linked": "other account",
    "seen_at": "last here",
    "disabled_at": "disabled",
}
INVITED = {
    "id": "id",
    "login": "login",
    "roles": "roles",
    "by": "invited by",
    "expires_at": "can be used until",
}
Who = Annotated[str, typer.Argument(metavar="PERSON", help="The login, or the id.")]
Roles = Annotated[
    list[str],
    typer.Option("--role", help="reviewer, lead, operator, auditor, admin; may be repeated."),
]
Categories = Annotated[
    list[str] | None, typer.Option("--category", help="Only in this category; may be repeated.")
]
Queues = Annotated[
    list[str] | None, typer.Option("--queue", help="Only in this queue; may be repeated.")
]
Territories = Annotated[
    list[str] | None,
    typer.Option("--territory", help="Only there, such as DE or EU; may be repeated."),
]


@app.command()
def invite(
    login: Annotated[str, typer.Argument(help="What they will sign in with.")],
    role: Roles,
    category: Categories = None,
    queue: Queues = None,
    territory: Territories = None,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Invite somebody; the token is printed once."""
    with desk(home, server, key) as at:
        made = at.people.invite(login, _access(role, category, queue, territory))
    _say_invited(made, as_json=json)


@app.command("list")
def list_(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show everybody."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        found = at.people.all()
    show(
        found,
        COLUMNS,
        as_json=json,
        empty="There is nobody yet; `seawall person invite LOGIN --role admin` invites the first.",
    )


@app.command()
def invitations(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the invitations that can still be used."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        found = at.people.invitations()
    show(found, INVITED, as_json=json, empty="No invitation can still be used.")


@app.command()
def uninvite(
    invitation: Annotated[str, typer.Argument(help="Its id; `person invitations` shows it.")],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
) -> None:
    """Take an invitation back; its token opens nothing any more."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        at.people.uninvite(invitation)
    err.print(f"Invitation {invitation} opens nothing any more.")


@app.command("show")
def show_(
    who: Who, home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show one person: roles, permissions, limits."""
    from seawall.cli.output import out, say_json, text  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        document = at.people.show(who)
    if json:
        say_json(document)
        return
    limits = document.pop("limits")
    for name, value in (document | limits).items():
        out.print(f"[dim]{name.replace('_', ' ')}[/]  {text(value)}")


@app.command()
def roles(
    who: Who,
    role: Roles,
    category: Categories = None,
    queue: Queues = None,
    territory: Territories = None,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
) -> None:
    """Put other roles and limits in the place of those of now."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        changed = at.people.change(who, _access(role, category, queue, territory))
    err.print(f"{changed['login']} is {', '.join(changed['roles'])} from now on.")


@app.command()
def disable(who: Who, home: Home = None, server: Server = None, key: ServerKey = None) -> None:
    """Sign somebody out everywhere and keep them out."""
    _act(who, "disable", "{login} is signed out everywhere and cannot sign in.", home, server, key)


@app.command()
def enable(who: Who, home: Home = None, server: Server = None, key: ServerKey = None) -> None:
    """Let somebody sign in again."""
    _act(who, "enable", "{login} can sign in again.", home, server, key)


@app.command("sign-out")
def sign_out(who: Who, home: Home = None, server: Server = None, key: ServerKey = None) -> None:
    """Sign somebody out everywhere; they can sign in again."""
    _act(who, "sign-out", "Sign-ins that ended: {sign_ins}.", home, server, key)


@app.command()
def reset(
    who: Who, home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Invite somebody again; accepting it replaces password and second factor."""
    with desk(home, server, key) as at:
        made = at.people.act(who, "reset")
    _say_invited(made, as_json=json)


def _act(who: str, what: str, said: str, home: Home, server: Server, key: ServerKey) -> None:
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        err.print(said.format(**at.people.act(who, what)))


def _access(
    roles: list[str],
    categories: list[str] | None,
    queues: list[str] | None,
    territories: list[str] | None,
) -> dict[str, Any]:
    """Roles and limits as the desk takes them; several roles may stand in one text."""
    limits = {
        "categories": categories or [],
        "queues": queues or [],
        "territories": territories or [],
    }
    return {"roles": [part for text in roles for part in text.split(",")], "limits": limits}


def _say_invited(made: dict[str, Any], *, as_json: bool) -> None:
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`

    if as_json:
        say_json(made)
        return
    until = made["expires_at"][:16].replace("T", " ")
    err.print(
        f"{made['login']} opens /desk/invitation and gives this token, once, until {until} UTC. "
        "It is shown this once and not kept:"
    )
    typer.echo(made["token"])
