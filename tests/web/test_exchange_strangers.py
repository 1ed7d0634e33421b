"""Every route of the exchange, as every kind of stranger; a route without a row here fails."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from seawall.access.key import Scope
from seawall.exchange.agreement import Role, Status
from seawall.web.openapi import scope_of
from tests.made import pdq
from tests.web.exchange import EXCHANGE, Hub, hub
from tests.web.serving import Served

ALL = frozenset(Role)
ADMINISTER = frozenset({Role.ADMINISTER})
CONTRIBUTE = frozenset({Role.CONTRIBUTE})
READ = frozenset({Role.CONSUME, Role.AUDIT})
REPORT = frozenset({Role.CONSUME, Role.CONTRIBUTE})
AUDIT = frozenset({Role.AUDIT})
DRAW = frozenset({Role.AUDIT, Role.ADMINISTER})
OF = "/agreements/{agreement}"
_OPINION = {"signals": [str(pdq(1))], "word": "confirm", "categories": ["terrorist-content"]}

_LINES = f"signal_type,value,word,categories\npdq,{pdq(2).value},confirm,terrorist-content\n"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A route under an agreement, a request that makes sense, and who may send it."""

    method: str
    path: str
    roles: frozenset[Role]
    operator: bool = True
    body: Any = None
    lines: str | None = None  # CSV, where the body is not JSON
    query: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


UNDER_AN_AGREEMENT = (
    Row(method="GET", path=OF, roles=ALL),
    Row(method="PATCH", path=OF, roles=ADMINISTER, body={"quota": 7}),
    Row(method="GET", path=f"{OF}/members", roles=ALL),
    Row(
        method="PATCH",
        path=f"{OF}/members/{{organisation}}",
        roles=ADMINISTER,
        body={"held": True},
    ),
    Row(
        method="DELETE",
        path=f"{OF}/members/{{organisation}}",
        roles=ADMINISTER,
        query="?contributions=keep",
    ),
    Row(method="GET", path=f"{OF}/invitations", roles=ADMINISTER),
    Row(
        method="POST",
        path=f"{OF}/invitations",
        roles=ADMINISTER,
        body={"organisation": "newcomer", "kind": "platform", "roles": ["consume"]},
    ),
    Row(method="DELETE", path=f"{OF}/invitations/{{invitation}}", roles=ADMINISTER),
    Row(method="GET", path=f"{OF}/quarantine", roles=ADMINISTER),
    Row(method="POST", path=f"{OF}/quarantine/{{organisation}}/{{fate}}", roles=ADMINISTER),
    Row(method="POST", path=f"{OF}/sources/{{organisation}}/withdraw", roles=ADMINISTER),
    Row(
        method="POST",
        path=f"{OF}/opinions",
        roles=CONTRIBUTE,
        operator=False,
        body=_OPINION,
    ),
    Row(method="POST", path=f"{OF}/opinions/bulk", roles=CONTRIBUTE, operator=False, lines=_LINES),
    Row(method="GET", path=f"{OF}/records", roles=READ),
    Row(method="GET", path=f"{OF}/records/{{record}}", roles=READ),
    Row(method="GET", path=f"{OF}/records/{{record}}/history", roles=READ),
    Row(method="GET", path=f"{OF}/deltas", roles=READ),
    Row(method="GET", path=f"{OF}/snapshot", roles=READ),
    Row(method="GET", path=f"{OF}/checkpoint", roles=READ),
    Row(method="GET", path=f"{OF}/proofs/inclusion", roles=READ, query="?number=1&size=1"),
    Row(method="GET", path=f"{OF}/proofs/consistency", roles=READ, query="?from=1&to=1"),
    Row(
        method="POST",
        path=f"{OF}/reports",
        roles=REPORT,
        operator=False,
        body={"records": {"rec_0": {"sightings": 1, "right": 0, "wrong": 0}}},
    ),
    Row(method="POST", path=f"{OF}/samples", roles=DRAW, body={"count": 1}),
    Row(method="GET", path=f"{OF}/samples", roles=AUDIT, operator=False),
    Row(method="GET", path=f"{OF}/samples/{{sample}}", roles=AUDIT, operator=False),
    Row(
        method="POST",
        path=f"{OF}/samples/{{sample}}/reviews",
        roles=AUDIT,
        operator=False,
        body={"record": "rec_0", "exception": None},
    ),
)
WITHOUT_AN_AGREEMENT = {  # by what their keys must open
    "GET ": Scope.EXCHANGE,
    "POST /join": None,
    "POST /key": Scope.EXCHANGE,
    "GET /organisations": Scope.ADMIN,
    "POST /organisations": Scope.ADMIN,
    "GET /agreements": Scope.EXCHANGE,
    "POST /agreements": Scope.ADMIN,
    "GET /memberships": Scope.STATUS,
    "POST /memberships/{name}/opinions": Scope.EXCHANGE,
    "POST /memberships/{name}/outcomes": Scope.EXCHANGE,
}


