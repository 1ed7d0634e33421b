"""The page, in a real browser."""

import os
import re
import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.shared import shared_data
from tests.web.conftest import turned
from tests.web.serving import Served, serving

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DROP = """async (name) => {
    const bytes = await (await fetch('/dropped')).arrayBuffer();
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, {type: 'image/jpeg'}));
    document.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true}));
}"""

PASTE = """(text) => {
    const data = new DataTransfer();
    data.setData('text/plain', text);
    document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
}"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that knows one photo, as `seawall demo` leaves it."""
    with serving(tmp_path_factory.mktemp("page")) as running:
        with running.client() as admin:
            admin.post("/v1/banks", json={"name": "known"})
            admin.post(
                "/v1/banks/known/entries",
                files={"file": shared_data("images/bridge-mods/aaa-orig.jpg").read_bytes()},
                data={"categories": "terrorist-content", "note": "A bridge", "vouchers": "alpha"},
            )
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without one the test is skipped, or fails where CI says so."""
    path = os.environ.get("SEAWALL_CHROMIUM") or shutil.which("chromium")
    if path is None:
        if os.environ.get("SEAWALL_REQUIRE_ALL") == "1":
            pytest.fail(
                "SEAWALL_CHROMIUM names no browser, and SEAWALL_REQUIRE_ALL=1 wants every test to run."
            )
        pytest.skip("there is no Chromium; SEAWALL_CHROMIUM may name one")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser, shop: Served) -> Iterator[Page]:
    """The page with a key, in a browser that complains about everything and reaches nobody else."""
    _, text = shop.key("screen", "uploads", "banks:read")
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda request: complaints.extend([request.url] * (not _ours(request.url, shop)))
    )
    page.goto(f"{shop.url}/#key={text}")
    yield page
    context.close()
    assert complaints == []


def _ours(url: str, shop: Served) -> bool:
    return url.startswith((f"{shop.url}/", "blob:"))


def choose(page: Page, photo: bytes, name: str = "photo.jpg") -> None:
    """Choose a file as a person would."""
    page.set_input_files("#file", {"name": name, "mimeType": "image/jpeg", "buffer": photo})


def test_a_photo_is_chosen_and_its_match_and_verdict_are_seen(page: Page):
    """Hash beside the known entry's, the differing bits marked, the distance on a ruler, and what follows."""
    assert "key=" not in page.url
    near = shared_data("images/bridge-mods/blur-a-lot.jpg").read_bytes()

    choose(page, near, "near.jpg")

    expect(page.locator(".verdict h2")).to_have_text("Held back")
    expect(page.locator("#preview")).to_be_visible()
    expect(page.locator(".verdict")).to_contain_text("A person should look at it.")
    seen, words = (page.locator(each).bounding_box() for each in ("#preview", "#drop-words"))
    assert seen["y"] + seen["height"] <= words["y"]  # the whole photo is seen
    assert words["y"] + words["height"] <= page.locator("#drop").bounding_box()["y"] + 240
    match = page.locator(".match")
    distance = int(match.locator(".apart strong").inner_text())
    assert 0 < distance <= 31
    for grid in match.locator(".grid").all():
        marked = [
            grid.locator(f"path.{kind}").get_attribute("d") or "" for kind in ("gained", "lost")
        ]
        assert sum(path.count("M") for path in marked) == distance
    expect(match.get_by_role("img", name=re.compile("the rule reaches to 31"))).to_be_visible()
    for words in ("known", "terrorist-content", "as it is", "known-nearly", "alpha", "A bridge"):
        expect(match).to_contain_text(words)
    expect(page.locator("#recent-list li").first).to_contain_text("near.jpg")
    expect(page.locator(".verdict .line")).to_contain_text(re.compile(r"answered in \d+ ms"))


def test_a_pasted_text_says_which_letters_are_known(page: Page, shop: Served):
    """In the middle of more, as a segment; its long signal is cut short until somebody opens it."""
    words = [f"word{number * 7919 % 1000}" for number in range(120)]
    with shop.client() as admin:
        known = {"file": " ".join(words[40:90]).encode()}
        assert admin.post("/v1/banks/known/entries", files=known).status_code == 201

    page.evaluate(PASTE, " ".join(words))

    match = page.locator(".match.parts")
    expect(match).to_contain_text(re.compile(r"Letters \d+ to \d+ of the upload are letters"))
    expect(match).to_contain_text("% of the entry")
    expect(page.locator("#preview")).to_be_hidden()
    page.get_by_text("Its ", exact=False).last.click()
    expect(page.get_by_text(re.compile(r"all \d+ characters"))).to_be_visible()


def test_a_dropped_photo_that_was_turned_says_so(page: Page):
    """Dropped anywhere on the page."""
    photo = turned(shared_data("images/bridge-mods/aaa-orig.jpg").read_bytes())
    page.route("**/dropped", lambda route: route.fulfill(body=photo))

    page.evaluate(DROP, "turned.jpg")

    expect(page.locator(".match")).to_contain_text("a quarter anticlockwise")


def test_an_exact_copy_is_blocked_and_named(page: Page):
    """By its picture and by its bytes."""
    choose(page, shared_data("images/bridge-mods/aaa-orig.jpg").read_bytes())

    expect(page.locator(".verdict h2")).to_have_text("Blocked")
    expect(page.locator("#answer")).to_contain_text(
        "The same fingerprint as something in the bank known"
    )
    expect(page.locator("#answer table").first).to_contain_text("sha256")


def test_what_cannot_be_screened_is_shown_and_held(page: Page):
    """A verdict with its gaps, not an error."""
    choose(page, shared_data("images/bridge-mods/aaa-orig.jpg").read_bytes()[:2000])

    expect(page.locator(".verdict h2")).to_have_text("Held back")
    expect(page.locator(".gaps")).to_contain_text("pdq")


def test_without_a_key_the_page_says_what_to_do(browser: Browser, shop: Served):
    """Nothing is sent, and the field for the key is ready."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(shop.url)

    choose(page, b"anything")

    expect(page.get_by_role("alert")).to_contain_text("seawall key create")
    expect(page.locator("#key")).to_be_focused()
    _, text = shop.key("screen")
    page.fill("#key", text)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".verdict h2")).to_be_visible()
    context.close()


def test_a_problem_is_told_with_what_to_do(browser: Browser, shop: Served):
    """The server's own sentence, and that nothing was recorded."""
    _, text = shop.key("match")
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{shop.url}/#key={text}")

    choose(page, b"anything")

    expect(page.get_by_role("alert")).to_contain_text("lacks the scope 'screen'")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was recorded")
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_sticks_out_and_everything_is_reached_by_keyboard(page: Page, width: int):
    """At both sizes; every control in the order it stands."""
    page.set_viewport_size({"width": width, "height": 844})
    choose(page, shared_data("images/bridge-mods/blur-a-lot.jpg").read_bytes())
    expect(page.locator(".match")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#key-forget").focus()
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        )
    assert reached[:3] == ["file", "link", "Check the link"]


def test_the_page_is_light(shop: Served):
    """All of it under 100 kB, and nothing in it that a strict policy would refuse."""
    with httpx.Client(base_url=shop.url) as client:
        html = client.get("/").text
        names = set(re.findall(r"/static/[\w.]+", html)) | {
            f"/static/{name}.js" for name in ("dom", "service", "bits", "verdict")
        }
        size = len(html) + sum(len(client.get(name).content) for name in names)

    assert size < 100_000
    assert not re.search(r"<style|<script>| style=| on\w+=|//cdn|https://(?!example)", html)
