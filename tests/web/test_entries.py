"""`/v1/banks/{bank}/entries`."""

import httpx

from tests.made import pdq


def entry(seed: int, **fields: object) -> dict[str, object]:
    """A signal to be known."""
    return {"signal_type": "pdq", "value": pdq(seed).value} | fields


def test_one_or_many_are_added_all_or_none(admin: httpx.Client, bank: str):
    """A list with one bad category adds nothing."""
    path = f"/v1/banks/{bank}/entries"
    assert admin.post(path, json=entry(1, note="first")).status_code == 201

    bad = admin.post(path, json=[entry(2), entry(3, categories=["no-such-thing"])])
    good = admin.post(path, json=[entry(2), entry(3)])

    assert bad.status_code == 422
    assert "no-such-thing" in bad.json()["detail"]
    assert len(good.json()["entries"]) == 2
    assert admin.get(f"/v1/banks/{bank}").json()["entries"] == 3


def test_a_file_that_cannot_be_decoded_is_known_by_its_bytes_and_that_is_said(
    admin: httpx.Client, bank: str, photo: bytes
):
    """Whoever adds it learns that altered copies will not be found."""
    added = admin.post(f"/v1/banks/{bank}/entries", files={"file": photo[:2000]}).json()

    assert [each["signal_type"] for each in added["entries"]] == ["md5", "sha1", "sha256"]
    assert [each["type"] for each in added["no_signal"]] == ["pdq"]


def test_a_file_is_also_known_by_its_crops_where_that_is_asked(
    admin: httpx.Client, bank: str, photo: bytes
):
    """One entry more, which holds them all."""
    path = f"/v1/banks/{bank}/entries"
    added = admin.post(path, files={"file": photo}, data={"crops": "true"}).json()
    refused = admin.post(path, files={"file": photo}, data={"crops": "perhaps"})

    kinds = [each["signal_type"] for each in added["entries"]]
    assert kinds == ["pdq", "pdq_crops", "md5", "sha1", "sha256"]
    assert refused.status_code == 422


def test_links_in_a_text_are_filed_where_that_is_asked(admin: httpx.Client, bank: str):
    """A leaflet that quotes a newspaper must not make every post that names it known."""
    path = f"/v1/banks/{bank}/entries"
    text = {"text": "As we read on https://example.org/news and example.com/page every day."}
    without = admin.post(path, json=text).json()
    asked = [
        admin.post(path, json=text | {"links": True}).json(),
        admin.post(path, files={"text": (None, text["text"]), "links": (None, "true")}).json(),
    ]

    assert "url" not in {each["signal_type"] for each in without["entries"]}
    assert "2 links in it were left out; ask for links to have them" in {
        each["reason"] for each in without["no_signal"]
    }
    for each in asked:
        found = [entry["value"] for entry in each["entries"] if entry["signal_type"] == "url"]
        assert found == ["https://example.org/news", "https://example.com/page"]


def test_adding_again_adds_to_it(admin: httpx.Client, bank: str):
    """Categories and vouchers are united; nothing is doubled."""
    path = f"/v1/banks/{bank}/entries"
    admin.post(path, json=entry(4, categories=["terrorist-content"], vouchers=["beta"]))

    admin.post(path, json=entry(4, vouchers=["gamma"]))

    (found,) = admin.get(path).json()["entries"]
    assert found["vouchers"] == ["beta", "gamma"]
    assert found["categories"] == ["terrorist-content"]


def test_pages_follow_each_other_without_gap_or_overlap(admin: httpx.Client, bank: str):
    """By `next`, until it is null."""
    path = f"/v1/banks/{bank}/entries"
    admin.post(path, json=[entry(100 + n) for n in range(7)])

    seen, after = [], None
    while True:
        page = admin.get(path, params={"limit": 3} | ({"after": after} if after else {})).json()
        seen.append([found["value"] for found in page["entries"]])
        after = page["next"]
        if after is None:
            break

    assert [len(each) for each in seen] == [3, 3, 1]
    assert [value for each in seen for value in each] == [pdq(100 + n).value for n in range(7)]


def test_entries_are_searched_by_signal_and_by_text(admin: httpx.Client, bank: str):
    """A percent sign is a percent sign."""
    path = f"/v1/banks/{bank}/entries"
    admin.post(path, json=[entry(5, note="100 % sure"), entry(6, note="unsure")])

    def notes(**params: str) -> list[str]:
        return [found["note"] for found in admin.get(path, params=params).json()["entries"]]

    assert notes(signal=f"pdq:{pdq(6).value.upper()}") == ["unsure"]
    assert notes(text="0 %") == ["100 % sure"]
    assert notes(text="SURE") == ["100 % sure", "unsure"]
    assert admin.get(path, params={"signal": "pdq:xy"}).status_code == 422


def test_of_two_who_edit_the_second_is_told(admin: httpx.Client, bank: str):
    """ETag and If-Match: nobody's change is overwritten unseen."""
    added = admin.post(f"/v1/banks/{bank}/entries", json=entry(8)).json()["entries"][0]
    path = f"/v1/banks/{bank}/entries/{added['id']}"
    tag = admin.get(path).headers["etag"]

    first = admin.patch(path, json={"note": "mine"}, headers={"If-Match": tag})
    second = admin.patch(path, json={"note": "yours"}, headers={"If-Match": tag})
    removal = admin.delete(path, headers={"If-Match": tag})

    assert (first.status_code, second.status_code, removal.status_code) == (200, 412, 412)
    assert first.headers["etag"] == admin.get(path).headers["etag"] != tag
    assert admin.get(path).json()["note"] == "mine"


def test_a_field_left_out_stays_as_it_is(admin: httpx.Client, bank: str):
    """And one that is null is emptied where it may be."""
    wanted = entry(9, note="kept", expires_at="2999-01-01T00:00:00Z")
    added = admin.post(f"/v1/banks/{bank}/entries", json=wanted).json()["entries"][0]
    path = f"/v1/banks/{bank}/entries/{added['id']}"

    changed = admin.patch(path, json={"enabled": False, "expires_at": None}).json()

    assert changed == added | {"enabled": False, "expires_at": None, "change": changed["change"]}


def test_a_removed_entry_is_gone_for_the_next_request(admin: httpx.Client, bank: str):
    """From its bank, and from what is matched."""
    added = admin.post(f"/v1/banks/{bank}/entries", json=entry(10)).json()["entries"][0]
    path = f"/v1/banks/{bank}/entries/{added['id']}"

    assert admin.delete(path).status_code == 204

    asked = {"signals": [{"type": "pdq", "value": added["value"]}]}
    matches = admin.post("/v1/match", json=asked).json()["results"][0]["matches"]
    assert not [match for match in matches if match["bank"] == bank]
    assert admin.get(path).status_code == 404


def test_an_end_beyond_the_calendar_is_refused(admin: httpx.Client, bank: str):
    """In UTC it is in the year 10000, which no database keeps."""
    path = f"/v1/banks/{bank}/entries"
    answer = admin.post(path, json=entry(5, expires_at="9999-12-31T23:59:59-12:00"))

    assert answer.status_code == 422
    assert "calendar" in answer.text
