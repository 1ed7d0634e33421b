"""`seawall person`: who signs in at the console, and what they may do. Works on the home itself."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.options import Home, Json, at_home

if TYPE_CHECKING:
    from seawall.access.person import Limits, Person, PersonInvitation
    from seawall.app import App

app = typer.Typer(no_args_is_help=True, help="Who signs in at the console, and what they may do.")
BY = "cli"
COLUMNS = {
    "id": "id",
    "login": "login",
    "name": "name",
    "pseudonym": "pseudonym",
    "roles": "roles",
    "second_factor": "second factor",
    "seen_at": "last here",
    "disabled_at": "disabled",
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
    json: Json = False,
) -> None:
    """Invite somebody; the token is printed once."""
    from seawall.access.person import parse_roles  # noqa: PLC0415 - it would slow `--help`
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.workflows.people import invite_person  # noqa: PLC0415 - the same

    with at_home(home) as opened, opened.memory.transaction() as stores:
        moment = now()
        made, token = invite_person(
            login,
            roles=parse_roles(role),
            limits=_limits(opened, category, queue, territory),
            expires_at=moment + opened.settings.console.invitation,
            stores=stores,
            by=BY,
            now=moment,
        )
    _say_invited(made, token, as_json=json)


@app.command("list")
def list_(home: Home = None, json: Json = False) -> None:
    """Show everybody."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with at_home(home) as opened, opened.memory.reading() as stores:
        documents = [_document(person) for person in stores.people.all()]
    show(
        documents,
        COLUMNS,
        as_json=json,
        empty="There is nobody yet; `seawall person invite LOGIN --role admin` invites the first.",
    )


@app.command("show")
def show_(who: Who, home: Home = None, json: Json = False) -> None:
    """Show one person: roles, permissions, limits."""
    from seawall.cli.output import out, say_json, text  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.people import find_person  # noqa: PLC0415 - it would slow `--help`

    with at_home(home) as opened, opened.memory.reading() as stores:
        person = find_person(who, stores)
        document = _document(person) | {"permissions": sorted(person.permissions)}
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
) -> None:
    """Put other roles and limits in the place of those of now."""
    from seawall.access.person import parse_roles  # noqa: PLC0415 - it would slow `--help`
    from seawall.cli.output import err  # noqa: PLC0415 - the same
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.workflows.people import find_person, set_roles  # noqa: PLC0415 - the same

    with at_home(home) as opened, opened.memory.transaction() as stores:
        changed = set_roles(
            find_person(who, stores).id,
            roles=parse_roles(role),
            limits=_limits(opened, category, queue, territory),
            stores=stores,
            by=BY,
            now=now(),
        )
    err.print(f"{changed.login} is {', '.join(sorted(changed.roles))} from now on.")


@app.command()
def disable(who: Who, home: Home = None) -> None:
    """Sign somebody out everywhere and keep them out."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.workflows.people import disable_person, find_person  # noqa: PLC0415 - the same

    with at_home(home) as opened, opened.memory.transaction() as stores:
        person = find_person(who, stores)
        disable_person(person.id, stores=stores, by=BY, now=now())
    err.print(f"{person.login} is signed out everywhere and cannot sign in.")


@app.command()
def enable(who: Who, home: Home = None) -> None:
    """Let somebody sign in again."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.workflows.people import enable_person, find_person  # noqa: PLC0415 - the same

    with at_home(home) as opened, opened.memory.transaction() as stores:
        person = find_person(who, stores)
        enable_person(person.id, stores=stores, by=BY, now=now())
    err.print(f"{person.login} can sign in again.")


@app.command()
def reset(who: Who, home: Home = None, json: Json = False) -> None:
    """Invite somebody again; accepting it replaces password and second factor."""
    from seawall.clock import now  # noqa: PLC0415 - it would slow `--help`
    from seawall.workflows.people import find_person, reset_person  # noqa: PLC0415 - the same

    with at_home(home) as opened, opened.memory.transaction() as stores:
        moment = now()
        made, token = reset_person(
            find_person(who, stores).id,
            expires_at=moment + opened.settings.console.invitation,
            stores=stores,
            by=BY,
            now=moment,
        )
    _say_invited(made, token, as_json=json)


def _limits(
    opened: "App",
    categories: list[str] | None,
    queues: list[str] | None,
    territories: list[str] | None,
) -> "Limits":
    from seawall.workflows.people import read_limits  # noqa: PLC0415 - it would slow `--help`

    return read_limits(
        categories=categories or (),
        queues=queues or (),
        territories=territories or (),
        taxonomy=opened.taxonomy,
    )


def _document(person: "Person") -> dict[str, Any]:
    from seawall.access.person import person_document  # noqa: PLC0415 - it would slow `--help`
    from seawall.clock import rfc3339  # noqa: PLC0415 - the same

    document = person_document(person)
    for name in ("created_at", "seen_at", "disabled_at"):
        document[name] = rfc3339(document[name]) if document[name] else None
    return document


def _say_invited(made: "PersonInvitation", token: str, *, as_json: bool) -> None:
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.clock import rfc3339  # noqa: PLC0415 - the same

    if as_json:
        say_json(
            {
                "id": made.id,
                "login": made.login,
                "roles": sorted(made.roles),
                "expires_at": rfc3339(made.expires_at),
                "token": token,
            }
        )
        return
    err.print(
        f"{made.login} opens /desk/invitation and gives this token, once, until "
        f"{made.expires_at:%Y-%m-%d %H:%M} UTC. It is shown this once and not kept:"
    )
    typer.echo(token)
