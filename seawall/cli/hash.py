"""`seawall hash`: files become signals."""

from typing import Annotated

import typer

from seawall.cli.options import Home, Json, Server, ServerKey, desk
from seawall.workflows.paths import files_in


def hash_(
    paths: Annotated[list[str], typer.Argument(help="Files, folders, patterns or links.")],
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
) -> None:
    """Print the signals of files; nothing is looked up or remembered."""
    from seawall.cli.output import err, out, say_json, text, value  # noqa: PLC0415 - Rich would slow `--help`

    failed = 0
    with desk(home, server, key, media=True) as at:
        for document in at.hash_paths(files_in(paths)):
            failed += document["error"] is not None
            if json:
                say_json(document)
                continue
            out.print(
                f"[bold]{text(document['path'])}[/]  [dim]{text(document['kind'])}[/]",
                soft_wrap=True,
            )
            for signal in document["signals"]:
                quality = (
                    "" if signal["quality"] is None else f"  [dim]quality {signal['quality']}[/]"
                )
                out.print(
                    f"  {signal['type']:<7} {value(signal['value'])}{quality}", soft_wrap=True
                )
            for absent in document["no_signal"]:
                out.print(
                    f"  {absent['type']:<7} [dim]none: {text(absent['reason'])}[/]", soft_wrap=True
                )
            if document["error"]:
                err.print(f"  [red]![/] {text(document['error'])}", soft_wrap=True)
    if failed:
        raise typer.Exit(3)
