"""Cases at the desk over HTTP: whose they are, who may see them, and what nobody can do to them from outside."""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
import sqlalchemy

from seawall.access.person import Limits, Person, Role
from seawall.access.preferences import Preferences
from seawall.cases.second_review import Answer, Look
from seawall.clock import now
from seawall.web.console import case, case_acts
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.web.console.people import alert, browser, somebody, word
from tests.web.console.test_defences import suspicious
from tests.web.serving import Served

GROUND = {"basis": "terms", "provision": "House rules, 4"}
ROUTES = [
    (method, route.path)
    for module in (case, case_acts)
    for route in module.router.routes
    for method in route.methods
]

pytestmark = pytest.mark.parametrize("served", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def queue() -> str:
    """The name of a queue that no other test uses."""
    return f"queue-{secrets.token_hex(4)}"


@pytest.fixture
def policy(admin: httpx.Client) -> str:
    """The name of a new policy."""
    name = f"policy-{secrets.token_hex(4)}"
    body = {"title": "Be kind", "ground": GROUND, "strikes": 1}
    assert admin.put(f"/v1/policies/{name}", json=body).status_code == 200
    return name


def opened(
    admin: httpx.Client, queue: str, *, item: str = "", signals: tuple[str, ...] = ()
) -> str:
    """A case that a program has opened."""
    body = {"item": item or f"user {secrets.token_hex(6)}", "kind": "user", "queue": queue}
    answer = admin.post("/v1/cases", json=body | {"signals": signals})
    assert answer.status_code == 201
    ident: str = answer.json()["id"]
    return ident


def acted(client: httpx.Client, ident: str, act: str, **form: object) -> httpx.Response:
    """The form of an act as our page sends it."""
    return client.post(f"/desk/cases/{ident}/{act}", data={"csrf": word(client), **form})


def status(admin: httpx.Client, ident: str) -> str:
    """Where the case stands."""
    found: str = admin.get(f"/v1/cases/{ident}").json()["status"]
    return found


def carry_out(served: Served, admin: httpx.Client, ident: str) -> None:
    """The undo window is over, and the server has done what was ruled."""
    with served.door.app.memory.transaction() as stores:
        stores.cases.lock()
        stores.cases.extend(ident, until=now() - timedelta(seconds=1))
    until = time.monotonic() + 20
    while status(admin, ident) != "carried-out":
        assert time.monotonic() < until, "it is not carried out"
        time.sleep(0.05)


def within(queue: str, **others: object) -> dict[str, object]:
    """Limits to this queue."""
    return {"limits": Limits(queues=frozenset({queue}), **others)}


@contextmanager
def reviewing(
    served: Served, *roles: Role, **fields: object
) -> Iterator[tuple[Person, httpx.Client]]:
    """A person and their browser."""
    person = somebody(served, *(roles or (Role.REVIEWER,)), **fields)
    with browser(served, person) as client:
        yield person, client


def test_a_case_is_one_persons_at_a_time(served: Served, admin: httpx.Client, queue: str):
    """The second is told who has it; after the claim has ended it is free again."""
    ident = opened(admin, queue)
    with reviewing(served, name="Ann") as (ann, one), reviewing(served) as (_, other):
        taken = one.post("/desk/queue/next", data={"csrf": word(one), "queue": queue})
        assert taken.headers["location"] == f"/desk/cases/{ident}?queue={queue}"
        assert acted(other, ident, "claim").status_code == 409
        assert acted(other, ident, "heartbeat").status_code == 409
        assert "Ann" in other.get(f"/desk/cases/{ident}").text
        assert acted(one, ident, "heartbeat").json() == {"left": 600}
        with served.door.app.memory.transaction() as stores:
            stores.cases.extend(ident, until=now() - timedelta(seconds=1))
        late = acted(one, ident, "ruling", decision="keep", note="It is a <b>drawing</b>")
        assert late.status_code == 409
        assert "claim it first" in alert(late)
        assert "It is a &lt;b&gt;drawing&lt;/b&gt;</textarea>" in late.text
        assert acted(other, ident, "claim").status_code == 303
        assert status(admin, ident) == "claimed"
    assert ann.id not in admin.get(f"/v1/cases/{ident}").json()["claimed_by"]


def test_what_is_wrong_with_a_ruling_is_said_beside_what_was_written(
    served: Served, admin: httpx.Client, queue: str, policy: str
):
    """A ruling without its ground, one without territories, and one on a case that has changed."""
    ident = opened(admin, queue)
    with reviewing(served) as (_, client):
        acted(client, ident, "claim")
        for form, told in (
            ({"decision": "remove"}, "Say which policy this breaks"),
            ({"decision": "restrict", "policy": policy}, "names the territories where"),
            ({"decision": "restrict", "policy": policy, "territories": "QQ"}, "no territory"),
            ({"decision": "keep", "version": 1}, "Something has joined or left"),
            ({"decision": "label", "policy": policy, "ends_at": "soon"}, "The end is a day"),
        ):
            answer = acted(client, ident, "ruling", note="A long note", **form)
            assert answer.status_code in (409, 422)
            assert told in answer.text
        assert (
            "A long note</textarea>"
            in acted(client, ident, "ruling", decision="remove", note="A long note").text
        )
        assert status(admin, ident) == "claimed"
        assert (
            acted(
                client, ident, "ruling", decision="label", policy=policy, ends_at="2050-01-31"
            ).status_code
            == 303
        )
    (ruling,) = admin.get(f"/v1/cases/{ident}").json()["rulings"]
    assert (ruling["decision"], ruling["ends_at"][:10]) == ("label", "2050-01-31")


def test_a_case_beyond_the_limits_is_closed_on_every_route(
    served: Served, admin: httpx.Client, queue: str
):
    """Whatever the role, and nothing of it is told."""
    ident = opened(admin, queue, item=f"secret {queue}")
    form = {"decision": "keep", "reason": "x", "to": "x", "item": "x"}
    with reviewing(served, Role.ADMIN, **within("elsewhere")) as (_, client):
        for method, path in ROUTES:
            data = form | {"csrf": word(client)} if method == "POST" else None
            answer = client.request(method, path.format(ident=ident, ref="0" * 32), data=data)
            assert answer.status_code == 403, path
            assert "not yours" in alert(answer), path
            assert f"secret {queue}" not in answer.text, path
        assert ident not in client.get("/desk/queue").text
    assert len(ROUTES) > 15
    assert status(admin, ident) == "open"


def test_no_other_page_acts_on_a_case(served: Served, admin: httpx.Client, queue: str):
    """Without the word of this sign-in, and from another origin with it."""
    ident = opened(admin, queue)
    posts = [path for method, path in ROUTES if method == "POST"]
    form = {"decision": "keep", "reason": "x", "to": "x", "item": "x", "queue": queue}
    elsewhere = {"Origin": "https://elsewhere.example"}
    with reviewing(served, Role.ADMIN) as (_, client):
        own = form | {"csrf": word(client)}
        for path in (*posts, "/desk/queue/next"):
            asked = path.format(ident=ident)
            assert client.post(asked, data=form).status_code == 403, path
            assert client.post(asked, data=own, headers=elsewhere).status_code == 403, path
    assert status(admin, ident) == "open"


def test_what_strangers_name_stays_text(served: Served, admin: httpx.Client, queue: str):
    """An item, a reason and a note are somebody else's words; the pages run nothing and fetch nothing elsewhere."""
    hostile = '"><script>alert(1)</script><img src=x>'
    ident = opened(admin, queue, item=f"{hostile} {queue}")
    with reviewing(served) as (_, client):
        acted(client, ident, "claim")
        pages = [acted(client, ident, "ruling", decision="remove", note=hostile)]
        acted(client, ident, "hold", reason=hostile)
        where = {"queue": queue, "category": hostile}
        for path in (f"/desk/cases/{ident}", "/desk/queue", "/desk/approvals"):
            pages += [client.get(path), client.get(path, params=where)]
    for page in pages:
        assert suspicious(page.text) == []
        assert "<script>alert" not in page.text
        assert len(page.text) < 100_000
    assert "&lt;script&gt;alert(1)" in pages[0].text


def test_who_is_limited_is_given_only_what_is_theirs(
    served: Served, admin: httpx.Client, queue: str, policy: str
):
    """In the queue, and in where a ruling applies."""
    ident = opened(admin, queue)
    opened(admin, f"{queue}-2")
    limits = within(queue, territories=frozenset({"DE", "FR"}))
    with reviewing(served, **limits) as (_, client):
        page = client.get("/desk/queue").text
        assert re.findall(r"/desk/cases/(case_\w+)", page) == [ident]
        assert (
            client.post("/desk/queue/next", data={"csrf": word(client)})
            .headers["location"]
            .endswith(ident)
        )
        none = client.post("/desk/queue/next", data={"csrf": word(client)})
        assert none.headers["location"] == "/desk/queue?done=no-case"
        everywhere = acted(client, ident, "ruling", decision="remove", policy=policy)
        elsewhere = acted(
            client, ident, "ruling", decision="restrict", policy=policy, territories="DE, AT"
        )
        assert (everywhere.status_code, elsewhere.status_code) == (403, 403)
        assert "you rule for DE, FR" in everywhere.text
        own = acted(
            client, ident, "ruling", decision="restrict", policy=policy, territories="de fr"
        )
        assert own.status_code == 303


@pytest.fixture
def seen(admin: httpx.Client, bank: str) -> str:
    """A case with a kept picture."""
    picture = landscape(777)
    admin.post(f"/v1/banks/{bank}/entries", files={"file": jpeg(picture)})
    verdict = admin.post("/v1/screen", files={"file": ALTERATIONS["captioned"](picture)}).json()
    assert verdict["measure"] == "hold"
    ident: str = verdict["case"]
    return ident


def test_a_picture_is_shown_to_who_may_see_its_case(served: Served, admin: httpx.Client, seen: str):
    """By a name that stays the item's; each look is an event."""
    (shown,) = admin.get(f"/v1/cases/{seen}").json()["items"]
    asked = f"/desk/cases/{seen}/items/{shown['ref']}/preview"
    with reviewing(served) as (person, client):
        least, grey = client.get(asked), client.get(asked, params={"level": 2})
        assert (least.status_code, grey.status_code) == (200, 200)
        assert least.content[:3] == b"\xff\xd8\xff"
        assert len(least.content) < len(grey.content)
        assert least.headers["cache-control"] == "no-store"
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        assert client.get(asked, params={"level": 2}, headers=elsewhere).status_code == 403
        for wrong in ("items/1", f"items/{'0' * 32}", f"items/{'0' * 33}"):
            assert client.get(f"/desk/cases/{seen}/{wrong}/preview").status_code in (404, 422)
        assert client.get(asked, params={"level": 5}).status_code == 422
    with reviewing(served, Role.AUDITOR) as (_, client):
        assert client.get(asked).status_code == 403
        assert "Your roles do not show media." in client.get(f"/desk/cases/{seen}").text
    with served.door.app.memory.reading() as stores:
        looks = [
            each.happening
            for each in stores.audit.before(None, limit=100)
            if each.happening.action == "media:revealed"
        ]
    assert [
        (each.details["level"], each.details["case"]) for each in looks if each.actor == person.id
    ] == [(2, seen), (0, seen)]


def test_what_can_be_confirmed_by_its_hash_is_not_shown_unasked(
    served: Served, admin: httpx.Client
):
    """Neither its picture nor its text; a button shows it."""
    passage = f"A passage {secrets.token_hex(6)}"
    form = {"kind": "text", "text": passage}
    with reviewing(served) as (_, client):
        csrf = {"csrf": word(client)}
        first = client.post("/desk/queue/new", data=csrf | form | {"item": "post 1"})
        ident = first.headers["location"].partition("?")[0].rpartition("/")[2]
        assert passage in client.get(f"/desk/cases/{ident}").text
        acted(client, ident, "claim")
        acted(client, ident, "ruling", decision="keep")
        carry_out(served, admin, ident)
        again = client.post("/desk/queue/new", data=csrf | form | {"item": "post 2"})
        page = again.headers["location"].partition("?")[0]
        shut, open_ = client.get(page).text, client.get(page, params={"look": "true"}).text
    assert page != f"/desk/cases/{ident}"
    assert "It need not be looked at" in shut
    assert passage not in shut
    assert passage in open_


def test_a_case_is_opened_by_hand_within_ones_limits(
    served: Served, admin: httpx.Client, queue: str
):
    """What is wrong is said beside what was written, and what is not one's own is not opened."""
    with reviewing(served, **within(queue)) as (_, client):
        form = {"csrf": word(client), "kind": "user", "item": f"user of {queue}"}
        assert f'value="{queue}"' in client.get("/desk/queue/new").text
        wrong = client.post("/desk/queue/new", data=form | {"queue": queue, "territory": "QQ"})
        assert (wrong.status_code, f'value="user of {queue}"' in wrong.text) == (422, True)
        assert client.post("/desk/queue/new", data=form).status_code == 403
        made = client.post("/desk/queue/new", data=form | {"queue": queue})
        assert made.status_code == 303
        assert f"user of {queue}" in client.get(f"/desk/queue?queue={queue}").text
    found = admin.get("/v1/cases", params={"queue": queue}).json()["cases"]
    assert [each["category"] for each in found] == [None]
    with reviewing(served, Role.AUDITOR) as (_, client):
        assert client.get("/desk/queue/new").status_code == 403


def test_a_ruling_may_have_a_ground_of_its_own(
    served: Served, admin: httpx.Client, queue: str, policy: str
):
    """Beside the policy's; without its provision it is refused."""
    ident = opened(admin, queue)
    own = {"decision": "label", "policy": policy, "basis": "illegal"}
    with reviewing(served) as (_, client):
        acted(client, ident, "claim")
        assert acted(client, ident, "ruling", **own).status_code == 422
        assert acted(client, ident, "ruling", provision="A law, 3", **own).status_code == 303
    (ruling,) = admin.get(f"/v1/cases/{ident}").json()["rulings"]
    assert ruling["ground"] == {"basis": "illegal", "provision": "A law, 3"}


def test_a_day_without_graphic_things_has_milder_cases(
    served: Served, admin: httpx.Client, queue: str
):
    """The queue says so, `next` keeps to it, and the list can be narrowed to the same."""
    graphic = f"graphic-{secrets.token_hex(4)}"
    body = {"title": "Graphic", "ground": GROUND, "severity": 6, "categories": ["violence"]}
    assert admin.put(f"/v1/policies/{graphic}", json=body).status_code == 200
    case = {"item": f"user {graphic}", "kind": "user", "queue": queue, "category": "violence"}
    admin.post("/v1/cases", json=case).raise_for_status()
    calm = Preferences(nothing_graphic=now().date())
    with reviewing(served, preferences=calm, **within(queue)) as (_, client):
        csrf = {"csrf": word(client)}
        assert "severity 2 or less" in client.get("/desk/queue").text
        assert graphic not in client.get("/desk/queue?severity=2").text
        none = client.post("/desk/queue/next", data=csrf | {"severity": ""})
        assert none.headers["location"] == "/desk/queue?done=no-mild-case"
    with reviewing(served, **within(queue)) as (_, client):
        csrf = {"csrf": word(client)}
        none = client.post("/desk/queue/next", data=csrf | {"severity": "5"})
        assert none.headers["location"] == "/desk/queue?severity=5&done=no-case"
        assert "/desk/cases/" in client.post("/desk/queue/next", data=csrf).headers["location"]
    admin.delete(f"/v1/policies/{graphic}")


def test_only_whoever_ruled_or_leads_takes_it_back(served: Served, admin: httpx.Client, queue: str):
    """And not who only rules beside them."""
    ident = opened(admin, queue)
    with (
        reviewing(served) as (_, one),
        reviewing(served) as (_, other),
        reviewing(served, Role.LEAD) as (lead, boss),
    ):
        acted(one, ident, "claim")
        assert acted(one, ident, "ruling", decision="keep").status_code == 303
        assert "Undo" in one.get(f"/desk/cases/{ident}").text
        assert (
            'action="/desk/cases/' + ident + '/undo"' not in other.get(f"/desk/cases/{ident}").text
        )
        assert acted(other, ident, "undo").status_code == 403
        assert status(admin, ident) == "ruled"
        assert acted(boss, ident, "undo").status_code == 303
        assert admin.get(f"/v1/cases/{ident}").json()["claimed_by"] == lead.id
        assert acted(boss, ident, "undo").status_code == 409


def test_whoever_has_said_a_word_on_it_is_not_offered_to_take_it_back(
    served: Served, admin: httpx.Client, queue: str, policy: str
):
    """A known answer that was laid before them twice: the second ruling stays theirs, and the page knows it."""
    body = {"item": "user 1", "queue": queue, "policy": policy, "decision": "keep", "why": "It is."}
    golden = admin.post("/v1/golden-items", json=body).json()["id"]
    ident = opened(admin, queue)
    with reviewing(served) as (person, client):
        acted(client, ident, "claim")
        acted(client, ident, "ruling", decision="keep")
        action = f'action="/desk/cases/{ident}/undo"'
        assert action in client.get(f"/desk/cases/{ident}").text
        with served.door.app.memory.transaction() as stores:
            stores.quality.add_look(Look(case=ident, golden=golden, blind_from=now()))
            said = Answer(person=person.id, decision="keep")
            stores.quality.add_golden_answer(golden, said, at=now())
        assert action not in client.get(f"/desk/cases/{ident}").text
        assert acted(client, ident, "undo").status_code == 403


def test_a_second_person_approves_and_agrees_to_restore(
    served: Served, admin: httpx.Client, queue: str, policy: str
):
    """Nobody twice; what waits stands in a list."""
    ident = opened(admin, queue)
    with reviewing(served) as (_, one), reviewing(served) as (_, other):
        acted(one, ident, "claim")
        form = {"decision": "remove", "policy": policy, "account": "remove"}
        assert acted(one, ident, "ruling", **form).status_code == 303
        approving = f'action="/desk/cases/{ident}/approve"'
        assert approving not in one.get("/desk/approvals").text
        assert approving in other.get("/desk/approvals").text
        assert acted(one, ident, "approve").status_code == 403
        assert acted(other, ident, "approve").status_code == 303
        assert approving not in other.get("/desk/approvals").text
        carry_out(served, admin, ident)
        assert acted(one, ident, "restore", note="a mistake").status_code == 303
        assert status(admin, ident) == "carried-out"
        assert acted(one, ident, "restore").status_code == 403
        assert f'action="/desk/cases/{ident}/restore"' in other.get("/desk/approvals").text
        assert acted(other, ident, "restore").headers["location"].endswith("done=restored")
    assert status(admin, ident) == "closed"


def test_who_may_not_rule_everywhere_does_not_approve_it(
    served: Served, admin: httpx.Client, queue: str, policy: str
):
    """A second person's limits hold as the first one's do; refused, the case is open again."""
    ident = opened(admin, queue)
    with reviewing(served) as (_, one), reviewing(served) as (_, other):
        acted(one, ident, "claim")
        acted(one, ident, "ruling", decision="remove", policy=policy, account="remove")
        narrow = within(queue, territories=frozenset({"DE"}))
        with reviewing(served, **narrow) as (_, limited):
            assert acted(limited, ident, "approve").status_code == 403
        assert acted(other, ident, "refuse").status_code == 303
    assert status(admin, ident) == "open"


def test_a_lead_assigns_what_nobody_has(served: Served, admin: httpx.Client, queue: str):
    """To somebody who may rule on it, who is then the only one to be given it."""
    ident = opened(admin, queue)
    chosen = somebody(served, Role.REVIEWER)
    shut_out = somebody(served, Role.REVIEWER, **within("elsewhere"))
    with reviewing(served, Role.LEAD) as (_, lead), reviewing(served) as (_, other):
        assert acted(lead, ident, "assign", to=shut_out.id).status_code == 422
        assert acted(lead, ident, "assign", to=chosen.id).status_code == 303
        mine = other.post("/desk/queue/next", data={"csrf": word(other), "queue": queue})
        assert mine.headers["location"].endswith("done=no-case")
        with browser(served, chosen) as theirs:
            assert ident in theirs.get("/desk/queue?show=assigned").text
            acted(theirs, ident, "claim")
            assert acted(lead, ident, "assign", to=chosen.id).status_code == 409
            assert ident in theirs.get("/desk/queue?show=mine").text
    assert admin.get(f"/v1/cases/{ident}").json()["claimed_by"] == chosen.id


def test_a_case_is_put_aside_handed_on_skipped_and_given_back(
    served: Served, admin: httpx.Client, queue: str
):
    """Each back at the queue as it was chosen, which says what was done."""
    other = somebody(served, Role.REVIEWER)
    with reviewing(served) as (_, client):
        for act, form, then in (
            ("hold", {"reason": "translator", "hours": 4}, "held"),
            ("hand", {"to": other.id}, "open"),
            ("skip", {}, "open"),
            ("release", {}, "open"),
        ):
            ident = opened(admin, queue)
            acted(client, ident, "claim")
            done = acted(client, ident, act, queue=queue, **form)
            assert done.headers["location"].startswith(f"/desk/queue?queue={queue}&done=")
            assert status(admin, ident) == then
        assert "translator" not in client.get("/desk/queue?show=mine").text
        assert "held" in client.get(f"/desk/queue?queue={queue}&show=held").text


def test_an_item_that_does_not_belong_becomes_a_case_of_its_own(
    served: Served, admin: httpx.Client, queue: str
):
    """Two with the same signal share a case, until a person says otherwise."""
    signal = f"sha256:{secrets.token_hex(32)}"
    ident = opened(admin, queue, item=f"a {queue}", signals=(signal,))
    assert opened(admin, queue, item=f"b {queue}", signals=(signal,)) == ident
    with reviewing(served) as (_, client):
        acted(client, ident, "claim")
        assert f"b {queue}" in client.get(f"/desk/cases/{ident}").text
        assert acted(client, ident, "remove-item", item=f"user:b {queue}").status_code == 303
        assert client.get(f"/desk/queue?queue={queue}").text.count("/desk/cases/") == 2
        assert acted(client, ident, "remove-item", item="user:nobody").status_code == 404


def test_the_same_content_is_ruled_on_without_looking(
    served: Served, admin: httpx.Client, queue: str
):
    """Where one earlier ruling covers it, which the page names."""
    signal = f"sha256:{secrets.token_hex(32)}"
    first = opened(admin, queue, signals=(signal,))
    with reviewing(served) as (_, client):
        acted(client, first, "claim")
        acted(client, first, "ruling", decision="keep")
        carry_out(served, admin, first)
        again = opened(admin, queue, signals=(signal,))
        acted(client, again, "claim")
        page = client.get(f"/desk/cases/{again}").text
        assert f'href="/desk/cases/{first}"' in page
        assert acted(client, again, "confirm").status_code == 303
    assert status(admin, again) == "ruled"


def test_names_stay_in_the_team(served: Served, admin: httpx.Client, queue: str):
    """An auditor reads pseudonyms, in the audit log too."""
    ident = opened(admin, queue, item=f"user {queue}")
    with reviewing(served, name="Zoe Unique") as (zoe, client):
        acted(client, ident, "claim")
        acted(client, ident, "ruling", decision="keep")
    pages = (f"/cases/{ident}", f"/users/user%20{queue}", f"/audit?subject={ident}")
    for role, shown, hidden in (
        (Role.REVIEWER, zoe.name, zoe.pseudonym),
        (Role.ADMIN, zoe.name, zoe.pseudonym),
        (Role.AUDITOR, zoe.pseudonym, zoe.name),
    ):
        with reviewing(served, role) as (person, client):
            for page in pages[: 2 if role is Role.REVIEWER else 3]:
                html = client.get(f"/desk{page}").text
                assert shown in html, page
                assert hidden not in html, page
        with served.door.app.memory.reading() as stores:
            events = stores.audit.before(None, limit=9, subject=ident)
        assert ("case:read", person.id) in [
            (each.happening.action, each.happening.actor) for each in events
        ]


def least_asked(client: httpx.Client, page: str) -> int:
    """Statements about cases and people that a page needs: the least of several, for upkeep asks beside it."""
    counted: list[str] = []

    def count(_: object, __: object, statement: str, *___: object) -> None:
        if "case" in statement or "people" in statement:
            counted.append(statement)

    numbers = []
    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", count)
    try:
        for _ in range(4):
            counted.clear()
            client.get(page)
            numbers.append(len(counted))
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", count)
    return min(numbers)


def test_a_hundred_cases_ask_no_more_of_the_database_than_one(
    served: Served, admin: httpx.Client, queue: str
):
    """On one page; fifty of them, and the way to the rest."""
    with reviewing(served) as (_, client):
        page = f"/desk/queue?queue={queue}"
        opened(admin, queue)
        before = least_asked(client, page)
        for _ in range(99):
            opened(admin, queue)
        after = least_asked(client, page)
        html = client.get(page).text
        rest = re.search(r'rel="next" href="([^"]+)"', html)
        assert rest is not None
        more = client.get(rest[1].replace("&amp;", "&")).text

    assert len(html.split("<tr><td>")) == len(more.split("<tr><td>")) == 51
    assert after <= before
    assert 'rel="next"' not in more


def test_an_empty_queue_says_how_cases_come_about(served: Served, queue: str):
    """And a wrong address of a page is no error of ours."""
    with reviewing(served, **within(queue)) as (_, client):
        html = client.get("/desk/queue").text
        assert client.get("/desk/queue?after=x").status_code == 422
    assert "No case waits." in html
    assert "Cases come from uploads that a rule wants reviewed" in html


def handed(admin: httpx.Client, queue: str, **body: object) -> dict[str, object]:
    """A case that a program has opened with this."""
    answer = admin.post("/v1/cases", json={"queue": queue, **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a_passage_is_shown_as_plain_text_and_hidden_where_it_is_severe(
    served: Served, admin: httpx.Client, queue: str, policy: str
):
    """In its own direction; the look at a severe one is asked for by a page of ours, and is an event."""
    text = f"<b>\u0645\u0631\u062d\u0628\u0627</b> {queue}"
    mild = handed(admin, queue, item=f"mild {queue}", kind="text", text=text)
    category = "terrorist-content"
    body = {"title": "No", "ground": GROUND, "severity": 7, "categories": [category]}
    assert admin.put(f"/v1/policies/{policy}", json=body).status_code == 200
    severe = handed(
        admin, queue, item=f"severe {queue}", kind="text", text=f"{text}!", category=category
    )
    shown = f"&lt;b&gt;\u0645\u0631\u062d\u0628\u0627&lt;/b&gt; {queue}"
    with reviewing(served) as (person, client):
        open_ = client.get(f"/desk/cases/{mild['id']}").text
        assert f'dir="auto" tabindex="0" translate="no">{shown}</blockquote>' in open_
        path = f"/desk/cases/{severe['id']}"
        assert shown not in client.get(path).text
        asked = {"passage": severe["items"][0]["ref"]}
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        assert client.get(path, params=asked, headers=elsewhere).status_code == 403
        assert f"{shown}!" in client.get(path, params=asked).text
    with reviewing(served, Role.AUDITOR) as (_, client):
        assert shown not in client.get(path, params=asked).text
    admin.put(f"/v1/policies/{policy}", json=body | {"categories": []})
    with served.door.app.memory.reading() as stores:
        looks = stores.audit.after(0, limit=9, subject=str(severe["items"][0]["media"]))
    assert [each.happening.actor for each in looks][1:] == [person.id]


def test_a_link_is_never_followed_and_a_user_comes_with_what_was_ruled(
    served: Served, admin: httpx.Client, queue: str, policy: str
):
    """The link is written so that nobody opens it; strikes and earlier rulings lead to their cases."""
    host = f"{queue}.example"
    link = handed(
        admin, queue, item=f"https://{host}/a.html", kind="link", uploader=f"user {queue}"
    )
    with reviewing(served) as (_, client):
        page = client.get(f"/desk/cases/{link['id']}").text
        assert f"hxxps://{queue}[.]example/a.html" in page
        assert f"//{host}" not in page
        acted(client, str(link["id"]), "claim")
        removed = {"decision": "remove", "policy": policy, "bank_signals": "true"}
        acted(client, str(link["id"]), "ruling", **removed)
        carry_out(served, admin, str(link["id"]))
        user = handed(admin, queue, item=f"user {queue}", kind="user")
        page = client.get(f"/desk/cases/{user['id']}").text
    assert f'<a href="/desk/cases/{link["id"]}">remove</a>' in page
    assert '<dt>Strikes</dt><dd translate="no">1</dd>' in page
    again = handed(admin, queue, item=f"http://{host}/a.html#x", kind="link")
    assert again["items"][0]["matches"][0]["bank"] == "own-rulings"


def test_a_filter_of_the_queue_is_kept_under_a_name(
    served: Served, admin: httpx.Client, queue: str
):
    """Shown as a link, replaced under the same name, forgotten when it is not wanted."""
    opened(admin, queue)
    with reviewing(served) as (_, client):
        form = {"csrf": word(client), "queue": queue, "name": " <i>Mine</i> "}
        kept = client.post("/desk/queue/filters", data=form)
        assert kept.headers["location"] == f"/desk/queue?queue={queue}&done=filter-kept"
        client.post("/desk/queue/filters", data=form | {"show": "held"})
        page = client.get("/desk/queue").text
        assert page.count("&lt;i&gt;Mine&lt;/i&gt;</bdi>") == 1
        assert f'href="/desk/queue?queue={queue}&amp;show=held"' in page
        assert client.post("/desk/queue/filters", data=form | {"name": " "}).status_code == 422
        client.post("/desk/account/preferences", data={"csrf": word(client), "theme": "dark"})
        assert "Mine" in client.get("/desk/queue").text
        client.post("/desk/queue/filters/remove", data=form | {"name": "<i>Mine</i>"})
        assert "Mine" not in client.get("/desk/queue").text


def test_a_stale_page_reveals_nothing_but_what_it_shows(
    served: Served, admin: httpx.Client, seen: str
):
    """An item that was taken out is not found at its old address; its neighbour is not shown instead."""
    first, *_ = admin.get(f"/v1/cases/{seen}").json()["items"]
    other = {"item": f"post {seen}", "kind": "image", "signals": first["signals"]}
    joined = admin.post("/v1/cases", json=other).json()
    assert joined["id"] == seen
    with reviewing(served) as (_, client):
        acted(client, seen, "claim")
        assert acted(client, seen, "remove-item", item=first["key"]).status_code == 303
        gone = client.get(f"/desk/cases/{seen}/items/{first['ref']}/preview")
    assert gone.status_code == 404
    assert "not any more, in the case" in alert(gone)
