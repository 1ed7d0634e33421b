"""`/v1/exchange`: organisations, agreements, members, from the first invitation to the last withdrawal."""

import secrets
import time
from datetime import datetime, timedelta

import httpx
import pytest

from seawall.access.key import imprint_of, new_text
from seawall.clock import now
from seawall.exchange.agreement import Member, Role
from seawall.exchange.note import Verifier
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.organisation import Kind
from seawall.workflows.sharing import share
from tests.made import pdq
from tests.web.exchange import EXCHANGE, Hub, hub
from tests.web.serving import Served


@pytest.fixture
def place(served: Served) -> Hub:
    """An agreement of its own for each test."""
    return hub(served)


@pytest.fixture
def newcomer() -> str:
    """The id of an organisation nobody knows."""
    return f"new-{secrets.token_hex(4)}"


def invited(client: httpx.Client, path: str, organisation: str, **other: object) -> str:
    """The token of an invitation."""
    wanted = {"organisation": organisation, "kind": "platform", "roles": ["contribute"]} | other
    made = client.post(f"{path}/invitations", json=wanted)
    assert made.status_code == 201, made.text
    return made.json()["token"]


def shown(text: str) -> dict[str, str]:
    """What a member shows of the key it has made."""
    return imprint_of(text).document()


def joined(
    served: Served, token: str, *, key: str | None = None, made: str | None = None
) -> httpx.Response:
    """What joining with this token and a key made for it answers."""
    made = made or new_text(at=now())
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with served.stranger(**headers) as client:
        wanted = {"token": token, "name": "New Organisation", "key": shown(made)}
        return client.post(f"{EXCHANGE}/join", json=wanted)


def contribute(place: Hub, organisation: str, *signals: int) -> None:
    """The member confirms these signals."""
    with place.served.door.app.memory.transaction() as stores:
        opinion = Opinion(
            organisation=organisation,
            kind=Kind.PLATFORM,
            word=Word.CONFIRM,
            at=now(),
            categories=("terrorist-content",),
        )
        share(
            place.agreement,
            [(pdq(signal), opinion, None) for signal in signals],
            by=stores.organisations.member(place.agreement, organisation),
            taxonomy=place.served.door.app.taxonomy,
            stores=stores,
            now=now(),
            actor="test",
        )


def test_from_nothing_to_a_member(served: Served, admin: httpx.Client, newcomer: str):
    """The operator founds an agreement and invites; who was invited joins and sees it."""
    ident = f"terror-{newcomer}"
    terms = {
        "title": "Terrorist content",
        "categories": ["terrorist-content"],
        "retention": 86_400,
        "quota": None,
    }
    made = admin.post(f"{EXCHANGE}/agreements", json={"id": ident} | terms)
    assert made.status_code == 201
    assert made.headers["location"] == f"{EXCHANGE}/agreements/{ident}"
    token = invited(admin, f"{EXCHANGE}/agreements/{ident}", newcomer)

    mine = new_text(at=now())
    answer = joined(served, token, made=mine)

    assert answer.status_code == 201
    told = answer.json()
    assert told | {"hub": ""} == {
        "organisation": newcomer,
        "agreement": ident,
        "roles": ["contribute"],
        "key": imprint_of(mine).id,
        "hub": "",
    }
    Verifier.parse(told["hub"])
    with served.stranger(Authorization=f"Bearer {mine}") as client:
        mine = client.get(EXCHANGE).json()
        assert (mine["hub"], mine["organisation"]) == (told["hub"], newcomer)
        assert mine["agreements"] == [
            {
                "id": ident,
                "title": "Terrorist content",
                "roles": ["contribute"],
                "status": "active",
                "size": 2,
            }
        ]
        listed = client.get(f"{EXCHANGE}/agreements").json()["agreements"]
        assert [each["id"] for each in listed] == [ident]
        shown = client.get(f"{EXCHANGE}/agreements/{ident}").json()
    assert {name: shown[name] for name in terms} == terms | {"retention": 86_400.0}
    assert (shown["records"]["pieces"], shown["sources"], shown["size"]) == (0, {}, 2)
    known = admin.get(f"{EXCHANGE}/organisations").json()["organisations"]
    assert next(each["name"] for each in known if each["id"] == newcomer) == "New Organisation"


