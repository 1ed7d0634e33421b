"""`seawall agreement`: who shares what with whom. The members' side is in `agreement_members`."""

from typing import Annotated, Any

import typer

from seawall.cli import agreement_members
from seawall.cli.options import Home, Json, Server, ServerKey, desk
from seawall.cli.when import seconds

app = typer.Typer(no_args_is_help=True, help="Who shares what with whom, and how it goes.")

Agreement = Annotated[str, typer.Argument(help="The agreement's id.")]
Purpose = Annotated[str | None, typer.Option(help="What the records may be used for.")]
Categories = Annotated[
    list[str] | None,
    typer.Option("--category", help="What is shared; may be repeated. Everything, unless named."),
]
SignalTypes = Annotated[
    list[str] | None,
    typer.Option("--signal-type", help="pdq, sha256, …; may be repeated. All, unless named."),
]
MinQuality = Annotated[
    int | None, typer.Option(help="The least quality of a fingerprint, 0 to 100.")
]
Retention = Annotated[
    str | None,
    typer.Option(help="How long a record counts after its latest confirmation: 365d; or none."),
]
Quota = Annotated[
    str | None,
    typer.Option(help="Opinions a member may give a day before the rest waits; or none."),
]
LeavingChoice = Annotated[
    list[str] | None,
    typer.Option(
        "--leaving", help="What a leaving member may do with what it gave: keep, withdraw."
    ),
]
NONE = "none"
COLUMNS = {
    "id": "id",
    "title": "title",
    "categories": "categories",
    "signal_types": "signal types",
    "size": "changes",
}


@app.command()
def create(
    ident: Annotated[str, typer.Argument(metavar="ID", help="What members type: terror-2026.")],
    title: Annotated[str, typer.Option(help="What people know it by.")],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    purpose: Purpose = None,
    category: Categories = None,
    signal_type: SignalTypes = None,
    min_quality: MinQuality = None,
    retention: Retention = None,
    quota: Quota = None,
    leaving: LeavingChoice = None,
    json: Json = False,
) -> None:
    """Make an agreement; nobody is a member yet."""
    wanted = _terms(title, purpose, category, signal_type, min_quality, retention, quota, leaving)
    with desk(home, server, key) as at:
        _show([at.hub.add_agreement({"id": ident, **wanted})], as_json=json)


@app.command("list")
def list_(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the agreements."""
    with desk(home, server, key) as at:
        _show(at.hub.agreements(), as_json=json)


@app.command()
def show(
    agreement: Agreement,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Show an agreement's terms, how many records it has, and how often its sources were right."""
    from seawall.cli.output import out, say_json, table, text  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        found = at.hub.agreement(agreement)
    if json:
        say_json(found)
        return
    records, sources = found.pop("records"), found.pop("sources")
    made = table("what", "says")
    for name, value in found.items():
        made.add_row(name.replace("_", " "), text(value))
    made.add_row("records", text([f"{count} {name}" for name, count in records.items()]))
    for source, share in sources.items():
        made.add_row(text(source), f"{share['right']} of {share['right'] + share['wrong']} right")
    out.print(made)


@app.command()
def change(
    agreement: Agreement,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    title: Annotated[str | None, typer.Option(help="What people know it by.")] = None,
    purpose: Purpose = None,
    category: Categories = None,
    signal_type: SignalTypes = None,
    min_quality: MinQuality = None,
    retention: Retention = None,
    quota: Quota = None,
    leaving: LeavingChoice = None,
    json: Json = False,
) -> None:
    """Change terms, for what is contributed from now on; what is not named stays."""
    wanted = _terms(title, purpose, category, signal_type, min_quality, retention, quota, leaving)
    with desk(home, server, key) as at:
        _show([at.hub.change_agreement(agreement, wanted)], as_json=json)


agreement_members.add_to(app)


def _terms(
    title: str | None,
    purpose: str | None,
    categories: list[str] | None,
    signal_types: list[str] | None,
    min_quality: int | None,
    retention: str | None,
    quota: str | None,
    leaving: list[str] | None,
) -> dict[str, Any]:
    """The terms that were named."""
    named: dict[str, Any] = {
        "title": title,
        "purpose": purpose,
        "categories": categories,
        "signal_types": signal_types,
        "min_quality": min_quality,
        "leaving": leaving,
    }
    terms = {name: value for name, value in named.items() if value is not None}
    if retention is not None:
        terms["retention"] = None if retention == NONE else seconds(retention)
    if quota is not None:
        terms["quota"] = None if quota == NONE else agreement_members.per_day(quota)
    return terms


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    from seawall.cli.output import show as show_rows  # noqa: PLC0415 - Rich would slow `--help`

    empty = "There is no agreement yet. `seawall agreement create` makes one."
    show_rows(rows, COLUMNS, as_json=as_json, empty=empty)
