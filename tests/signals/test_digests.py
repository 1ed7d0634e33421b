"""Exact fingerprints, and how forgiving we are about their spelling."""

import hashlib

import pytest

from seawall.errors import SignalError
from seawall.media.media import Kind, Media
from seawall.signals.digests import Md5, Sha1, Sha256
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Reading, Signal
from seawall.testing.signal_type import SignalTypeContract

WORDS = Media(kind=Kind.OTHER, media_type="text/plain", data=b"some words")


class TestMd5(SignalTypeContract):
    """What every type of signal promises."""

    type = Md5()
    media = (WORDS,)


class TestSha1(SignalTypeContract):
    """What every type of signal promises."""

    type = Sha1()
    media = (WORDS,)


class TestSha256(SignalTypeContract):
    """What every type of signal promises."""

    type = Sha256()
    media = (WORDS,)


@pytest.mark.parametrize("kind", [Md5(), Sha1(), Sha256()], ids=["md5", "sha1", "sha256"])
def test_a_digest_is_of_the_bytes_as_they_came(kind: Md5 | Sha1 | Sha256):
    """The same command anybody has gives the same digits."""
    wanted = hashlib.new(kind.name, WORDS.data).hexdigest()

    assert kind.compute(WORDS) == (Reading(signal=Signal(kind.name, wanted)),)


@pytest.mark.parametrize("kind", [Md5(), Sha1(), Sha256()], ids=["md5", "sha1", "sha256"])
def test_a_link_has_no_digest(kind: Md5 | Sha1 | Sha256):
    """What it leads to may change; the link itself is a signal of its own."""
    link = Media(kind=Kind.LINK, media_type="text/uri-list", link="https://example.org/")

    assert kind.compute(link) is None


def test_capitals_and_space_are_forgiven():
    """Spreadsheets and other tools add both."""
    value = Sha256().examples[0]

    assert parse_signal(f"  SHA256: {value.upper()} \n") == Signal("sha256", value)


def test_a_wrong_digest_is_told_what_a_right_one_is():
    """The sentence holds what was given, cut to a length that can be read."""
    with pytest.raises(SignalError) as short:
        Sha256().parse("ab")
    with pytest.raises(SignalError) as long:
        Sha256().parse("0" * 5000)

    assert str(short.value) == "A SHA-256 is 64 hexadecimal digits; this is 'ab'."
    assert str(long.value) == f"A SHA-256 is 64 hexadecimal digits; this is '{'0' * 80}…'."


@pytest.mark.parametrize("text", ["", "ab", "crc32:00000000", "sha256"])
def test_a_signal_without_a_known_type_is_told_the_types(text: str):
    """Whoever typed it can correct it without looking anything up."""
    with pytest.raises(
        SignalError,
        match=r"with a type of pdq, pdq_crops, vpdq, chromaprint, text, embedding, md5, sha1, sha256, ",
    ):
        parse_signal(text)