def test_a_token_works_once_and_for_its_time(place: Hub, admin: httpx.Client, newcomer: str):
    """An unknown, a used, an expired one: each is told what it is, and nobody comes in."""
    used = invited(admin, place.path, newcomer)
    soon = (now() + timedelta(seconds=1)).isoformat()
    late = invited(admin, place.path, f"{newcomer}-late", expires_at=soon)
    assert joined(place.served, used).status_code == 201
    time.sleep(1.1)

    for token, why in ((used, "used"), (late, "expired"), ("swi_guessed", "unknown")):
        answer = joined(place.served, token)
        assert (answer.status_code, why in answer.json()["detail"]) == (403, True), answer.text
    members = admin.get(f"{place.path}/members").json()["members"]
    assert [each["organisation"] for each in members] == [newcomer]
    past = {
        "organisation": "x",
        "kind": "platform",
        "roles": ["audit"],
        "expires_at": "2026-01-01T00:00:00Z",
    }
    assert admin.post(f"{place.path}/invitations", json=past).status_code == 422


def test_a_join_asked_for_again_gets_the_same_answer(
    place: Hub, admin: httpx.Client, newcomer: str
):
    """With the same key, which the answer does not show; somebody else's key comes too late."""
    token, mine = invited(admin, place.path, newcomer), new_text(at=now())
    first, again = (joined(place.served, token, made=mine) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert mine.split("_", 2)[2] not in first.text
    assert joined(place.served, token).status_code == 403
    wrong = {"token": token, "name": "N", "key": {"id": "key_1", "digest": "00"}}
    with place.served.stranger() as client:
        assert client.post(f"{EXCHANGE}/join", json=wrong).status_code == 422


def test_an_invitation_is_taken_back(place: Hub, newcomer: str):
    """By an administrator of the agreement; the token is unknown from then on, and only once is there one."""
    boss = place.member(Role.ADMINISTER)
    with place.client(boss) as client:
        token = invited(client, place.path, newcomer)
        (listed,) = client.get(f"{place.path}/invitations").json()["invitations"]
        gone = [
            client.delete(f"{place.path}/invitations/{listed['id']}").status_code for _ in range(2)
        ]
        assert client.get(f"{place.path}/invitations").json() == {"invitations": []}

    assert gone == [204, 404]
    assert listed["invited_by"].startswith("key_")
    assert "unknown" in joined(place.served, token).json()["detail"]


def test_a_token_is_shown_once(place: Hub, admin: httpx.Client, newcomer: str):
    """Neither the list nor the repeated request has it."""
    wanted = {"organisation": newcomer, "kind": "hotline", "roles": ["audit"]}
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    first, again = (
        admin.post(f"{place.path}/invitations", json=wanted, headers=headers).json()
        for _ in range(2)
    )

    assert first["token"].startswith("swi_")
    assert again == first | {"token": None}
    (listed,) = admin.get(f"{place.path}/invitations").json()["invitations"]
    assert listed == {name: value for name, value in first.items() if name != "token"}


def test_a_known_organisation_joins_with_its_key(place: Hub, admin: httpx.Client):
    """Whoever else comes with the token is refused, be it an administrator of the agreement."""
    acme, boss = place.member(agreement=place.other), place.member(Role.ADMINISTER)
    with place.client(boss) as client:
        token = invited(client, place.path, acme)

    for key in (None, place.members[boss], admin.headers["authorization"].removeprefix("Bearer ")):
        assert joined(place.served, token, key=key).status_code == 403
    assert joined(place.served, token, key="swl_who_knows").status_code == 401
    answer = joined(place.served, token, key=place.members[acme])

    assert (answer.status_code, answer.json()["organisation"]) == (201, acme)


def test_guessing_tokens_is_slowed_down(served: Served, a_long_second: int):
    """Like guessing keys."""
    wanted = {"token": "swi_guess", "name": "Nobody", "key": shown(new_text(at=now()))}
    with served.stranger() as client:
        answered = [
            client.post(f"{EXCHANGE}/join", json=wanted).status_code
            for _ in range(a_long_second + 2)
        ]

    assert answered == [403] * a_long_second + [429] * 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": ["king"]},
        {"roles": []},
        {"kind": "club"},
        {"organisation": "No Id"},
        {"more": 1},
    ],
    ids=str,
)
def test_invitations_are_checked(place: Hub, admin: httpx.Client, wrong: dict):
    """Unknown fields and words are refused, not ignored."""
    usual = {"organisation": "fine", "kind": "platform", "roles": ["audit"]}

    assert admin.post(f"{place.path}/invitations", json=usual | wrong).status_code == 422
    assert admin.get(f"{place.path}/invitations").json() == {"invitations": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"retention": 0},
        {"retention": 1e300},
        {"quota": -1},
        {"min_quality": 101},
        {"categories": ["nonsense"]},
        {"signal_types": ["smell"]},
        {"leaving": []},
        {"leaving": ["burn"]},
        {"title": ""},
        {"id": "other"},
    ],
    ids=str,
)
def test_terms_are_checked(place: Hub, admin: httpx.Client, wrong: dict):
    """When they are changed as when they are made."""
    assert admin.patch(place.path, json=wrong).status_code == 422
    new = {"id": f"a-{secrets.token_hex(4)}", "title": "New"} | wrong
    if "id" not in wrong:  # which is no term
        assert admin.post(f"{EXCHANGE}/agreements", json=new).status_code == 422


