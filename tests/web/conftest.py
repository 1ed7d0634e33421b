"""One server for each kind of database, shared by the tests; each test uses names of its own."""

import io
import secrets
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from PIL import Image

from seawall.sandbox.fetch_config import FetchConfig
from seawall.settings import DeliveryConfig, ServerConfig
from tests.postgres import fresh_schema, server_url
from tests.provider import Provider, providing
from tests.shared import shared_data
from tests.web.serving import Served, serving

PLACES = 16


@pytest.fixture(scope="package")
def provider() -> Iterator[Provider]:
    """Whose accounts open the desk of the servers here too."""
    with providing() as running:
        yield running


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, provider: Provider
) -> Iterator[Served]:
    """A server that fetches from this machine and has few places."""
    home = tmp_path_factory.mktemp(f"home-{request.param}")
    sections = {
        "server": ServerConfig(max_waiting=PLACES, decoders=1),
        "delivery": DeliveryConfig(allowed_hosts=frozenset({"127.0.0.1"})),
        "oidc": provider.config,
        "fetch": replace(FetchConfig(), allowed_hosts=frozenset({"127.0.0.1"})),
    }
    if request.param == "sqlite":
        with serving(home, **sections) as running:
            yield running
    else:
        with (
            fresh_schema(server_url()) as url,
            serving(home, database_url=url, **sections) as running,
        ):
            yield running


@pytest.fixture
def admin(served: Served) -> Iterator[httpx.Client]:
    """A client that may do everything."""
    with served.client() as client:
        yield client


@pytest.fixture
def bank(admin: httpx.Client) -> str:
    """The name of a new, empty bank."""
    name = f"bank-{secrets.token_hex(4)}"
    assert admin.post("/v1/banks", json={"name": name}).status_code == 201
    return name


@pytest.fixture
def photo() -> bytes:
    """A real photo with a few pixels changed, so that no other test knows it by its bytes."""
    return varied(shared_data("images/bridge-mods/aaa-orig.jpg").read_bytes())


def varied(jpeg: bytes) -> bytes:
    """The same picture in other bytes."""
    return jpeg + secrets.token_bytes(8)


def turned(jpeg: bytes) -> bytes:
    """The picture a quarter clockwise, saved again."""
    out = io.BytesIO()
    Image.open(io.BytesIO(jpeg)).transpose(Image.Transpose.ROTATE_270).save(out, "JPEG", quality=90)
    return out.getvalue()
