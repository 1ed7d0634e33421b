"""`POST /v1/screen`: an upload over HTTP."""

import http.server
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from seawall.signals.signal import Signal
from seawall.workflows.upload import screen_upload
from tests.made import flipped, pdq, video
from tests.shared import shared_data
from tests.web.conftest import turned, varied
from tests.web.serving import Served

NOW = {"measure_now": "block", "retroactions": []}  # nothing has changed since


def add(admin: httpx.Client, bank: str, photo: bytes) -> list[dict[str, object]]:
    """Make a photo known."""
    answer = admin.post(
        f"/v1/banks/{bank}/entries",
        files={"file": photo},
        data={"categories": "terrorist-content", "note": "seen"},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["entries"]


def screen(client: httpx.Client, photo: bytes | None = None, **fields: str) -> httpx.Response:
    """Hand in an upload."""
    return client.post("/v1/screen", files={"file": photo} if photo else None, data=fields)


def of(verdict: dict[str, list[dict[str, object]]], bank: str) -> list[dict[str, object]]:
    """The matches in this bank; other tests know the same photo."""
    return [match for match in verdict["matches"] if match["bank"] == bank]


def test_a_copy_is_blocked_and_everything_is_said(admin: httpx.Client, bank: str, photo: bytes):
    """The shape that others script against, and what the page shows."""
    added = add(admin, bank, photo)

    verdict = screen(
        admin,
        photo,
        item_id="post-1",
        surface="feed",
        uploader="u1",
        territory="de",
        reach="1200",
    ).json()

    assert verdict["measure"] == "block"
    assert verdict["measures_by_territory"] == {"*": "block"}
    assert verdict["territory"] == "DE"
    assert (verdict["item"], verdict["surface"], verdict["uploader"]) == ("post-1", "feed", "u1")
    assert verdict["reach"] == 1200
    assert screen(admin, photo, reach="-1").status_code == 422
    assert [signal["type"] for signal in verdict["signals"]] == ["pdq", "md5", "sha1", "sha256"]
    assert verdict["not_screened"] == []
    assert verdict["case"].startswith("case_")
    assert {match["signal_type"] for match in of(verdict, bank)} == {"pdq", "md5", "sha1", "sha256"}
    nearest = next(match for match in of(verdict, bank) if match["signal_type"] == "pdq")
    assert nearest == {
        "signal_type": "pdq",
        "value": added[0]["value"],
        "signal": added[0]["value"],
        "distance": 0,
        "threshold": 0,
        "orientation": "upright",
        "frame": 0,
        "region": None,
        "upload_share": None,
        "known_share": None,
        "segments": [],
        "bank": bank,
        "entry": added[0]["id"],
        "categories": ["terrorist-content"],
        "vouchers": 1,
        "rule": "known-exactly",
        "rules": ["known-exactly", "known-nearly"],
        "shadow_rules": [],
        "origins": [],
        "withheld": None,
    }
    assert admin.get(f"/v1/uploads/{verdict['upload']}").json() == verdict | NOW


def test_a_turned_copy_is_found_and_said_to_be_turned(admin: httpx.Client, bank: str, photo: bytes):
    """`orientation` is how the upload must be turned to look like the known picture."""
    add(admin, bank, photo)

    verdict = screen(admin, turned(photo)).json()

    match = of(verdict, bank)[0]
    assert match["orientation"] == "rotate270"
    assert match["distance"] <= 31
    assert match["rule"] == "known-nearly"


def test_a_truncated_photo_is_held_not_let_through(admin: httpx.Client, photo: bytes):
    """What cannot be screened is named, and the rule for failures decides."""
    verdict = screen(admin, varied(photo[: len(photo) // 3])).json()

    assert verdict["measure"] == "hold"
    assert verdict["review"] is True
    assert verdict["rules"] == ["could-not-be-screened"]
    assert verdict["not_screened"][0]["what"] == "pdq"
    assert verdict["not_screened"][0]["cause"] == "failed"


def test_ready_made_signals_are_screened(admin: httpx.Client, bank: str):
    """For platforms that compute hashes where the upload is."""
    signal = pdq(8_001)
    admin.post(f"/v1/banks/{bank}/entries", json={"signal_type": "pdq", "value": signal.value})

    given = json.dumps([{"type": "pdq", "value": flipped(signal, 5).value}])
    verdict = screen(admin, signals=given).json()

    assert verdict["measure"] == "hold"
    assert of(verdict, bank)[0]["distance"] == 5


@contextmanager
def host(content: bytes, *, leads_to: str | None = None) -> Iterator[str]:
    """A web server on this machine with one photo, or that only knows another address."""

    class Photo(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if leads_to else 200)
            if leads_to:
                self.send_header("Location", leads_to)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Photo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/photo.jpg"
        server.shutdown()


def test_what_takes_long_to_compare_keeps_nobody_else_waiting(
    admin: httpx.Client, bank: str, monkeypatch: pytest.MonkeyPatch
):
    """A video, or a photo that a known video shows; every other photo is looked up where it is."""
    film = video(*(pdq(number) for number in range(900, 910)))
    entry = {"signal_type": "vpdq", "value": film.value}
    assert admin.post(f"/v1/banks/{bank}/entries", json=entry).status_code == 201
    threads = []

    def noted(*given: object, **named: object):
        threads.append(threading.get_ident())
        return screen_upload(*given, **named)  # type: ignore[arg-type] # as given

    monkeypatch.setattr("seawall.web.api.screen.screen_upload", noted)

    def screened(signal: Signal) -> tuple[int, ...]:
        threads.clear()
        signals = [{"type": signal.type, "value": signal.value}]
        assert admin.post("/v1/screen", json={"signals": signals}).status_code == 200
        return tuple(threads)

    (loop,) = screened(pdq(999))
    (elsewhere,) = screened(film)
    there, then = screened(pdq(905))
    assert loop == there
    assert loop not in (elsewhere, then)


def test_a_link_is_followed_and_counts_itself(admin: httpx.Client, bank: str, photo: bytes):
    """Both the page's address and what it leads to are looked up."""
    add(admin, bank, photo)
    with host(photo) as url:
        admin.post(f"/v1/banks/{bank}/entries", json={"signal_type": "url", "value": url})

        verdict = screen(admin, url=f"{url}?utm_source=here").json()

    assert {match["signal_type"] for match in of(verdict, bank)} == {
        "url",
        "pdq",
        "md5",
        "sha1",
        "sha256",
    }
    assert verdict["measure"] == "block"


def test_a_link_that_leads_nowhere_is_held(admin: httpx.Client):
    """The content could not be screened, and that is a failure like any other."""
    with host(b"") as url:
        gone = url
    verdict = screen(admin, url=gone).json()

    assert verdict["measure"] == "hold"
    assert verdict["not_screened"][0]["cause"] == "failed"
    assert verdict["signals"][0]["type"] == "url"


@pytest.mark.parametrize(
    "inside", ["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://1.1.1.1:22/"]
)
def test_a_known_link_is_found_wherever_its_owner_redirects_to(
    admin: httpx.Client, bank: str, inside: str
):
    """Fetching is no way to look behind the door, and refusing it is no way to spare a link its verdict."""
    with host(b"", leads_to=inside) as url:
        admin.post(f"/v1/banks/{bank}/entries", json={"signal_type": "url", "value": url})
        answer = screen(admin, url=url)

    verdict = answer.json()
    assert answer.status_code == 200
    assert [match["signal_type"] for match in of(verdict, bank)] == ["url"]
    assert verdict["measure"] == "block"
    assert verdict["not_screened"][0]["cause"] == "failed"
    assert admin.get(f"/v1/uploads/{verdict['upload']}").json() == verdict | NOW
    events = admin.get("/v1/audit", params={"subject": verdict["upload"]}).json()["events"]
    assert [event["action"] for event in events] == ["upload:screened"]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://somebody:secret@example.org/picture.jpg",
        "example.org/picture.jpg",
        "https://example.org:8443/picture.jpg",
    ],
)
def test_a_link_that_is_not_fetched_is_held_with_one_sentence(admin: httpx.Client, url: str):
    """The same for all, so that nobody maps our network with it."""
    verdict = screen(admin, url=url)

    assert verdict.status_code == 200, verdict.text
    (absent,) = verdict.json()["not_screened"]
    assert verdict.json()["measure"] == "hold"
    assert absent["cause"] == "failed"
    assert "only public http and https addresses" in absent["reason"]
    assert "secret" not in verdict.text
    hashed = admin.post("/v1/hash", data={"url": url}).json()
    assert hashed["signals"][0]["type"] == "url"
    assert hashed["error"] == absent["reason"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"url": "https://example.org/", "signals": "[]"},
        {"signals": "[]"},
        {"signals": "nonsense"},
        {"url": "ftp://example.org/a"},
        {"signals": '[{"type": "pdq", "value": "zz"}]'},
        {"surprise": "yes", "url": "https://example.org/"},
        {
            "signals": '[{"type": "md5", "value": "d41d8cd98f00b204e9800998ecf8427e"}]',
            "territory": "Germany",
        },
    ],
)
def test_a_form_that_makes_no_sense_is_refused(admin: httpx.Client, fields: dict[str, str]):
    """One of file, url and signals, each well formed, and nothing we do not know."""
    answer = screen(admin, **fields)

    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]