def test_a_name_is_given_once(place: Hub, admin: httpx.Client):
    """Of organisations and agreements; a repeated request with its Idempotency-Key gets the first answer."""
    wanted = {"id": f"acme-{secrets.token_hex(4)}", "name": "Acme", "kind": "platform"}
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    first, again = (
        admin.post(f"{EXCHANGE}/organisations", json=wanted, headers=headers) for _ in range(2)
    )

    assert (again.status_code, again.json()) == (201, first.json())
    assert admin.post(f"{EXCHANGE}/organisations", json=wanted).status_code == 409
    taken = {"id": place.agreement, "title": "Again"}
    assert admin.post(f"{EXCHANGE}/agreements", json=taken).status_code == 409


def test_a_suspended_member_is_shut_out_and_let_in_again(place: Hub, admin: httpx.Client):
    """With its next request; its other agreements are none of this one's business."""
    acme = place.member(Role.CONSUME)
    member = f"{place.path}/members/{acme}"
    with place.client(acme) as client:
        answered = [client.get(place.path).status_code]
        for status in ("suspended", "active"):
            changed = admin.patch(member, json={"status": status})
            assert (changed.status_code, changed.json()["status"]) == (200, status)
            answered.append(client.get(place.path).status_code)
            seen = [each["id"] for each in client.get(EXCHANGE).json()["agreements"]]
            listed = client.get(f"{EXCHANGE}/agreements").json()["agreements"]
            assert seen == [each["id"] for each in listed]
            assert seen == ([place.agreement] if status == "active" else [])

    assert answered == [200, 403, 200]
    assert admin.patch(member, json={"status": "left"}).status_code == 422


def test_a_member_leaves_by_itself(place: Hub):
    """It takes back what it gave, and asking again finishes what was cut short instead of failing."""
    acme, globex = place.member(), place.member()
    for organisation in (acme, globex):
        contribute(place, organisation, 1, 2, 3)
    path = f"{place.path}/members/{acme}"
    with place.client(acme) as client:
        assert client.delete(path).status_code == 422  # there is a choice to be made
        first, again = (client.delete(f"{path}?contributions=withdraw") for _ in range(2))
        assert client.get(place.path).status_code == 403
        assert client.delete(f"{place.path}/members/{globex}").status_code == 403

    assert first.json() == {
        "agreement": place.agreement,
        "organisation": acme,
        "status": "left",
        "contributions": "withdraw",
        "withdrawn": 3,
    }
    assert (again.status_code, again.json()["withdrawn"]) == (200, 0)
    with place.served.door.app.memory.reading() as stores:
        said = {
            (opinion.organisation, opinion.word)
            for record in stores.records.page(place.agreement)
            for opinion in record.opinions
        }
    assert said == {(acme, "withdraw"), (globex, "confirm")}


