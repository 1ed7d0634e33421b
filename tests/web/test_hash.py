"""`POST /v1/hash`."""

import hashlib

import httpx


def test_a_photo_s_signals_are_computed_and_nothing_is_recorded(admin: httpx.Client, photo: bytes):
    """The shape that others script against; only the upright signals, each once."""
    before = admin.get("/v1/status").json()["counts"]

    answer = admin.post("/v1/hash", files={"file": photo}).json()

    assert answer["kind"] == "image"
    assert [signal["type"] for signal in answer["signals"]] == ["pdq", "md5", "sha1", "sha256"]
    assert answer["signals"][0]["quality"] == 100
    assert answer["signals"][3] == {
        "type": "sha256",
        "value": hashlib.sha256(photo).hexdigest(),
        "quality": None,
    }
    assert (answer["no_signal"], answer["error"]) == ([], None)
    assert admin.get("/v1/status").json()["counts"] == before


def test_what_cannot_be_read_still_has_its_exact_hashes(admin: httpx.Client, photo: bytes):
    """And says why it has no other."""
    answer = admin.post("/v1/hash", files={"file": photo[:500]}).json()

    assert [signal["type"] for signal in answer["signals"]] == ["md5", "sha1", "sha256"]
    assert answer["no_signal"][0]["type"] == "pdq"
    assert answer["error"]


def test_either_a_file_or_a_link(admin: httpx.Client):
    """Neither is nothing to do."""
    assert admin.post("/v1/hash", data={"x": "y"}).status_code == 422
    assert admin.post("/v1/hash").status_code == 422
