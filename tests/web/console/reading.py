"""A browser at the desk, as the tests of its pages use one."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page

from seawall.access.person import Person
from tests.web.console.people import PASSWORD
from tests.web.serving import Served

_TEXTS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node; (node = walker.nextNode());) {
        const text = node.data.trim();
        if (!/[a-z]/i.test(text)) continue;
        if (!node.parentElement.closest('[translate=no], kbd')) found.push(text);
    }
    return found;
}"""


@contextmanager
def complaining(browser: Browser, house: Served) -> Iterator[BrowserContext]:
    """A browser whose every complaint fails the test, as does a request to anybody else."""
    complaints: list[str] = []
    opened = browser.new_context(viewport={"width": 1280, "height": 720})
    opened.set_default_timeout(15_000)
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("weberror", lambda error: complaints.append(str(error.error)))
    opened.on(
        "request",
        lambda request: complaints.extend([request.url] * (not request.url.startswith(house.url))),
    )
    yield opened
    opened.close()
    assert [each for each in complaints if "status of 4" not in each] == []


def enter(page: Page, house: Served, login: str, code: str = "") -> None:
    """Sign in as a person does."""
    page.goto(f"{house.url}/desk")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def prefer(house: Served, who: Person, **choices: object) -> None:
    """What this person has chosen, also what no form offers."""
    chosen = json.dumps(who.preferences.document() | choices)
    with house.door.app.memory.transaction() as stores:
        stores.connection.exec_driver_sql(
            f"UPDATE people SET preferences = '{chosen}' WHERE id = '{who.id}'"  # noqa: S608
        )


def forgotten(page: Page) -> list[str]:
    """Texts of a page in the made-up language that do not stand in brackets, and are nobody's own."""
    texts: list[str] = page.evaluate(_TEXTS)
    assert texts
    return [text for text in texts if not re.fullmatch(r"\[.*\]", text, re.DOTALL)]
