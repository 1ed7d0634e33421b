"""`/v1/cases`, `/v1/rulings` and `/v1/policies`."""

import json
import secrets
import time
from datetime import timedelta

import httpx
import pytest
from fastapi.routing import APIRoute

from seawall.access.key import Scope
from seawall.access.person import Role
from seawall.cases.exposure import day_of
from seawall.clock import now
from seawall.media.media import Kind
from seawall.storage.sealed import SealedMedia
from seawall.web.openapi import scope_of
from tests.made import flipped, pdq
from tests.web.console.people import somebody
from tests.web.serving import Served

GROUND = {"basis": "illegal", "provision": "Regulation (EU) 2021/784, Article 2(7)"}
NOUNS = ("/v1/cases", "/v1/rulings", "/v1/policies")


@pytest.fixture
def policy(admin: httpx.Client) -> str:
    """The name of a new policy."""
    name = f"policy-{secrets.token_hex(4)}"
    put = admin.put(f"/v1/policies/{name}", json={"title": "No terror", "ground": GROUND})
    assert (put.status_code, put.json()["version"]) == (200, 1)
    return name


@pytest.fixture
def case(admin: httpx.Client, bank: str) -> str:
    """A case that an upload near a known signal has opened."""
    known = pdq(secrets.randbits(60))
    admin.post(f"/v1/banks/{bank}/entries", json={"signal_type": "pdq", "value": known.value})
    given = json.dumps([{"type": "pdq", "value": flipped(known, 12).value}])
    form = {"signals": given, "item_id": f"post {secrets.token_hex(4)}"}
    verdict = admin.post("/v1/screen", data=form).json()
    assert verdict["measure"] == "hold"
    upload = admin.get(f"/v1/uploads/{verdict['upload']}").json()
    assert upload["case"] == verdict["case"] is not None
    ident: str = verdict["case"]
    return ident


def asked(client: httpx.Client, path: str, **body: object) -> httpx.Response:
    """What a POST in Ann's name is answered."""
    return client.post(path, json={"person": "ann", **body})


def test_a_case_is_claimed_ruled_and_undone(admin: httpx.Client, case: str, policy: str):
    """Who has not claimed it, or has not seen what joined, does not rule on it."""
    answer = {"person": "ann", "decision": "remove", "policy": policy}
    assert admin.put(f"/v1/cases/{case}/ruling", json=answer).status_code == 409
    claimed = asked(admin, f"/v1/cases/{case}/claim").json()
    assert (claimed["status"], claimed["claimed_by"]) == ("claimed", "ann")
    assert admin.post(f"/v1/cases/{case}/claim", json={"person": "bob"}).status_code == 409
    assert asked(admin, f"/v1/cases/{case}/heartbeat").status_code == 200
    stale = admin.put(f"/v1/cases/{case}/ruling", json=answer | {"version": 1})
    assert stale.status_code == 409

    ruling = admin.put(f"/v1/cases/{case}/ruling", json=answer | {"version": claimed["version"]})
    assert ruling.status_code == 200
    undone = asked(admin, f"/v1/rulings/{ruling.json()['id']}/undo")

    assert undone.json()["undone_at"] is not None
    shown = admin.get(f"/v1/cases/{case}").json()
    assert shown["status"] == "claimed"
    assert [each["kind"] for each in shown["events"]] == [
        "opened",
        "claimed",
        "ruled",
        "undone",
        "claimed",
    ]
    assert [each["policy_version"] for each in shown["rulings"]] == [1]
    assert asked(admin, f"/v1/cases/{case}/release").json()["status"] == "open"


