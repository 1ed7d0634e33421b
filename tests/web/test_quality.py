"""`/v1/quality` and `/v1/golden-items`."""

import secrets

import httpx

GROUND = {"basis": "illegal", "provision": "Regulation (EU) 2021/784, Article 2(7)"}


def test_a_golden_item_is_put_listed_and_removed(admin: httpx.Client):
    """It rests once its policy has a newer version, and what it lacks is named."""
    policy = f"policy-{secrets.token_hex(4)}"
    admin.put(f"/v1/policies/{policy}", json={"title": "No terror", "ground": GROUND})
    item = {"item": "post 1", "kind": "text", "queue": "quiet", "policy": policy}
    assert admin.post("/v1/golden-items", json=item | {"why": "News."}).status_code == 422
    whole = item | {"why": "News.", "decision": "keep"}
    put = admin.post("/v1/golden-items", json=whole)
    assert (put.status_code, put.json()["policy_version"]) == (201, 1)
    assert admin.post("/v1/golden-items", json=whole | {"policy": "none"}).status_code == 404
    admin.put(f"/v1/policies/{policy}", json={"title": "No terror at all", "ground": GROUND})

    ident = put.json()["id"]
    (found,) = [
        each
        for each in admin.get("/v1/golden-items").json()["golden_items"]
        if each["policy"] == policy
    ]
    assert found == put.json() | {"rests": True}
    assert admin.delete(f"/v1/golden-items/{ident}").status_code == 204
    assert admin.delete(f"/v1/golden-items/{ident}").status_code == 404


def test_the_figures_have_every_part(admin: httpx.Client):
    """Also where there is nothing to count yet."""
    figures = admin.get("/v1/quality", params={"days": 1}).json()

    assert set(figures) == {"waiting", "agreement", "settled", "golden", "people", "precision"}
    assert set(figures["precision"]) == {"policy", "source", "bank", "entry"}
    assert admin.get("/v1/quality", params={"days": 0}).status_code == 422
