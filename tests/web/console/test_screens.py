"""The screens beside the cases: health, exchange, banks, rules, policies and history."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext

from seawall.access.person import Limits, Person, Role
from seawall.access.preferences import Preferences
from seawall.cases.second_review import Rates
from seawall.clock import now
from seawall.storage.case_rows import Unseen
from seawall.web.console import health
from seawall.web.console.language import PSEUDO, language
from seawall.web.console.session import COOKIE
from seawall.workflows.carrying_out import carry_out_due
from seawall.workflows.quality import answer, try_golden
from tests.web.console.landscape import Landscape, furnished
from tests.web.console.people import alert, browser, somebody, word
from tests.web.serving import Served, serving
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


def test_a_new_rule_begins_on_trial(admin_page: httpx.Client, land: Landscape):
    """What cannot be put is shown again, with what was written."""
    name = f"wider-{land.bank}"
    wanted = {
        "name": name,
        "measure": "hold",
        "max_distance": 40,
        "bank": land.bank,
        "review": "true",
    }
    wrong = sent(admin_page, "/rules", **wanted, territories="Nowhere")
    assert (wrong.status_code, f'value="{name}"' in wrong.text) == (422, True)
    put = sent(admin_page, "/rules", **wanted, territories="de fr")
    assert put.headers["location"] == f"/desk/rules/{name}?done=rule-put"
    said = words(admin_page.get(f"/desk/rules/{name}"))
    assert "in DE, FR" in said
    assert "on trial" in said
    assert "already" in alert(sent(admin_page, "/rules", **wanted))


def test_quarantine_is_shared_or_forgotten_by_who_may_tell_others(
    served: Served, admin_page: httpx.Client, land: Landscape
):
    """With an event that says who; twice is too late."""
    agreement = land.hub.agreement
    page = admin_page.get(f"/desk/exchange/{agreement}")
    path = re.search(rf"/exchange/{agreement}/quarantine/[\w-]+/release", page.text)[0]
    with browser(served, somebody(served, Role.OPERATOR)) as operator:
        assert path not in operator.get(f"/desk/exchange/{agreement}").text
        assert sent(operator, path).status_code == 403
    assert sent(admin_page, path).status_code == 303
    assert path not in admin_page.get(f"/desk/exchange/{agreement}").text
    assert sent(admin_page, path).status_code == 404
    with served.door.app.memory.reading() as stores:
        events = stores.audit.before(None, limit=9, subject=agreement)
    (released,) = [
        each.happening for each in events if each.happening.action == "quarantine:released"
    ]
    assert released.actor.startswith("psn_")


def test_every_screen_opens(admin_page: httpx.Client, land: Landscape):
    """With one heading, and nothing that a page of ours would have to hide."""
    for path in land.pages():
        answer = admin_page.get(f"/desk{path}")
        assert (answer.status_code, answer.text.count("<h1")) == (200, 1), path
        assert "<b>note</b>" not in answer.text


def test_health_says_what_fails_open_and_what_closed(admin_page: httpx.Client, land: Landscape):
    """With the same figures as `/v1/status`, and what can be done about an endpoint."""
    said = words(admin_page.get("/desk/health"))
    path = f"/health/endpoints/{land.endpoint}"

    assert "It could not be screened in full closed: it is not seen" in said
    assert "It was read and has nothing to fingerprint open: it is seen" in said
    assert "Endpoints: " in said
    assert "Waiting: 0, of 0 MB, the oldest for 0 s; failed in a week: 0." in said
    assert "paused" in said
    assert "500" in words(admin_page.get(f"/desk{path}?state=dead"))
    assert sent(admin_page, f"{path}/replay").headers["location"].endswith("?done=replay")
    assert "Nothing is dead" in words(admin_page.get(f"/desk{path}?state=dead"))
    assert sent(admin_page, f"{path}/resume").status_code == 303
    assert "paused" not in words(admin_page.get(f"/desk{path}"))
    assert sent(admin_page, f"{path}/pause").status_code == 303
    assert sent(admin_page, f"{path}/explode").status_code == 404


def test_health_counts_what_nobody_may_see():
    """With where most of it is, in the reader's words, and the page where that is changed for who may."""
    lead, admin = (
        Person(
            id=role,
            login=role,
            name=role,
            pseudonym=role,
            roles=frozenset({role}),
            created_at=now(),
        )
        for role in (Role.LEAD, Role.ADMIN)
    )
    groups = [("texts", "hate-speech", None, 3), ("texts", None, "DE", 1)]
    names = ("queue", "category", "territory", "waiting")
    unseen = [Unseen(**dict(zip(names, each, strict=True))) for each in groups]
    said = health.cases_check(unseen, admin, language("en"))

    assert (said.state, said.link) == (health.State.LOOK, "/desk/people")
    assert said.values == {
        "count": 4,
        "queue": "texts",
        "category": "Hate speech",
        "territory": "not known",
    }
    assert health.cases_check(unseen, lead, language("ar")).values["category"] == "خطاب كراهية"
    assert health.cases_check(unseen, lead, language("en")).link is None
    assert health.cases_check([], lead, language("en")).state is health.State.WELL