def test_the_queue_is_paged_and_gives_the_next_case(admin: httpx.Client):
    """Opened by hand; the same item joins its case, and a skipped one does not come back."""
    queue = f"queue-{secrets.token_hex(4)}"
    wanted = [{"item": f"{queue} {n}", "kind": "user", "queue": queue} for n in range(3)]
    opened = [admin.post("/v1/cases", json=body) for body in (*wanted, wanted[0])]
    assert [each.status_code for each in opened] == [201] * 4
    assert opened[0].json()["id"] == opened[3].json()["id"]

    first = admin.get("/v1/cases", params={"queue": queue, "limit": 2}).json()
    rest = admin.get("/v1/cases", params={"queue": queue, "after": first["next"]}).json()
    assert [each["id"] for each in first["cases"] + rest["cases"]] == [
        each.json()["id"] for each in opened[:3]
    ]
    assert rest["next"] is None
    assert admin.get("/v1/cases", params={"after": "x"}).status_code == 422

    got = []
    for _ in range(3):
        got.append(asked(admin, "/v1/cases/next", queue=queue).json()["case"]["id"])
        assert asked(admin, f"/v1/cases/{got[-1]}/skip").status_code == 200
    assert len(set(got)) == 3
    assert asked(admin, "/v1/cases/next", queue=queue).json() == {"case": None}


def test_a_case_is_put_aside_handed_on_and_loses_an_item(admin: httpx.Client, case: str):
    """Each by whoever has claimed it."""
    asked(admin, f"/v1/cases/{case}/claim")
    held = {"person": "ann", "reason": "translator", "until": "2020-01-01T00:00:00Z"}
    assert admin.put(f"/v1/cases/{case}/hold", json=held).status_code == 422
    (item,) = admin.get(f"/v1/cases/{case}").json()["items"]
    out = {"person": "ann", "item": item["key"]}
    assert admin.put(f"/v1/cases/{case}/items/removed", json=out).status_code == 409
    to = {"person": "ann", "to": "bob"}
    handed = admin.put(f"/v1/cases/{case}/assignment", json=to).json()
    assert (handed["status"], handed["assigned_to"]) == ("open", "bob")
    assert asked(admin, f"/v1/cases/{case}/heartbeat").status_code == 409
    confirmed = admin.put(f"/v1/cases/{case}/confirmation", json={"person": "ann"})
    assert confirmed.status_code == 409


def test_a_ruling_is_carried_out_by_the_server(admin: httpx.Client, served: Served, case: str):
    """Once its window is over; here the window has been over for long."""
    asked(admin, f"/v1/cases/{case}/claim")
    keep = {"person": "ann", "decision": "keep"}
    ruling = admin.put(f"/v1/cases/{case}/ruling", json=keep).json()
    with served.door.app.memory.transaction() as stores:
        stores.cases.extend(case, until=stores.cases.find(case).opened_at)

    for _ in range(100):
        shown = admin.get(f"/v1/cases/{case}").json()
        if shown["status"] == "carried-out":
            break
        time.sleep(0.1)

    assert shown["rulings"][0]["carried_out_at"] is not None
    after = 0
    made = []
    while page := admin.get("/v1/messages", params={"after": after}).json()["messages"]:
        made += [each["body"] for each in page if each["topic"] == "ruling:made"]
        after = page[-1]["number"]
    assert [each["ruling"] for each in made].count(ruling["id"]) == 1


def test_every_version_of_a_policy_stays(admin: httpx.Client, policy: str):
    """And unknown ones are not found."""
    body = {"title": "No terror at all", "ground": GROUND, "categories": ["terrorist-content"]}
    assert admin.put(f"/v1/policies/{policy}", json=body).json()["version"] == 2
    assert admin.get(f"/v1/policies/{policy}").json()["title"] == "No terror at all"
    before = admin.get(f"/v1/policies/{policy}", params={"version": 1})
    assert before.json()["title"] == "No terror"
    assert admin.get("/v1/policies/nowhere").status_code == 404
    names = [each["id"] for each in admin.get("/v1/policies").json()["policies"]]
    assert names.count(policy) == 1