def test_a_repeated_request_gets_the_same_answer_and_is_recorded_once(
    admin: httpx.Client, photo: bytes
):
    """A platform that lost our answer may ask again without fear."""
    item = secrets.token_hex(8)
    headers = {"Idempotency-Key": secrets.token_hex(8)}

    first, again = (
        admin.post("/v1/screen", files={"file": photo}, data={"item_id": item}, headers=headers)
        for _ in range(2)
    )

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert len(admin.get("/v1/uploads", params={"item": item}).json()["uploads"]) == 1


def test_requests_repeated_at_once_are_one(admin: httpx.Client, photo: bytes):
    """Eight at the same moment: one upload, eight equal answers."""
    item = secrets.token_hex(8)
    headers = {"Idempotency-Key": secrets.token_hex(8)}

    def ask(_: int) -> dict[str, object]:
        answer = admin.post(
            "/v1/screen", files={"file": photo}, data={"item_id": item}, headers=headers
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))

    assert all(answer == answers[0] for answer in answers)
    assert len(admin.get("/v1/uploads", params={"item": item}).json()["uploads"]) == 1


def test_an_idempotency_key_stands_for_one_request(admin: httpx.Client, photo: bytes):
    """Another upload under the same name is a mistake of the caller's, and told."""
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    admin.post("/v1/screen", files={"file": photo}, headers=headers)

    answer = admin.post("/v1/screen", files={"file": varied(photo)}, headers=headers)

    assert answer.status_code == 409
    assert "Idempotency-Key" in answer.json()["detail"]


