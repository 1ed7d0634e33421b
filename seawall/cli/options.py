"""Options that every command shares, and where they lead: this machine's home, or a server."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seawall.errors import InputError

if TYPE_CHECKING:
    from seawall.app import App
    from seawall.cli.desk import Desk
    from seawall.sandbox.sandbox import Sandbox
    from seawall.settings import Settings

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="The data directory; SEAWALL_HOME, or ~/.seawall.", rich_help_panel="Where"
    ),
]
Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="SEAWALL_SERVER",
        help="Ask this server instead of the home here.",
        rich_help_panel="Where",
    ),
]
ServerKey = Annotated[
    str | None,
    typer.Option(
        "--key", envvar="SEAWALL_KEY", help="The key for --server.", rich_help_panel="Where"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")]
Texts = Annotated[list[str] | None, typer.Option("--text", help="A text itself; may be repeated.")]

_chosen: dict[str, Path] = {}  # --home given before the command's name


def choose_home(home: Path) -> None:
    """Every command of this process works on this home unless it names another."""
    _chosen["home"] = home


def settings_for(home: Path | None) -> "Settings":
    """The settings in force."""
    from seawall.settings import read_settings  # noqa: PLC0415 - Pydantic would slow `--help`

    return read_settings(home or _chosen.get("home"))


@contextmanager
def desk(
    home: Path | None, server: str | None = None, key: str | None = None, *, media: bool = False
) -> Iterator["Desk"]:
    """Where the command's work is done, which may be reading `media`: in this process on the home, or by a server."""
    if server:
        if not key:
            raise InputError("A server wants a key: give --key, or set SEAWALL_KEY.")
        from seawall.cli.remote import RemoteDesk  # noqa: PLC0415 - the HTTP client would slow `--help`

        with RemoteDesk(server, key) as remote:
            yield remote
        return
    settings = settings_for(home)
    with (
        _sandbox(settings) if media else nullcontext() as sandbox
    ):  # gets ready while we load the rest
        from seawall.app import open_app  # noqa: PLC0415 - Numba and SQLAlchemy would slow `--help`
        from seawall.cli.local import LocalDesk  # noqa: PLC0415 - the same

        with open_app(settings) as app:
            yield LocalDesk(app, sandbox)


@contextmanager
def at_home(home: Path | None) -> Iterator["App"]:
    """The home itself, for what no server does for others."""
    from seawall.app import open_app  # noqa: PLC0415 - Numba and SQLAlchemy would slow `--help`

    with open_app(settings_for(home)) as app:
        yield app


def open_workers(home: Path | None) -> "Sandbox":
    """Workers that read media, for what asks neither a bank nor a server."""
    return _sandbox(settings_for(home))


def _sandbox(settings: "Settings") -> "Sandbox":
    from seawall.decoders import open_sandbox  # noqa: PLC0415 - the decoders' libraries would slow `--help`

    return open_sandbox(settings, for_each_processor=2)
