"""`seawall audit`: what happened, whether the log of it is whole, and whether hubs are honest."""

from typing import Annotated

import typer

from seawall.cli import audit_exchange, audit_sample
from seawall.cli.options import Home, Json, Server, ServerKey, desk

app = typer.Typer(no_args_is_help=True, help="Verify the audit log here, and hubs elsewhere.")
app.command()(audit_exchange.exchange)
app.add_typer(audit_sample.app, name="sample")


@app.command()
def verify(
    home: Home = None, server: Server = None, key: ServerKey = None, json: Json = False
) -> None:
    """Walk the whole chain; exit code 3 when a line was altered, removed or reordered."""
    from seawall.cli.output import err, out, plural, say_json, text  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        verified = at.verify_audit()
    if json:
        say_json(verified)
    else:
        for fault in verified["faults"]:
            err.print(f"[red]✕[/] {text(fault)}")
        if not verified["faults"]:
            out.print(
                f"[green]✓[/] {plural(verified['events'], 'event')}, unbroken. Head: {verified['head']}"
            )
    if verified["faults"]:
        raise typer.Exit(3)


@app.command("list")
def list_(
    home: Home = None,
    server: Server = None,
    key: ServerKey = None,
    json: Json = False,
    limit: Annotated[int, typer.Option(help="How many of the latest events.")] = 50,
    subject: Annotated[str | None, typer.Option(help="Only what happened to this id.")] = None,
) -> None:
    """Show the latest events."""
    from seawall.cli.output import show  # noqa: PLC0415 - Rich would slow `--help`

    with desk(home, server, key) as at:
        rows = at.audit(limit=limit, subject=subject)
    columns = {
        "number": "number",
        "at": "at",
        "action": "action",
        "subject": "subject",
        "actor": "actor",
    }
    show(rows, columns, as_json=json, empty="Nothing has happened yet.")
