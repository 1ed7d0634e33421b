"""People over HTTP, for administrators' keys."""

import secrets

import httpx
import pytest

from seawall.access.person import Role
from tests.web.console.people import browser, somebody
from tests.web.serving import Served


@pytest.fixture
def bo(served: Served):
    """A reviewer."""
    return somebody(served, Role.REVIEWER, login=f"bo-{secrets.token_hex(4)}@example.org")


def test_somebody_is_invited_once(admin: httpx.Client):
    """The token is shown once; repeated, the request makes nothing new."""
    login = f"new-{secrets.token_hex(4)}@example.org"
    wanted = {"login": login, "roles": ["reviewer"], "limits": {"territories": ["BE"]}}
    once = {"Idempotency-Key": secrets.token_hex(8)}
    made = admin.post("/v1/people/invitations", json=wanted, headers=once)
    again = admin.post("/v1/people/invitations", json=wanted, headers=once)
    listed = admin.get("/v1/people/invitations").json()["invitations"]

    assert made.status_code == 201
    assert made.json()["token"].startswith("swp_")
    assert made.json()["limits"]["territories"] == ["BE"]
    assert again.json() == made.json() | {"token": None}
    assert [each["id"] for each in listed if each["login"] == login] == [made.json()["id"]]
    assert all("token" not in each for each in listed)


def test_what_somebody_may_do_is_changed_by_one_at_a_time(admin: httpx.Client, bo):
    """The ETag is of roles and limits; what is left out stays."""
    path = f"/v1/people/{bo.login}"
    read = admin.get(path)
    tag = {"If-Match": read.headers["etag"]}
    changed = admin.patch(path, json={"roles": ["lead"]}, headers=tag)
    late = admin.patch(path, json={"roles": ["admin"]}, headers=tag)
    limited = admin.patch(path, json={"limits": {"queues": ["urgent"]}})

    assert (read.json()["id"], read.json()["roles"]) == (bo.id, ["reviewer"])
    assert (changed.status_code, changed.json()["roles"]) == (200, ["lead"])
    assert changed.headers["etag"] != read.headers["etag"]
    assert (late.status_code, "meanwhile" in late.json()["detail"]) == (412, True)
    assert (limited.json()["roles"], limited.json()["limits"]["queues"]) == (["lead"], ["urgent"])


def test_an_invitation_is_taken_back(admin: httpx.Client):
    """Once; it is not listed any more."""
    wanted = {"login": f"new-{secrets.token_hex(4)}@example.org", "roles": ["reviewer"]}
    path = (
        f"/v1/people/invitations/{admin.post('/v1/people/invitations', json=wanted).json()['id']}"
    )

    assert [admin.delete(path).status_code for _ in range(2)] == [204, 404]
    listed = admin.get("/v1/people/invitations").json()["invitations"]
    assert wanted["login"] not in {each["login"] for each in listed}


@pytest.mark.parametrize(
    "wanted",
    [
        {"roles": ["emperor"]},
        {"roles": []},
        {"limits": {"territories": ["Atlantis"]}},
        {"limits": {"categories": ["nonsense"]}},
        {"limits": {"places": ["DE"]}},
        {"password": "x"},
    ],
)
def test_what_makes_no_sense_changes_nothing(admin: httpx.Client, bo, wanted: dict):
    """A problem document, and the same person as before."""
    path = f"/v1/people/{bo.id}"
    before = admin.get(path).json()
    answer = admin.patch(path, json=wanted)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert admin.get(path).json() == before


def test_somebody_is_signed_out_kept_out_and_let_in(served: Served, admin: httpx.Client, bo):
    """Each counts from the next click on; a reset shows a token once."""
    path = f"/v1/people/{bo.id}"
    with browser(served, bo) as client:
        assert client.get("/desk/account").status_code == 200
        assert admin.post(f"{path}/sign-out").json() == {"sign_ins": 1}
        assert client.get("/desk/account").status_code == 303
    assert admin.post(f"{path}/disable").json()["disabled_at"] is not None
    assert admin.post(f"{path}/enable").json()["disabled_at"] is None
    assert admin.post(f"{path}/reset").json()["token"].startswith("swp_")
    assert admin.get("/v1/people/psn_nobody").status_code == 404
    told = admin.get("/v1/audit", params={"subject": bo.id, "limit": 100}).json()["events"]
    assert [each["action"] for each in told] == [
        "person:signed-out",
        "person:disabled",
        "person:enabled",
        "person:reset",
    ]


def test_everybody_is_listed_page_by_page(admin: httpx.Client, bo):
    """Without a secret of anybody's."""
    found, after = [], {}
    while True:
        page = admin.get("/v1/people", params={"limit": 2} | after).json()
        found += page["people"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert len({each["id"] for each in found}) == len(found)
    (mine,) = [each for each in found if each["id"] == bo.id]
    assert mine == admin.get(f"/v1/people/{bo.login}").json()
    assert not {"totp", "oidc"} & set(mine)
    assert mine["password"] is True
