"""SQL in everything that a page or a list can be asked for: a value that nothing has, and never an error of ours."""

import secrets
from collections.abc import Iterator
from urllib.parse import quote

import httpx
from fastapi.routing import APIRoute

from seawall.access.person import Role
from tests.made import pdq
from tests.web.console.people import browser, somebody
from tests.web.exchange import hub
from tests.web.serving import Served

UNKNOWN = "nothing has this name"
SQL = ("' OR '1'='1' --", '") UNION SELECT 1; --', "%")
STRANGE = ("\0", f"{2**63}.{2**63 - 1}", "²")
ENDLESS = {"/desk/changes", "/desk/sign-in/oidc"}  # a stream, and the way to a provider


def asked_for(served: Served) -> Iterator[tuple[str, str, bool]]:
    """Every text that a GET can be given: the route, its name, whether it stands in the path."""
    for route in served.app.routes:
        if not isinstance(route, APIRoute) or "GET" not in route.methods or route.path in ENDLESS:
            continue
        for each in route.dependant.path_params:
            yield route.path, each.alias, True
        for each in route.dependant.query_params:
            if "str" in str(each.field_info.annotation):
                yield route.path, each.alias, False


def answered(
    client: httpx.Client, path: str, name: str, value: str, *, inside: bool, known: dict[str, str]
) -> tuple[int, object]:
    """The status, and what was found: a document, or how many rows a page has."""
    names = known | ({name: value} if inside else {})
    for each in [part[1:].partition("}")[0] for part in path.split("/") if part.startswith("{")]:
        word = each.partition(":")[0]
        path = path.replace(f"{{{each}}}", quote(names.get(word, UNKNOWN), safe=""))
    answer = client.get(path, params={} if inside else {name: value})
    assert answer.status_code < 500, (path, name, value, answer.text)
    if answer.is_error:
        return answer.status_code, None
    if answer.headers["content-type"].startswith("application/json"):
        return 200, answer.json()
    return answer.status_code, [answer.text.count(tag) for tag in ("<tr", "<li", "<dt")]


def test_sql_is_a_value_that_nothing_has(served: Served, bank: str, admin: httpx.Client):
    """In every name and every filter, of pages and lists; and what no database can keep is not an error of ours."""
    entry = {"signal_type": "pdq", "value": pdq(secrets.randbits(60)).value, "note": "a note"}
    admin.post(f"/v1/banks/{bank}/entries", json=entry)
    known = {"bank": bank, "agreement": hub(served).agreement}
    tried = 0
    with (
        served.client(requests_per_second=100_000) as program,
        browser(served, somebody(served, Role.ADMIN)) as person,
    ):
        for path, name, inside in asked_for(served):
            client = person if path.startswith("/desk") else program
            how = {"inside": inside, "known": known}
            usual = answered(client, path, name, UNKNOWN, **how)
            for value in SQL:
                assert answered(client, path, name, value, **how) == usual, (path, name, value)
            for value in STRANGE:
                answered(client, path, name, value, **how)
            tried += 1

    assert tried > 60