def test_the_desk_and_the_api_tell_the_same_of_health(served: Served, admin_page: httpx.Client):
    """One source, two doors."""
    with served.client("status") as client:
        status = client.get("/v1/status").json()
    said = words(admin_page.get("/desk/health"))

    assert f"entries: {status['counts']['entries']}, uploads: {status['counts']['uploads']}" in said
    delivery = status["delivery"]
    assert f"Endpoints: {delivery['endpoints']}, in trouble: {delivery['troubled']}." in said


def test_an_entry_is_found_switched_off_and_removed(admin_page: httpx.Client, land: Landscape):
    """By its signal, by part of it, and not by another's."""
    bank = f"/desk/banks/{land.bank}"
    page = admin_page.get(f"{bank}/entries/{land.spare}").text
    signal = re.search(r"pdq:[0-9a-f]{64}", page)[0]
    change = re.search(r'name="change" value="(\d+)"', page)[1]
    for text, found in ((signal, 1), (signal[10:30], 1), ("<b>", 3), ("no such", 0)):
        listed = admin_page.get(bank, params={"text": text}).text
        assert listed.count('<code class="signal"') == found, text
    assert "posts/2026/" in words(admin_page.get(f"{bank}/entries/{land.entry}"))

    away = f"/banks/{land.bank}/entries/{land.spare}"
    assert sent(admin_page, f"{away}/switch", on="no", change=change).status_code == 303
    late = sent(admin_page, f"{away}/switch", on="yes", change=change)
    assert (late.status_code, "Somebody changed the entry" in alert(late)) == (409, True)
    assert "off" in words(admin_page.get(f"/desk{away}"))
    assert "Remove this entry?" in words(admin_page.get(f"/desk{away}/remove"))
    now_at = re.search(r'name="change" value="(\d+)"', admin_page.get(f"/desk{away}").text)[1]
    assert sent(admin_page, f"{away}/remove", change=now_at).status_code == 303
    assert admin_page.get(f"/desk{away}").status_code == 404
    assert sent(admin_page, f"/banks/{land.bank}/switch", on="no").status_code == 303
    assert "off: matches nothing" in words(admin_page.get(bank))
    assert sent(admin_page, f"/banks/{land.bank}/switch", on="yes").status_code == 303


def test_what_a_hub_shares_says_so(admin_page: httpx.Client, land: Landscape):
    """Who vouches until when, how often it was right, and that it cannot be removed here."""
    path = f"/banks/{land.filled}/entries/{land.shared}"
    page = admin_page.get(f"/desk{path}")

    said = words(page)
    assert "A member says that it does not belong there" in said
    assert "88.9" in said
    assert "A hub fills this bank" in said
    change = re.search(r'name="change" value="(\d+)"', page.text)[1]
    assert "Switch it off instead" in alert(sent(admin_page, f"{path}/remove", change=change))


