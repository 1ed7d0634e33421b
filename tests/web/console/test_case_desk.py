"""A person rules at the desk, in a real browser: from the queue to the message that the platform receives."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from seawall.access.person import Person, Role
from seawall.clock import now
from seawall.settings import DeliveryConfig
from seawall.web.console.session import COOKIE
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.receiver import receiving
from tests.web.console.people import browser as client_of
from tests.web.console.people import somebody, word
from tests.web.console.reading import complaining, enter, forgotten, prefer
from tests.web.serving import Served, serving
from tests.web.test_page import browser  # noqa: F401 - a fixture

GROUND = {"basis": "illegal", "provision": "Regulation (EU) 2021/784, Article 2(7)"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with a bank of landscapes, two policies, and messages to this machine."""
    delivery = DeliveryConfig(allowed_hosts=frozenset({"127.0.0.1"}))
    with serving(tmp_path_factory.mktemp("cases"), delivery=delivery) as running:
        with running.client() as admin:
            admin.post("/v1/banks", json={"name": "known"})
            for name, title in (("cruelty", "Cruelty to hills"), ("terror", "No terror")):
                policy = {"title": title, "ground": GROUND, "severity": 3, "strikes": 2}
                policy["categories"] = ["terrorist-content"] if name == "terror" else []
                assert admin.put(f"/v1/policies/{name}", json=policy).status_code == 200
        yield running


@pytest.fixture
def context(browser: Browser, house: Served) -> Iterator[BrowserContext]:  # noqa: F811 - the fixture
    """A browser that complains about everything and reaches nobody else."""
    with complaining(browser, house) as opened:
        yield opened


def upload(house: Served, seed: int, alteration: str = "saved again, badly") -> str:
    """The case of an upload that is nearly a landscape that the bank knows."""
    picture = landscape(seed)
    with house.client() as admin:
        known = admin.post(
            "/v1/banks/known/entries",
            files={"file": jpeg(picture)},
            data={"categories": "terrorist-content", "note": "A hill", "vouchers": "alpha"},
        )
        assert known.status_code in (200, 201), known.text
        verdict = admin.post(
            "/v1/screen",
            files={"file": ALTERATIONS[alteration](picture)},
            data={"item_id": f"post-{seed}", "uploader": "user 9"},
        ).json()
    assert verdict["measure"] == "hold"
    ident: str = verdict["case"]
    return ident


