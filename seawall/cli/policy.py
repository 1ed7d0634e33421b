"""`seawall policy`: what the platform does not allow, and every version of it."""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, at_home
from seawall.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Say what is not allowed; rulings name the version.")
COLUMNS = {
    "id": "policy",
    "version": "version",
    "title": "title",
    "measure": "measure",
    "strikes": "strikes",
    "severity": "severity",
    "categories": "categories",
}
Name = Annotated[str, typer.Argument(help="The policy's name.")]


@app.command("list")
def list_(home: Home = None, json: Json = False) -> None:
    """Show the policies as they stand."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.case_wire import policy_document  # noqa: PLC0415 - so would the database

    with at_home(home) as at, at.memory.reading() as stores:
        rows = [policy_document(each) for each in stores.policies.all()]
    empty = "There is no policy yet; `seawall policy put` makes one."
    table(rows, COLUMNS, as_json=json, empty=empty)


@app.command()
def show(
    name: Name,
    version: Annotated[int | None, typer.Option(help="As this version had it.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show one policy, as it stands or as it stood."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.case_wire import policy_document  # noqa: PLC0415 - so would the database

    with at_home(home) as at, at.memory.reading() as stores:
        found = policy_document(stores.policies.find(name, version))
    table([found], {**COLUMNS, "ground": "ground", "text": "text"}, as_json=json, empty="")


@app.command()
def put(
    name: Name,
    title: Annotated[str, typer.Option(help="What people know it by.")],
    ground: Annotated[
        str,
        typer.Option(help="'illegal: Regulation (EU) 2021/784' or 'terms: section 3'."),
    ],
    text: Annotated[str, typer.Option(help="What it says.")] = "",
    category: Annotated[
        list[str] | None, typer.Option(help="What it is about; may be repeated.")
    ] = None,
    measure: Annotated[
        str, typer.Option(help="What usually follows: keep, label, restrict or remove.")
    ] = "remove",
    strikes: Annotated[int, typer.Option(help="What a breach counts against its user.")] = 0,
    severity: Annotated[int, typer.Option(help="How soon its cases are looked at, 0 to 7.")] = 2,
    home: Home = None,
    json: Json = False,
) -> None:
    """Put a policy in force; where there is one of that name, this is its next version."""
    from seawall.cases.policy import Policy  # noqa: PLC0415 - the database would slow `--help`
    from seawall.cases.ruling import Decision  # noqa: PLC0415 - the same
    from seawall.cli.output import show as table  # noqa: PLC0415 - so would Rich
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.policy.ground import Basis, Ground  # noqa: PLC0415 - the same
    from seawall.workflows.case_wire import policy_document  # noqa: PLC0415 - the same
    from seawall.workflows.policy import put_policy  # noqa: PLC0415 - the same

    basis, _, provision = ground.partition(":")
    try:
        rests = Ground(basis=Basis(basis.strip().lower()), provision=provision.strip())
        follows = Decision(measure)
    except ValueError:
        raise InputError(
            f"A ground is written 'illegal: …' or 'terms: …'; the measures are {', '.join(Decision)}."
        ) from None
    moment = now()
    policy = Policy(
        id=name,
        title=title,
        ground=rests,
        at=moment,
        text=text,
        categories=tuple(category or ()),
        measure=follows,
        strikes=strikes,
        severity=severity,
    )
    with at_home(home) as at, at.memory.transaction() as stores:
        made = put_policy(policy, taxonomy=at.taxonomy, stores=stores, by="cli", now=moment)
    table([policy_document(made)], COLUMNS, as_json=json, empty="")