def test_a_record_shows_everybodys_word_and_leaves_a_trace(
    served: Served, admin_page: httpx.Client, land: Landscape
):
    """The disputed one is listed as such; looking at it is an event."""
    path = f"/desk/exchange/{land.hub.agreement}"
    assert "unreachable" in words(admin_page.get("/desk/exchange")) or "failing" in words(
        admin_page.get("/desk/exchange")
    )
    disputed = admin_page.get(f"{path}?stands=disputed").text
    assert land.record in disputed
    assert disputed.count('<code class="signal"') == 1
    said = words(admin_page.get(f"{path}/records/{land.record}"))

    assert "It is news." in said
    assert re.search(r"outcomes not told whose .* opinion org-\w+ dispute .* opinion", said)
    with served.door.app.memory.reading() as stores:
        events = stores.audit.before(None, limit=1, subject=land.hub.agreement)
    assert events[0].happening.action == "exchange:read"
    assert events[0].happening.details["record"] == land.record
    assert admin_page.get(f"{path}?signal=nonsense").status_code == 422


def test_a_rule_is_tried_and_then_put(admin_page: httpx.Client, land: Landscape):
    """Trying changes nothing; the last guard cannot be switched off."""
    sentence = "An upload within 31 bits of a known entry: hold it back, and let a person look."
    assert sentence in words(admin_page.get("/desk/rules"))
    wanted = {"measure": "block", "force": "on", "max_distance": 31}
    tried = admin_page.get("/desk/rules/known-nearly/trial", params=wanted | {"days": 7})
    assert re.search(r"Different [1-9]", words(tried))
    assert land.item in tried.text
    assert sentence in words(admin_page.get("/desk/rules/known-nearly"))
    assert sent(admin_page, "/rules/known-nearly", **wanted).status_code == 303
    assert "block it" in words(admin_page.get("/desk/rules/known-nearly"))
    assert (
        sent(admin_page, "/rules/known-nearly", **wanted | {"measure": "hold"}).status_code == 303
    )

    guard = {"measure": "hold", "force": "off", "max_distance": 31}
    refused = sent(admin_page, "/rules/could-not-be-screened", **guard)
    assert "Then no rule would catch uploads" in alert(refused)
    for bad in ({"days": 91}, {"max_distance": 65}, {"measure": "explode"}):
        assert (
            admin_page.get("/desk/rules/known-nearly/trial", params=wanted | bad).status_code == 422
        )


def test_history_joins_verdicts_cases_rulings_and_strikes(
    served: Served, admin_page: httpx.Client, land: Landscape
):
    """Of an upload, an item whose name has slashes, and a user; whoever opens one is in the log."""
    for path in (f"/uploads/{land.upload}", f"/items/{land.item}", f"/users/{land.user}"):
        said = words(admin_page.get(f"/desk{path}"))
        assert land.case in said, path
        assert "remove" in said
    for path in ("/uploads/up_x", "/items/nothing", "/users/nobody", "/items/a%00b"):
        assert admin_page.get(f"/desk{path}").status_code == 404, path
    with served.door.app.memory.reading() as stores:
        for subject in (land.upload, land.item, land.user):
            read = stores.audit.before(None, limit=1, subject=subject)[0].happening
            assert read.action == "history:read"
            assert read.actor.startswith("psn_")


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"categories": "terrorist-content"}, {"categories": "child-sexual-abuse-material"}),
        ({"queues": "matches"}, {"queues": "elsewhere"}),
        ({"territories": "DE"}, {"territories": "FR"}),
    ],
    ids=lambda names: next(iter(names)),
)
def test_history_stays_within_the_limits(
    served: Served, land: Landscape, mine: dict[str, str], theirs: dict[str, str]
):
    """Each of the three kinds, on each of the three pages."""
    for wanted, status in ((mine, 200), (theirs, 403)):
        limits = Limits(**{name: frozenset({each}) for name, each in wanted.items()})
        with browser(served, somebody(served, Role.REVIEWER, limits=limits)) as client:
            for path in (f"/uploads/{land.upload}", f"/items/{land.item}", f"/users/{land.user}"):
                answer = client.get(f"/desk{path}")
                assert answer.status_code == status, path
                assert (land.case in answer.text) is (status == 200), path


