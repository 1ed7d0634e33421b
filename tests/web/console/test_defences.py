"""What others try against people at the desk; each test fails when its defence is taken away."""

import re
import secrets
from html.parser import HTMLParser

import httpx
import pytest

from seawall.access.person import Role
from seawall.access.session import token_digest
from seawall.web.console.session import COOKIE, own_page
from tests.web.console.people import PASSWORD, alert, browser, somebody, word
from tests.web.serving import Served

ENTER = "/desk/sign-in"


def enter(
    client: httpx.Client, login: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    """The form as it is sent."""
    return client.post(ENTER, data={"login": login, "password": password, **more})


def suspicious(html: str) -> list[str]:
    """Tags that run something of their own, or fetch it elsewhere."""
    found = []

    class Reading(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            places = [given[name] for name in ("src", "href", "action") if given.get(name)]
            ours = all(place.startswith(("/", "#", "?")) for place in places)
            handlers = [name for name in given if name == "style" or name.startswith("on")]
            inline = tag == "style" or (tag == "script" and "src" not in given)
            if handlers or inline or not ours:
                found.append(f"{tag} {given}")

    Reading().feed(html)
    return found


def disabled(served: Served, ident: str) -> bool:
    """Whether the person was kept out."""
    with served.door.app.memory.reading() as stores:
        return stores.people.find(ident).disabled_at is not None


@pytest.mark.parametrize(
    ("origin", "token"),
    [
        ("own", None),
        ("own", ""),
        ("own", "somebody else's"),
        ("https://elsewhere.example", "own"),
        ("null", "own"),
        (None, "own"),
    ],
)
def test_a_form_from_elsewhere_does_nothing(served: Served, origin: str | None, token: str | None):
    """It needs the word of this sign-in, and to come from a page of this server."""
    boss, victim = somebody(served, Role.ADMIN), somebody(served, Role.REVIEWER)
    with browser(served, boss) as client, browser(served, boss) as other:
        words = {"own": word(client), "somebody else's": word(other)}
        client.headers.pop("Origin")
        headers = {} if origin is None else {"Origin": served.url if origin == "own" else origin}
        form = {} if token is None else {"csrf": words.get(token, token)}
        answer = client.post(f"/desk/people/{victim.id}/disable", data=form, headers=headers)

        assert answer.status_code == 403
        assert not disabled(served, victim.id)
        client.headers["Origin"] = served.url
        client.post(f"/desk/people/{victim.id}/disable", data={"csrf": word(client)})
        assert disabled(served, victim.id)


def test_nobody_is_signed_in_from_elsewhere(served: Served):
    """A page of somebody else's cannot put its own account into a browser."""
    person = somebody(served, Role.REVIEWER)
    with served.stranger(Origin="https://elsewhere.example") as client:
        answer = enter(client, person.login)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_cookie_from_before_signing_in_is_worth_nothing_after(served: Served):
    """Session fixation: the secret is always new, and one that was planted lets nobody in."""
    person = somebody(served, Role.REVIEWER)
    with browser(served) as client:
        client.cookies.set(COOKIE, "planted")
        answer = enter(client, person.login)
        given = answer.cookies[COOKIE]

    assert given != "planted"
    for token, status in (("planted", 303), (given, 200)):
        with served.stranger(Cookie=f"{COOKIE}={token}") as thief:
            assert thief.get("/desk/account").status_code == status


def test_signing_in_again_ends_the_sign_in_before(served: Served):
    """The secret of before is forgotten here, not only in the browser."""
    person = somebody(served, Role.REVIEWER)
    with browser(served, person) as client:
        before = client.cookies[COOKIE]
        enter(client, person.login)

    with served.door.app.memory.reading() as stores:
        assert stores.people.sign_in(token_digest(before)) is None


def test_the_cookie_is_out_of_reach(served: Served):
    """Of scripts, of other sites, and over plain HTTP where there is TLS."""
    person = somebody(served, Role.REVIEWER)
    with browser(served) as client:
        plain = enter(client, person.login).headers["set-cookie"]
        secure = client.post(
            ENTER,
            data={"login": person.login, "password": PASSWORD},
            headers={"X-Forwarded-Proto": "https", "Origin": served.url.replace("http:", "https:")},
        ).headers["set-cookie"]

    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax", plain)
    assert re.fullmatch(
        rf"__Host-{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax; Secure", secure
    )


def test_a_password_does_not_travel_in_the_open(served: Served):
    """Without TLS, under a name that is not this machine's, nobody is signed in."""
    person = somebody(served, Role.REVIEWER)
    with served.stranger(Host="seawall.example", Origin="http://seawall.example") as client:
        answer = enter(client, person.login)

    assert answer.status_code == 403
    assert "https only" in alert(answer)
    assert "set-cookie" not in answer.headers


def test_guessing_is_slowed_down_for_known_and_unknown_alike(served: Served):
    """The same answers, and the right password does not help before the wait is over."""
    person = somebody(served, Role.REVIEWER)
    told = []
    for login in (person.login, "nobody-at-all"):
        with browser(served) as client:
            answers = [enter(client, login, "wrong") for _ in range(5)]
            while answers[-1].status_code == 403 and len(answers) < 12:  # each wait is longer
                answers.append(enter(client, login, "wrong"))
            answers.append(enter(client, login))
        assert [answer.status_code for answer in answers[:5]] == [403] * 5
        assert [answer.status_code for answer in answers[-2:]] == [429] * 2
        told.append({re.sub(r"\d+", "N", alert(answer)) for answer in answers})

    assert told[0] == told[1]
    assert len(told[0]) == 2


@pytest.mark.parametrize("path", [ENTER, f"{ENTER}/oidc/code", "/desk/invitation"])
def test_strangers_come_at_a_pace(served: Served, path: str, a_long_second: int):
    """However many addresses of one IPv6 network they have: no flood of passwords to compare."""
    network = f"2001:db8:{secrets.randbits(16):x}:1"
    with browser(served) as client:
        for number in range(a_long_second):
            served.door.rates.count_stranger(f"{network}::{number:x}")
        answer = client.post(path, headers={"X-Forwarded-For": f"{network}:ffff::1"})
        other = client.post(path, headers={"X-Forwarded-For": f"{network[:-1]}2::1"})

    assert (answer.status_code, other.status_code) == (429, 403)


@pytest.mark.parametrize(
    "place",
    [
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/desk\\@elsewhere.example",
        "/desk@elsewhere.example",
        "/deskelsewhere",
        "javascript:alert(1)",
        "/desk\r\nLocation: https://elsewhere.example",
        "/v1/keys",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(served: Served, place: str):
    """Open redirect: what is not a page of the desk is its start."""
    person = somebody(served, Role.REVIEWER)
    with browser(served) as client:
        shown = client.get(ENTER, params={"next": place}).text
        went = enter(client, person.login, next=place).headers["location"]

    assert went == own_page(place) == "/desk"
    assert 'name="next" value="/desk"' in shown


def test_signing_in_leads_back(served: Served):
    """To the page one wanted, with what was asked of it."""
    person = somebody(served, Role.ADMIN)
    with browser(served) as client:
        asked = client.get("/desk/audit", params={"subject": "bank x", "before": 3})
        shown = client.get(asked.headers["location"]).text
        back = re.search(r'name="next" value="([^"]*)"', shown)[1].replace("&amp;", "&")
        went = enter(client, person.login, next=back).headers["location"]

    assert went == "/desk/audit?subject=bank+x&before=3"


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_what_people_write_is_text(served: Served):
    """Markup in a name, a limit, a queue, a login, an address: never markup of ours."""
    boss = somebody(served, Role.ADMIN, name=HOSTILE, pseudonym=HOSTILE[:64])
    with browser(served, boss) as client:
        form = {"csrf": word(client), "role": ["admin"], "queues": HOSTILE}
        client.post(f"/desk/people/{boss.id}/access", data=form)
        client.post("/desk/people/invite", data={**form, "login": HOSTILE})
        pages = [
            client.get(path).text
            for path in (
                "/desk",
                "/desk/people",
                f"/desk/people/{boss.id}",
                "/desk/people/review",
                "/desk/account",
                "/desk/audit",
                f"/desk/audit?subject={HOSTILE}",
                f"/desk/sign-in?next={HOSTILE}",
                f"/desk/{HOSTILE}",
                f"/desk?done={HOSTILE}",
            )
        ]
        pages.append(enter(client, HOSTILE).text)

    assert [page for page in pages if "<script>alert" in page or "<img src=x" in page] == []
    assert "&lt;script&gt;alert(1)" in pages[1]
    assert "&lt;script&gt;alert(1)" in pages[3]


def test_no_page_runs_what_is_not_ours(served: Served):
    """The policy, and nothing in a page that it would have to forgive."""
    with browser(served, somebody(served, Role.ADMIN)) as client:
        for path in ("", "/people", "/people/review", "/account", "/audit", "/sign-in", "/x"):
            answer = client.get(f"/desk{path}")
            policy = answer.headers["content-security-policy"]
            assert "unsafe" not in policy
            assert "script-src 'self'; style-src 'self'" in policy
            assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
            assert answer.headers["cache-control"] == "no-store"
            assert suspicious(answer.text) == []
            assert len(answer.text) < 100_000


def test_an_invitation_is_used_once_over_the_door(served: Served):
    """Shown once, accepted once; a wrong token says nothing but that."""
    with browser(served, somebody(served, Role.ADMIN)) as client:
        form = {"csrf": word(client), "role": ["reviewer", "lead"], "login": "new.one@example.org"}
        shown = client.post("/desk/people/invite", data=form).text
    token = re.search(r"token=(swp_[\w-]+)", shown)[1]
    form = {"token": token, "name": "New", "password": PASSWORD, "again": "different"}
    with browser(served) as client:
        assert "not the same" in alert(client.post("/desk/invitation", data=form))
        good = form | {"again": PASSWORD}
        assert client.post("/desk/invitation", data=good).status_code == 303
        assert "was used" in alert(client.post("/desk/invitation", data=good))
        assert "unknown" in alert(client.get("/desk/invitation", params={"token": "swp_no"}))
        assert enter(client, "new.one@example.org").status_code == 303
