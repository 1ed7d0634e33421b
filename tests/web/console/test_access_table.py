"""Every page, asked by every role and by a stranger: exactly what the table in the documentation says."""

import re
from pathlib import Path

import httpx
import pytest

from seawall.access.person import GRANTS, Permission, Role
from seawall.web.console.page import NAVIGATION
from tests.web.console.people import alert, browser, somebody, word
from tests.web.serving import Served

PAGE = Path(__file__).parents[3] / "docs/reference/access.md"
PUBLIC = {
    "/desk/sign-in",
    "/desk/sign-in/oidc",
    "/desk/sign-in/oidc/back",
    "/desk/sign-in/oidc/code",
    "/desk/invitation",
}


def table(name: str) -> list[dict[str, str]]:
    """A table of the page, a dictionary for each row."""
    part = PAGE.read_text("utf-8").partition(f"<!-- from the code: {name} -->")[2]
    lines = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in part.partition("<!-- end -->")[0].strip().splitlines()
    ]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def asked(client: httpx.Client, row: dict[str, str], ident: str) -> httpx.Response:
    """What the page answers."""
    path = re.sub(r"\{ident\}", ident, row["page"]).replace("{rest:path}", "nowhere/at-all")
    form = {"csrf": word(client)} if client.cookies else {}
    data = form if row["method"] == "POST" else None
    with client.stream(row["method"], path, data=data) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return httpx.Response(answer.status_code)  # it would not end
        answer.read()
    return answer


def refused(answer: httpx.Response) -> bool:
    """Whether it was a matter of who asks; a form without its fields fails otherwise."""
    return (
        answer.headers.get("location", "").startswith("/desk/sign-in?next=")
        or answer.status_code == 401
        or "Your roles do not open this" in answer.text
    )


@pytest.mark.parametrize("role", [None, *Role])
def test_every_page_opens_for_whom_the_table_says(served: Served, role: Role | None):
    """And for nobody else; a page that asks for nothing is one of those for strangers."""
    other = somebody(served, Role.REVIEWER)
    who = "stranger" if role is None else str(role)
    rows = table("pages")

    wrong = []
    for row in rows:  # a sign-in for each: some of these pages end it
        with browser(served, somebody(served, role) if role else None) as client:
            answer = asked(client, row, other.id)
        if answer.status_code >= 500 or refused(answer) is not (row[who] == "no"):
            wrong.append((row["method"], row["page"], answer.status_code))

    assert wrong == []
    assert len(rows) > 20
    assert {row["page"] for row in rows if row["asks for"] == "nothing"} == PUBLIC


def test_the_table_of_permissions_is_the_one_in_force():
    """What the documentation says of each role."""
    rows = {row["permission"]: row for row in table("permissions")}

    assert set(rows) == set(Permission)
    for role in Role:
        assert {name for name, row in rows.items() if row[role] == "yes"} == GRANTS[role]


@pytest.mark.parametrize("role", Role)
def test_the_navigation_names_what_opens_and_nothing_else(served: Served, role: Role):
    """Nobody is led to a closed door."""
    with browser(served, somebody(served, role)) as client:
        html = client.get("/desk").text
        shown = set(re.findall(r'<a href="(/desk[\w/-]*)" data-key', html))
        opens = {path for path, *_ in NAVIGATION if client.get(path).status_code == 200}

    assert shown == opens


def test_a_closed_page_says_so_plainly(served: Served):
    """403, in a sentence, on a page one can leave."""
    with browser(served, somebody(served, Role.REVIEWER)) as client:
        answer = client.get("/desk/people")

    assert answer.status_code == 403
    assert alert(answer) == "Your roles do not open this. An administrator can change them."


def test_roles_count_from_the_next_request_on(served: Served):
    """Not from the next sign-in."""
    boss, other = somebody(served, Role.ADMIN), somebody(served, Role.ADMIN)
    with browser(served, boss) as client, browser(served, other) as theirs:
        assert theirs.get("/desk/people").status_code == 200
        form = {"csrf": word(client), "role": ["reviewer"]}
        assert client.post(f"/desk/people/{other.id}/access", data=form).status_code == 303
        assert theirs.get("/desk/people").status_code == 403
        client.post(f"/desk/people/{other.id}/disable", data={"csrf": word(client)})
        assert theirs.get("/desk/account").status_code == 303
