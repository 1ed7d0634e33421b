"""The commands of `seawall agreement` about members: who they are, and what becomes of what they give."""

from typing import Annotated, Any

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk
from seawall.cli.when import ahead
from seawall.errors import InputError

Agreement = Annotated[str, typer.Argument(help="The agreement's id.")]
Organisation = Annotated[str, typer.Argument(help="The organisation's id.")]
COLUMNS = {
    "organisation": "organisation",
    "name": "name",
    "kind": "kind",
    "roles": "roles",
    "status": "status",
    "quota": "quota",
    "held": "held",
}
INVITATION_COLUMNS = {
    "id": "id",
    "organisation": "organisation",
    "kind": "kind",
    "roles": "roles",
    "created_at": "created",
    "expires_at": "expires",
    "invited_by": "by",
}


def add_to(app: typer.Typer) -> None:
    """Make them commands of this group."""
    people = (invite, invitations, uninvite, members, member, suspend, resume, remove)
    for command in (*people, quarantine, release, drop):
        app.command()(command)
    app.command("withdraw-source")(withdraw_source)


def per_day(text: str) -> int:
    """
    A quota as a person types it.

    Raises:
        InputError: It is no number.

    """
    if not text.isdecimal():
        raise InputError(f"A quota is a number of opinions a day, or none; this is '{text}'.")
    return int(text)


def invite(
    agreement: Agreement,
    organisation: Organisation,
    role: Annotated[
        list[str],
        typer.Option(help="contribute, consume, administer, audit; between commas or repeated."),
    ],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="platform, authority, flagger, hotline, researcher, civil-society, monitor; of one not known yet."
        ),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="Until when it can be used: 2027-01-31, or 14d.")
    ] = None,
    json: Json = False,
) -> None:
    """Invite an organisation and print the token, once; give it to them over a channel you trust."""
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`

    wanted: dict[str, Any] = {"organisation": organisation, "roles": role}
    wanted |= {"kind": kind} if kind else {}
    wanted |= {"expires_at": ahead(expires)} if expires else {}
    with desk(home, server, key) as at:
        made = at.hub.invite(agreement, wanted)
    if json:
        say_json(made)
        return
    err.print(
        f"[bold]{organisation}[/] may join {agreement} until {made['expires_at']} to {', '.join(made['roles'])}."
        " The token is shown this once and not kept:"
    )
    typer.echo(made["token"])


def invitations(
    agreement: Agreement,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Show the invitations that can still be used, without their tokens."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        rows = at.hub.invitations(agreement)
    empty = "No invitation is open. `seawall agreement invite` makes one."
    show(rows, INVITATION_COLUMNS, as_json=json, empty=empty, whole=("id",))


def uninvite(
    agreement: Agreement,
    invitation: Annotated[
        str, typer.Argument(help="Its id, as `seawall agreement invitations` shows it.")
    ],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
) -> None:
    """Take back an invitation that nobody has used; its token opens nothing any more."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        at.hub.uninvite(agreement, invitation)
    err.print(f"The invitation {invitation} to {agreement} is taken back.")


def members(
    agreement: Agreement,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Show the members, those that left too."""
    with desk(home, server, key) as at:
        _show(at.hub.members(agreement), as_json=json)


def member(
    agreement: Agreement,
    organisation: Organisation,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    role: Annotated[
        list[str] | None, typer.Option(help="All its roles from now on; may be repeated.")
    ] = None,
    quota: Annotated[
        str | None, typer.Option(help="Opinions a day; or none, which is the agreement's.")
    ] = None,
    hold: Annotated[
        bool | None,
        typer.Option("--hold/--no-hold", help="Whether all it gives waits in quarantine."),
    ] = None,
    json: Json = False,
) -> None:
    """Give a member other roles or another quota, or hold back all it gives."""
    wanted: dict[str, Any] = {}
    wanted |= {"roles": role} if role else {}
    wanted |= {"held": hold} if hold is not None else {}
    if quota is not None:
        wanted["quota"] = None if quota == "none" else per_day(quota)
    if not wanted:
        raise InputError("Say what is to change: --role, --quota, --hold or --no-hold.")
    with desk(home, server, key) as at:
        _show([at.hub.change_member(agreement, organisation, wanted)], as_json=json)


def suspend(
    agreement: Agreement,
    organisation: Organisation,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Keep a member from reading and contributing; what it gave stays."""
    with desk(home, server, key) as at:
        changed = at.hub.change_member(agreement, organisation, {"status": "suspended"})
        _show([changed], as_json=json)


def resume(
    agreement: Agreement,
    organisation: Organisation,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Let a suspended member read and contribute again."""
    with desk(home, server, key) as at:
        changed = at.hub.change_member(agreement, organisation, {"status": "active"})
        _show([changed], as_json=json)


def remove(
    agreement: Agreement,
    organisation: Organisation,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    contributions: Annotated[
        str | None,
        typer.Option(help="What becomes of what it gave, as the terms allow: keep, withdraw."),
    ] = None,
    json: Json = False,
) -> None:
    """End a membership; a member ends its own with `seawall leave`."""
    from seawall.cli.output import err, plural, say_json  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        done = at.hub.remove_member(agreement, organisation, contributions)
    if json:
        say_json(done)
    else:
        err.print(
            f"{organisation} has left {agreement}; {plural(done['withdrawn'], 'opinion')} withdrawn."
        )


def quarantine(
    agreement: Agreement,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Show how many contributions wait, and whose."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        waiting = at.hub.quarantine(agreement)
    rows = [{"organisation": name, "waiting": count} for name, count in sorted(waiting.items())]
    columns = {"organisation": "organisation", "waiting": "waiting"}
    show(rows, columns, as_json=json, empty="Nothing waits.")


def release(
    agreement: Agreement,
    organisation: Organisation,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Share what waits of an organisation."""
    _empty(agreement, organisation, "release", (home, server, key), as_json=json)


def drop(
    agreement: Agreement,
    organisation: Organisation,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Forget what waits of an organisation."""
    _empty(agreement, organisation, "drop", (home, server, key), as_json=json)


def withdraw_source(
    agreement: Agreement,
    organisation: Organisation,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Withdraw everything one organisation has said, drop what waits of it, and hold back what it says from now on."""
    from seawall.cli.output import err, plural, say_json  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        done = at.hub.withdraw_source(agreement, organisation)
    if json:
        say_json(done)
    else:
        err.print(f"{plural(done['withdrawn'], 'opinion')} of {organisation} withdrawn.")


def _empty(
    agreement: str, organisation: str, fate: str, where: tuple[Any, Any, Any], *, as_json: bool
) -> None:
    from seawall.cli.output import err, plural, say_json  # noqa: PLC0415 - Rich would slow `--help`

    with desk(*where) as at:
        done = at.hub.empty_quarantine(agreement, organisation, fate)
    if as_json:
        say_json(done)
        return
    became = "released" if fate == "release" else "dropped"
    err.print(f"{plural(done['contributions'], 'contribution')} of {organisation} {became}.")
    if done.get("refused"):
        err.print(f"{done['refused']} of them do not fit the terms any more and were dropped.")


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    empty = "There is no member yet. `seawall agreement invite` brings one."
    show(rows, COLUMNS, as_json=as_json, empty=empty, whole=("organisation", "status"))
