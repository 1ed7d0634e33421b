"""What axe finds in the desk's pages (WCAG 2.2 AA), and what it cannot: focus, targets, what is said after an act."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from seawall.access.person import Limits, Person, Role
from seawall.access.preferences import Preferences
from seawall.clock import now
from seawall.settings import ConsoleConfig
from seawall.web.console.session import COOKIE
from seawall.workflows.people import invite_person
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.web.console.landscape import furnished
from tests.web.console.people import browser as client_of
from tests.web.console.people import somebody, word
from tests.web.serving import Served, serving
from tests.web.test_page import browser as chromium  # noqa: F401 - a fixture

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
HIDDEN_FOCUS = """() => {
    const seen = document.activeElement.getBoundingClientRect();
    const [x, y] = [seen.left + seen.width / 2, seen.top + Math.min(seen.height / 2, 12)];
    const top = document.elementFromPoint(x, y);
    const style = getComputedStyle(document.activeElement);
    const found = document.activeElement;
    const marked = style.outlineStyle !== "none" || found.closest("label")?.matches(":has(:focus-visible)");
    return found === document.body || (marked && (found.contains(top) || top?.contains(found)))
        ? null : found.outerHTML.slice(0, 200);
}"""


@dataclass(frozen=True, kw_only=True)
class House:
    """A server with something on every screen."""

    served: Served
    pages: list[str]
    case: str
    cases: tuple[str, ...]  # the pages of that one, and of one that was ruled on
    token: str  # of an invitation that can be used
    who: Person  # has claimed the case

    def open(self, running: Browser, who: Person | None = None) -> BrowserContext:
        """A browser in which this person, or who has claimed the case, is signed in."""
        with client_of(self.served, who or self.who) as client:
            token = client.cookies[COOKIE]
        context = running.new_context(viewport={"width": 1280, "height": 720})
        context.add_cookies([{"name": COOKIE, "value": token, "url": self.served.url}])
        return context


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server for all of these tests."""
    with serving(tmp_path_factory.mktemp("accessible")) as served:
        land = furnished(served)
        who = somebody(served, Role.ADMIN)
        case, ruled = _case(served, land.bank, 101), _case(served, land.bank, 207)
        with client_of(served, who) as client:
            form = {"csrf": word(client)}
            for each in (case, ruled):
                assert client.post(f"/desk/cases/{each}/claim", data=form).status_code == 303
            ruling = form | {"decision": "remove", "policy": land.policy, "version": "2"}
            client.post(f"/desk/cases/{ruled}/ruling", data=ruling)
        pages = [
            *land.pages(),
            *("/queue", "/queue?show=held", f"/cases/{case}", f"/cases/{ruled}", "/approvals"),
            *("/people", f"/people/{who.id}", "/people/review", "/account", "/audit", "/no-such"),
        ]
        yield House(
            served=served,
            pages=pages,
            case=case,
            cases=(f"/cases/{case}", f"/cases/{ruled}"),
            token=_invited(served),
            who=who,
        )


def _case(served: Served, bank: str, seed: int) -> str:
    picture = landscape(seed)
    with served.client() as admin:
        filing = {"categories": "terrorist-content", "vouchers": "alpha"}
        admin.post(f"/v1/banks/{bank}/entries", files={"file": jpeg(picture)}, data=filing)
        file = {"file": ALTERATIONS["saved again, badly"](picture)}
        ident: str = admin.post("/v1/screen", files=file, data={"item_id": f"p{seed}"}).json()[
            "case"
        ]
    return ident


def _invited(served: Served) -> str:
    moment = now()
    with served.door.app.memory.transaction() as stores:
        _, token = invite_person(
            "new@example.org",
            roles=frozenset({Role.REVIEWER}),
            limits=Limits(),
            expires_at=moment + ConsoleConfig().invitation,
            stores=stores,
            by="test",
            now=moment,
        )
    return token


