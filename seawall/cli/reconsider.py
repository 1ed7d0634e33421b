"""`seawall reconsider`: what was let through, judged again with what is known now."""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk


def reconsider(
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
    limit: Annotated[int, typer.Option(help="How many of the latest.")] = 50,
) -> None:
    """
    Look what has become known up among what was let through, and list what is judged otherwise, newest first.

    A server does so by itself, within a second of every new entry; of a server, this shows the list.
    """
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        rows = at.reconsider(limit=limit)
    columns = {
        "upload": "upload",
        "item": "item",
        "before": "before",
        "measure": "measure",
        "entry": "entry",
        "at": "at",
    }
    show(
        rows,
        columns,
        as_json=json,
        empty="Nothing that was let through is judged otherwise now.",
        whole=("before", "measure"),
    )
