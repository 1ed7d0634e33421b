"""`seawall case`: what waits for a person, ruled on at the terminal."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk
from seawall.cli.when import ahead
from seawall.cli.where import where
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
NEAR = {
    "item": "item",
    "signal": "near by",
    "distance": "distance",
    "where": "where",
    "share": "of the known",
    "rule": "rule",
    "bank": "bank",
    "categories": "categories",
}
Ident = Annotated[str, typer.Argument(metavar="CASE", help="The case's id.")]
RulingIdent = Annotated[str, typer.Argument(metavar="RULING", help="The ruling's id.")]
Person = Annotated[str, typer.Option("--as", help="Who acts.")]
Note = Annotated[str, typer.Option(help="Why, for whoever looks later.")]


@app.command("list")
def list_(
    queue: Annotated[str | None, typer.Option(help="Only of this queue.")] = None,
    status: Annotated[
        str | None,
        typer.Option(help="open, claimed, held, ruled, carried-out or closed; all that wait."),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Show cases, the most urgent first."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        rows = at.cases.all(status=status, queue=queue, limit=limit)
    table(rows, COLUMNS, as_json=json, empty="Nothing waits for a person.", whole=("case",))


@app.command()
def show(
    ident: Ident,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Show a case: its items, what they match, earlier rulings, and what happened to it."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        found = at.cases.show(ident)
    _case(found, json=json)
    if json:
        return
    columns = {"key": "item", "upload": "upload", "uploader": "uploader"}
    table(found["items"], columns, as_json=False, empty="")
    near = [row for item in found["items"] for row in _near(item)]
    table(near, NEAR, as_json=False, empty="Nothing known is near it.", whole=("where",))
    table(found["rulings"], RULING, as_json=False, empty="Nobody has ruled on it.")


@app.command("open")
def open_(
    item: Annotated[str, typer.Argument(help="The platform's name for it, or the link itself.")],
    kind: Annotated[
        str, typer.Option(help="image, video, sound, text, link, user or other.")
    ] = "other",
    text: Annotated[
        Path | None,
        typer.Option(help="A file with the passage of an item that is a text; - is stdin."),
    ] = None,
    link: Annotated[str | None, typer.Option(help="Where the item's name is no link.")] = None,
    uploader: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    territory: Annotated[str | None, typer.Option(help="Where it was uploaded.")] = None,
    signal: Annotated[
        list[str] | None, typer.Option(help="One of its signals, type:value; may be repeated.")
    ] = None,
    category: Annotated[str | None, typer.Option(help="What it is said to be.")] = None,
    queue: Annotated[str | None, typer.Option(help="Where it waits.")] = None,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Open a case by hand; one about the same content that waits is joined instead."""
    handed: dict[str, Any] = {
        "item": item,
        "kind": kind,
        "text": None if text is None else _passage(text),
        "link": link,
        "uploader": uploader,
        "territory": territory,
        "signals": list(signal or ()),
        "category": category,
        "queue": queue,
    }
    with desk(home, server, key) as at:
        found = at.cases.open(handed)
    _case(found, json=json)