def against(page: Page, **options: object) -> str:
    """What axe says against this page: a line for each element and rule."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options})
    return "".join(
        f"{page.url}: {each['id']}: {node['html'][:200]}: {node['failureSummary']}\n"
        for each in found.response["violations"]
        for node in each["nodes"]
    )


def test_axe_finds_nothing_on_any_page(chromium: Browser, house: House):  # noqa: F811 - the fixture
    """Every rule of A and AA, and axe's own advice."""
    context = house.open(chromium)
    page = context.new_page()
    wrong = ""
    for path in house.pages:
        page.goto(f"{house.served.url}/desk{path}")
        wrong += against(page, runOnly=TAGS)
    context.clear_cookies()
    for path in ("/sign-in", f"/invitation?token={house.token}", "/invitation"):
        page.goto(f"{house.served.url}/desk{path}")
        wrong += against(page, runOnly=TAGS)
    context.close()
    assert wrong == ""


def test_the_dark_has_contrast_too(chromium: Browser, house: House):  # noqa: F811 - the fixture
    """The only rule that colours can break, on a page of every make."""
    who = somebody(house.served, Role.ADMIN, preferences=Preferences(theme="dark"))
    context = house.open(chromium, who)
    page = context.new_page()
    wrong = ""
    for path in (
        "",
        "/health",
        "/rules",
        "/queue",
        *house.cases,
        "/approvals",
        "/account",
        "/audit",
        "/no-such",
    ):
        page.goto(f"{house.served.url}/desk{path}")
        wrong += against(page, runOnly={"type": "rule", "values": ["color-contrast"]})
    context.close()
    assert wrong == ""


def test_a_phone_has_room_for_fingers_and_keys_reach_what_scrolls(
    chromium: Browser,  # noqa: F811 - the fixture
    house: House,
):
    """Targets of 24 pixels, nothing sticks out, and a wide table can be scrolled without a finger."""
    context = house.open(chromium)
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    rules = {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}
    wrong = ""
    for path in ("", "/queue", f"/cases/{house.case}", "/rules", "/people", "/audit"):
        page.goto(f"{house.served.url}/desk{path}")
        wrong += against(page, runOnly=rules)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    context.close()
    assert wrong == ""


def test_the_focus_is_seen_wherever_it_goes(chromium: Browser, house: House):  # noqa: F811 - the fixture
    """With an outline, and under nothing that sticks; the first stop skips the navigation."""
    context = house.open(chromium)
    page = context.new_page()
    hidden = []
    for path in ("/queue", f"/cases/{house.case}"):
        page.goto(f"{house.served.url}/desk{path}")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_in_viewport()
        for _ in range(60):
            page.keyboard.press("Tab")
            hidden.append(page.evaluate(HIDDEN_FOCUS))
    context.close()
    assert [each for each in hidden if each] == []


def test_an_act_is_said_and_the_next_key_goes_on_from_there(
    chromium: Browser,  # noqa: F811 - the fixture
    house: House,
):
    """A new page reads its status aloud; what is chosen on a case is in a live region."""
    context = house.open(chromium)
    page = context.new_page()
    page.goto(f"{house.served.url}/desk/account")
    page.get_by_role("button", name="Keep my preferences").click()
    expect(page.get_by_role("status").first).to_have_text("Your preferences are kept.")
    page.goto(f"{house.served.url}/desk/cases/{house.case}")
    page.wait_for_load_state()
    page.keyboard.press("x")
    effect = page.locator("#effect[aria-live=polite]")
    expect(effect).to_contain_text("It is removed everywhere")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    context.close()


def test_new_cases_are_said_and_shown_when_asked(chromium: Browser, house: House):  # noqa: F811 - the fixture
    """Through the strict policy of content; the list stays as it is until then."""
    context = house.open(chromium)
    page = context.new_page()
    page.goto(f"{house.served.url}/desk/queue")
    before = page.locator("table.queue tbody tr").count()
    with house.served.client() as admin:
        admin.post("/v1/cases", json={"item": "user 77", "kind": "user"})
    said = page.locator(".news")
    expect(said).to_contain_text("New cases since you opened this page: 1.")
    assert page.locator("table.queue tbody tr").count() == before
    said.get_by_role("link", name="Show them").click()
    expect(page.locator("table.queue tbody tr")).to_have_count(before + 1)
    expect(said.get_by_role("link", name="Show them")).to_be_hidden()
    context.close()
