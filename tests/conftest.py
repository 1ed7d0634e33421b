"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import fresh_schema, server_url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of its own, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'seawall.db'}"
    else:
        with fresh_schema(server_url()) as url:
            yield url