def test_a_request_that_is_repeated_claims_once(admin: httpx.Client):
    """A lost answer costs no second case; and a ruling may ask that nothing has changed since it was read."""
    queue = f"queue-{secrets.token_hex(4)}"
    for number in range(2):
        body = {"item": f"{queue} {number}", "kind": "user", "queue": queue}
        assert admin.post("/v1/cases", json=body).status_code == 201
    wanted = {"json": {"person": "ann", "queue": queue}, "headers": {"Idempotency-Key": queue}}
    first, again = (admin.post("/v1/cases/next", **wanted).json()["case"] for _ in range(2))
    assert first == again

    ident, tag = first["id"], admin.get(f"/v1/cases/{first['id']}").headers["etag"]
    assert asked(admin, f"/v1/cases/{ident}/release").headers["etag"] != tag
    asked(admin, f"/v1/cases/{ident}/claim")
    keep = {"json": {"person": "ann", "decision": "keep"}}
    stale = admin.put(f"/v1/cases/{ident}/ruling", **keep, headers={"If-Match": tag})
    assert stale.status_code == 412
    tag = admin.get(f"/v1/cases/{ident}").headers["etag"]
    done = admin.put(f"/v1/cases/{ident}/ruling", **keep, headers={"If-Match": tag})
    assert done.status_code == 200


def test_a_queue_is_counted_for_who_watches(admin: httpx.Client):
    """What is open, claimed, held and late, and how old the oldest is."""
    queue = f"queue-{secrets.token_hex(4)}"
    body = {"kind": "user", "queue": queue}
    admin.post("/v1/cases", json=body | {"item": f"{queue} 1"})
    late = body | {"item": f"{queue} 2", "deadline": "2020-01-01T00:00:00Z"}
    admin.post("/v1/cases", json=late)
    asked(admin, "/v1/cases/next", queue=queue)

    counted = admin.get("/v1/status").json()["cases"][queue]
    assert 0 <= counted.pop("oldest_seconds") < 600
    assert counted == {"open": 1, "claimed": 1, "held": 0, "overdue": 1}
    assert f'seawall_cases_overdue{{queue="{queue}"}} 1.0' in admin.get("/metrics").text


def test_only_keys_for_cases_see_cases(served: Served, case: str):
    """Every route of these nouns asks for the scope, but for putting a policy, which is a rule."""
    scopes = {
        f"{method} {route.path}": scope_of(route)
        for route in served.app.routes
        if isinstance(route, APIRoute) and route.path.startswith(NOUNS)
        for method in route.methods
    }
    assert len(scopes) == 14
    assert scopes.pop("PUT /v1/policies/{policy}") is Scope.RULES_WRITE
    assert set(scopes.values()) == {Scope.CASES}
    others = [scope for scope in Scope if scope not in (Scope.CASES, Scope.ADMIN)]
    with served.client(*others) as stranger, served.client(Scope.CASES) as ours:
        assert stranger.get(f"/v1/cases/{case}").status_code == 403
        assert asked(stranger, "/v1/cases/next").status_code == 403
        assert ours.get(f"/v1/cases/{case}").status_code == 200
        assert ours.get("/v1/cases/case_nowhere").status_code == 404


def test_a_program_gives_no_more_than_the_day_has_room_for(admin: httpx.Client, served: Served):
    """One of our people has their own day; when it is over, what they are given shows no media."""
    memory, moment, queue = served.door.app.memory, now(), f"queue-{secrets.token_hex(4)}"
    ann = somebody(served, Role.REVIEWER)
    body = {"item": f"user {queue}", "kind": "user", "queue": queue}
    case = admin.post("/v1/cases", json=body).json()["id"]
    picture = SealedMedia(
        id=f"med {queue}",
        upload=None,
        item=queue,
        case=case,
        kind=Kind.IMAGE,
        media_type="image/png",
        size=1,
        path=queue,
        at=moment,
        delete_at=moment + timedelta(days=1),
        at_most_until=moment + timedelta(days=1),
    )
    with memory.transaction() as stores:
        stores.sealed.add(picture)
        for _ in range(58):
            stores.sealed.count_look(ann.id, day_of(moment), severity=7)
    asking = {"person": ann.id, "queue": queue}

    assert admin.post("/v1/cases/next", json=asking).json() == {"case": None}
    with memory.transaction() as stores:
        stores.sealed.forget([picture.id], at=moment)
    assert admin.post("/v1/cases/next", json=asking).json()["case"]["id"] == case