def test_a_policy_gets_its_next_version_and_a_mistake_keeps_the_text(
    admin_page: httpx.Client, land: Landscape
):
    """Earlier versions stay as they were."""
    form = {
        "ident": land.policy,
        "title": "Terrorist content",
        "basis": "illegal",
        "provision": "Article 2(7)",
        "text": "Nothing of the kind.",
        "measure": "remove",
        "categories": "terrorist-content",
    }
    put = sent(admin_page, "/policies", **form)
    said = words(admin_page.get(f"/desk/policies/{land.policy}"))
    wrong = sent(admin_page, "/policies", **form | {"ident": "Not A Name"})

    assert put.headers["location"] == f"/desk/policies/{land.policy}?done=policy-put#version-3"
    assert "Nothing of the kind." in said
    assert "Nothing that calls for attacks or praises them." in said
    assert wrong.status_code == 422
    assert "A policy's name has small letters" in html.unescape(alert(wrong))
    assert "Nothing of the kind.</textarea>" in wrong.text


def test_only_who_may_act_sees_the_buttons(served: Served, land: Landscape):
    """An auditor sees everything of it and changes nothing."""
    with browser(served, somebody(served, Role.AUDITOR)) as client:
        for path in land.pages():
            if path.endswith("/remove"):
                continue
            main = client.get(f"/desk{path}").text.partition("<main")[2]
            assert 'method="post"' not in main.partition("<dialog")[0], path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server where nothing has happened."""
    with serving(tmp_path_factory.mktemp("empty")) as running:
        yield running


def test_an_empty_screen_says_how_to_fill_it(empty: Served):
    """Each names what to do next."""
    with browser(empty, somebody(empty, Role.ADMIN)) as client:
        for path, said in (
            ("/health", "seawall endpoint add URL"),
            ("/banks", "seawall bank create"),
            ("/exchange", "seawall agreement create"),
            ("/policies", "Put the first one below."),
            ("/rules/known-nearly/trial?measure=block&force=on&max_distance=3", "Try more days."),
            ("", "What a rule wants a person to look at becomes one."),
        ):
            assert said in words(client.get(f"/desk{path}")), path


def test_the_first_screen_is_light(served: Served, land: Landscape):
    """A hundred kilobytes for the page and all it asks for, on every screen."""
    with browser(served, somebody(served, Role.ADMIN)) as client:
        for path in land.pages():
            page = client.get(f"/desk{path}")
            names = set(re.findall(r'(?:src|href)="(/static/[\w./]+)', page.text))
            size = len(page.content) + sum(len(client.get(name).content) for name in names)
            assert size <= 100 * 1024, path


FAULTS = """() => {
    const found = [];
    if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
    if (document.documentElement.scrollWidth > innerWidth) found.push("sticks out");
    for (const each of document.querySelectorAll("input:not([type=hidden]):not([hidden]), select, textarea")) {
        if (!each.labels.length && !each.ariaLabel) found.push(`no label: ${each.name}`);
    }
    for (const each of document.querySelectorAll("button, a")) {
        if (!(each.ariaLabel || each.textContent).trim()) found.push(`no words: ${each.outerHTML}`);
        if (each.tabIndex > 0) found.push(`out of order: ${each.outerHTML}`);
    }
    for (const each of document.querySelectorAll("th")) {
        if (!each.scope && each.closest("main .scroll")) found.push(`no scope: ${each.textContent}`);
    }
    const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
    if (new Set(ids).size !== ids.length) found.push("an id twice");
    return found;
}"""
UNTRANSLATED = """() => {
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node; (node = walker.nextNode());) {
        const text = node.data.trim();
        if (!/[a-z]/i.test(text) || node.parentElement.closest("[translate=no], kbd, .chart, time")) continue;
        if (!/^\\[.*\\]/s.test(text)) found.push(text);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def furnished_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Landscape]]:
    """A server of its own for the browser."""
    with serving(tmp_path_factory.mktemp("screens")) as running:
        yield running, furnished(running)


