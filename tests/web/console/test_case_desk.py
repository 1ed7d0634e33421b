"""A person rules at the desk, in a real browser: from the queue to the message that the platform receives."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from seawall.access.person import Person, Role
from seawall.settings import DeliveryConfig
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.receiver import receiving
from tests.web.console.people import somebody
from tests.web.console.reading import complaining, enter, forgotten
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
        page.keyboard.press("g")
        page.keyboard.press("q")
        expect(page.get_by_role("heading", name="Queue")).to_be_visible()
        page.keyboard.press("n")
        expect(page).to_have_url(re.compile(f"/desk/cases/{case}$"))

        picture = page.get_by_role("img", name=re.compile("^Preview of item 1"))
        expect(picture).to_be_visible()
        assert picture.evaluate("each => each.complete && each.naturalWidth") == 96
        match = page.locator(".match").first
        for words in ("known", "A hill", "alpha", "terrorist-content", "known-nearly"):
            expect(match).to_contain_text(words)
        expect(match.get_by_role("img", name=re.compile("the rule reaches to 31"))).to_be_visible()

        page.keyboard.press("1")
        expect(page.locator("#effect")).to_contain_text("It is removed everywhere")
        expect(page.locator("#effect")).to_contain_text("No terror")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        expect(page.locator(".ruled")).to_contain_text(re.compile(r"Undo \(5\d s\)"))
        page.keyboard.press("u")
        expect(page.get_by_role("status").first).to_contain_text("The ruling is taken back")
        page.keyboard.press("x")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
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
