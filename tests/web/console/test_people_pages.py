"""Lists of people do not grow with the people."""

import re
import secrets

import httpx
import pytest

from seawall.access.person import Role
from seawall.web.console.people import PAGE
from tests.web.console.people import browser, somebody
from tests.web.serving import Served


def shown(client: httpx.Client, path: str) -> list[str]:
    """Every login of the list, page after page."""
    found: list[str] = []
    following: str | None = path
    while following:
        html = client.get(following).text
        logins = re.findall(r'<a href="/desk/people/psn_[^"]*">([^<]*)</a>', html)
        assert 0 < len(logins) <= PAGE
        found += logins
        after = re.search(r'rel="next" href="([^"]*)"', html)
        following = after[1] if after else None
    return found


@pytest.mark.parametrize("path", ["/desk/people", "/desk/people/review"])
def test_everybody_is_on_one_page_of_the_list(served: Served, path: str):
    """Once each, in the order of the logins, and no page has more than its share."""
    boss = somebody(served, Role.ADMIN)
    mark = f"z{secrets.token_hex(4)}"
    made = [somebody(served, Role.REVIEWER, login=f"{mark}+{n:02}").login for n in range(PAGE + 2)]
    with browser(served, boss) as client:
        found = shown(client, path)
        first = client.get(path, params={"after": made[0]})

    assert len(found) == len(set(found))
    assert [login for login in found if login.startswith(mark)] == made
    assert boss.login in found
    assert f'href="{path}">First page' in first.text
