"""
The command line.

Exit codes: 0 done, 1 something was found (known content, lines that a hub refuses), 2 wrong usage,
3 not all of it could be done.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from seawall.cli import (
    agreement,
    audit,
    bank,
    case,
    demo,
    doctor,
    endpoint,
    evaluate,
    hash,  # noqa: A004 - a command's name
    init,
    key,
    match,
    media,
    membership,
    organisation,
    person,
    policy,
    quality,
    reconsider,
    rule,
    scan,
    serve,
    share,
)
from seawall.cli.options import choose_home
from seawall.errors import Error, InputError

app = typer.Typer(
    name="seawall",
    help="Shared defence against known illegal content: fingerprint, match, decide.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    init.init,
    demo.demo,
    serve.serve,
    scan.scan,
    evaluate.evaluate,
    hash.hash_,
    match.match,
    reconsider.reconsider,
    doctor.doctor,
    quality.quality,
    membership.join,
    membership.memberships,
    membership.sync,
    membership.leave,
    share.share,
    share.dispute,
    share.withdraw,
    share.outcome,
):
    app.command(command.__name__.rstrip("_"))(command)
app.add_typer(bank.app, name="bank")
app.add_typer(rule.app, name="rule")
app.add_typer(policy.app, name="policy")
app.add_typer(case.app, name="case")
app.add_typer(quality.golden, name="golden")
app.add_typer(key.app, name="key")
app.add_typer(media.app, name="media")
app.add_typer(endpoint.app, name="endpoint")
app.add_typer(person.app, name="person")
app.add_typer(audit.app, name="audit")
app.add_typer(organisation.app, name="organisation")
app.add_typer(agreement.app, name="agreement")


@app.callback()
def options(
    home: Annotated[
        Path | None, typer.Option(help="The data directory; SEAWALL_HOME, or ~/.seawall.")
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    """Shared defence against known illegal content: fingerprint, match, decide."""
    if home is not None:
        choose_home(home)
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415 - only here, and slow

        typer.echo(f"seawall {installed('seawall')}")
        raise typer.Exit


def main() -> None:
    """Run one command and end the process with its exit code."""
    try:
        app()
    except InputError as wrong:
        _complain(wrong, 2)
    except Error as failed:
        _complain(failed, 3)


def _complain(error: Error, code: int) -> None:
    sys.stderr.write(f"seawall: {error}\n")
    sys.exit(code)
