"""`seawall doctor`: is this installation well?"""

from itertools import chain
from typing import Annotated

import typer

from seawall.cli.options import Home, Json, settings_for
from seawall.clock import now


def doctor(
    home: Home = None,
    json: Json = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the indexes anew from the database first.")
    ] = False,
) -> None:
    """Check disk, database, index, rules, background, workers, audit log and the outside; 3 if something is wrong."""
    from seawall.app import open_app  # noqa: PLC0415 - Numba would slow `--help`
    from seawall.cli.output import out, say_json, table, text  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.decoders import open_sandbox  # noqa: PLC0415 - the same
    from seawall.workflows.doctor import examine, examine_outside  # noqa: PLC0415 - the same

    settings = settings_for(home)
    made = table("", "", "")
    made.show_header = False
    well = True
    with open_app(settings) as app, open_sandbox(settings, checked=False) as sandbox:
        if rebuild:
            app.knowledge.rebuild()
            app.ledger.rebuild()
        inside = examine(
            settings.home,
            memory=app.memory,
            knowledge=app.knowledge,
            sandbox=sandbox,
            now=now(),
        )
        for check in chain(inside, examine_outside(app.courier(), app.provider)):
            well &= check.well
            if json:
                say_json({"what": check.what, "well": check.well, "says": check.says})
            else:
                made.add_row(
                    "[green]✓[/]" if check.well else "[red]✕[/]", check.what, text(check.says)
                )
    if not json:
        out.print(made)
    if not well:
        raise typer.Exit(3)
