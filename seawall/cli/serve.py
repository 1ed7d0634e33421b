"""`seawall serve`: the same over HTTP."""

import os
from typing import Annotated

import typer

from seawall.cli.options import Home, settings_for


def serve(
    home: Home = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on; 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 8800.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer requests; 1.")] = None,
) -> None:
    """Answer over HTTP until interrupted."""
    import uvicorn  # noqa: PLC0415 - it would slow `--help`

    from seawall.decoders import check_model  # noqa: PLC0415 - so would this

    settings = settings_for(home)
    check_model(settings)
    os.environ["SEAWALL_HOME"] = str(settings.home)
    uvicorn.run(
        "seawall.web.server:create",
        factory=True,
        host=host or settings.server.host,
        port=port or settings.server.port,
        workers=workers or settings.server.workers,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=30,
    )
