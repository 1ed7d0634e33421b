"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from seawall.access import password
from seawall.storage import memory
from tests.template import drop_idle_schemas, lent_schema, open_quickly


@pytest.fixture(autouse=True, scope="session")
def tables_made_once() -> Iterator[None]:
    """Whoever opens a new database in this process gets its tables without waiting for the migrations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "open_database", open_quickly)
        yield
    drop_idle_schemas()


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """Hashing takes a tenth of a second so that guessing is dear; tests sign in a thousand times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(password, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of its own, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'seawall.db'}"
    else:
        with lent_schema() as url:
            yield url
