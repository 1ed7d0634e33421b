"""`seawall match`: is this signal known, or this file or text?"""

from typing import Annotated, Any

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, Texts, desk
from seawall.cli.where import where
from seawall.errors import InputError
from seawall.workflows.paths import Passage, is_there


def match(
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Signals such as pdq:f8f8…, or files; - reads signals from stdin."),
    ] = None,
    texts: Texts = None,
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    max_distance: Annotated[
        int, typer.Option(help="How many bits away still counts, 0 to 64.")
    ] = 31,
    json: Json = False,
) -> None:
    """Look signals, files and texts up in every bank; exit code 1 when one is known."""
    from seawall.cli.output import err, say_json  # noqa: PLC0415 - Rich would slow `--help`

    asked = (
        [line.strip() for line in typer.get_text_stream("stdin") if line.strip()]
        if what == ["-"]
        else what or []
    )
    paths = [each for each in asked if is_there(each)]
    signals = [each for each in asked if each not in paths]
    media = [*map(Passage, texts or []), *paths]
    if not signals and not media:
        raise InputError("Name signals or files, or give a text with --text.")
    found: list[tuple[str, dict[str, Any]]] = []
    failed = 0
    with desk(home, server, key, media=bool(media)) as at:
        if signals:
            results = at.match(signals, max_distance=max_distance)
            found += zip(signals, results, strict=True)
        for told in at.match_paths(media, max_distance=max_distance) if media else ():
            found.append((told["path"], told["results"][0]))
            if told.get("error"):
                failed += 1
                err.print(f"{told['path']}: {told['error']}", markup=False, soft_wrap=True)
    known = any(result["matches"] for _, result in found)
    if json:
        for name, result in found:
            say_json({"signal": name, **result})
    elif known:
        _show(found)
    else:
        err.print("None of these is known.")
    if known or failed:
        raise typer.Exit(3 if failed else 1)


def _show(found: list[tuple[str, dict[str, Any]]]) -> None:
    from seawall.cli.output import out, table, text, value  # noqa: PLC0415 - Rich would slow `--help`

    made = table("signal", "distance", "where", "bank", "categories", "entry")
    for name, result in found:
        for near in result["matches"]:
            made.add_row(
                value(name),
                str(near["distance"]),
                text(where(near)),
                text(near["bank"]),
                text(near["categories"]),
                near["entry"],
            )
    out.print(made)
