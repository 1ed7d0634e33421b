"""`seawall rule`: what follows from a match."""

from typing import Annotated, Any

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk
from seawall.cli.when import ago
from seawall.errors import InputError

app = typer.Typer(
    no_args_is_help=True, help="Say what follows from a match, and try it on the past first."
)

COLUMNS = {
    "name": "rule",
    "trigger": "on",
    "bank": "bank",
    "category": "category",
    "signal_type": "type",
    "max_distance": "within",
    "territories": "in",
    "min_vouchers": "vouchers",
    "min_precision": "precision",
    "measure": "measure",
    "review": "review",
    "shadow": "shadow",
    "enabled": "enabled",
}

Name = Annotated[str, typer.Argument(help="The rule's name.")]
MeasureName = Annotated[
    str, typer.Argument(metavar="MEASURE", help="allow, label, restrict, hold or block.")
]
Trigger = Annotated[str, typer.Option("--on", help="match, failure, unsupported or no-signal.")]
BankName = Annotated[str | None, typer.Option(help="Only entries of this bank.")]
Category = Annotated[str | None, typer.Option(help="Only entries of this category.")]
SignalType = Annotated[str | None, typer.Option(help="Only signals of this type.")]
Within = Annotated[int, typer.Option("--within", help="How many bits away still counts.")]
Territory = Annotated[
    list[str] | None, typer.Option(help="Where it applies: DE, EU; may be repeated.")
]
Vouchers = Annotated[int, typer.Option(help="How many organisations must vouch for the entry.")]
Precision = Annotated[
    float | None,
    typer.Option(
        help="What share of the entry's matches is right at the least, as far as its reviews prove (lower bound, 95 %)."
    ),
]
Review = Annotated[bool, typer.Option("--review", help="A person looks at each.")]
Sample = Annotated[float, typer.Option(help="The share a person looks at, 0 to 1.")]
Shadow = Annotated[bool, typer.Option("--shadow", help="On trial: noted, without effect.")]
GroundText = Annotated[
    str | None,
    typer.Option(
        "--ground", help="Why: 'illegal: Regulation (EU) 2021/784' or 'terms: section 3'."
    ),
]
Disabled = Annotated[bool, typer.Option("--disabled", help="Kept, but off.")]


@app.command("list")
def list_(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the rules."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        show(
            at.rules(),
            COLUMNS,
            as_json=json,
            empty="There is no rule; `seawall rule put` makes one.",
        )


@app.command()
def put(
    name: Name,
    measure: MeasureName,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    trigger: Trigger = "match",
    bank: BankName = None,
    category: Category = None,
    signal_type: SignalType = None,
    within: Within = 31,
    territory: Territory = None,
    min_vouchers: Vouchers = 1,
    min_precision: Precision = None,
    review: Review = False,
    sample_share: Sample = 0.0,
    shadow: Shadow = False,
    ground: GroundText = None,
    disabled: Disabled = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Only show what would have changed.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(help="Replay uploads since then: 2026-01-31, or 7d.")
    ] = None,
    json: Json = False,
) -> None:
    """Put a rule in force, or with --replay see first what would have changed."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    rule = {
        "name": name,
        "measure": measure,
        "trigger": trigger,
        "bank": bank,
        "category": category,
        "signal_type": signal_type,
        "max_distance": within,
        "territories": territory or [],
        "min_vouchers": min_vouchers,
        "min_precision": min_precision,
        "review": review,
        "sample_share": sample_share,
        "shadow": shadow,
        "enabled": not disabled,
        "ground": _ground(ground),
    }
    with desk(home, server, key) as at:
        if replay:
            _show_replay(at.replay_rule(rule, since=ago(since)), as_json=json)
        else:
            show([at.put_rule(rule)], COLUMNS, as_json=json, empty="")


@app.command()
def remove(name: Name, home: Home = None, server: Server = None, key: ServerKey = None) -> None:
    """Take a rule out."""
    from seawall.cli.output import err  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        at.remove_rule(name)
    err.print(f"The rule '{name}' is gone.")


@app.command()
def categories(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Show the categories that entries and rules may name."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    columns = {"name": "category", "parent": "part of", "covers": "covers"}
    with desk(home, server, key) as at:
        show(at.categories(), columns, as_json=json, empty="")


def _ground(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    basis, colon, provision = text.partition(":")
    if not colon or not provision.strip():
        raise InputError(f"A ground is written 'illegal: …' or 'terms: …'; this is '{text}'.")
    return {"basis": basis.strip().lower(), "provision": provision.strip()}


def _show_replay(replay: dict[str, Any], *, as_json: bool) -> None:
    from seawall.cli.output import MARKS, out, plural, say_json, table, text  # noqa: PLC0415 - Rich would slow `--help`

    if as_json:
        say_json(replay)
        return
    changed = replay["uploads"] - replay["unchanged"]
    out.print(
        f"Of {plural(replay['uploads'], 'past upload')}, {changed} would have come out differently; "
        f"a person would have seen {replay['more_reviews']:+d}."
    )
    if not replay["shifts"]:
        return
    made = table("before", "after", "uploads", "for example")
    for shift in replay["shifts"]:
        examples = ", ".join(example["item"] or example["upload"] for example in shift["examples"])
        made.add_row(
            MARKS[shift["before"]], MARKS[shift["after"]], str(shift["count"]), text(examples)
        )
    out.print(made)
