"""`seawall demo`: something to look at, five seconds after installing."""

import sys
from datetime import timedelta
from typing import Annotated

import typer

from seawall.cli.options import Home, settings_for
from seawall.cli.serve import serve


def demo(
    home: Home = None,
    port: Annotated[int | None, typer.Option(help="The page's port; 8800.")] = None,
    page: Annotated[
        bool | None,
        typer.Option("--page/--no-page", help="Serve the page afterwards; only on a terminal."),
    ] = None,
) -> None:
    """Make pictures, make some known, upload altered copies, and show what came of them."""
    import random  # noqa: PLC0415 - with the rest of what is needed only here

    from seawall.access.key import parse_scopes  # noqa: PLC0415 - the same
    from seawall.app import open_app  # noqa: PLC0415 - Numba would slow `--help`
    from seawall.cli.output import MARKS, err, out, table, text  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.decoders import open_sandbox  # noqa: PLC0415 - the same
    from seawall.workflows.demo import run_demo  # noqa: PLC0415 - the same
    from seawall.workflows.key import create_key  # noqa: PLC0415 - the same

    settings = settings_for(settings_for(home).home / "demo")
    err.print(
        f"Making pictures and screening them in [bold]{settings.home}[/] (delete it whenever you like)."
    )
    made = table("upload", "measure", "distance", "turned", "why")
    with open_app(settings) as app, open_sandbox(settings) as sandbox:
        for shown in run_demo(
            memory=app.memory,
            knowledge=app.knowledge,
            taxonomy=app.taxonomy,
            sandbox=sandbox,
            chance=random.random,
            now=now,
        ):
            verdict = shown.upload.verdict
            nearest = verdict.matches[0] if verdict.matches else None
            why = (
                f"known in bank '{nearest.bank}', rule {nearest.rule}"
                if nearest
                else shown.upload.fingerprint.error
            )
            made.add_row(
                text(shown.what),
                MARKS[verdict.measure],
                f"{nearest.distance} [dim]{nearest.known.type}[/]" if nearest else "",
                text(nearest.orientation) if nearest else "",
                text(why) if why else "[dim]not known[/]",
            )
        out.print(made)
        if page is False or (page is None and not sys.stdout.isatty()):
            err.print(
                "`seawall demo --page` would now serve a page on which to drop pictures of your own."
            )
            return
        with app.memory.transaction() as stores:
            _, key = create_key(
                "the demonstration's page",
                owner=settings.server.organisation,
                scopes=parse_scopes(["hash,match,screen,uploads,banks:read"]),
                expires_at=now() + timedelta(days=1),
                stores=stores,
                by="demo",
                now=now(),
            )
    out.print(
        f"\nDrop a picture here: http://127.0.0.1:{port or settings.server.port}/#key={key}",
        soft_wrap=True,
    )
    err.print("Ctrl-C ends it.")
    serve(home=settings.home, host=None, port=port, workers=None)
