"""`/v1/rules`."""

import json
import secrets

import httpx

from tests.made import flipped, pdq


def test_a_rule_is_put_shown_and_taken_out(admin: httpx.Client):
    """Territories are spelled out, and fields left out have their usual value."""
    name = f"rule-{secrets.token_hex(4)}"
    wanted = {"measure": "label", "max_distance": 10, "territories": ["DE", "at"]}

    put = admin.put(f"/v1/rules/{name}", json=wanted)

    assert put.status_code == 200
    assert put.json()["territories"] == ["AT", "DE"]
    assert put.json()["enabled"] is True
    assert admin.get(f"/v1/rules/{name}").json() == put.json()
    assert put.json() in admin.get("/v1/rules").json()["rules"]
    assert admin.delete(f"/v1/rules/{name}").status_code == 204
    assert admin.get(f"/v1/rules/{name}").status_code == 404


def test_a_rule_counts_from_the_next_upload_on(admin: httpx.Client, bank: str):
    """And only where it says."""
    signal = pdq(11_001)
    admin.post(f"/v1/banks/{bank}/entries", json={"signal_type": "pdq", "value": signal.value})
    given = json.dumps([{"type": "pdq", "value": flipped(signal, 12).value}])
    name = f"rule-{secrets.token_hex(4)}"
    rule = {"measure": "block", "bank": bank, "territories": ["EU"]}

    before = admin.post("/v1/screen", data={"signals": given}).json()
    admin.put(f"/v1/rules/{name}", json=rule)
    after = admin.post("/v1/screen", data={"signals": given, "territory": "DE"}).json()
    admin.delete(f"/v1/rules/{name}")

    assert before["measure"] == "hold"
    assert after["measure"] == "block"
    assert after["measures_by_territory"]["FR"] == "block"
    assert after["measures_by_territory"]["*"] == "hold"


def test_a_replay_says_what_would_have_changed_and_changes_nothing(admin: httpx.Client, bank: str):
    """Counts and examples, from what was screened before."""
    signal = pdq(11_002)
    admin.post(f"/v1/banks/{bank}/entries", json={"signal_type": "pdq", "value": signal.value})
    given = json.dumps([{"type": "pdq", "value": flipped(signal, 40).value}])
    verdict = admin.post("/v1/screen", data={"signals": given, "item_id": "far"}).json()
    rules = admin.get("/v1/rules").json()

    proposed = {"name": "trial", "measure": "block", "bank": bank, "max_distance": 48}
    replay = admin.post("/v1/rules/replay", json={"rule": proposed, "since": verdict["at"]}).json()

    assert verdict["measure"] == "allow"
    (shift,) = replay["shifts"]
    assert (shift["before"], shift["after"], shift["count"]) == ("allow", "block", 1)
    assert shift["examples"][0]["item"] == "far"
    assert shift["examples"][0]["match"]["distance"] == 40
    assert admin.get("/v1/rules").json() == rules


def test_the_last_rule_for_failures_stays(admin: httpx.Client):
    """Without it, what cannot be screened would pass unseen."""
    rule = admin.get("/v1/rules/could-not-be-screened").json()
    switched_off = {name: value for name, value in rule.items() if name != "name"} | {
        "enabled": False
    }

    removal = admin.delete("/v1/rules/could-not-be-screened")
    change = admin.put("/v1/rules/could-not-be-screened", json=switched_off)

    assert (removal.status_code, change.status_code) == (409, 409)
    assert admin.get("/v1/rules/could-not-be-screened").json() == rule


def test_a_rule_may_ask_for_precision(admin: httpx.Client):
    """One left out asks for none; one that is no share is refused."""
    path = f"/v1/rules/rule-{secrets.token_hex(4)}"

    assert admin.put(path, json={"measure": "label"}).json()["min_precision"] is None
    assert admin.put(path, json={"measure": "label", "min_precision": 0.9}).status_code == 200
    assert admin.get(path).json()["min_precision"] == 0.9
    assert admin.put(path, json={"measure": "label", "min_precision": 90}).status_code == 422
    admin.delete(path)


def test_a_rule_that_contradicts_itself_is_refused(admin: httpx.Client):
    """With the sentence that says what to do instead."""
    answer = admin.put("/v1/rules/odd", json={"measure": "restrict"})

    assert answer.status_code == 422
    assert "name them" in answer.json()["detail"]


def test_the_categories_are_listed(admin: httpx.Client):
    """With the Transparency Database's codes."""
    names = {each["name"] for each in admin.get("/v1/categories").json()["categories"]}

    assert "terrorist-content" in names
