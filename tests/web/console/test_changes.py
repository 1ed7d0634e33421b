"""What an open page is told: that cases have come, that its own has changed, and that its reader signed out."""

import secrets
from collections.abc import Iterator

import httpx

from seawall.access.person import Limits, Role
from seawall.web.watching import MOST_OF_ONE
from tests.web.console.people import browser, somebody, word
from tests.web.serving import Served


def opened(served: Served, category: str = "terrorist-content") -> str:
    """A case that somebody opened by hand."""
    with served.client() as admin:
        body = {"item": f"user {secrets.token_hex(4)}", "kind": "user", "category": category}
        ident: str = admin.post("/v1/cases", json=body).json()["id"]
    return ident


def told(lines: Iterator[str]) -> str:
    """The next sentence, or the name of the event that ends the stream."""
    for line in lines:
        if line.startswith("data: ") and line != "data: ":
            return line.removeprefix("data: ")
        if line == "event: over":
            return "over"
    return "the stream ended"


def since(client: httpx.Client, page: str = "/desk/queue") -> str:
    """Where the page listens."""
    html = client.get(page).text
    return html.partition('data-watch="')[2].partition('"')[0].replace("&amp;", "&")


def test_a_page_is_told_of_new_cases_until_its_reader_signs_out(served: Served):
    """In the reader's language, within their limits, and no longer than they are signed in."""
    own = Limits(categories=frozenset({"terrorist-content"}))
    with (
        browser(served, somebody(served, Role.REVIEWER, limits=own)) as client,
        client.stream("GET", since(client)) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        opened(served, "animal-harm")
        opened(served)
        assert told(lines) == "New cases since you opened this page: 1."
        client.post("/desk/sign-out", data={"csrf": word(client)})
        assert told(lines) == "over"


def test_a_case_says_that_somebody_else_has_it(served: Served):
    """Before a ruling is written for nothing."""
    case = opened(served)
    with (
        browser(served, somebody(served, Role.REVIEWER)) as client,
        client.stream("GET", since(client, f"/desk/cases/{case}")) as answer,
    ):
        lines = answer.iter_lines()
        with served.client() as admin:
            assert admin.post(f"/v1/cases/{case}/claim", json={"person": "ann"}).is_success
        assert told(lines) == "Somebody else has this case now."


def test_a_case_beyond_the_limits_is_not_watched(served: Served):
    """The stream tells nobody what the page would not show."""
    case = opened(served)
    own = Limits(categories=frozenset({"animal-harm"}))
    with browser(served, somebody(served, Role.REVIEWER, limits=own)) as client:
        assert client.get(f"/desk/changes?case={case}&version=1").status_code == 403


def test_one_person_keeps_a_few_pages_open(served: Served):
    """Beyond them the page still works, and is told when it is reloaded."""
    who = somebody(served, Role.REVIEWER)
    clients = [browser(served, who) for _ in range(MOST_OF_ONE + 1)]
    streams, pieces = [], []
    for each in clients:
        stream = each.send(each.build_request("GET", "/desk/changes"), stream=True)
        if stream.status_code == 200:
            pieces.append(stream.iter_raw())
            next(pieces[-1])  # it counts from now on
        streams.append(stream)
    statuses = [each.status_code for each in streams]
    for each in (*streams, *clients):
        each.close()
    assert statuses == [200] * MOST_OF_ONE + [429]
