"""`POST /v1/match`."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.made import flipped, pdq, sound, video, words
from tests.web.serving import Served


def known(admin: httpx.Client, bank: str, value: str) -> str:
    """Make a signal known; its entry's id."""
    entry = {"signal_type": "pdq", "value": value, "categories": ["terrorist-content"]}
    return admin.post(f"/v1/banks/{bank}/entries", json=entry).json()["entries"][0]["id"]


def test_a_known_signal_is_found_by_the_very_next_request(admin: httpx.Client, bank: str):
    """The answer has the shape that others script against, field for field."""
    signal = pdq(7_001)
    entry = known(admin, bank, signal.value)
    near = flipped(signal, 9)

    asked = {"signals": [{"type": "pdq", "value": near.value}], "max_distance": 31}
    answer = admin.post("/v1/match", json=asked)

    assert answer.json() == {
        "results": [
            {
                "matches": [
                    {
                        "bank": bank,
                        "entry": entry,
                        "signal_type": "pdq",
                        "value": signal.value,
                        "distance": 9,
                        "orientation": "upright",
                        "region": None,
                        "upload_share": None,
                        "known_share": None,
                        "segments": [],
                        "categories": ["terrorist-content"],
                        "origins": [],
                    }
                ]
            }
        ]
    }


def test_many_codes_in_a_row_are_answered_with_segments(admin: httpx.Client, bank: str):
    """Where in each; a long entry is told in brief, and its `entry` leads to the whole."""
    film = video(*map(pdq, range(60_000, 60_100)))
    known = [{"signal_type": each.type, "value": each.value} for each in (film, sound(6), words(6))]
    answer = admin.post(f"/v1/banks/{bank}/entries", json=known)
    entries = [each["id"] for each in answer.json()["entries"]]
    clip = video(*map(pdq, range(61_000, 61_005)), *map(pdq, range(60_040, 60_060)))
    asked = [{"type": each.type, "value": each.value} for each in (clip, sound(6), words(6))]

    results = admin.post("/v1/match", json={"signals": asked}).json()["results"]

    (in_film,), (in_sound,), (in_text,) = (each["matches"] for each in results)
    assert [each["entry"] for each in (in_film, in_sound, in_text)] == entries
    assert (in_film["signal_type"], in_film["value"][:7]) == ("vpdq", "sha256-")
    whole = admin.get(f"/v1/banks/{bank}/entries/{entries[0]}").json()
    assert whole["value"] == film.value
    (segment,) = in_film["segments"]
    assert (segment["start"], segment["known_start"]) == (5, 40)
    assert in_film["upload_share"] == pytest.approx(0.8, abs=0.05)
    assert in_sound["known_share"] == in_text["known_share"] == 1
    assert len(in_sound["segments"]) == len(in_text["segments"]) == 1


def test_a_batch_is_answered_in_its_order(admin: httpx.Client, bank: str):
    """One result for each signal, empty where nothing is near."""
    first, second, strange = pdq(7_002), pdq(7_003), pdq(7_004)
    entries = [known(admin, bank, signal.value) for signal in (first, second)]

    asked = [{"type": "pdq", "value": each.value} for each in (second, strange, first)]
    results = admin.post("/v1/match", json={"signals": asked}).json()["results"]

    found = [[match["entry"] for match in result["matches"]] for result in results]
    assert found == [[entries[1]], [], [entries[0]]]


def test_distance_is_the_caller_s_choice_up_to_64(admin: httpx.Client, bank: str):
    """Beyond what is asked for there is no match; beyond 64 there is no question."""
    signal = pdq(7_005)
    known(admin, bank, signal.value)

    def found(distance: int) -> int:
        asked = {"signals": [{"type": "pdq", "value": flipped(signal, 40).value}]}
        answer = admin.post("/v1/match", json=asked | {"max_distance": distance})
        return len(answer.json()["results"][0]["matches"])

    assert (found(39), found(40), found(64)) == (0, 1, 1)


def test_the_nearest_thousand_are_told_and_of_many_signals_the_nearest_hundred(
    admin: httpx.Client, bank: str
):
    """One question must not fill the memory; what is left out is what is furthest."""
    centre = pdq(7_006)
    near = [flipped(centre, 1 + n % 30, seed=n).value for n in range(1_050)]
    near = list(dict.fromkeys([*near, centre.value]))
    entries = [{"signal_type": "pdq", "value": value} for value in near]
    assert admin.post(f"/v1/banks/{bank}/entries", json=entries).status_code == 201
    asked = {"type": "pdq", "value": centre.value}

    def found(times: int) -> list[list[int]]:
        results = admin.post("/v1/match", json={"signals": [asked] * times}).json()["results"]
        return [[match["distance"] for match in result["matches"]] for result in results]

    (one,) = found(1)
    many = found(101)
    assert len(near) > len(one) == 1000
    assert one == sorted(one)
    assert one[0] == 0
    assert len(many) == 101
    assert all(each == one[:100] for each in many)


def test_a_long_question_keeps_nobody_waiting(served: Served, admin: httpx.Client, bank: str):
    """It is looked up beside the event loop, which answers others meanwhile."""
    signals = [pdq(70_000 + n) for n in range(100)]
    entries = [{"signal_type": "pdq", "value": signal.value} for signal in signals]
    admin.post(f"/v1/banks/{bank}/entries", json=entries)
    asked = {"signals": [{"type": "pdq", "value": signal.value} for signal in signals]}
    with ThreadPoolExecutor(1) as pool, served.stranger() as other:
        with served.door.app.knowledge._lock:  # entries nobody has asked for yet are read under it
            waiting = pool.submit(admin.post, "/v1/match", json=asked)
            time.sleep(0.3)
            assert other.get("/health/live", timeout=5).status_code == 200
            assert not waiting.done()
        results = waiting.result().json()["results"]

    assert [len(result["matches"]) for result in results] == [1] * 100


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"signals": []}, "signals"),
        ({"signals": [{"type": "pdq", "value": "ab"}]}, "64"),
        ({"signals": [{"type": "pdx", "value": "ab"}]}, "pdx"),
        ({"signals": [{"type": "pdq", "value": "0" * 64}], "max_distance": 65}, "max_distance"),
        ({"signals": [{"type": "pdq", "value": "0" * 64}], "distance": 3}, "distance"),
        ({"signals": [{"type": "pdq", "value": "0" * 64, "quality": 3}]}, "quality"),
        ({"signals": [{"type": "md5", "value": "0" * 32}] * 1001}, "1000"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(
    admin: httpx.Client, body: dict[str, object], says: str
):
    """Unknown fields too: they are refused, not ignored."""
    answer = admin.post("/v1/match", json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.text
