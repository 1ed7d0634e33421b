"""Every form of the desk, sent by somebody else's page: refused, whatever it asks for, and nothing is changed."""

import re

import httpx

from seawall.access.person import Role
from tests.web.console.people import alert, browser, somebody, word
from tests.web.console.test_access_table import PUBLIC, table
from tests.web.serving import Served

FORMS = sorted(row["page"] for row in table("pages") if row["method"] == "POST")
OURS = [page for page in FORMS if page not in PUBLIC]
ELSEWHERE = ("https://elsewhere.example", "null", "", None)
NOT_OURS = "This was not sent from a page of this server; nothing was changed."
NOT_THIS = "This form is not from this sign-in. Open the page again and send it anew."


def forged(client: httpx.Client, page: str, *, origin: str | None, given: str | None) -> str:
    """What a form with this word, from this origin, is refused with."""
    path = re.sub(r"\{(\w+)(:path)?\}", "some", page)
    headers = {} if origin is None else {"Origin": origin}
    answer = client.post(path, data={} if given is None else {"csrf": given}, headers=headers)
    assert answer.status_code == 403, page
    return alert(answer)


def test_no_form_is_taken_from_elsewhere(served: Served):
    """Another origin, or none, does nothing; the word of another sign-in of the same person, or none, neither."""
    boss = somebody(served, Role.ADMIN)
    with browser(served, boss) as client, browser(served, boss) as other:
        del client.headers["Origin"]
        for page in OURS:
            for origin in ELSEWHERE:
                assert forged(client, page, origin=origin, given=word(client)) == NOT_OURS, page
            for given in (word(other), "", None):
                assert forged(client, page, origin=served.url, given=given) == NOT_THIS, page

    assert len(OURS) > 40
    with served.door.app.memory.reading() as stores:
        done = stores.audit.before(None, limit=1_000, subject=None)
        still = stores.people.find(boss.id)
    assert [each.happening.action for each in done if each.happening.actor == boss.id] == []
    assert still.preferences == boss.preferences


def test_no_form_for_strangers_is_taken_from_elsewhere(served: Served):
    """Nobody is signed in, or joins, by a page that is not ours."""
    with browser(served) as client:
        del client.headers["Origin"]
        for page in sorted(PUBLIC & set(FORMS)):
            for origin in ELSEWHERE:
                assert forged(client, page, origin=origin, given=None) == NOT_OURS, page
