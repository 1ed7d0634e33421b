"""A hub and a member of it."""

import pytest

from tests.made import pdq
from tests.poisoned_hub import poisoned_hub
from tests.workflows.members import Member, home


@pytest.fixture
def hub(tmp_path):
    """A hub with three records."""
    with poisoned_hub(tmp_path / "hub") as opened:
        opened.give([pdq(1), pdq(2), pdq(3)])
        yield opened


@pytest.fixture
def member(tmp_path, database_url, hub):
    """A member that has read them, on either database."""
    with home(tmp_path / "home", database_url=database_url) as app:
        joined = Member(app, hub)
        joined.ask()
        yield joined