def entered(chromium: Browser, house: Served, preferences: Preferences) -> BrowserContext:  # noqa: F811 - the fixture
    """A browser in which an administrator is signed in."""
    who = somebody(house, Role.ADMIN, preferences=preferences)
    with browser(house, who) as client:
        token = client.cookies[COOKIE]
    context = chromium.new_context()
    context.add_cookies([{"name": COOKIE, "value": token, "url": house.url}])
    return context


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_screen_holds_in_a_browser(
    chromium: Browser,  # noqa: F811 - the fixture
    furnished_house: tuple[Served, Landscape],
    width: int,
    height: int,
    language: str,
):
    """No complaint, nothing sticks out, one heading, a label on every control, in the order of the page."""
    house, land = furnished_house
    context = entered(chromium, house, Preferences(language=language))
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    for path in land.pages():
        page.goto(f"{house.url}/desk{path}")
        assert page.evaluate(FAULTS) == [], path
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    context.close()
    assert complaints == []


def test_every_text_of_every_screen_can_be_translated(
    chromium: Browser,  # noqa: F811 - the fixture
    furnished_house: tuple[Served, Landscape],
):
    """What does not stand in brackets was forgotten, or is somebody's own."""
    house, land = furnished_house
    context = entered(chromium, house, Preferences(language=PSEUDO))
    page = context.new_page()
    for path in land.pages():
        page.goto(f"{house.url}/desk{path}")
        assert page.evaluate(UNTRANSLATED) == [], path
    context.close()


def test_quality_shows_how_people_agree_and_takes_golden_items(
    served: Served, admin_page: httpx.Client, land: Landscape
):
    """A ruled case becomes one, and is decided like any other; what cannot become one keeps what was written."""
    refused = sent(admin_page, "/quality/golden", case="case_0", why="<b>note</b> as it is")
    assert (refused.status_code, "&lt;b&gt;note&lt;/b&gt; as it is" in refused.text) == (404, True)
    app, moment = served.door.app, now()
    carry_out_due(app.memory, bench=app.bench(), now=moment + timedelta(minutes=2))
    put = sent(admin_page, "/quality/golden", case=land.case, why="It praises an attack.")
    assert (put.status_code, put.headers["location"]) == (
        303,
        "/desk/quality?done=golden-put#golden",
    )
    person = somebody(served, Role.REVIEWER)
    with app.memory.transaction() as stores:
        (golden,) = [each for each in stores.quality.goldens() if each.policy == land.policy]
        try_golden(golden.id, "keep", person=person.id, stores=stores, now=moment)
        for who, word_ in (("ann", "remove"), ("ben", "keep"), ("cay", "keep")):
            answer(
                f"case {land.policy}",
                word_,
                queue="matches",
                policy=land.policy,
                person=who,
                rates=Rates(usual=1.0),
                secret=b"s",
                stores=stores,
                now=moment,
            )

    page = admin_page.get("/desk/quality")
    said = words(page)
    assert f"{land.policy} 1 cases" in said
    for each in (person.name, land.item, "It praises an attack.", "Cohen", "First ↓ Second →"):
        assert each in html.unescape(said if each != "Cohen" else page.text), each
    gone = sent(admin_page, f"/quality/golden/{golden.id}/remove")
    assert gone.status_code == 303
    assert "It praises an attack." not in admin_page.get("/desk/quality").text
