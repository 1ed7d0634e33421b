"""`seawall audit sample`: records drawn by lot, and what two reviewers found without seeing each other's finding."""

from typing import Annotated, Any

import typer

from seawall.cli.options import Home, Json
from seawall.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Draw records for review, and review them.")

Agreement = Annotated[str, typer.Argument(help="The agreement's id at the hub.")]
Sample = Annotated[str, typer.Argument(help="The sample's id: sam_…")]
Url = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="SEAWALL_SERVER",
        help="The hub's address; a member leaves it out.",
        rich_help_panel="Where",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        envvar="SEAWALL_KEY",
        help="Your key to the hub: who you are as a reviewer is its name.",
        rich_help_panel="Where",
    ),
]
PAGE = 500
COLUMNS = {"id": "id", "size": "deltas", "records": "records", "reviewed": "reviewed"}
RECORD_COLUMNS = {
    "record": "record",
    "signal": "signal",
    "categories": "categories",
    "reviewed": "reviewed",
    "found": "found",
}


@app.command()
def draw(
    agreement: Agreement,
    count: Annotated[int, typer.Option(help="How many records.")] = 100,
    server: Url = None,
    key: Key = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Draw records: which ones follows from the log, and nobody chooses."""
    from seawall.cli.auditor import audited  # noqa: PLC0415 - it brings everything

    with audited(server, agreement, key=key, home=home) as at:
        made = at.hub.post(_at(at.agreement), {"count": count}, token=None)
    _show_samples([made], as_json=json)


@app.command("list")
def list_(
    agreement: Agreement,
    server: Url = None,
    key: Key = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show the samples of an agreement."""
    from seawall.cli.auditor import audited  # noqa: PLC0415 - it brings everything

    with audited(server, agreement, key=key, home=home) as at:
        found = at.hub.get(_at(at.agreement))["samples"]
    _show_samples(found, as_json=json)


@app.command()
def show(
    agreement: Agreement,
    sample: Sample,
    server: Url = None,
    key: Key = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show a sample's records with your own findings, and with both once both are in."""
    from seawall.cli.auditor import audited  # noqa: PLC0415 - it brings everything
    from seawall.cli.output import show as show_rows  # noqa: PLC0415 - Rich would slow `--help`

    rows: list[dict[str, Any]] = []
    after: int | None = 0
    with audited(server, agreement, key=key, home=home) as at:
        while after is not None:
            page = at.hub.get(f"{_at(at.agreement)}/{sample}", after=after, limit=PAGE)
            rows += page["records"]
            after = page["next"]
    if not json:
        rows = [row | {"found": _found(row["findings"])} for row in rows]
    show_rows(rows, RECORD_COLUMNS, as_json=json, empty="The sample is empty.", whole=("record",))


@app.command()
def review(
    agreement: Agreement,
    sample: Sample,
    record: Annotated[str, typer.Argument(help="The record's id: rec_…")],
    fine: Annotated[bool, typer.Option("--fine", help="The record should be there.")] = False,
    exception: Annotated[
        str | None,
        typer.Option(
            help="Why it should not, in a short word: not-in-scope, damaged, undeterminable, …"
        ),
    ] = None,
    server: Url = None,
    key: Key = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Say what you found of a record, which is final."""
    from seawall.cli.auditor import audited  # noqa: PLC0415 - it brings everything
    from seawall.cli.output import out, say_json, text  # noqa: PLC0415 - Rich would slow `--help`

    if fine == (exception is not None):
        raise InputError("Say one of the two: --fine, or --exception and why.")
    with audited(server, agreement, key=key, home=home) as at:
        route = f"{_at(at.agreement)}/{sample}/reviews"
        told = at.hub.post(route, {"record": record, "exception": exception}, token=None)
    if json:
        say_json(told)
        return
    rest = "Both findings are in." if told["reviewed"] else "Another reviewer has yet to look."
    out.print(f"{text(record)}: {text(exception or 'fine')}. {rest}")


@app.command()
def results(
    agreement: Agreement,
    sample: Sample,
    server: Url = None,
    key: Key = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show how many exceptions there were and why, and how far the reviewers agreed."""
    from seawall.cli.auditor import audited  # noqa: PLC0415 - it brings everything
    from seawall.cli.output import out, say_json, table, text  # noqa: PLC0415 - Rich would slow `--help`

    with audited(server, agreement, key=key, home=home) as at:
        told = at.hub.get(f"{_at(at.agreement)}/{sample}", limit=1)["results"]
    if json:
        say_json(told)
        return
    made = table("what", "says")
    made.add_row("reviewed by both", f"{told['reviewed']} of {told['records']}")
    made.add_row("exceptions", _share(told["exceptions"]))
    made.add_row("at least one saw one", _share(told["doubted"]))
    made.add_row("reviewers agreed", _share(told["agreed"]))
    beyond = told["beyond_chance"]
    made.add_row("agreed beyond chance", text(None if beyond is None else f"{beyond:.2f}"))
    for reason, count in told["reasons"].items():
        made.add_row(f"because {text(reason)}", str(count))
    out.print(made)


def _show_samples(samples: list[dict[str, Any]], *, as_json: bool) -> None:
    from seawall.cli.output import show as show_rows  # noqa: PLC0415 - Rich would slow `--help`

    if not as_json:
        samples = [
            row | {name: row["results"][name] for name in ("records", "reviewed")}
            for row in samples
        ]
    empty = "No sample was drawn yet: `seawall audit sample draw`."
    show_rows(samples, COLUMNS, as_json=as_json, empty=empty)


def _found(findings: list[dict[str, Any]]) -> list[str]:
    return [f"{each['reviewer']}: {each['exception'] or 'fine'}" for each in findings]


def _share(share: dict[str, Any]) -> str:
    counted = f"{share['hits']} of {share['trials']}"
    if not share["trials"]:
        return counted
    percent = [f"{100 * share[name]:.4f}" for name in ("value", "low", "high")]
    return f"{counted}: {percent[0]} % ({percent[1]} to {percent[2]} %)"


def _at(agreement: str) -> str:
    return f"/agreements/{agreement}/samples"
