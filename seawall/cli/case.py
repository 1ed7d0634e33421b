"""`seawall case`: what waits for a person, ruled on at the terminal."""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, at_home
from seawall.errors import InputError

app = typer.Typer(no_args_is_help=True, help="See what waits for a person, and rule on it.")
COLUMNS = {
    "id": "case",
    "status": "status",
    "queue": "queue",
    "category": "category",
    "priority": "priority",
    "items": "items",
    "claimed_by": "claimed by",
    "opened_at": "opened",
}
RULING = {
    "id": "ruling",
    "case": "case",
    "decision": "decision",
    "policy": "policy",
    "needs": "needs a second person for",
    "undone_at": "undone",
}
Ident = Annotated[str, typer.Argument(metavar="CASE", help="The case's id.")]
Person = Annotated[str, typer.Option("--as", help="Who rules.")]


@app.command("list")
def list_(
    queue: Annotated[str | None, typer.Option(help="Only of this queue.")] = None,
    status: Annotated[
        str | None,
        typer.Option(help="open, claimed, held, ruled, carried-out or closed; all that wait."),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show cases, the most urgent first."""
    from seawall.cases.case import WAITING, Status  # noqa: PLC0415 - the database would slow `--help`
    from seawall.cli.output import show as table  # noqa: PLC0415 - so would Rich
    from seawall.workflows.case_wire import listed_document  # noqa: PLC0415 - the same

    try:
        statuses = WAITING if status is None else (Status(status),)
    except ValueError:
        raise InputError(f"A case is {', '.join(Status)}; not '{status}'.") from None
    with at_home(home) as at, at.memory.reading() as stores:
        found = stores.cases.page(limit=limit, statuses=statuses, queue=queue)
    rows = [listed_document(case) for case in found]
    table(rows, COLUMNS, as_json=json, empty="Nothing waits for a person.", whole=("case",))


@app.command()
def show(ident: Ident, home: Home = None, json: Json = False) -> None:
    """Show a case: its items, what they match, earlier rulings, and what happened to it."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.case_wire import whole_case_document  # noqa: PLC0415 - so would the database

    with at_home(home) as at, at.memory.reading() as stores:
        found = whole_case_document(stores.cases.find(ident), stores)
    if json:
        table([found], {}, as_json=True, empty="")
        return
    table([found | {"items": len(found["items"])}], COLUMNS, as_json=False, empty="")
    items = [
        item | {"matches": [f"{m['bank']} at {m['distance']}" for m in item["matches"]]}
        for item in found["items"]
    ]
    columns = {"key": "item", "upload": "upload", "matches": "matches", "uploader": "uploader"}
    table(items, columns, as_json=False, empty="")
    table(found["rulings"], RULING, as_json=False, empty="Nobody has ruled on it.")


@app.command("open")
def open_(
    item: Annotated[str, typer.Argument(help="The platform's name for it.")],
    kind: Annotated[str, typer.Option(help="image, text, link, user or other.")] = "other",
    signal: Annotated[
        list[str] | None, typer.Option(help="One of its signals, type:value; may be repeated.")
    ] = None,
    category: Annotated[str | None, typer.Option(help="What it is said to be.")] = None,
    queue: Annotated[str | None, typer.Option(help="Where it waits.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Open a case by hand; one about the same content that waits is joined instead."""
    from seawall.cases.case import Item, ItemKind, Source  # noqa: PLC0415 - the database would slow `--help`
    from seawall.cli.output import show as table  # noqa: PLC0415 - so would Rich
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.signals.registry import parse_signal  # noqa: PLC0415 - the same
    from seawall.workflows.case_wire import case_document  # noqa: PLC0415 - the same
    from seawall.workflows.cases import open_case  # noqa: PLC0415 - the same

    try:
        what = ItemKind(kind)
    except ValueError:
        raise InputError(f"An item is {', '.join(ItemKind)}; not '{kind}'.") from None
    signals = tuple(str(parse_signal(text)) for text in signal or ())
    with at_home(home) as at, at.memory.transaction() as stores:
        case = open_case(
            Item(id=item, kind=what, signals=signals),
            source=Source.HAND,
            stores=stores,
            by="cli",
            now=now(),
            queue=queue,
            category=at.taxonomy.find(category).name if category else None,
        )
    found = case_document(case)
    shown = found if json else found | {"items": len(found["items"])}
    table([shown], COLUMNS, as_json=json, empty="", whole=("case",))


@app.command()
def rule(
    ident: Ident,
    decision: Annotated[
        str, typer.Argument(metavar="DECISION", help="keep, label, restrict or remove.")
    ],
    policy: Annotated[str | None, typer.Option(help="Which policy it breaks.")] = None,
    territory: Annotated[
        list[str] | None, typer.Option(help="Where it is restricted; may be repeated.")
    ] = None,
    context: Annotated[
        str | None, typer.Option(help="news, research, art, education or counter-speech.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why, for whoever looks later.")] = "",
    share: Annotated[
        list[str] | None, typer.Option(help="Tell this agreement's hub; may be repeated.")
    ] = None,
    no_bank: Annotated[
        bool, typer.Option("--no-bank", help="Do not keep the signals of what is removed.")
    ] = False,
    person: Person = "cli",
    home: Home = None,
    json: Json = False,
) -> None:
    """Claim a case and rule on every item of it; a server carries it out when its undo window is over."""
    from seawall.cases.limits import Limits  # noqa: PLC0415 - the database would slow `--help`
    from seawall.cases.ruling import Context, Decision  # noqa: PLC0415 - the same
    from seawall.cli.output import show as table  # noqa: PLC0415 - so would Rich
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.workflows import ruling  # noqa: PLC0415 - the same
    from seawall.workflows.case_wire import ruling_document  # noqa: PLC0415 - the same
    from seawall.workflows.cases import claim  # noqa: PLC0415 - the same

    try:
        answer = ruling.Answer(
            decision=Decision(decision),
            policy=policy,
            territories=tuple(territory or ()),
            context=Context(context) if context else None,
            note=note,
            bank_signals=not no_bank,
            share=tuple(share or ()),
        )
    except ValueError:
        raise InputError(
            f"A decision is {', '.join(Decision)}; a context is {', '.join(Context)}."
        ) from None
    moment = now()
    with at_home(home) as at, at.memory.transaction() as stores:
        config, anything = at.settings.cases, Limits()
        claim(ident, person, limits=anything, config=config, stores=stores, now=moment)
        made = ruling.rule(
            ident, answer, person, limits=anything, config=config, stores=stores, now=moment
        )
    table([ruling_document(made)], RULING, as_json=json, empty="", whole=("ruling",))


@app.command()
def undo(
    ident: Annotated[str, typer.Argument(metavar="RULING", help="The ruling's id.")],
    person: Person = "cli",
    home: Home = None,
    json: Json = False,
) -> None:
    """Take a ruling back before it is carried out."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.clock import now  # noqa: PLC0415 - the database would, too
    from seawall.workflows import ruling  # noqa: PLC0415 - the same
    from seawall.workflows.case_wire import ruling_document  # noqa: PLC0415 - the same

    with at_home(home) as at, at.memory.transaction() as stores:
        ruling.undo(ident, person, config=at.settings.cases, stores=stores, now=now())
        undone = stores.rulings.find(ident)
    table([ruling_document(undone)], RULING, as_json=json, empty="", whole=("ruling",))
