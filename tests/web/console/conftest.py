"""Pages are the same on both kinds of database: most tests ask on one, and those that write the most on both."""

from collections.abc import Iterator

import pytest

from tests.provider import Provider
from tests.web.serving import Served, served_by, strangers_welcome


@pytest.fixture(scope="package", params=["sqlite"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, provider: Provider
) -> Iterator[Served]:
    """As beside, on SQLite unless a test asks otherwise."""
    home = tmp_path_factory.mktemp("home")
    with strangers_welcome(), served_by(request.param, home, provider) as running:
        yield running
