"""The desk, in a real browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from seawall.access.person import Limits, Role
from seawall.access.totp import code_of, step_at
from seawall.clock import now
from seawall.settings import ConsoleConfig
from seawall.web.console.language import FOLDER, language
from seawall.workflows.people import invite_person
from tests.shared import shared_data
from tests.web.console.people import PASSWORD, somebody
from tests.web.console.people import browser as client_of
from tests.web.console.reading import complaining, enter, forgotten, prefer
from tests.web.console.sentences import NOT_AT_THE_DESK, every_sentence, sentences
from tests.web.console.texts import texts
from tests.web.serving import Served, serving
from tests.web.test_page import browser  # noqa: F401 - a fixture


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with nobody in it."""
    with serving(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture
def context(browser: Browser, house: Served) -> Iterator[BrowserContext]:  # noqa: F811 - the fixture
    """A browser that complains about everything and reaches nobody else."""
    with complaining(browser, house) as opened:
        yield opened


def test_from_the_first_invitation_to_signing_out(context: BrowserContext, house: Served):
    """The operator invites an administrator, who invites a reviewer, who sees what a reviewer sees."""
    moment = now()
    with house.door.app.memory.transaction() as stores:
        _, token = invite_person(
            "ada@example.org",
            roles=frozenset({Role.ADMIN}),
            limits=Limits(),
            expires_at=moment + ConsoleConfig().invitation,
            stores=stores,
            by="cli",
            now=moment,
        )
    page = context.new_page()
    page.goto(f"{house.url}/desk/invitation")
    page.get_by_label("The invitation you were given").fill(token)
    page.keyboard.press("Enter")
    accept(page, "Ada <i>L</i>")
    enter(page, house, "ada@example.org")

    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("Login").fill("bo@example.org")
    page.get_by_label("reviewer").check()
    page.get_by_role("button", name="Invite and show the address once").click()
    address = page.locator("#address").inner_text()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    page.goto(f"{house.url}/desk/people")
    expect(page).to_have_url(re.compile(r"/desk/sign-in\?next=/desk/people$"))

    page.goto(address)
    accept(page, "Bo")
    enter(page, house, "bo@example.org")
    expect(page.get_by_role("navigation")).not_to_contain_text("People")
    page.goto(f"{house.url}/desk/people")
    expect(page.get_by_role("alert")).to_contain_text("Your roles do not open this.")


def accept(page: Page, name: str) -> None:
    """Fill in what an invitation asks for."""
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Create my account").click()
    expect(page.get_by_role("status")).to_contain_text("Welcome.")


def test_a_second_factor_is_set_up_and_asked_for(context: BrowserContext, house: Served):
    """With the secret as an app reads it."""
    who = somebody(house, Role.REVIEWER)
    page = context.new_page()
    enter(page, house, who.login)
    page.goto(f"{house.url}/desk/account")
    page.locator("#second-factor").get_by_label("Password now").fill(PASSWORD)
    page.get_by_role("button", name="Set up an app").click()
    secret = page.locator("#secret").inner_text()
    expect(page.locator("#otpauth")).to_contain_text(f"secret={secret}")
    page.get_by_label("Code").fill(code_of(secret, step_at(now()) - 1))
    page.get_by_role("button", name="Ask for a code from now on").click()
    expect(page.get_by_role("status")).to_have_text("From now on signing in asks for a code.")
    page.get_by_role("button", name="Sign out").click()

    enter(page, house, who.login)
    expect(page.get_by_role("alert")).to_have_text("Login, password or code is wrong.")
    enter(page, house, who.login, code_of(secret, step_at(now())))
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_keys_lead_through_the_desk(context: BrowserContext, house: Served):
    """They are shown with `?`, and do nothing while one types."""
    who = somebody(house, Role.ADMIN)
    page = context.new_page()
    enter(page, house, who.login)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Audit log")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    page.get_by_label("Only about this id").press_sequentially("gp?")
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    expect(page.get_by_label("Only about this id")).to_have_value("gp?")


def test_the_overview_counts_what_was_decided(context: BrowserContext, house: Served):
    """A bar for what there was, and the table behind it."""
    who = somebody(house, Role.REVIEWER)
    page = context.new_page()
    enter(page, house, who.login)
    expect(page.locator("main")).to_contain_text("No upload was screened")
    with house.client("screen") as client:
        photo = shared_data("images/bridge-mods/aaa-orig.jpg").read_bytes()
        for _ in range(3):
            assert client.post("/v1/screen", files={"file": photo}).status_code == 200

    page.reload()

    expect(page.locator("main")).to_contain_text("3 uploads were screened.")
    expect(page.get_by_role("img", name=re.compile("^allow: 0, 0, 0, 0, 0, 0, 3$"))).to_be_visible()
    page.get_by_text("As a table").click()
    expect(page.locator("tbody tr").last).to_contain_text(f"{now():%Y-%m-%d}")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_sticks_out(context: BrowserContext, house: Served, width: int, language: str):
    """At both sizes, in both directions."""
    who = somebody(house, Role.ADMIN)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    enter(page, house, who.login)
    page.goto(f"{house.url}/desk/account")
    page.locator("#language").select_option(language)
    page.locator("#preferences button").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    for path in ("", "/people", f"/people/{who.id}", "/people/review", "/account", "/audit"):
        page.goto(f"{house.url}/desk{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_colours_follow_the_choice(context: BrowserContext, house: Served):
    """Dark stays dark in a light system."""
    who = somebody(house, Role.REVIEWER)
    page = context.new_page()
    page.emulate_media(color_scheme="light")
    enter(page, house, who.login)
    page.goto(f"{house.url}/desk/account")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_label("Colours").select_option("dark")
    page.get_by_label("Nothing graphic today").check()
    page.get_by_role("button", name="Keep my preferences").click()

    expect(page.get_by_role("status")).to_have_text("Your preferences are kept.")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    expect(page.get_by_label("Nothing graphic today")).to_be_checked()


def test_every_text_can_be_translated(context: BrowserContext, house: Served):
    """In the made-up language every text stands in brackets; what does not was forgotten, or is somebody's own."""
    who = somebody(house, Role.ADMIN)
    prefer(house, who, language="qps")
    page = context.new_page()
    enter(page, house, who.login)
    for path in ("", "/people", f"/people/{who.id}", "/people/review", "/account", "/audit", "/x"):
        page.goto(f"{house.url}/desk{path}")
        assert forgotten(page) == [], path


def test_a_first_visit_is_light(house: Served):
    """All of it under 100 kB."""
    with client_of(house, somebody(house, Role.ADMIN)) as client:
        html = client.get("/desk").text
        names = set(re.findall(r'(?:src|href)="(/static/[\w./]+)', html))
        size = len(html) + sum(len(client.get(name).content) for name in names)

    assert len(names) >= 3
    assert size < 100_000


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_catalogue_translates_every_text_and_no_other(path: Path):
    """What is new in English is missing nowhere; what is gone leaves no dead translation; what is filled in stays."""
    found = json.loads(path.read_text("utf-8"))["texts"]

    wanted = texts() | sentences()
    assert wanted - set(found) == set()
    assert set(found) - wanted == set()
    for english, other in found.items():
        assert sorted(re.findall(r"{\w+}", other)) == sorted(re.findall(r"{\w+}", english)), english


def test_every_table_has_a_caption():
    """Who does not see its heading is told what it is about."""
    tables = [
        (path.name, html[:60])
        for path in (FOLDER.parent / "templates").rglob("*.html")
        for html in path.read_text("utf-8").split("<table")[1:]
        if not re.match(r"[^>]*><caption", html)
    ]
    assert tables == []


def test_what_is_not_said_at_the_desk_is_said_somewhere():
    """The list of exceptions holds no sentence that nothing raises any more, and none with room for any other."""
    assert NOT_AT_THE_DESK - every_sentence() == set()
    assert [text for text in sentences() if len(re.sub(r"{\d}", "", text)) < 6] == []


def test_an_error_is_told_in_the_language_of_its_reader():
    """With its values, of which words of ours are translated and names are not."""
    arabic = language("ar")

    told = arabic.sentence("The case 'case {0} open' does not wait any more: it is open.")

    assert told == f"لم تعد القضية 'case {{0}} open' تنتظر: هي {arabic.text('open')}."
    assert arabic.sentence("There is no case 'It (is) new.'.") == "لا توجد قضية 'It (is) new.'."
    assert arabic.sentence("Nobody has foreseen this.") == "Nobody has foreseen this."
    assert language("en").sentence("There is no case '7'.") == "There is no case '7'."


def test_a_page_tells_an_error_in_arabic(house: Served):
    """What a workflow raises in English is shown in the language that the browser asks for."""
    with client_of(house, somebody(house, Role.REVIEWER)) as client:
        page = client.get("/desk/cases/none", headers={"accept-language": "ar"})

    assert page.status_code == 404
    assert "لا توجد قضية &#39;none&#39;." in page.text