def test_one_key_holds_half_of_the_places_at_most(served: Served, admin: httpx.Client):
    """Whoever sends forms slowly keeps itself waiting, not everybody else."""
    room = served.door.room
    at = urlsplit(served.url)
    _, text = served.key("screen")
    head = (
        f"POST /v1/screen HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {text}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n--b\r\n"
    )
    with ExitStack() as open_ones:
        for _ in range(room.places // 2):
            slow = socket.create_connection((at.hostname, at.port), timeout=5)
            open_ones.enter_context(slow)
            slow.sendall(head.encode())
        until = time.monotonic() + 10
        while room.taken < room.places // 2 and time.monotonic() < until:
            time.sleep(0.02)

        given = json.dumps([{"type": "pdq", "value": pdq(8_002).value}])
        mine = {"Authorization": f"Bearer {text}"}
        refused = admin.post("/v1/screen", data={"signals": given}, headers=mine)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        assert screen(admin, signals=given).status_code == 200

    until = time.monotonic() + 10
    while room.taken and time.monotonic() < until:
        time.sleep(0.02)
    assert admin.post("/v1/screen", data={"signals": given}, headers=mine).status_code == 200


def test_beyond_its_places_the_server_says_when_to_come_back(served: Served, admin: httpx.Client):
    """A queue that only grows is no service; 503 with Retry-After is."""
    room = served.door.room
    taken, room.taken = room.taken, room.places
    try:
        answer = screen(admin, b"anything")
    finally:
        room.taken = taken

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert (
        screen(admin, shared_data("images/bridge-mods/shrink-a-lot.jpg").read_bytes()).status_code
        == 200
    )