def press(page: Page, key: str) -> None:
    """A key, once the page listens for it."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def pass_time(page: Page, milliseconds: int) -> None:
    """So much later for the page, once its clocks run."""
    page.wait_for_load_state()
    page.clock.fast_forward(milliseconds)


def over(house: Served, case: str) -> None:
    """The undo window of this case has been over for long."""
    with house.door.app.memory.transaction() as stores:
        stores.cases.lock()
        stores.cases.extend(case, until=stores.cases.find(case).opened_at)


def reviewer(house: Served, **fields: object) -> Person:
    """Somebody who rules."""
    return somebody(house, Role.REVIEWER, **fields)


def test_a_case_is_taken_seen_ruled_undone_and_the_platform_told_once(
    context: BrowserContext, house: Served
):
    """Two keystrokes decide; nothing is sent before the window is over, and then one signed message."""
    case = upload(house, 101)
    who = reviewer(house)
    page = context.new_page()
    enter(page, house, who.login)
    with receiving() as there, house.client() as admin:
        made = admin.post("/v1/endpoints", json={"url": there.url, "topics": ["ruling:made"]})
        there.secrets = [made.json()["secret"]]
        press(page, "g")
        press(page, "q")
        expect(page.get_by_role("heading", name="Queue")).to_be_visible()
        press(page, "n")
        expect(page).to_have_url(re.compile(f"/desk/cases/{case}$"))

        picture = page.get_by_role("img", name=re.compile("^Preview of item 1"))
        expect(picture).to_be_visible()
        assert picture.evaluate("each => each.complete && each.naturalWidth") == 96
        match = page.locator(".match").first
        for words in ("known", "A hill", "alpha", "Terrorist content", "known-nearly"):
            expect(match).to_contain_text(words)
        expect(match.get_by_role("img", name=re.compile("the rule reaches to 31"))).to_be_visible()

        press(page, "1")
        expect(page.locator("#effect")).to_contain_text("It is removed everywhere")
        expect(page.locator("#effect")).to_contain_text("No terror")
        expect(page.locator("#confirm")).to_contain_text("Remove it everywhere")
        press(page, "Enter")
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        expect(page.locator(".ruled")).to_contain_text(re.compile(r"Undo \(5\d s\)"))
        press(page, "u")
        expect(page.get_by_role("status").first).to_contain_text("The ruling is taken back")
        press(page, "x")
        press(page, "1")
        press(page, "Enter")
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        assert there.effects == []

        over(house, case)
        until = time.monotonic() + 20
        while not there.effects and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.6)  # two more rounds of upkeep
        admin.delete(f"/v1/endpoints/{made.json()['id']}")
    assert [each["type"] for each in there.requests] == ["ruling:made"]
    assert there.unverified == 0
    (item,) = there.effects[0]["data"]["items"]
    assert (item["item"], item["measure"]) == ("post-101", "remove")
    with house.client() as admin:
        shown = admin.get(f"/v1/cases/{case}").json()
    assert shown["status"] == "carried-out"
    assert [each["undone_at"] is None for each in shown["rulings"]] == [False, True]
    assert {each["by"] for each in shown["rulings"]} == {who.id}


def test_every_key_does_what_it_says(context: BrowserContext, house: Served):
    """Claimed, chosen, put back; what one types in a field is text, and a letter after `g` leads elsewhere."""
    case = upload(house, 102)
    page = context.new_page()
    enter(page, house, reviewer(house).login)
    page.goto(f"{house.url}/desk/cases/{case}")
    press(page, "k")
    expect(page.get_by_role("radio", name="keep")).not_to_be_checked()
    press(page, "c")
    expect(page.locator(".state")).to_contain_text("Yours")
    press(page, "l")
    expect(page.locator("#effect")).to_contain_text("It is labelled")
    press(page, "r")
    page.get_by_label("In which territories").press_sequentially("xk u")
    expect(page.get_by_role("radio", name="remove")).not_to_be_checked()
    expect(page.locator("#effect")).to_contain_text("It is withheld in XK U")
    press(page, "Enter")
    expect(page.get_by_role("alert").first).to_contain_text("no territory's code")
    expect(page.get_by_label("In which territories")).to_have_value("xk u")
    page.get_by_text("Context, ground, account").click()
    page.get_by_label("Against the account").select_option("remove")
    page.locator("main").focus()
    press(page, "1")
    expect(page.locator("#effect")).to_contain_text("once a second person approves")
    press(page, "s")
    expect(page.get_by_role("status").first).to_contain_text("you are not offered it again")
    press(page, "n")
    expect(page).to_have_url(re.compile("done=no-case|/desk/cases/"))


def test_a_look_that_is_too_much_is_refused_in_a_sentence(context: BrowserContext, house: Served):
    """And the least is shown again; a look that is not is shown in place."""
    case = upload(house, 103)
    who = reviewer(house)
    prefer(house, who, nothing_graphic=f"{now():%Y-%m-%d}")
    page = context.new_page()
    enter(page, house, who.login)
    page.goto(f"{house.url}/desk/cases/{case}")
    picture = page.get_by_role("img", name=re.compile("^Preview of item 1"))
    press(page, "v")
    expect(page.get_by_role("button", name="Blurred")).to_have_attribute("aria-pressed", "true")
    assert picture.evaluate("each => each.naturalWidth") == 320
    page.get_by_role("button", name="In colour").click()
    expect(page.get_by_role("alert")).to_contain_text("You asked for nothing graphic today")
    expect(page.get_by_role("button", name="Least")).to_have_attribute("aria-pressed", "true")
    assert picture.evaluate("each => each.naturalWidth") == 96
    with house.door.app.memory.reading() as stores:
        looks = stores.sealed.looks(who.id, f"{now():%Y-%m-%d}")
    assert looks == {3: 1}


def test_what_runs_out_says_so_in_place(context: BrowserContext, house: Served):
    """The undo window, and a claim that somebody else's clock has ended."""
    case, other = upload(house, 108), upload(house, 105)
    page = context.new_page()
    enter(page, house, reviewer(house).login)
    page.clock.install()
    page.goto(f"{house.url}/desk/cases/{case}")
    press(page, "c")
    expect(page.locator(".state")).to_contain_text("Yours")
    press(page, "k")
    press(page, "Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    pass_time(page, 61_000)
    expect(page.locator("#undo-over")).to_contain_text("The undo window is over")
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()

    page.goto(f"{house.url}/desk/cases/{other}")
    press(page, "c")
    expect(page.locator(".state")).to_contain_text("Yours")
    pass_time(page, 31_000)  # a heartbeat
    expect(page.locator(".state .clock")).to_contain_text(re.compile("^(10:00|9:5)"))
    over(house, other)
    pass_time(page, 31_000)
    expect(page.locator("#lapsed")).to_contain_text("Your claim has ended.")
    expect(page.locator("#confirm")).to_be_disabled()


def test_without_script_a_case_is_ruled_too(browser: Browser, house: Served):  # noqa: F811 - the fixture
    """Plain forms: the next case, the answer, and taking it back."""
    upload(house, 106)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, house, reviewer(house).login)
    page.goto(f"{house.url}/desk/queue")
    page.get_by_role("button", name="Take the next case").click()
    page.get_by_role("radio", name=re.compile("^No terror")).check()
    page.get_by_role("radio", name="remove").check()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".ruled")).to_contain_text("Ruled: remove")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("The ruling is taken back")
    page.get_by_role("button", name="Blurred").click()
    assert page.evaluate("document.contentType") == "image/jpeg"
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["ar", "qps"])
def test_every_text_can_be_translated_and_nothing_sticks_out(
    context: BrowserContext, house: Served, width: int, language: str
):
    """Of the queue, a case in each of its states, and the approvals."""
    case, who = upload(house, 109), reviewer(house)
    prefer(house, who, language=language)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    with client_of(house, who) as client:
        sent = {"csrf": word(client)}
        states: list[tuple[str, dict[str, str]]] = [
            ("", {}),
            ("claim", {}),
            ("ruling", {"decision": "remove", "policy": "terror", "account": "remove"}),
            ("undo", {}),
            ("ruling", {"decision": "remove"}),
        ]
        context.add_cookies([{"name": COOKIE, "value": client.cookies[COOKIE], "url": house.url}])
        for act, form in states:
            if act:
                client.post(f"/desk/cases/{case}/{act}", data=sent | form)
            for path in ("queue", f"cases/{case}", "approvals", "queue?show=assigned"):
                page.goto(f"{house.url}/desk/{path}")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                if language == "qps":
                    assert forgotten(page) == [], (act, path)
        client.post(f"/desk/cases/{case}/release", data=sent)
