"""One server for each kind of database, shared by the tests; each test uses names of its own."""

import io
import secrets
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest
from PIL import Image

from seawall.web import rates
from seawall.web.rates import STRANGERS_PER_SECOND
from tests.provider import Provider, providing
from tests.shared import shared_data
from tests.web.serving import Served, served_by, strangers_welcome


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
    home = tmp_path_factory.mktemp("home")
    with strangers_welcome(), served_by(request.param, home, provider) as running:
        yield running


@pytest.fixture
def a_long_second(monkeypatch: pytest.MonkeyPatch) -> int:
    """A second that lasts, and how many strangers may ask in it, as usual."""
    monkeypatch.setattr(rates, "STRANGERS_PER_SECOND", STRANGERS_PER_SECOND)
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: 7.0))
    return STRANGERS_PER_SECOND


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
