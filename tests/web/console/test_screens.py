"""The screens beside the cases: health, exchange, banks, rules, policies and history."""

import re
from collections.abc import Iterator

import httpx
import pytest

from seawall.access.person import Role
from tests.web.console.landscape import Landscape, furnished
from tests.web.console.people import browser, somebody, word
from tests.web.serving import Served
from tests.web.test_page import browser as chromium  # noqa: F401 - a fixture


@pytest.fixture(scope="module")
def land(served: Served) -> Landscape:
    """A home with something on every screen."""
    return furnished(served)


@pytest.fixture
def admin_page(served: Served) -> Iterator[httpx.Client]:
    """An administrator's browser, without a screen."""
    with browser(served, somebody(served, Role.ADMIN)) as client:
        yield client


def sent(client: httpx.Client, path: str, **fields: object) -> httpx.Response:
    """A form of ours, sent."""
    return client.post(f"/desk{path}", data={"csrf": word(client), **fields})


def words(answer: httpx.Response) -> str:
    """What a page says, without its marks."""
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main[0] if main else answer.text))


def test_every_screen_opens(admin_page: httpx.Client, land: Landscape):
    """With one heading, and nothing that a page of ours would have to hide."""
    for path in land.pages():
        answer = admin_page.get(f"/desk{path}")
        assert (answer.status_code, answer.text.count("<h1")) == (200, 1), path
        assert "<b>note</b>" not in answer.text
