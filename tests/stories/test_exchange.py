"""A hub and two members, each a server of its own: what one shares, the other blocks, and may dispute."""

import pytest

from benchmarks.server import running
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.cli.run import seawall
from tests.made import pdq, sound, video, words
from tests.stories.pact import NAME, Node, eventually, invited, share


def test_what_one_member_shares_the_other_blocks_within_a_second(tmp_path, monkeypatch):
    """And when it disputes that, neither enforces it any more. Two hours of video come over as a photo does."""
    monkeypatch.setenv("SEAWALL_EXCHANGE_HUB", "hub.example")
    photo, copy = tmp_path / "photo.jpg", ALTERATIONS["mirrored"](landscape(1))
    photo.write_bytes(jpeg(landscape(1)))
    homes = {name: tmp_path / name for name in ("hub", "a", "b")}
    for home in homes.values():
        seawall(home, "init")
    assert seawall(homes["hub"], "agreement", "create", "pact", "--title", "Pact").code == 0
    with (
        running(homes["hub"], environment=NAME) as hub,
        running(homes["a"]) as server_a,
        running(homes["b"]) as server_b,
    ):
        a, b = Node(homes["a"], server_a), Node(homes["b"], server_b)
        a.run("join", hub.url, "--token", invited(homes["hub"], "alpha"), "--name", "Alpha")
        b.run("join", hub.url, "--token", invited(homes["hub"], "beta"), "--name", "Beta")
        for node in (a, b):
            assert eventually(lambda node=node: node.membership()["state"] == "following") < 3
        assert b.measure(copy) == "allow"

        a.run("share", "pact", photo, "--category", "terrorist-content")
        took = eventually(lambda: b.measure(copy) in ("block", "hold"))
        assert took < 1
        (match, *_) = b.screened(copy)["matches"]
        assert (match["bank"], match["origins"]) == ("pact", ["platform"])
        entry = b.http.get("/v1/banks/pact/entries").json()["entries"][0]
        assert entry["vouchers"] == ["alpha"]

        (tmp_path / "copy.jpg").write_bytes(copy)
        b.run("dispute", "pact", tmp_path / "copy.jpg", "--reason", "It is a landscape.")
        for node in (a, b):
            assert eventually(lambda node=node: node.measure(copy) == "allow") < 2
            assert eventually(lambda node=node: node.membership()["disputed"] > 0) < 2
        assert a.screened(copy)["matches"][0]["withheld"] == "disputed"
        metrics = a.http.get("/metrics").text
        assert "seawall_exchange_disputed" in metrics
        assert "seawall_exchange_clock_skew_seconds 0.0" in metrics
        assert a.http.get("/v1/status").json()["exchange"]["memberships"] == 1

        b.run("withdraw", "pact", match["signal_type"] + ":" + match["value"])
        assert eventually(lambda: b.measure(copy) in ("block", "hold")) < 2

        hours = 2 * 3600
        film = video(*map(pdq, range(hours)))
        for signal in (film, sound(1, hours), words(1, 50_000)):
            body = {"signals": [str(signal)], "categories": ["terrorist-content"]}
            told = a.http.post("/v1/exchange/memberships/pact/opinions", json=body)
            assert told.status_code == 201, told.text
            assert eventually(lambda signal=signal: b.knows(signal), 20)
        (match,) = b.matches(video(*map(pdq, range(600, 700)), pdq(-1)))
        assert match["known_share"] < 0.1
        assert abs(match["segments"][0]["known_start"] - 600) < 2

        b.run("leave", "pact")
        assert b.measure(copy) == "allow"
        assert seawall(b.home, "memberships").out == ""


def test_a_hub_that_is_killed_keeps_what_it_acknowledged_and_members_go_on(tmp_path, monkeypatch):
    """What could not be told meanwhile is told later, once."""
    monkeypatch.setenv("SEAWALL_EXCHANGE_HUB", "hub.example")
    hub, home = tmp_path / "hub", tmp_path / "a"
    for each in (hub, home):
        seawall(each, "init")
    seawall(hub, "agreement", "create", "pact", "--title", "Pact")
    with running(hub, environment=NAME) as server:
        token = invited(hub, "alpha")
        assert seawall(home, "join", server.url, "--token", token).code == 0
        assert share(home, 1).code == 0
        server.kill()
    assert "1 content kept" in share(home, 2).err
    assert seawall(home, "sync").code == 3 or seawall(home, "sync").error
    with running(hub, environment=NAME) as server:
        move(home, server.url)
        assert seawall(home, "sync").code == 0
        (row,) = seawall(home, "memberships", "--json").lines
    assert (row["state"], row["lag"], row["waiting"]) == ("following", 0, 0)
    entries = seawall(home, "bank", "show", "pact", "--json").lines
    assert sorted(each["value"][-1] for each in entries) == ["1", "2"]


def move(home, url):
    """The hub has another address now; an operator would keep the name and change where it leads."""
    from seawall.app import open_app
    from seawall.settings import Settings

    with open_app(Settings(home=home)) as app, app.memory.transaction() as stores:
        stores.connection.exec_driver_sql(f"UPDATE memberships SET hub = '{url}'")  # noqa: S608


@pytest.mark.parametrize("words", [("share", "pact", "sha256:00"), ("sync", "nowhere")])
def test_wrong_usage_says_what_is_wrong(tmp_path, words):
    """Nothing is sent, nothing is kept."""
    more = ("--category", "terrorist-content") if words[0] == "share" else ()

    assert seawall(tmp_path / "home", *words, *more).error is not None
