"""A browser goes to a provider and comes back; what others make of that way."""

import re
from urllib.parse import urlsplit

import httpx
import pytest

from seawall.access.person import Person, Role
from seawall.access.totp import code_of, new_secret, step_at
from seawall.clock import now
from seawall.storage.secrets import Vault
from seawall.web.console.elsewhere import COOKIE as FLOW
from seawall.web.console.session import COOKIE
from tests.provider import Provider
from tests.web.console.people import PASSWORD, alert, browser, somebody, word
from tests.web.serving import Served

GO, BACK = "/desk/sign-in/oidc", "/desk/sign-in/oidc/back"


@pytest.fixture
def known(served: Served, provider: Provider) -> Person:
    """Somebody whom the provider, honest again, vouches for next."""
    person = somebody(served, Role.REVIEWER)
    provider.__init__(url=provider.url)
    provider.claims = {"sub": person.id, "email": person.login, "email_verified": True}
    return person


def away(client: httpx.Client, **query: str) -> str:
    """Where the button leads."""
    return client.get(GO, params=query).headers["location"]


def test_the_button_leads_there_and_back(served: Served, provider: Provider, known: Person):
    """To the page one wanted, with a secret that is new, and nothing left of the way."""
    with browser(served) as client:
        shown = client.get("/desk/sign-in", params={"next": "/desk/account"}).text
        button = re.search(r'href="(/desk/sign-in/oidc[^"]*)"', shown)[1]
        client.cookies.set(COOKIE, "planted")
        address = client.get(button).headers["location"]
        back = client.get(provider.signed_in(address))
        page = client.get(back.headers["location"])

    assert "Sign in with Example accounts" in shown
    assert address.startswith(f"{provider.url}/authorize?response_type=code&client_id=seawall")
    assert "code_challenge_method=S256" in address
    assert back.headers["location"] == "/desk/account"
    assert known.login in page.text
    cookies = back.headers.get_list("set-cookie")
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax", cookies[0])
    assert cookies[1].startswith(f'{FLOW}="";')


@pytest.mark.usefixtures("known")
def test_what_waits_is_out_of_reach(served: Served):
    """Of scripts and of other sites, for ten minutes, under a name that no other host can set."""
    with browser(served) as client:
        plain = client.get(GO).headers["set-cookie"]
        secure = client.get(GO, headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"]
        open_ = client.get(GO, headers={"Host": "seawall.example"})

    assert re.fullmatch(rf"{FLOW}=[\w=-]+; HttpOnly; Max-Age=600; Path=/; SameSite=lax", plain)
    assert re.fullmatch(
        rf"__Host-{FLOW}=[\w=-]+; HttpOnly; Max-Age=600; Path=/; SameSite=lax; Secure", secure
    )
    assert open_.status_code == 403
    assert "https only" in alert(open_)


@pytest.mark.usefixtures("known")
def test_a_way_back_is_of_the_browser_that_went(served: Served, provider: Provider):
    """A link with somebody's code signs nobody else's browser in, and nobody in twice."""
    with browser(served) as client, browser(served) as other:
        back = provider.signed_in(away(client))
        away(other)
        strangers = other.get(back)
        flow = client.cookies[FLOW]
        first = client.get(back)
        client.cookies.set(FLOW, flow)
        again = client.get(back)

    assert first.status_code == 303
    for answer in (strangers, again):
        assert answer.status_code == 403
        assert "did not begin in this browser" in alert(answer)
        assert COOKIE not in answer.cookies


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "place", ["https://elsewhere.example", "//elsewhere.example", "/desk\\@elsewhere.example"]
)
def test_the_way_leads_nowhere_else(served: Served, provider: Provider, place: str):
    """Open redirect: what is not a page of the desk is its start."""
    with browser(served) as client:
        back = client.get(provider.signed_in(away(client, next=place)))

    assert back.headers["location"] == "/desk"


@pytest.mark.usefixtures("known")
def test_who_is_not_expected_reads_what_to_do(served: Served, provider: Provider):
    """On a calm page, with a way to the sign-in page; and so does who is kept out."""
    provider.claims |= {"email_verified": False}
    with browser(served) as client:
        unknown = client.get(provider.signed_in(away(client)))
        refused = client.get(BACK, params={"error": "access_denied", "state": "x"})

    assert "has verified no e-mail address" in alert(unknown)
    assert (unknown.status_code, refused.status_code) == (403, 403)
    assert 'href="/desk/sign-in"' in unknown.text


@pytest.mark.usefixtures("known")
def test_a_code_is_asked_for_on_the_way(served: Served, provider: Provider):
    """Of whom has a second factor here, where the provider proves none."""
    secret = new_secret()
    sealed = Vault(served.door.app.settings.home).seal(secret)
    person = somebody(served, Role.REVIEWER, totp=sealed, totp_at=now())
    provider.claims |= {"sub": person.id, "email": person.login}
    with browser(served) as client:
        asked = client.get(provider.signed_in(away(client, next="/desk/account")))
        assert COOKIE not in client.cookies
        form = {"code": "000000", "next": "/desk/account"}
        wrong = client.post(f"{GO}/code", data=form)
        right = client.post(f"{GO}/code", data=form | {"code": code_of(secret, step_at(now()))})

    assert "vouches for you" in asked.text
    assert "code is wrong" in alert(wrong)
    assert (right.status_code, right.headers["location"]) == (303, "/desk/account")
    assert right.cookies[COOKIE]


def test_an_account_is_linked_and_unlinked_on_my_page(
    served: Served, provider: Provider, known: Person
):
    """With the password, and a link instead of a redirect, which the policy for forms would stop."""
    provider.claims = {"sub": f"other-{known.id}"}
    with browser(served, known) as client, browser(served) as thief:
        form = {"csrf": word(client), "password": PASSWORD}
        page = client.post("/desk/account/oidc", data=form)
        address = re.search(r'href="(http[^"]*)"', page.text)[1].replace("&amp;", "&")
        back = provider.signed_in(address)
        thief.cookies.set(FLOW, client.cookies[FLOW])
        elsewhere = thief.get(back)
        again = client.post("/desk/account/oidc", data=form)
        address = re.search(r'href="(http[^"]*)"', again.text)[1].replace("&amp;", "&")
        linked = client.get(provider.signed_in(address))
        shown = client.get("/desk/account").text
        dropped = client.post("/desk/account/oidc/drop", data=form)

    assert elsewhere.status_code == 403
    assert linked.headers["location"] == "/desk/account?done=linked"
    assert "You can sign in with this account, or with your password." in shown
    assert dropped.headers["location"] == "/desk/account?done=unlinked"
    assert urlsplit(address).netloc == urlsplit(provider.url).netloc