@app.command("next")
def next_(
    queue: Annotated[str | None, typer.Option(help="Only of this queue.")] = None,
    category: Annotated[str | None, typer.Option(help="Only of this category.")] = None,
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Claim the most urgent case that you have not skipped."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        found = at.cases.next({"person": person, "queue": queue, "category": category})
    if found is None:
        table([], COLUMNS, as_json=json, empty="Nothing waits for you.")
        return
    _case(found, json=json)


@app.command()
def claim(
    ident: Ident,
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Take this very case; claimed again it lasts longer."""
    _act(ident, "claim", {"person": person}, home, server, key, json=json)


@app.command()
def release(
    ident: Ident,
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Give a claimed case back to the queue."""
    _act(ident, "release", {"person": person}, home, server, key, json=json)


@app.command()
def skip(
    ident: Ident,
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Give a claimed case back, and never be offered it again."""
    _act(ident, "skip", {"person": person}, home, server, key, json=json)


@app.command()
def hold(
    ident: Ident,
    reason: Annotated[str, typer.Option(help="Why, for everybody to see.")],
    until: Annotated[str, typer.Option(help="Until when: 2027-01-31, or 12h, 3d, 2w.")] = "1d",
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Put a claimed case aside for a while."""
    wanted = {"person": person, "reason": reason, "until": ahead(until)}
    _act(ident, "hold", wanted, home, server, key, json=json)


@app.command("hand-off")
def hand_off(
    ident: Ident,
    to: Annotated[str, typer.Argument(help="Who gets it, and nobody else.")],
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Hand a claimed case to somebody else."""
    _act(ident, "hand-off", {"person": person, "to": to}, home, server, key, json=json)


@app.command("take-out")
def take_out(
    ident: Ident,
    item: Annotated[
        str,
        typer.Argument(help="The item's key, as `case show` says it: 'text:post 7', 'image:up_…'."),
    ],
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Take an item that does not belong there out of a claimed case; it becomes a case of its own."""
    _act(ident, "take-out", {"person": person, "item": item}, home, server, key, json=json)


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
    ends: Annotated[
        str | None, typer.Option(help="When a label or restriction ends: 2027-01-31, or 90d.")
    ] = None,
    context: Annotated[
        str | None, typer.Option(help="news, research, art, education or counter-speech.")
    ] = None,
    note: Note = "",
    share: Annotated[
        list[str] | None, typer.Option(help="Tell this agreement's hub; may be repeated.")
    ] = None,
    no_bank: Annotated[
        bool, typer.Option("--no-bank", help="Do not keep the signals of what is removed.")
    ] = False,
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Claim a case and rule on every item of it; a server carries it out when its undo window is over."""
    answer = {
        "person": person,
        "decision": decision,
        "policy": policy,
        "territories": list(territory or ()),
        "ends_at": ahead(ends),
        "context": context,
        "note": note,
        "share": list(share or ()),
        "bank_signals": not no_bank,
    }
    with desk(home, server, key) as at:
        made = at.cases.rule(ident, answer)
    _ruling(made, json=json)


@app.command()
def confirm(
    ident: Ident,
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Claim a case and rule as was ruled on the same hashes, without anybody looking again."""
    with desk(home, server, key) as at:
        made = at.cases.confirm(ident, person)
    _ruling(made, json=json)


@app.command()
def undo(
    ident: RulingIdent,
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Take a ruling back before it is carried out."""
    _decide(ident, "undo", {"person": person}, home, server, key, json=json)


@app.command()
def approve(
    ident: RulingIdent,
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Agree to a ruling that waits for a second person."""
    _decide(ident, "approve", {"person": person}, home, server, key, json=json)


@app.command()
def refuse(
    ident: RulingIdent,
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Do not agree, as the second person: its case is open again."""
    _decide(ident, "refuse", {"person": person}, home, server, key, json=json)


@app.command()
def restore(
    ident: RulingIdent,
    note: Note = "",
    person: Person = "cli",
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Take back what was carried out; of what was removed, two persons must want it."""
    _decide(ident, "restore", {"person": person, "note": note}, home, server, key, json=json)


def _act(
    ident: str,
    what: str,
    wanted: dict[str, Any],
    home: Home,
    server: Server,
    key: ServerKey,
    *,
    json: bool,
) -> None:
    with desk(home, server, key) as at:
        found = at.cases.act(ident, what, wanted)
    _case(found, json=json)


def _decide(
    ident: str,
    what: str,
    wanted: dict[str, Any],
    home: Home,
    server: Server,
    key: ServerKey,
    *,
    json: bool,
) -> None:
    with desk(home, server, key) as at:
        made = at.cases.decide(ident, what, wanted)
    _ruling(made, json=json)


def _case(found: dict[str, Any], *, json: bool) -> None:
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`

    shown = found if json else found | {"items": len(found["items"])}
    table([shown], COLUMNS, as_json=json, empty="", whole=("case",))


def _near(item: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for everything known that the item is near: what, how near, where, how much, and who wants it."""
    rows = [
        {
            "item": item["key"],
            "bank": match["bank"],
            "signal": match["signal_type"],
            "distance": match["distance"],
            "where": where(match),
            "share": "" if match["known_share"] is None else f"{match['known_share']:.0%}",
            "rule": match["rule"] or match["withheld"] or "",
            "categories": match["categories"],
        }
        for match in item["screened"]
    ]
    screened = {match["entry"] for match in item["screened"]}
    told = [match for match in item["matches"] if match["entry"] not in screened]
    return rows + [
        {
            "item": item["key"],
            "bank": match["bank"],
            "signal": match["signal"].partition(":")[0],
            "distance": match["distance"],
            "categories": match["categories"],
        }
        for match in told
    ]


def _ruling(made: dict[str, Any], *, json: bool) -> None:
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`

    table([made], RULING, as_json=json, empty="", whole=("ruling",))


def _passage(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise InputError(f"{file} cannot be read as text in UTF-8: {wrong}.") from None
