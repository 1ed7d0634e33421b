"""The table of errors is tried: each class is raised at both doors."""

import asyncio
import re

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from seawall import errors
from seawall.cli import main as terminal
from seawall.web.problems import answer_with_problems
from tests.docs.pages import read

ROW = re.compile(
    r"^\| `(?P<name>\w+)` \| [\w ]+ \| (?P<status>\d+) \| `(?P<kind>[a-z-]+)` \| (?P<code>\d) \|",
    re.MULTILINE,
)
ROWS = [found.groupdict() for found in ROW.finditer(read("reference/errors.md"))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_an_error_becomes_the_status_of_the_table(row):
    """Programs branch on it."""
    app = FastAPI()
    answer_with_problems(app)

    @app.get("/")
    def fail() -> None:
        raise getattr(errors, row["name"])("It is so.")

    async def ask():
        async with AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
            return await client.get("/")

    answer = asyncio.run(ask())

    assert (str(answer.status_code), answer.json()["type"]) == (
        row["status"],
        f"urn:seawall:problem:{row['kind']}",
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_an_error_becomes_the_exit_code_of_the_table(row, monkeypatch, capsys):
    """Scripts branch on it."""

    def fail() -> None:
        raise getattr(errors, row["name"])("It is so.")

    monkeypatch.setattr(terminal, "app", fail)
    with pytest.raises(SystemExit) as ended:
        terminal.main()

    assert (str(ended.value.code), capsys.readouterr().err) == (row["code"], "seawall: It is so.\n")
