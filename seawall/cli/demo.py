"""`seawall demo`: something to look at, five seconds after installing."""

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from seawall.cli.options import Home, settings_for
from seawall.cli.serve import serve

if TYPE_CHECKING:
    from seawall.app import App
    from seawall.workflows.demo import Shown


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

    from seawall.app import open_app  # noqa: PLC0415 - Numba would slow `--help`
    from seawall.cli.output import err, out, table  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.decoders import open_sandbox  # noqa: PLC0415 - the same
    from seawall.workflows.demo import run_demo  # noqa: PLC0415 - the same

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
            made.add_row(*_row(shown))
        out.print(made)
        if page is False or (page is None and not sys.stdout.isatty()):
            err.print(
                "`seawall demo --page` would now serve a page on which to drop pictures of your own."
            )
            return
        key = _page_key(app)
    out.print(
        f"\nDrop a picture here: http://127.0.0.1:{port or settings.server.port}/#key={key}",
        soft_wrap=True,
    )
    err.print("Ctrl-C ends it.")
    serve(home=settings.home, host=None, port=port, workers=None)


def _row(shown: "Shown") -> tuple[str, ...]:
    """What was uploaded and what came of it, as the table says it."""
    from seawall.cli.output import MARKS, text  # noqa: PLC0415 - Rich would slow `--help`

    upload = shown.upload
    nearest = upload.verdict.matches[0] if upload.verdict.matches else None
    if nearest is None:
        why = text(upload.fingerprint.error) if upload.fingerprint.error else "[dim]not known[/]"
        return text(shown.what), MARKS[upload.verdict.measure], "", "", why
    return (
        text(shown.what),
        MARKS[upload.verdict.measure],
        f"{nearest.distance} [dim]{nearest.known.type}[/]",
        text(nearest.orientation),
        text(f"known in bank '{nearest.bank}', rule {nearest.rule}"),
    )


def _page_key(app: "App") -> str:
    """A key for the page, good for a day."""
    from seawall.access.key import parse_scopes  # noqa: PLC0415 - with the rest of what is needed only here
    from seawall.clock import now  # noqa: PLC0415 - the same
    from seawall.workflows.key import create_key  # noqa: PLC0415 - Numba would slow `--help`

    with app.memory.transaction() as stores:
        _, key = create_key(
            "the demonstration's page",
            owner=app.settings.server.organisation,
            scopes=parse_scopes(["hash,match,screen,uploads,banks:read"]),
            expires_at=now() + timedelta(days=1),
            stores=stores,
            by="demo",
            now=now(),
        )
    return key
