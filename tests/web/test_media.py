"""`/v1/media`: previews of what was kept, made by us, for those who may."""

import io
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image

from seawall.access.key import Scope
from seawall.clock import now
from seawall.settings import CasesConfig
from seawall.web.upkeep import SECONDS_BETWEEN
from seawall.workflows.sealing import delete_due
from tests.media.files import picture, png, saved
from tests.web.conftest import varied
from tests.web.serving import Served, serving
from tests.web.test_screen import add, host, screen

HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ROUTES = ("/v1/media", "/v1/media/med_0/preview")


def kept_of(client: httpx.Client, upload: str) -> dict[str, object]:
    """What was kept of this upload."""
    (media,) = client.get("/v1/media", params={"upload": upload}).json()["media"]
    return media


def torn(jpeg: bytes) -> bytes:
    """A picture that screening cannot look into, and so holds."""
    return jpeg[: len(jpeg) // 2]


@pytest.fixture
def reviewed(admin: httpx.Client, bank: str, photo: bytes) -> str:
    """The media kept of a photo that a rule wants reviewed."""
    add(admin, bank, photo)
    name = f"look-{bank}"
    rule = {"measure": "hold", "trigger": "match", "bank": bank, "review": True}
    answer = admin.put(f"/v1/rules/{name}", json=rule)
    assert answer.status_code in (200, 201), answer.text
    verdict = screen(admin, photo, item_id="post-1").json()
    assert verdict["review"], verdict
    media = kept_of(admin, verdict["upload"])
    admin.delete(f"/v1/rules/{name}")
    return str(media["id"])


def test_who_may_look(served: Served):
    """Nobody without a key, nobody with every other scope; the scope alone is enough."""
    others = [scope for scope in Scope if scope not in (Scope.MEDIA, Scope.ADMIN)]
    for who, client, status in (
        ("without a key", served.stranger(), 401),
        ("with a key we do not know", served.stranger(Authorization="Bearer swl_a_b"), 401),
        ("with every other scope", served.client(*others), 403),
    ):
        with client:
            for route in ROUTES:
                answer = client.get(route)
                assert answer.status_code == status, (who, route)
    with served.client("media") as client:
        assert [client.get(route).status_code for route in ROUTES] == [200, 404]


def test_a_held_photo_is_previewed_in_levels(served: Served, reviewed: str):
    """Grey and tiny, then larger, then in colour; never kept by a browser, never run by one."""
    with served.client("media") as client:
        for level, side, mode in ((0, 96, "L"), (1, 320, "L"), (2, 640, "L"), (4, 1280, "RGB")):
            answer = client.get(f"/v1/media/{reviewed}/preview", params={"level": level})
            assert answer.status_code == 200, answer.text
            image = Image.open(io.BytesIO(answer.content))
            assert (image.format, image.mode) == ("JPEG", mode)
            assert max(image.size) <= side
            assert answer.headers["content-type"] == "image/jpeg"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"]
        assert client.get(f"/v1/media/{reviewed}/preview", params={"level": 5}).status_code == 422
        assert (
            client.get(f"/v1/media/{reviewed}/preview", params={"nonsense": 1}).status_code == 422
        )
    with served.door.app.memory.reading() as stores:
        found = stores.audit.after(0, limit=100, subject=reviewed)
    assert [event.happening.action for event in found] == ["media:kept"] + 4 * ["media:revealed"]
    assert [event.happening.details["level"] for event in found[1:]] == [0, 1, 2, 4]


def test_a_golden_item_of_an_upload_shows_its_picture(admin: httpx.Client, reviewed: str):
    """Its signals and matches come with it; of an upload of which nothing is kept none is made."""
    policy = f"policy-{reviewed[-8:]}"
    ground = {"basis": "terms", "provision": "House rules, 4"}
    admin.put(f"/v1/policies/{policy}", json={"title": "Be kind", "ground": ground})
    (media,) = [each for each in admin.get("/v1/media").json()["media"] if each["id"] == reviewed]
    answer = {"queue": policy, "policy": policy, "decision": "keep", "why": "A landscape."}

    put = admin.post("/v1/golden-items", json=answer | {"upload": media["upload"]})
    assert (put.status_code, put.json()["kind"]) == (201, "image")
    admin.delete(f"/v1/golden-items/{put.json()['id']}")
    admin.delete(f"/v1/media/{reviewed}", params={"reason": "A test."})
    gone = admin.post("/v1/golden-items", json=answer | {"upload": media["upload"]})
    assert (gone.status_code, "Nothing is kept" in gone.json()["detail"]) == (409, True)


def test_a_key_has_a_budget_too(served: Served, reviewed: str):
    """A program that shows people media is counted as they are; the refusal says what to do."""
    ident, text = served.key("media")
    with served.door.app.memory.transaction() as stores:
        for _ in range(served.door.app.safe.budget):
            stores.sealed.count_look(ident, now().date().isoformat(), severity=1)

    with served.stranger(Authorization=f"Bearer {text}") as client:
        assert client.get(f"/v1/media/{reviewed}/preview").status_code == 200
        refusal = client.get(f"/v1/media/{reviewed}/preview", params={"level": 1})

    assert refusal.status_code == 403
    assert "Hand this case to a colleague" in refusal.json()["detail"]


@pytest.mark.parametrize(
    "data",
    [
        HTML,
        SVG,
        b"GIF89a/*" + HTML,
        b"\x89PNG\r\n\x1a\n" + HTML,
        png(60_000, 60_000, rows=b""),
        b"",
    ],
    ids=[
        "html",
        "svg",
        "html after a GIF's start",
        "html after a PNG's start",
        "bomb",
        "a few bytes",
    ],
)
def test_what_only_claims_to_be_a_picture_is_never_served(admin: httpx.Client, data: bytes):
    """Held, kept as it came, and answered with a sentence at every level."""
    answer = admin.post("/v1/screen", files={"file": ("cat.jpg", varied(data), "image/jpeg")})
    verdict = answer.json()
    assert verdict["measure"] == "hold"
    media = kept_of(admin, verdict["upload"])
    assert media["missing"] is None

    for level in (0, 4):
        refusal = admin.get(f"/v1/media/{media['id']}/preview", params={"level": level})
        assert refusal.status_code == 422
        assert refusal.headers["content-type"] == "application/problem+json"
        assert b"<script" not in refusal.content


def test_a_picture_that_is_also_a_page_is_served_as_a_picture(admin: httpx.Client, bank: str):
    """A JPEG with a page in its comment and after its end: our own JPEG has neither."""
    jpeg = saved(picture(9), "JPEG", comment=HTML) + HTML
    add(admin, bank, jpeg)
    rule = {"measure": "hold", "trigger": "match", "bank": bank, "review": True}
    assert admin.put(f"/v1/rules/look-{bank}", json=rule).status_code in (200, 201)
    upload = screen(admin, jpeg).json()["upload"]
    admin.delete(f"/v1/rules/look-{bank}")

    for level in range(5):
        answer = admin.get(f"/v1/media/{kept_of(admin, upload)['id']}/preview?level={level}")
        assert answer.content.startswith(b"\xff\xd8\xff\xe0\x00\x10JFIF")
        assert HTML not in answer.content
        assert answer.headers["content-type"] == "image/jpeg"


def test_what_needs_no_person_is_not_kept(admin: httpx.Client):
    """Let through, and not a byte of it stays."""
    verdict = screen(admin, saved(picture(77))).json()

    assert (verdict["measure"], verdict["review"]) == ("allow", False)
    assert admin.get("/v1/media", params={"upload": verdict["upload"]}).json()["media"] == []


def test_what_a_link_led_to_is_kept_from_us_not_from_its_host(admin: httpx.Client, photo: bytes):
    """So a reviewer's browser never asks the uploader's host."""
    with host(torn(photo)) as address:
        verdict = screen(admin, url=address).json()
    assert verdict["measure"] == "hold"
    media = kept_of(admin, verdict["upload"])
    assert (media["size"], media["missing"]) == (len(torn(photo)), None)

    gone = screen(admin, url=address).json()
    assert kept_of(admin, gone["upload"])["missing"] == "No media came with this upload."


def test_a_repeated_request_names_one_media(admin: httpx.Client, photo: bytes):
    """The answer kept for the key is of the first upload, and so is the media."""
    once = {"Idempotency-Key": f"k{time.time_ns()}"}
    answers = [
        admin.post("/v1/screen", files={"file": torn(photo)}, headers=once).json() for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert kept_of(admin, answers[0]["upload"])["missing"] is None


def test_pages_of_media_follow_each_other(admin: httpx.Client, photo: bytes):
    """Newest first, none twice."""
    uploads = [screen(admin, torn(varied(photo))).json()["upload"] for _ in range(3)]

    first = admin.get("/v1/media", params={"limit": 2}).json()
    second = admin.get("/v1/media", params={"limit": 1, "after": first["next"]}).json()

    listed = [media["upload"] for media in first["media"] + second["media"]]
    assert listed == uploads[::-1]


def test_a_server_deletes_what_is_due_by_itself(tmp_path: Path, photo: bytes):
    """From its first round on, after whatever kept it from running."""
    cases = CasesConfig(keep_media_at_most=timedelta(0))
    with serving(tmp_path / "home", cases=cases) as running, running.client() as client:
        time.sleep(SECONDS_BETWEEN * 3)  # its first sweep is over, the next is ten minutes away
        upload = screen(client, torn(photo)).json()["upload"]
        assert kept_of(client, upload)["deleted_at"] is None
    assert list((tmp_path / "home/sealed").glob("*/*.sealed"))

    with serving(tmp_path / "home", cases=cases) as running, running.client() as client:
        until = time.monotonic() + 20
        while kept_of(client, upload)["deleted_at"] is None:
            assert time.monotonic() < until
            time.sleep(0.1)
    assert list((tmp_path / "home/sealed").glob("*/*")) == []


def test_a_deleted_one_is_listed_and_not_shown(served: Served, admin: httpx.Client, photo: bytes):
    """The page can say since when."""
    media = kept_of(admin, screen(admin, torn(photo)).json()["upload"])
    app = served.door.app

    assert delete_due(safe=app.safe, memory=app.memory, now=now() + timedelta(days=91)) >= 1

    assert kept_of(admin, str(media["upload"]))["deleted_at"] is not None
    refusal = admin.get(f"/v1/media/{media['id']}/preview")
    assert refusal.status_code == 409
    assert "It was deleted on" in refusal.json()["detail"]


def test_only_an_operator_deletes_what_is_kept(served: Served, admin: httpx.Client, reviewed: str):
    """With a reason; nobody can look at it then."""
    asked = f"/v1/media/{reviewed}"
    with served.client("media") as client:
        assert client.delete(asked, params={"reason": "order 7"}).status_code == 403
        assert admin.delete(asked).status_code == 422
        assert admin.delete(asked, params={"reason": "order 7"}).status_code == 204
        assert client.get(f"{asked}/preview").status_code == 409
    assert admin.delete(asked, params={"reason": "order 7"}).status_code == 409
