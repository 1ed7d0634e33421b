"""Running commands as a person at a terminal would, in this process."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from seawall.cli.main import app
from seawall.errors import Error


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str
    error: Error | None

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def seawall(home: Path, *arguments: object, stdin: str | None = None) -> Ran:
    """One command on this home."""
    result = CliRunner().invoke(app, ["--home", str(home), *map(str, arguments)], input=stdin)
    error = result.exception if isinstance(result.exception, Error) else None
    if result.exception and error is None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr, error)
