"""`seawall endpoint`, on the home here."""

import pytest

from seawall.errors import InputError, NotFound
from tests.cli.run import seawall
from tests.receiver import receiving


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home that may send to this machine."""
    monkeypatch.setenv("SEAWALL_DELIVERY_ALLOWED_HOSTS", "127.0.0.1")
    return tmp_path / "home"


def test_an_endpoint_is_added_tried_paused_and_removed(home):
    """The secret is on stdout and nothing else is."""
    with receiving() as there:
        added = seawall(home, "endpoint", "add", there.url, "--topic", "ruling:made")
        there.secrets = [added.out.strip()]
        (shown,) = seawall(home, "endpoint", "list", "--json").lines
        tried = seawall(home, "endpoint", "test", shown["id"])
        rotated = seawall(home, "endpoint", "rotate", shown["id"])
    seawall(home, "endpoint", "pause", shown["id"])
    paused = seawall(home, "endpoint", "show", shown["id"], "--json").lines[0]["state"]
    seawall(home, "endpoint", "resume", shown["id"])
    resumed = seawall(home, "endpoint", "show", shown["id"], "--json").lines[0]["state"]
    seawall(home, "endpoint", "remove", shown["id"])

    assert added.out.startswith("whsec_")
    assert (tried.code, there.unverified) == (0, 0)
    assert rotated.out.startswith("whsec_")
    assert rotated.out != added.out
    assert (shown["topics"], paused, resumed) == (["ruling:made"], "paused", "open")
    assert seawall(home, "endpoint", "list", "--json").lines == []


def test_a_test_that_fails_ends_with_3(home):
    """So that a script notices."""
    with receiving(status=500) as there:
        seawall(home, "endpoint", "add", there.url)
        (shown,) = seawall(home, "endpoint", "list", "--json").lines
        assert seawall(home, "endpoint", "test", shown["id"], "--json").code == 3


def test_nothing_is_dead_at_first(home):
    """And a replay of nothing sends nothing."""
    seawall(home, "endpoint", "add", "https://platform.example/hook")
    (shown,) = seawall(home, "endpoint", "list", "--json").lines

    assert seawall(home, "endpoint", "dead", shown["id"], "--json").lines == []
    assert "Sent again: 0" in seawall(home, "endpoint", "replay", shown["id"]).err


def test_what_cannot_be_is_refused(home):
    """With the remedy."""
    assert isinstance(seawall(home, "endpoint", "add", "http://platform.example").error, InputError)
    assert isinstance(seawall(home, "endpoint", "show", "ep_0").error, NotFound)
