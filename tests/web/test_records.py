"""What is left behind: uploads, messages, audit, keys."""

import json
import secrets
import time

import httpx

from tests.made import flipped, pdq


def screened(admin: httpx.Client, seed: int, **fields: str) -> dict[str, object]:
    """An upload of one signal."""
    given = json.dumps([{"type": "pdq", "value": pdq(seed).value}])
    return admin.post("/v1/screen", data={"signals": given} | fields).json()


def test_uploads_are_listed_newest_first_page_by_page(admin: httpx.Client):
    """And by the platform's own name for the thing, and by measure."""
    item = secrets.token_hex(8)
    made = [screened(admin, 20_000 + n, item_id=item)["upload"] for n in range(3)]

    first = admin.get("/v1/uploads", params={"item": item, "limit": 2}).json()
    rest = admin.get(
        "/v1/uploads", params={"item": item, "limit": 2, "after": first["next"]}
    ).json()

    assert [each["upload"] for each in first["uploads"] + rest["uploads"]] == made[::-1]
    assert rest["next"] is None
    blocked = admin.get("/v1/uploads", params={"item": item, "measure": "block"}).json()
    assert blocked == {"uploads": [], "next": None}
    assert admin.get("/v1/uploads", params={"measure": "explode"}).status_code == 422


def test_a_message_waits_for_the_platform_until_it_asks(admin: httpx.Client, bank: str):
    """Each once, in the order it was committed, by the cursor its reader keeps."""
    start = admin.get("/v1/messages", params={"limit": 1000}).json()["next"]
    signal = pdq(21_000)
    admin.post(f"/v1/banks/{bank}/entries", json={"signal_type": "pdq", "value": signal.value})
    given = json.dumps([{"type": "pdq", "value": flipped(signal, 3).value}])
    upload = admin.post("/v1/screen", data={"signals": given}).json()["upload"]

    page = admin.get("/v1/messages", params={"after": start}).json()
    rest = admin.get("/v1/messages", params={"after": page["next"]}).json()

    assert [(each["topic"], each["subject"]) for each in page["messages"]] == [
        ("upload:review-wanted", upload)
    ]
    assert rest == {"messages": [], "next": page["next"]}


def test_what_was_let_through_and_is_known_now_is_listed_newest_first(
    admin: httpx.Client, bank: str
):
    """Page by page; each upload shows the measure in force, and who may not read uploads reads none of it."""
    item = secrets.token_hex(8)
    seeds = [int(secrets.token_hex(4), 16) for _ in range(3)]
    made = [screened(admin, seed, item_id=item)["upload"] for seed in seeds]
    entries = [{"signal_type": "pdq", "value": pdq(seed).value} for seed in seeds]
    for each in entries:
        admin.post(f"/v1/banks/{bank}/entries", json=each)
    deadline = time.monotonic() + 30
    while any(admin.get(f"/v1/uploads/{each}").json()["measure_now"] == "allow" for each in made):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    page = admin.get("/v1/retroactions", params={"limit": 2}).json()
    rest = admin.get("/v1/retroactions", params={"limit": 1, "after": page["next"]}).json()
    found = page["retroactions"] + rest["retroactions"]

    assert {each["upload"] for each in found} == set(made)
    assert [each["number"] for each in found] == sorted(
        (each["number"] for each in found), reverse=True
    )
    assert {(each["item"], each["before"], each["measure"]) for each in found} == {
        (item, "allow", "block")
    }
    assert admin.get("/v1/retroactions", params={"measure": "label"}).json() == {
        "retroactions": [],
        "next": None,
    }


def test_everything_done_is_an_event_and_the_chain_holds(admin: httpx.Client, bank: str):
    """With who did it, and nothing missing in between."""
    events = admin.get("/v1/audit", params={"subject": bank}).json()["events"]

    assert [event["action"] for event in events] == ["bank:created"]
    assert events[0]["actor"].startswith("key_")
    page = admin.get("/v1/audit", params={"limit": 2}).json()
    assert [event["number"] for event in page["events"]] == [1, 2]
    assert page["next"] == "2"
    verified = admin.get("/v1/audit/verify").json()
    assert verified["faults"] == []
    assert verified["events"] > 2


def test_a_key_s_text_is_shown_once(admin: httpx.Client):
    """It works at once, is nowhere to be read again, and a repeated request makes no second."""
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    wanted = {"name": "uploads", "scopes": ["screen", "uploads"]}

    first = admin.post("/v1/keys", json=wanted, headers=headers)
    again = admin.post("/v1/keys", json=wanted, headers=headers)

    text = first.json()["key"]
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json() | {"key": None}
    assert first.json()["scopes"] == ["screen", "uploads:read"]
    assert text not in admin.get("/v1/keys").text
    mine = {"Authorization": f"Bearer {text}"}
    assert admin.get("/v1/uploads", headers=mine).status_code == 200
    assert admin.get("/v1/keys", headers=mine).status_code == 403


def test_a_scope_that_does_not_exist_is_refused(admin: httpx.Client):
    """With the names of those that do."""
    answer = admin.post("/v1/keys", json={"name": "x", "scopes": ["everything"]})

    assert answer.status_code == 422
    assert "banks:read" in answer.json()["detail"]
