"""What is screened while nobody waits, and texts, at every door that takes them."""

import time

import httpx
import pytest

from seawall.workflows.screenings import Bounds
from tests.web.serving import Served

NO_ROOM = Bounds(screenings=0, size=0)
LATER = {"Prefer": "respond-async, wait=1"}
TEXT = (
    "The sea wall at the harbour was raised again after the storm, and those who had built it the year before "
    "stood on it with lanterns until the morning came and the water went back to where it had been."
)


def ended(client: httpx.Client, where: str) -> dict[str, object]:
    """The screening once it has ended."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        document: dict[str, object] = client.get(where).json()
        if document["state"] in ("done", "failed"):
            return document
        time.sleep(0.05)
    raise AssertionError(document)


def test_a_file_is_screened_while_nobody_waits(admin: httpx.Client, bank: str, photo: bytes):
    """202 at once, then the same verdict as for one who waited, and a message that tells of it."""
    admin.post(f"/v1/banks/{bank}/entries", files={"file": photo})

    answer = admin.post(
        "/v1/screen", files={"file": photo}, data={"item_id": "later"}, headers=LATER
    )
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.json()["state"] == "waiting"
    document = ended(admin, answer.headers["location"])

    assert (document["state"], document["progress"], document["reason"]) == ("done", 1, None)
    verdict = document["verdict"]
    assert verdict["item"] == "later"
    assert bank in [match["bank"] for match in verdict["matches"]]
    messages = admin.get("/v1/messages", params={"topic": "upload:screened"}).json()["messages"]
    (body,) = (each["body"] for each in messages if each["body"]["screening"] == document["id"])
    assert body["measure"] == verdict["measure"]
    assert body["case"] == verdict["case"]


def test_a_request_that_is_repeated_is_one_screening(admin: httpx.Client, photo: bytes):
    """As everywhere else, by its Idempotency-Key."""
    headers = LATER | {"Idempotency-Key": photo[-8:].hex()}

    first, second = (
        admin.post("/v1/screen", files={"file": photo}, headers=headers) for _ in range(2)
    )
    waited = admin.post(
        "/v1/screen",
        files={"file": photo},
        headers={"Idempotency-Key": headers["Idempotency-Key"]},
    )

    assert first.headers["location"] == second.headers["location"]
    assert waited.status_code == 409
    ended(admin, first.headers["location"])


def test_a_screening_is_told_only_to_those_who_asked(served: Served, photo: bytes):
    """A key of the same organisation may ask too; another's does not hear that there is one."""
    with (
        served.client("screen") as one,
        served.client("screen") as same,
        served.client("screen", owner="beta") as other,
    ):
        answer = one.post("/v1/screen", files={"file": photo}, headers=LATER)
        where = answer.headers["location"]
        assert ended(same, where)["state"] == "done"
        refused, missing = other.get(where), one.get("/v1/screenings/scr_none")

    ident = where.rpartition("/")[2]
    assert (refused.status_code, missing.status_code) == (404, 404)
    assert refused.json()["detail"].replace(ident, "scr_none") == missing.json()["detail"]


def test_what_is_no_file_is_answered_at_once(admin: httpx.Client):
    """Whoever prefers to wait later gets it now."""
    answer = admin.post("/v1/screen", json={"text": TEXT, "item_id": "t"}, headers=LATER)

    assert (answer.status_code, answer.json()["kind"]) == (200, "text")
    assert admin.post("/v1/screen", data={"text": TEXT}, headers=LATER).status_code == 200


def test_a_text_is_taken_at_every_door(admin: httpx.Client, bank: str):
    """Made known as JSON, found re-typed as a field of a form, and looked up by either."""
    added = admin.post(f"/v1/banks/{bank}/entries", json={"text": TEXT, "note": "seen"}).json()
    retyped = TEXT.replace("o", "о").upper()  # noqa: RUF001 - a Cyrillic o
    assert {each["signal_type"] for each in added["entries"]} > {"text", "text_sha256"}
    assert added["entries"][0]["note"] == "seen"

    verdict = admin.post("/v1/screen", data={"text": retyped}).json()
    again = admin.post("/v1/screen", json={"text": retyped}).json()

    assert verdict["matches"] == again["matches"]
    assert bank in [match["bank"] for match in verdict["matches"]]
    hashed = admin.post("/v1/hash", json={"text": retyped}).json()
    assert hashed["signals"] == verdict["signals"]
    for looked_up in (
        admin.post("/v1/match", json={"text": retyped}),
        admin.post("/v1/match", files={"text": (None, retyped)}),
        admin.post("/v1/match", files={"file": ("post.txt", retyped.encode())}),
    ):
        (result,) = looked_up.json()["results"]
        assert bank in [match["bank"] for match in result["matches"]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/screen", {"text": TEXT, "url": "https://example.org/"}),
        ("/v1/screen", {"item_id": "nothing"}),
        ("/v1/hash", {}),
        ("/v1/match", {"text": TEXT, "signals": [{"type": "md5", "value": "0" * 32}]}),
        ("/v1/screen", {"text": ""}),
    ],
)
def test_one_thing_at_a_time(admin: httpx.Client, path: str, body: dict[str, object]):
    """Nothing is guessed from what was sent beside."""
    assert admin.post(path, json=body).status_code == 422


def test_what_finds_no_place_in_the_background_is_told_when_to_come_back(
    served: Served, admin: httpx.Client, photo: bytes, monkeypatch: pytest.MonkeyPatch
):
    """Nothing of it is left behind."""
    monkeypatch.setattr("seawall.web.api.screen._bounds", lambda _: NO_ROOM)
    before = served.door.app.spool.names()

    answer = admin.post("/v1/screen", files={"file": photo}, headers=LATER)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert served.door.app.spool.names() <= before
