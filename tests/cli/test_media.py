"""`seawall media`: what a scan kept for a person, listed, deleted, handed out."""

from pathlib import Path

import pytest

from seawall.errors import InputError, WrongState
from tests.cli.run import seawall
from tests.media.files import picture, saved

TORN = saved(picture(), "JPEG")[:9000]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that has scanned a torn picture, a page and a link."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "torn.jpg").write_bytes(TORN)
    (folder / "fine.png").write_bytes(saved(picture()))
    seawall(tmp_path / "home", "scan", "--record", folder)
    return tmp_path / "home"


def kept(home: Path, *options: str) -> list[dict[str, object]]:
    """What is listed."""
    return seawall(home, "media", "list", "--json", *options).lines


def test_a_recorded_scan_keeps_what_a_person_should_see(home: Path):
    """Only that, and only with --record."""
    (media,) = kept(home)

    assert str(media["item"]).endswith("torn.jpg")
    assert (media["size"], media["media_type"], media["missing"]) == (9000, "image/jpeg", None)
    seawall(home, "scan", home.parent / "pictures")
    assert len(kept(home)) == 1


def test_a_home_that_keeps_nothing(home: Path, monkeypatch: pytest.MonkeyPatch):
    """From the setting on."""
    monkeypatch.setenv("SEAWALL_CASES_KEEP_MEDIA", "0")
    seawall(home, "scan", "--record", home.parent / "pictures")

    assert len(kept(home, "--all")) == 1


def test_the_original_is_handed_out_once_a_reason_is_given(home: Path, tmp_path: Path):
    """Into a new file of one's own, and the log says why."""
    (media,) = kept(home)
    to = tmp_path / "evidence"

    assert isinstance(
        seawall(home, "media", "export", media["id"], to, "--reason", "").error, InputError
    )
    assert not to.exists()
    assert seawall(home, "media", "export", media["id"], to, "--reason", "order 7").code == 0

    assert to.read_bytes() == TORN
    assert to.stat().st_mode & 0o777 == 0o600
    again = seawall(home, "media", "export", media["id"], to, "--reason", "order 7")
    assert isinstance(again.error, InputError)
    log = seawall(home, "audit", "list", "--subject", media["id"], "--json").lines
    assert [(event["action"], event["actor"]) for event in log] == [
        ("media:kept", "cli"),
        ("media:exported", "cli"),
    ]
    assert log[-1]["details"]["reason"] == "order 7"


def test_media_is_deleted_by_hand_or_when_due(home: Path):
    """Gone from the list, and from the disk."""
    (media,) = kept(home)

    assert seawall(home, "media", "delete", "--due").err.strip() == "0 deleted."
    assert isinstance(seawall(home, "media", "delete").error, InputError)
    assert isinstance(seawall(home, "media", "delete", media["id"]).error, InputError)
    assert seawall(home, "media", "delete", media["id"], "--reason", "mistaken").code == 0

    assert kept(home) == []
    assert kept(home, "--all")[0]["deleted_at"]
    assert list((home / "sealed").glob("*/*")) == []
    gone = seawall(home, "media", "delete", media["id"], "--reason", "mistaken")
    assert isinstance(gone.error, WrongState)
