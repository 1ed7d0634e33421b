"""`seawall share`, `dispute`, `withdraw`, `outcome`: our word on signals, told to a hub."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.membership import Agreement
from seawall.cli.options import Home, Json, at_home, desk
from seawall.cli.when import ahead
from seawall.errors import InputError

ENTRY = "en_"  # what an entry's id begins with

What = Annotated[
    list[str], typer.Argument(help="Files, or signals such as pdq:f8f8…; each is one content.")
]


def share(
    agreement: Agreement,
    what: What,
    category: Annotated[
        list[str], typer.Option(help="What it is: terrorist-content; may be repeated.")
    ],
    home: Home = None,
    severity: Annotated[int, typer.Option(help="0 (unknown) to 7 (the worst).")] = 0,
    incident: Annotated[str, typer.Option(help="The declared crisis it belongs to.")] = "",
    entity: Annotated[str, typer.Option(help="The designated group or person that made it.")] = "",
    context: Annotated[str, typer.Option(help="A label such as news or research.")] = "",
    confidence: Annotated[
        int | None, typer.Option(help="How sure we are, 0 to 100.", min=0, max=100)
    ] = None,
    order: Annotated[str, typer.Option(help="The reference of a legal order.")] = "",
    expires: Annotated[
        str | None, typer.Option(help="Until when it counts: 2027-01-31, or 90d.")
    ] = None,
    json: Json = False,
) -> None:
    """Tell every member of an agreement that these contents are illegal; only signals leave this machine."""
    opinion = {
        "word": "confirm",
        "categories": category,
        "severity": severity,
        "incident": incident,
        "entity": entity,
        "context": context,
        "confidence": confidence,
        "order": order,
        "expires_at": ahead(expires),
    }
    contents = [
        (signals, {"quality": quality}) for signals, quality in _contents(home, what, near=None)
    ]
    _say(home, agreement, contents, opinion, as_json=json)


def dispute(
    agreement: Agreement,
    what: Annotated[
        list[str], typer.Argument(help="Signals, entries' ids, or files that were matched.")
    ],
    reason: Annotated[str, typer.Option(help="Why it does not belong there.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Tell every member that something does not belong there; from then on it blocks nothing by itself."""
    contents = [
        (signals, {"quality": None}) for signals, _ in _contents(home, what, near=agreement)
    ]
    _say(home, agreement, contents, {"word": "dispute", "reason": reason}, as_json=json)


def withdraw(
    agreement: Agreement,
    what: What,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take back what we have said of signals."""
    contents = [(signals, {"quality": None}) for signals, _ in _contents(home, what, near=None)]
    _say(home, agreement, contents, {"word": "withdraw"}, as_json=json)


def outcome(
    agreement: Agreement,
    what: Annotated[str, typer.Argument(help="A record's id, its signal, or its entry's id.")],
    home: Home = None,
    right: Annotated[
        int, typer.Option(help="Reviews that found a match to be what the record says.", min=0)
    ] = 0,
    wrong: Annotated[int, typer.Option(help="Reviews that found that it is not.", min=0)] = 0,
    json: Json = False,
) -> None:
    """Tell a hub what reviews of matches have found; it makes the record's precision, and nobody hears from whom."""
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.telling import report_outcome  # noqa: PLC0415 - SQLAlchemy would slow `--help`

    with at_home(home) as app:
        told = report_outcome(agreement, what, right=right, wrong=wrong, node=app.node())
    counted = told.answer.get("counted") if told.answer else None
    if json:
        say_json(
            {"id": told.message.id, "counted": counted, "kept": told.kept, "error": told.error}
        )
    elif told.answer:
        err.print("The hub has no such record." if counted == 0 else "Told.")
    elif told.error:
        err.print(told.error, markup=False, soft_wrap=True)
    if told.kept:
        err.print("It is kept here; a server on this home, or `seawall sync`, tells the hub later.")
    elif counted == 0 or told.error:
        raise typer.Exit(3)


def _contents(
    home: Path | None, what: list[str], *, near: str | None
) -> Iterator[tuple[list[str], int | None]]:
    """The signals of each content and its quality; those of known entries, where an agreement is named."""
    files = [each for each in what if Path(each).exists()]
    for each in what:
        if each in files:
            continue
        if near is not None and each.startswith(ENTRY):
            yield [_of_entry(home, near, each)], None
        else:
            yield [_checked(each)], None
    if not files:
        return
    with desk(home, media=True) as at:
        if near is not None:
            for document in at.scan_paths(files, territory=None, record=False):
                yield _known(home, near, document), None
            return
        for document in at.hash_paths(files):
            found = [f"{each['type']}:{each['value']}" for each in document["signals"]]
            if not found:
                raise InputError(f"{document['path']}: {document['error'] or 'it has no signal'}")
            qualities = [each["quality"] for each in document["signals"]]
            yield found, min((each for each in qualities if each is not None), default=None)


def _checked(text: str) -> str:
    from seawall.signals.registry import parse_signal  # noqa: PLC0415 - it would slow `--help`

    return str(parse_signal(text))


def _of_entry(home: Path | None, agreement: str, ident: str) -> str:
    with at_home(home) as app, app.memory.reading() as stores:
        bank = stores.memberships.find(agreement).bank
        return str(stores.entries.find(bank, ident).signal)


def _known(home: Path | None, agreement: str, scanned: dict[str, Any]) -> list[str]:
    """The signals of the agreement's entries that a file matches, also turned or mirrored."""
    with at_home(home) as app, app.memory.reading() as stores:
        bank = stores.memberships.find(agreement).bank
    near = {
        f"{match['signal_type']}:{match['value']}"
        for match in scanned["matches"]
        if match["bank"] == bank
    }
    if not near:
        raise InputError(f"Nothing in the bank '{bank}' is near {scanned['path']}.")
    return sorted(near)


def _say(
    home: Path | None,
    agreement: str,
    contents: list[tuple[list[str], dict[str, Any]]],
    opinion: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    from seawall.cli.output import err, plural, say_json  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.signals.registry import parse_signal  # noqa: PLC0415 - it would slow `--help`
    from seawall.workflows.telling import say  # noqa: PLC0415 - SQLAlchemy would slow `--help`

    said = [
        (
            [parse_signal(text) for text in signals],
            {name: value for name, value in (opinion | more).items() if value not in ("", None)},
        )
        for signals, more in contents
    ]
    with at_home(home) as app:
        told = say(agreement, said, node=app.node())
    for each in told:
        signals = each.message.body["signals"]
        if as_json:
            say_json(
                {
                    "id": each.message.id,
                    "signals": signals,
                    "results": each.answer["results"] if each.answer else None,
                    "kept": each.kept,
                    "error": each.error,
                }
            )
        elif each.error:
            err.print(each.error, markup=False, soft_wrap=True)
    kept = sum(each.kept for each in told)
    refused = sum(each.error is not None and not each.kept for each in told)
    if not as_json:
        err.print(f"{plural(len(told) - kept - refused, 'content')} told, {refused} refused.")
        held = sum(
            result["held"] for each in told if each.answer for result in each.answer["results"]
        )
        if held:
            err.print(f"{plural(held, 'signal')} wait in the hub's quarantine.")
    if kept:
        err.print(
            f"{plural(kept, 'content')} kept here; a server on this home, or `seawall sync`, tells the hub later."
        )
    if refused:
        raise typer.Exit(3)
