"""A video, a sound and a text in a case: seen with what is known of them marked, and not before somebody asks."""

import re
import secrets

import httpx
import numpy as np
import pytest

from seawall.access.person import Role
from seawall.storage import bulk
from seawall.web.console import banks
from seawall.workflows.sounds import encoded, track
from tests.media.films import film, scene
from tests.web.console.test_case_pages import (
    acted,
    carry_out,
    policy,  # noqa: F401 - a fixture
    reviewing,
)
from tests.web.console.test_defences import suspicious
from tests.web.serving import Served

WORDS = ("river", "market", "apple", "lantern", "window", "garden", "harbour", "letter", "winter")


def passage(seed: int, length: int = 60) -> str:
    """Ordinary words in an order of their own."""
    return " ".join(np.random.default_rng(seed).choice(WORDS, length)) + ". "


def made(kind: str, seed: int) -> tuple[bytes, bytes]:
    """Something, and something longer that it is a part of, from near its middle on."""
    other = seed + 1
    if kind == "video":
        return film(scene(seed, 8)), film([*scene(other, 8), *scene(seed, 8)], crf="30")
    if kind == "sound":
        song = track(seed, 12)
        return encoded(song), encoded(np.concatenate([track(other, 12), song]))
    return passage(seed).encode(), (passage(other) + passage(seed)).encode()


@pytest.mark.parametrize("kind", ["video", "sound", "text"])
def test_what_is_known_of_an_upload_is_marked_and_not_shown_unasked_again(
    served: Served,
    admin: httpx.Client,
    bank: str,
    policy: str,  # noqa: F811 - the fixture
    kind: str,
):
    """Its case has a preview with marks; once it was ruled on, the same content is shown only to whoever asks."""
    known, upload = made(kind, secrets.randbelow(1 << 30))
    assert admin.post(f"/v1/banks/{bank}/entries", files={"file": known}).status_code == 201
    first = admin.post("/v1/screen", files={"file": upload}).json()
    (shown,) = admin.get(f"/v1/cases/{first['case']}").json()["items"]
    assert shown["kind"] == kind
    with reviewing(served, Role.REVIEWER, Role.LEAD) as (_, client):
        page = client.get(f"/desk/cases/{first['case']}").text
        entry = client.get(f"/desk/banks/{bank}/entries/{first['matches'][0]['entry']}").text
        assert is_marked(page, kind)
        assert re.search(r"of the upload (is|are letters) .* of the entry: \d+ %", page)
        assert "of the upload" in entry
        assert suspicious(page) == suspicious(entry) == []
        if kind != "text":
            preview = f"/desk/cases/{first['case']}/items/{shown['ref']}/preview"
            levels = [client.get(preview, params={"level": level}).content for level in (0, 2)]
            assert all(each.startswith(b"\xff\xd8\xff") for each in levels)
        acted(client, first["case"], "claim")
        acted(client, first["case"], "ruling", decision="label", policy=policy)
        carry_out(served, admin, first["case"])
        again = admin.post("/v1/screen", files={"file": upload}).json()["case"]
        shut = client.get(f"/desk/cases/{again}").text
        asked = client.get(f"/desk/cases/{again}", params={"look": "true"}).text
    assert again != first["case"]
    assert "It need not be looked at" in shut
    assert not is_marked(shut, kind)
    assert "/preview" not in shut
    assert is_marked(asked, kind)


def is_marked(page: str, kind: str) -> bool:
    """Whether the page shows the upload with what is known of it marked."""
    return ("<mark>" if kind == "text" else 'class="known"') in page


def test_a_long_signal_is_cut_short_on_pages(served: Served, admin: httpx.Client, bank: str):
    """The list has its beginning, its own page all of it, folded."""
    value = ";".join(f"{secrets.token_hex(32)},100,{second}.000" for second in range(40))
    path = f"/v1/banks/{bank}/entries"
    (made,) = admin.post(path, json=[{"signal_type": "vpdq", "value": value}]).json()["entries"]
    with reviewing(served, Role.LEAD) as (_, client):
        listed = client.get(f"/desk/banks/{bank}").text
        page = client.get(f"/desk/banks/{bank}/entries/{made['id']}").text
    assert value[:30] in listed
    assert value[:90] not in listed
    assert re.search(f'<details class="long">.*{value}</code></details>', page, re.DOTALL)


def test_a_page_of_long_signals_is_shorter(
    served: Served, admin: httpx.Client, bank: str, monkeypatch: pytest.MonkeyPatch
):
    """Fifty of six megabytes would be no page; what is left follows."""
    for module in (bulk, banks):
        monkeypatch.setattr(module, "PAGE_BYTES", 2_000)
    films = [
        ";".join(f"{secrets.token_hex(32)},100,{second}.000" for second in range(40))
        for _ in range(2)
    ]
    given = [{"signal_type": "vpdq", "value": each} for each in films]
    path = f"/v1/banks/{bank}/entries"
    assert admin.post(path, json=given).status_code == 201
    with reviewing(served, Role.LEAD) as (_, client):
        page = client.get(f"/desk/banks/{bank}").text
        (after,) = re.findall(r'rel="next" href="[^"]*after=(\d+)"', page)
        rest = client.get(f"/desk/banks/{bank}", params={"after": after}).text
    assert [each[:30] in page for each in films] == [True, False]
    assert [each[:30] in rest for each in films] == [False, True]