@pytest.fixture
def place(served: Served) -> Hub:
    """A hub with a member that does nothing but be there."""
    return hub(served)


def asked(client: httpx.Client, row: Row, agreement: str, target: str) -> httpx.Response:
    """The answer to the row's request, once strangers may ask again."""
    path = row.path.format(
        agreement=agreement,
        organisation=target,
        invitation="inv_0",
        fate="release",
        record="rec_0",
        sample="sam_0",
    )
    address = f"{EXCHANGE}{path}{row.query}"
    sent: dict[str, Any] = {"json": row.body}
    if row.lines is not None:
        sent = {"content": row.lines, "headers": {"Content-Type": "text/csv"}}
    return client.request(row.method, address, **sent)


def strangers(row: Row, place: Hub) -> Iterator[tuple[str, httpx.Client, int]]:
    """Everybody who is refused, and how."""
    served = place.served
    yield "without a key", served.stranger(), 401
    yield "with a key we do not know", served.stranger(Authorization="Bearer swl_a_b"), 401
    scopes = [scope for scope in Scope if scope not in (Scope.EXCHANGE, Scope.ADMIN)]
    yield "with every other scope", served.client(*scopes), 403
    yield "not an organisation", served.client("exchange"), 404
    yield "member of another agreement", place.client(place.member(agreement=place.other)), 404
    yield "suspended", place.client(place.member(status=Status.SUSPENDED)), 403
    yield "has left", place.client(place.member(status=Status.LEFT)), 403
    for role in sorted(ALL - row.roles):
        yield f"only {role}", place.client(place.member(role)), 403
    if not row.operator:
        yield "operator", served.client(), 403


@pytest.mark.parametrize("row", UNDER_AN_AGREEMENT, ids=str)
def test_strangers_are_refused(place: Hub, row: Row):
    """Each in the way it should be, and to who was never in it the agreement does not exist."""
    target = place.member()
    for who, stranger, status in strangers(row, place):
        with stranger as client:
            answer = asked(client, row, place.agreement, target)
            assert answer.status_code == status, (who, answer.text)
            if status == 404:
                nowhere = asked(client, row, "nowhere", target)
                told = answer.text.replace(place.agreement, "nowhere")
                assert (nowhere.status_code, nowhere.text) == (404, told), who

    with place.served.door.app.memory.reading() as stores:
        assert stores.organisations.agreement(place.agreement).size == 1  # nobody changed a thing


@pytest.mark.parametrize("row", UNDER_AN_AGREEMENT, ids=str)
def test_who_has_the_role_is_let_in(place: Hub, row: Row):
    """A member with this one role, and the operator where it may."""
    clients = [place.client(place.member(role)) for role in sorted(row.roles)]
    clients += [place.served.client()] if row.operator else []
    for client in clients:
        with client:
            target = place.member()
            answer = asked(client, row, place.agreement, target)
            assert answer.status_code not in (401, 403, 405), answer.text
            assert f"no agreement '{place.agreement}'" not in answer.text


def test_every_route_has_a_row(served: Served):
    """Whoever adds one says here who may call it."""
    routes = {
        f"{method} {route.path.removeprefix(EXCHANGE)}": scope_of(route)
        for route in served.app.routes
        if isinstance(route, APIRoute) and route.path.startswith(EXCHANGE)
        for method in route.methods
    }
    rows = WITHOUT_AN_AGREEMENT | {str(row): Scope.EXCHANGE for row in UNDER_AN_AGREEMENT}

    assert len(routes) > 15
    assert {name: rows.get(name, "no row") for name in routes} == routes


def test_members_cannot_do_what_is_the_operators(place: Hub):
    """Not even those that administer an agreement."""
    with place.client(place.member()) as client:
        for name in (each for each, scope in WITHOUT_AN_AGREEMENT.items() if scope is Scope.ADMIN):
            method, _, path = name.partition(" ")
            assert client.request(method, f"{EXCHANGE}{path}", json={}).status_code == 403, name


@pytest.mark.parametrize("noun", ["opinions", "outcomes"])
def test_nobody_else_speaks_to_hubs_for_this_home(place: Hub, noun: str):
    """Not the members of the hub that it is as well, whatever their roles; they hear of no membership."""
    body = _OPINION if noun == "opinions" else {"what": str(pdq(1)), "right": 1}
    scopes = [scope for scope in Scope if scope not in (Scope.EXCHANGE, Scope.ADMIN)]
    for who, stranger, status in (
        ("without a key", place.served.stranger(), 401),
        ("with every other scope", place.served.client(*scopes), 403),
        ("member of the hub", place.client(place.member()), 403),
        ("another's exchange key", place.served.client("exchange"), 403),
        ("operator", place.served.client(), 404),
    ):
        with stranger as client:
            path = f"{EXCHANGE}/memberships/nowhere/{noun}"
            answer = client.post(path, json=body)
            assert answer.status_code == status, (who, answer.text)
