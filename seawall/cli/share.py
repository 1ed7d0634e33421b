"""`seawall share`, `dispute`, `withdraw`, `outcome`: our word on signals, told to a hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from operator import getitem
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.membership import Agreement
from seawall.cli.options import Home, Json, Server, ServerKey, desk
from seawall.cli.share_list import share_list
from seawall.cli.when import ahead
from seawall.errors import InputError
from seawall.workflows.paths import is_there

if TYPE_CHECKING:
    from seawall.cli.desk import Desk

Document = dict[str, Any]

What = Annotated[
    list[str],
    typer.Argument(
        help="Files, signals such as pdq:f8f8…, or ids of its entries; each is one content."
    ),
]


def share(
    agreement: Agreement,
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Files, or signals such as pdq:f8f8…; each is one content."),
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="What it is: terrorist-content; may be repeated.")
    ] = None,
    list_: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A list instead, CSV or NDJSON, - for stdin: a line a signal, with its word and categories.",
        ),
    ] = None,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
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
    """Tell every member of an agreement that these contents are illegal; the hub gets signals, never a file."""
    opinion = {
        "categories": category,
        "severity": severity,
        "incident": incident,
        "entity": entity,
        "context": context,
        "confidence": confidence,
        "order": order,
        "expires_at": ahead(expires),
    }
    if list_ is not None:
        if what or any(value not in (0, "", None, []) for value in opinion.values()):
            raise InputError("With --from, every line says for itself what it is: name only it.")
        if server:
            raise InputError("--from speaks to the hub with this home's key: leave out --server.")
        share_list(home, agreement, list_, as_json=json)
        return
    if not what or not category:
        raise InputError("Name what to share and its --category, or a list with --from.")
    with _at(home, server, key, what) as at:
        contents = [
            {"signals": signals, "quality": quality} for signals, quality in _contents(at, what)
        ]
        _say(at, agreement, contents, {"word": "confirm", **opinion}, as_json=json)


def dispute(
    agreement: Agreement,
    what: Annotated[
        list[str], typer.Argument(help="Signals, entries' ids, or files that were matched.")
    ],
    reason: Annotated[str, typer.Option(help="Why it does not belong there.")],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Tell every member that something does not belong there; from then on it blocks nothing by itself."""
    with _at(home, server, key, what) as at:
        contents = [{"signals": signals} for signals in _matched(at, agreement, what)]
        _say(at, agreement, contents, {"word": "dispute", "reason": reason}, as_json=json)


def withdraw(
    agreement: Agreement,
    what: What,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Take back what we have said of signals."""
    with _at(home, server, key, what) as at:
        contents = [{"signals": signals} for signals, _ in _contents(at, what)]
        _say(at, agreement, contents, {"word": "withdraw"}, as_json=json)


def outcome(
    agreement: Agreement,
    what: Annotated[str, typer.Argument(help="A record's id, its signal, or its entry's id.")],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    right: Annotated[
        int, typer.Option(help="Reviews that found a match to be what the record says.", min=0)
    ] = 0,
    wrong: Annotated[int, typer.Option(help="Reviews that found that it is not.", min=0)] = 0,
    json: Json = False,
) -> None:
    """Tell a hub what reviews of matches have found; it makes the record's precision, and nobody hears from whom."""
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        told = at.report_outcome(agreement, what, right=right, wrong=wrong)
    if json:
        say_json(told)
    elif told["error"]:
        err.print(told["error"], markup=False, soft_wrap=True)
    elif not told["kept"]:
        err.print("The hub has no such record." if told["counted"] == 0 else "Told.")
    if told["kept"]:
        err.print("It is kept; a server on its home, or `seawall sync`, tells the hub later.")
    elif told["counted"] == 0 or told["error"]:
        raise typer.Exit(3)


@contextmanager
def _at(
    home: Path | None, server: str | None, key: str | None, what: list[str]
) -> Iterator["Desk"]:
    with desk(home, server, key, media=any(is_there(each) for each in what)) as at:
        yield at


def _contents(at: "Desk", what: list[str]) -> Iterator[tuple[list[str], int | None]]:
    """The signals of each content, and the quality of those of files."""
    files = [each for each in what if is_there(each)]
    yield from (([_checked(each)], None) for each in what if each not in files)
    for document in at.hash_paths(files) if files else ():
        found = [f"{each['type']}:{each['value']}" for each in document["signals"]]
        if not found:
            raise InputError(f"{document['path']}: {document['error'] or 'it has no signal'}")
        qualities = [each["quality"] for each in document["signals"]]
        yield found, min((each for each in qualities if each is not None), default=None)


def _matched(at: "Desk", agreement: str, what: list[str]) -> Iterator[list[str]]:
    """The signals of each content; of a file, those of the agreement's entries it matches, also turned or mirrored."""
    files = [each for each in what if is_there(each)]
    yield from ([_checked(each)] for each in what if each not in files)
    if not files:
        return
    from seawall.exchange.membership import named  # noqa: PLC0415 - it would slow `--help`

    bank = named(agreement, at.memberships(), getitem)["bank"]
    for scanned in at.scan_paths(files, territory=None, record=False):
        near = {
            f"{match['signal_type']}:{match['value']}"
            for match in scanned["matches"]
            if match["bank"] == bank
        }
        if not near:
            raise InputError(f"Nothing in the bank '{bank}' is near {scanned['path']}.")
        yield sorted(near)


def _checked(text: str) -> str:
    """A signal, or an entry's id, which is looked up where the entry is."""
    from seawall.banks.entry import ENTRY  # noqa: PLC0415 - it would slow `--help`
    from seawall.signals.registry import parse_signal  # noqa: PLC0415 - so would this

    return text if text.startswith(ENTRY) else str(parse_signal(text))


def _say(
    at: "Desk", agreement: str, contents: list[Document], opinion: Document, *, as_json: bool
) -> None:
    from seawall.cli.output import err, plural, say_json  # noqa: PLC0415 - Rich would slow `--help`

    said = [
        {name: value for name, value in (content | opinion).items() if value not in ("", None)}
        for content in contents
    ]
    told = []
    for each in at.say(agreement, said):
        told.append(each)
        if as_json:
            say_json(each)
        elif each["error"]:
            err.print(each["error"], markup=False, soft_wrap=True)
    kept = sum(each["kept"] for each in told)
    refused = sum(each["error"] is not None and not each["kept"] for each in told)
    if not as_json:
        err.print(f"{plural(len(told) - kept - refused, 'content')} told, {refused} refused.")
        held = sum(result["held"] for each in told for result in each["results"] or ())
        if held:
            err.print(f"{plural(held, 'signal')} wait in the hub's quarantine.")
    if kept:
        err.print(
            f"{plural(kept, 'content')} kept; a server on its home, or `seawall sync`, tells the hub later."
        )
    if refused:
        raise typer.Exit(3)
