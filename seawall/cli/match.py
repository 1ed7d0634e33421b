"""`seawall match`: is this signal known?"""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk


def match(
    signals: Annotated[
        list[str], typer.Argument(help="Signals such as pdq:f8f8…; - reads them from stdin.")
    ],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    max_distance: Annotated[
        int, typer.Option(help="How many bits away still counts, 0 to 64.")
    ] = 31,
    json: Json = False,
) -> None:
    """Look signals up in every bank; exit code 1 when one is known."""
    from seawall.cli.output import err, out, say_json, table, text, value  # noqa: PLC0415 - Rich would slow `--help`

    asked = (
        [line.strip() for line in typer.get_text_stream("stdin") if line.strip()]
        if signals == ["-"]
        else signals
    )
    with desk(home, server, key) as at:
        results = at.match(asked, max_distance=max_distance)
    known = sum(bool(result["matches"]) for result in results)
    if json:
        for signal, result in zip(asked, results, strict=True):
            say_json({"signal": signal, **result})
    elif known:
        made = table("signal", "distance", "bank", "categories", "entry")
        for signal, result in zip(asked, results, strict=True):
            for near in result["matches"]:
                made.add_row(
                    value(signal),
                    str(near["distance"]),
                    text(near["bank"]),
                    text(near["categories"]),
                    near["entry"],
                )
        out.print(made)
    else:
        err.print("None of these is known.")
    if known:
        raise typer.Exit(1)
