"""`seawall join`, `sync`, `memberships`, `leave`: this home as a member of hubs."""

import time
from contextlib import closing
from typing import Annotated, Any

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, at_home, desk
from seawall.errors import InputError, OutsideError

BY = "cli"
COLUMNS = {
    "agreement": "agreement",
    "hub": "hub",
    "bank": "bank",
    "state": "state",
    "position": "position",
    "lag": "lag",
    "last_delta_at": "last delta",
    "disputed": "disputed",
    "skipped": "skipped",
    "waiting": "waiting",
    "clock_skew": "clock skew (s)",
    "error": "error",
}
EMPTY = "This home follows no hub. `seawall join URL --token TOKEN` makes it a member of one."

Agreement = Annotated[
    str, typer.Argument(help="The agreement, or the membership's id where two hubs have it.")
]


def join(
    url: Annotated[str, typer.Argument(help="The hub's address: https://hub.example.")],
    token: Annotated[str, typer.Option(help="The invitation's token.")],
    home: Home = None,
    bank: Annotated[
        str | None, typer.Option(help="The bank its records go to; named like the agreement.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Our name, for the other members; the setting's.")
    ] = None,
    hub_key: Annotated[
        str | None,
        typer.Option(help="The hub's key, as its operator told it; refuse a hub with another."),
    ] = None,
    member_key: Annotated[
        str | None,
        typer.Option(help="Our key there, if the hub knows us already and this home does not."),
    ] = None,
    json: Json = False,
) -> None:
    """
    Become a member of a hub with the invitation it gave; a server on this home follows at once.

    Only where the home is: the key that the hub gives is sealed in it.
    """
    from seawall.workflows.membership import join as join_hub  # noqa: PLC0415 - SQLAlchemy would slow `--help`

    with at_home(home) as app:
        membership = join_hub(
            url,
            token,
            name=name or app.settings.server.organisation,
            bank=bank,
            hub_key=hub_key,
            member_key=member_key,
            node=app.node(),
            by=BY,
        )
        _show(app, membership.id, as_json=json)


def memberships(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the hubs this home follows, and how well: state, lag, last change, disputes."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        rows = at.memberships()
    show(rows, COLUMNS, as_json=json, empty=EMPTY, whole=("state", "position", "lag"))


def sync(
    agreement: Annotated[
        str | None, typer.Argument(help="Only this agreement; all of them.")
    ] = None,
    home: Home = None,
    watch: Annotated[
        bool, typer.Option("--watch/--once", help="Go on until interrupted; once.")
    ] = False,
    start_over: Annotated[
        bool,
        typer.Option(
            "--start-over",
            help="Read all of the hub's history anew, and tell again what it had acknowledged.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """
    Read what the hubs have, tell them what waits; exit code 3 when one cannot be followed.

    Only where the home is; a server on it does all this by itself.
    """
    from seawall.workflows import membership as stories  # noqa: PLC0415 - SQLAlchemy would slow `--help`

    if start_over and agreement is None:
        raise InputError("Name the agreement to start over with.")
    with at_home(home) as app:
        node = app.node()
        if start_over and agreement is not None:
            stories.start_over(agreement, node=node, by=BY)
        if watch:
            _watch(app)
            return
        with app.memory.reading() as stores:
            wanted = [stores.memberships.find(agreement)] if agreement else stores.memberships.all()
        for each in wanted:
            _catch_up(each.id, node)
        app.knowledge.refresh()
        app.knowledge.merge()
        _show(app, *(each.id for each in wanted), as_json=json)


def leave(
    agreement: Agreement,
    home: Home = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take back everything we have said there.")
    ] = False,
    keep_entries: Annotated[
        bool, typer.Option("--keep-entries", help="Keep what we have read in its bank.")
    ] = False,
    without_hub: Annotated[
        bool,
        typer.Option("--without-hub", help="Forget a hub that does not answer any more."),
    ] = False,
) -> None:
    """
    Stop being a member; the entries that came from there go too.

    Only where the home is: it holds the key to the hub.
    """
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.membership import leave as leave_hub  # noqa: PLC0415 - the same

    if withdraw and without_hub:
        raise InputError(
            "What was said can only be taken back at the hub: leave out --without-hub."
        )
    with at_home(home) as app:
        left = leave_hub(
            agreement,
            contributions="withdraw" if withdraw else "keep",
            keep_entries=keep_entries,
            tell_hub=not without_hub,
            node=app.node(),
            by=BY,
        )
    err.print(f"'{left.agreement}' at {left.hub} is left.", markup=False)


def _catch_up(ident: str, node: Any) -> None:  # noqa: ANN401 - a Node, whose module would slow `--help`
    """Follow until there is nothing more to read, then tell what waits."""
    from seawall.exchange.membership import State  # noqa: PLC0415 - SQLAlchemy would slow `--help`
    from seawall.workflows.telling import deliver, report_sightings  # noqa: PLC0415 - the same

    with node.memory.reading() as stores:
        before = stores.memberships.find(ident)
    with node.hub_of(before) as hub:
        after = _read(ident, hub, node)
        if after is not None and after.state is State.FOLLOWING:
            report_sightings(after, node=node)
            done = False
            while [each for each in deliver(after, hub=hub, node=node) if not each.kept]:
                done = True
            if done:
                _read(ident, hub, node)  # what we have just said comes back to us


def _read(ident: str, hub: Any, node: Any) -> Any:  # noqa: ANN401 - a Hub and a Node, whose modules would slow `--help`
    """The membership once there is nothing more to read; None when it is no more."""
    from seawall.exchange.membership import State  # noqa: PLC0415 - SQLAlchemy would slow `--help`
    from seawall.workflows.following import follow  # noqa: PLC0415 - the same

    position = -1
    while True:
        after = follow(ident, hub=hub, wait=0, node=node)
        if after is None or after.state is not State.FOLLOWING or after.position == position:
            return after
        position = after.position


def _watch(app: Any) -> None:  # noqa: ANN401 - an App, whose module would slow `--help`
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.follower import Follower  # noqa: PLC0415 - SQLAlchemy would slow `--help`

    def taken() -> None:
        app.knowledge.refresh_now()
        app.knowledge.merge()

    err.print("Following until interrupted (Ctrl-C).")
    with closing(Follower(app.node(), on_change=taken)):
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            return


def _show(app: Any, *idents: str, as_json: bool) -> None:  # noqa: ANN401 - an App, whose module would slow `--help`
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.membership import membership_documents  # noqa: PLC0415 - SQLAlchemy would slow `--help`

    with app.memory.reading() as stores:
        rows = [row for row in membership_documents(stores) if row["id"] in idents]
    show(rows, COLUMNS, as_json=as_json, empty=EMPTY, whole=("state", "position", "lag"))
    troubled = [row for row in rows if row["error"]]
    if troubled:
        raise OutsideError(troubled[0]["error"])
