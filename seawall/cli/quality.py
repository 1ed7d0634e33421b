"""`seawall quality` and `seawall golden`: how well people decide, and cases whose answer is known."""

from typing import Annotated, Any

import typer

from seawall.cli.options import Home, Json, at_home
from seawall.errors import InputError

golden = typer.Typer(no_args_is_help=True, help="Put cases with a known answer among the others.")
COLUMNS = {
    "id": "golden item",
    "queue": "queue",
    "item": "item",
    "decision": "answer",
    "policy": "policy",
    "policy_version": "version",
    "rests": "rests",
    "why": "why",
}
AGREEMENT = {"of": "of", "cases": "cases", "agreed": "agreed", "kappa": "kappa"}
PRECISION = {"by": "by", "name": "name", "right": "right", "of": "of", "between": "between"}


def quality(
    days: Annotated[int, typer.Option(min=1, help="Of the last so many days.")] = 90,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show how far people agree, how often they know known answers, and how often matches are right."""
    from datetime import timedelta  # noqa: PLC0415 - with the rest

    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.clock import now  # noqa: PLC0415 - so would the database
    from seawall.workflows.quality import quality_figures  # noqa: PLC0415 - the same
    from seawall.workflows.quality_wire import pseudonyms, quality_document  # noqa: PLC0415 - the same

    with at_home(home) as at, at.memory.reading() as stores:
        figures = quality_figures(stores, since=now() - timedelta(days=days))
        found = quality_document(figures, name_of=pseudonyms(stores))
    if json:
        table([found], {}, as_json=True, empty="")
        return
    heads = {
        "agreement": "two people on {policy}",
        "settled": "the first word on {policy}",
        "golden": "known answers on {policy}",
        "people": "known answers of {person}",
    }
    rows = [
        _agreed(text.format(**each), each) for name, text in heads.items() for each in found[name]
    ]
    table(rows, AGREEMENT, as_json=False, empty="Nobody has decided a case twice or a golden item.")
    matches = [_right(by, each) for by, several in found["precision"].items() for each in several]
    table(matches, PRECISION, as_json=False, empty="No match was ruled on.")


@golden.command()
def put(
    why: Annotated[str, typer.Option(help="What is shown to whoever answered otherwise.")],
    case: Annotated[str | None, typer.Option(help="A case whose ruling is in force.")] = None,
    upload: Annotated[
        str | None,
        typer.Option(
            help="Or an upload whose media is kept: its picture is shown as long as it is."
        ),
    ] = None,
    item: Annotated[
        str | None, typer.Option(help="Or the platform's name for an item without a picture.")
    ] = None,
    kind: Annotated[
        str, typer.Option(help="image, video, sound, text, link, user or other.")
    ] = "other",
    signal: Annotated[
        list[str] | None, typer.Option(help="One of its signals, type:value; may be repeated.")
    ] = None,
    queue: Annotated[str | None, typer.Option(help="Among which cases an item is put.")] = None,
    category: Annotated[str | None, typer.Option(help="What an item is said to be.")] = None,
    policy: Annotated[str | None, typer.Option(help="Which policy it is about.")] = None,
    decision: Annotated[
        str | None, typer.Option(help="keep, label, restrict or remove; a case has its own.")
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Put a case with a known answer among those of its queue; nothing of it is ever carried out."""
    from seawall.cases.case import Item, ItemKind  # noqa: PLC0415 - the database would slow `--help`
    from seawall.cases.ruling import Decision  # noqa: PLC0415 - the same
    from seawall.cli.output import show as table  # noqa: PLC0415 - so would Rich
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.signals.registry import parse_signal  # noqa: PLC0415 - the same
    from seawall.workflows.golden import golden_by_hand, golden_of_case, item_of_upload  # noqa: PLC0415 - the same
    from seawall.workflows.quality_wire import golden_document  # noqa: PLC0415 - the same

    try:
        what, answer = ItemKind(kind), Decision(decision) if decision else None
    except ValueError:
        raise InputError(
            f"An item is {', '.join(ItemKind)}; a decision is {', '.join(Decision)}."
        ) from None
    signals = tuple(str(parse_signal(text)) for text in signal or ())
    with at_home(home) as at, at.memory.transaction() as stores:
        moment = now()
        if case is not None:
            made = golden_of_case(
                case,
                decision=answer,
                policy=policy,
                why=why,
                by="cli",
                stores=stores,
                now=moment,
            )
        elif (named := upload or item) and queue and policy and answer:
            made = golden_by_hand(
                item_of_upload(upload, stores)
                if upload
                else Item(id=named, kind=what, signals=signals),
                decision=answer,
                policy=policy,
                queue=queue,
                category=at.taxonomy.find(category).name if category else None,
                why=why,
                by="cli",
                stores=stores,
                now=moment,
            )
        else:
            raise InputError(
                "Name a --case, or an --upload or --item with --queue, --policy and --decision."
            )
    shown = golden_document(made) | {"rests": False}
    table([shown], COLUMNS, as_json=json, empty="", whole=("golden item",))


@golden.command("list")
def list_(home: Home = None, json: Json = False) -> None:
    """Show the cases whose answer is known; one rests while its policy has a newer version."""
    from seawall.cli.output import show as table  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.quality_wire import golden_documents  # noqa: PLC0415 - so would the database

    with at_home(home) as at, at.memory.reading() as stores:
        rows = golden_documents(stores)
    empty = "There is no golden item yet; `seawall golden put` makes one of a case."
    table(rows, COLUMNS, as_json=json, empty=empty, whole=("golden item",))


@golden.command()
def remove(
    ident: Annotated[str, typer.Argument(metavar="GOLDEN", help="The golden item's id.")],
    home: Home = None,
) -> None:
    """Show a golden item to nobody any more; what was said of it still counts."""
    from seawall.clock import now  # noqa: PLC0415 - the database would slow `--help`
    from seawall.workflows.quality import remove_golden  # noqa: PLC0415 - the same

    with at_home(home) as at, at.memory.transaction() as stores:
        remove_golden(ident, by="cli", stores=stores, now=now())


def _agreed(of: str, matrix: dict[str, Any]) -> dict[str, object]:
    kappa, agreed = matrix["kappa"], matrix["agreed"]
    return {
        "of": of,
        "cases": matrix["cases"],
        "agreed": f"{agreed['hits']} of {agreed['trials']}",
        "kappa": f"{kappa['value']:.3f} ({kappa['low']:.2f} to {kappa['high']:.2f})"
        if kappa
        else None,
    }


def _right(by: str, each: dict[str, Any]) -> dict[str, object]:
    share = each["right"]
    return {
        "by": by,
        "name": each["name"],
        "right": share["hits"],
        "of": share["trials"],
        "between": f"{share['low']:.3f} and {share['high']:.3f}",
    }
