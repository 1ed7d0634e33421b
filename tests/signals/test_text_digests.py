"""The digest of what is read, and the TLSH that others exchange."""

import hashlib
import sys
from types import SimpleNamespace

import pytest

from seawall.errors import SignalError
from seawall.media.media import Kind, Media
from seawall.media.understand import understand_text
from seawall.signals import tlsh
from seawall.signals.signal import Cause, NoSignal, Reading, Signal
from seawall.signals.text_sha256 import TextSha256
from seawall.signals.tlsh import Tlsh
from seawall.signals.url import Url
from seawall.testing.signal_type import SignalTypeContract


def media(text: str | None, unreadable: str | None = None) -> Media:
    """Media that is this text."""
    return Media(kind=Kind.TEXT, media_type="text/plain", text=text, unreadable=unreadable)


LINE = "Shall I compare thee to a summer's day? Thou art more lovely and more temperate."


class TestTextSha256(SignalTypeContract):
    """What every signal type promises."""

    type = TextSha256()
    media = (media("A few words."), media("…"), media(None, "It is too long."))


class TestTlsh(SignalTypeContract):
    """What every signal type promises."""

    type = Tlsh()
    media = (media(LINE), media("short"), media(None, "It is too long."))


def test_every_way_of_writing_a_text_has_one_digest():
    """It is that of the normalised text, which anybody can compute."""
    found = (Reading(signal=Signal("text_sha256", hashlib.sha256(b"seawa12").hexdigest())),)

    assert TextSha256().compute(media("S e a – w а 1 2")) == found
    assert TextSha256().compute(media("seawaa12!")) == found
    assert TextSha256().compute(media("seawa 21")) != found


def test_what_has_no_letters_has_no_digest():
    """All rows of emoji would be one text."""
    assert isinstance(TextSha256().compute(media("🙂🙂")), NoSignal)
    assert TextSha256().compute(Media(kind=Kind.OTHER, media_type="application/pdf")) is None


def test_tlsh_is_what_the_library_says():
    """The value of LINE by py-tlsh 5.0.0, as others write it."""
    pytest.importorskip("tlsh")
    assert Tlsh().compute(media(LINE)) == (Reading(signal=Signal("tlsh", Tlsh.examples[0])),)
    assert Tlsh().parse(Tlsh.examples[0][2:].lower()).value == Tlsh.examples[0]


def test_without_the_library_tlsh_is_kept_and_not_computed(monkeypatch: pytest.MonkeyPatch):
    """It is an extra, because it is compiled where it is installed."""
    monkeypatch.setitem(sys.modules, "tlsh", None)
    monkeypatch.setattr(tlsh, "_library", tlsh._library.__wrapped__)

    assert Tlsh().compute(media(LINE)) is None
    assert Tlsh().parse(Tlsh.examples[0]).type == "tlsh"


def test_a_short_text_has_no_tlsh(monkeypatch: pytest.MonkeyPatch):
    """The library's word for it is not passed on as a value."""
    monkeypatch.setattr(tlsh, "_library", lambda: SimpleNamespace(hash=lambda _: "TNULL"))

    assert isinstance(Tlsh().compute(media("short")), NoSignal)
    failed = Tlsh().compute(media(None, "It is too long."))
    assert isinstance(failed, NoSignal)
    assert failed.cause is Cause.FAILED
    with pytest.raises(SignalError):
        Tlsh().parse("TNULL")


def test_links_in_a_text_are_links():
    """A known address is found in the middle of a post."""
    found = Url().compute(understand_text("Look at http://Example.org/a?utm_source=x, friends."))

    assert found == (Reading(signal=Signal("url", "https://example.org/a")),)
    assert Url().compute(understand_text("No address here.")) is None