def test_the_terms_may_leave_no_choice(served: Served):
    """Then nothing need be said, and nothing else may be."""
    strict = hub(served, leaving=("keep",))
    acme = strict.member()
    with strict.client(acme) as client:
        path = f"{strict.path}/members/{acme}"
        assert client.delete(f"{path}?contributions=withdraw").status_code == 403
        assert client.delete(path).json()["contributions"] == "keep"


def test_a_rogues_flood_waits_and_one_request_undoes_all(place: Hub, admin: httpx.Client):
    """Beyond its quota nothing is shared; what was is withdrawn, what waits is dropped."""
    rogue = place.member()
    assert admin.patch(f"{place.path}/members/{rogue}", json={"quota": 2}).json()["quota"] == 2
    contribute(place, rogue, *range(10))
    assert admin.get(f"{place.path}/quarantine").json() == {"waiting": {rogue: 8}}

    undone = admin.post(f"{place.path}/sources/{rogue}/withdraw")

    assert undone.json() == {"organisation": rogue, "withdrawn": 2}
    assert admin.get(f"{place.path}/quarantine").json() == {"waiting": {}}
    counts = admin.get(place.path).json()["records"]
    assert (counts["active"], counts["withdrawn"]) == (0, 2)
    assert admin.post(f"{place.path}/sources/nobody/withdraw").status_code == 404


@pytest.mark.parametrize(("fate", "shared"), [("release", 3), ("drop", 0)])
def test_what_waits_is_released_or_dropped(place: Hub, admin: httpx.Client, fate: str, shared: int):
    """By whom the agreement is administered; a second time there is nothing."""
    watched, boss = place.member(held=True), place.member(Role.ADMINISTER)
    contribute(place, watched, 1, 2, 3)
    path = f"{place.path}/quarantine/{watched}/{fate}"
    with place.client(boss) as client:
        done = client.post(path)
        again = client.post(path)

    assert done.json() == {"organisation": watched, "contributions": 3, "refused": 0}
    assert again.status_code == 404
    assert admin.get(place.path).json()["records"]["active"] == shared
    assert admin.post(f"{place.path}/quarantine/{watched}/burn").status_code == 422


def test_keys_are_renewed_without_a_gap(place: Hub, admin: httpx.Client):
    """Both open the same until the old one ends, and revoking one leaves the other."""
    acme = place.member(Role.CONSUME)
    with place.client(acme) as old:
        text = new_text(at=now())
        renewed = old.post(f"{EXCHANGE}/key", json={"key": shown(text)})
        again = old.post(f"{EXCHANGE}/key", json={"key": shown(text)})
        assert again.json() == renewed.json()
        another = old.post(f"{EXCHANGE}/key", json={"key": shown(new_text(at=now()))})
        assert another.status_code == 409
        assert old.get(place.path).status_code == 200
        told = renewed.json()
        with place.served.stranger(Authorization=f"Bearer {text}") as new:
            assert new.get(place.path).status_code == 200
            mine = [key for key in admin.get("/v1/keys").json()["keys"] if key["owner"] == acme]
            ending = next(key for key in mine if key["expires_at"])
            assert admin.delete(f"/v1/keys/{ending['id']}").status_code == 204
            assert (old.get(place.path).status_code, new.get(place.path).status_code) == (403, 200)

    assert renewed.status_code == 201
    ends = datetime.fromisoformat(told["expires_at_of_old"])
    assert timedelta(hours=23) < ends - now() <= timedelta(hours=24)
    assert told["expires_at"] is None
    assert told["key"] == imprint_of(text).id
    assert admin.post(f"{EXCHANGE}/key", json={"key": shown(text)}).status_code == 403


def test_members_see_each_other(place: Hub):
    """Who they are, of which kind, and that one has left."""
    acme = place.member(Role.AUDIT)
    ministry = place.member(Role.CONTRIBUTE, kind=Kind.AUTHORITY)
    with place.client(ministry) as client:
        client.delete(f"{place.path}/members/{ministry}?contributions=keep")
    with place.client(acme) as client:
        found = {
            each["organisation"]: each
            for each in client.get(f"{place.path}/members").json()["members"]
        }

    assert {name: (each["kind"], each["status"]) for name, each in found.items()} == {
        acme: ("platform", "active"),
        ministry: ("authority", "left"),
    }
    assert set(found[acme]) >= set(Member.__dataclass_fields__)
