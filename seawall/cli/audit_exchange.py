"""`seawall audit exchange`: whether a hub hid nothing, slipped in nothing, and never rewrote its past."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seawall.cli.options import Home, Json
from seawall.errors import InputError, StorageError

if TYPE_CHECKING:
    from seawall.workflows.auditing import Audit
    from seawall.workflows.proving import Proven

FOUND, NOT_ALL = 1, 3  # exit codes


def exchange(
    where: Annotated[
        list[str],
        typer.Argument(
            metavar="[URL] AGREEMENT",
            help="The hub's address and an agreement there; a member names only the agreement.",
        ),
    ],
    key: Annotated[
        str | None,
        typer.Option(
            envvar="SEAWALL_KEY", help="Your key to the hub at URL.", rich_help_panel="Where"
        ),
    ] = None,
    hub_key: Annotated[
        str | None,
        typer.Option(help="The hub's public key, name+id+key; a member has pinned it."),
    ] = None,
    since: Annotated[
        list[Path] | None,
        typer.Option(
            help="A checkpoint that you or others have kept; the log must go on from there. May be repeated."
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            help="Go on from the checkpoint kept in this file, and keep the new one there."
        ),
    ] = None,
    signal: Annotated[
        str | None,
        typer.Option(help="Only prove that this signal's record is in the log: pdq:f8f8…"),
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Read a hub's whole log and check all of it; exit code 1 when the hub is caught, 3 when something is left out."""
    from seawall.cli.auditor import audited  # noqa: PLC0415 - it brings everything

    if len(where) > 2:
        raise InputError("Name the hub's address and one agreement.")
    url = where[0] if len(where) == 2 else None
    with audited(url, where[-1], key=key, home=home) as at:
        if signal is not None:
            _tell_proof(at.prove(hub_key, signal), as_json=json)
            return
        kept = [*(since or []), *([state] if state is not None and state.exists() else [])]
        audit = at.audit(hub_key, [_read(path) for path in dict.fromkeys(kept)])
    if state is not None and not audit.faults and not audit.gaps:
        _keep(state, audit.checkpoint)
    _tell(audit, as_json=json)
    if audit.faults or audit.gaps:
        raise typer.Exit(FOUND if audit.faults else NOT_ALL)


def _tell(audit: "Audit", *, as_json: bool) -> None:
    from seawall.cli.output import err, out, plural, say_json, text  # noqa: PLC0415 - Rich would slow `--help`

    faults = len(audit.faults) + audit.more
    if as_json:
        for fault in audit.faults:
            say_json({"fault": fault.says, "proof": list(fault.proof)})
        for gap in audit.gaps:
            say_json({"gap": gap})
        say_json(
            {
                "agreement": audit.agreement,
                "size": audit.size,
                "records": audit.records,
                "root": audit.root.hex(),
                "checkpoint": audit.checkpoint,
                "compared": audit.compared,
                "faults": faults,
                "gaps": len(audit.gaps),
            }
        )
        return
    for fault in audit.faults:
        out.print(f"[red]✕[/] {text(fault.says)}")
        for proof in fault.proof:
            out.print(text(proof), soft_wrap=True)
    if audit.more:
        out.print(f"… and {plural(audit.more, 'fault')} more.")
    for gap in audit.gaps:
        err.print(f"[yellow]●[/] {text(gap)}")
    read = f"{plural(audit.size, 'delta')}, {plural(audit.records, 'record')}"
    if faults:
        out.print(f"{read}: {plural(faults, 'fault')}.")
    elif audit.gaps:
        out.print(f"{read}: nothing wrong in what could be read, but that was not all.")
    else:
        out.print(f"[green]✓[/] {read}. Nothing hidden, nothing slipped in, nothing rewritten.")
        out.print(text(f"Compared: {', '.join(audit.compared)}."))


def _tell_proof(proven: "Proven", *, as_json: bool) -> None:
    from base64 import b64encode  # noqa: PLC0415 - only here

    from seawall.cli.output import out, say_json, text  # noqa: PLC0415 - Rich would slow `--help`

    if as_json:
        say_json(
            {
                "record": proven.record,
                "number": proven.number,
                "line": proven.line.decode(),
                "size": proven.size,
                "checkpoint": proven.checkpoint,
                "hashes": [b64encode(each).decode() for each in proven.hashes],
            }
        )
        return
    said = f"{proven.record} is in the log as delta {proven.number} of {proven.size}, as the hub signed:"
    out.print(f"[green]✓[/] {text(said)}")
    out.print(text(proven.checkpoint), soft_wrap=True)
    out.print(text(proven.line.decode()), soft_wrap=True)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise InputError(f"{path} holds no checkpoint that can be read: {broken}.") from broken


def _keep(path: Path, checkpoint: str) -> None:
    """The file holds the new checkpoint, or the old one if the disk refuses."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(checkpoint, "utf-8")
        beside.replace(path)
    except OSError as refused:
        raise StorageError(
            f"The checkpoint cannot be kept in {path}: {refused.strerror}. The audit itself found nothing."
        ) from refused
