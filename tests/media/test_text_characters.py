"""Bytes are text, or they are not."""

import pytest

from seawall.errors import MediaError
from seawall.media.characters import MAX_CHARACTERS, characters
from seawall.media.limits import MediaLimits
from seawall.media.media import Kind
from seawall.media.understand import understand

SENTENCE = "Große Straße, мир и 山\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_read_in_each_encoding_that_names_itself(encoding: str):
    """Windows writes UTF-16 with a mark, and sometimes UTF-8 with one."""
    assert characters(SENTENCE.encode(encoding)) == SENTENCE


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zeros(encoding: str):
    """Every second byte of Latin text is zero in it."""
    assert characters("An ordinary sentence.".encode(encoding)) == "An ordinary sentence."


@pytest.mark.parametrize(
    "data",
    [b"", b" \n", b"\xff\xd8\xff\xe0", b"caf\xe9", bytes(range(128)), bytes(64), b"\xef\xbb\xbf"],
)
def test_other_bytes_are_no_text(data: bytes):
    """Nothing is guessed: Latin-1 and Windows-1251 are the same bytes."""
    assert characters(data) is None


def test_a_stray_control_does_not_hide_a_text():
    """One of them is the cheapest evasion there is."""
    assert characters(b"a line\x01" + b" and another" * 9) is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_stray_byte_does_not_hide_a_text(encoding: str):
    """It shows as one odd mark among the words, so the words are read."""
    torn = ("a line" + " and another" * 9).encode(encoding) + b"\xd8"

    assert str(characters(torn)).startswith("a line and another")


def test_a_text_that_is_too_long_says_so():
    """It is not cut: its end would be a place to hide in."""
    with pytest.raises(MediaError, match="the limit is 1000000"):
        characters(b"a" * (MAX_CHARACTERS + 1))


def test_text_is_understood():
    """Its characters are there, whatever the bytes were."""
    media = understand(SENTENCE.encode("utf-16"), MediaLimits())

    assert (media.kind, media.text) == (Kind.TEXT, SENTENCE)


def test_a_text_beyond_the_limit_is_unreadable():
    """A rule for failures answers, as for a picture that is too large."""
    media = understand(b"word " * (MAX_CHARACTERS // 4), MediaLimits())

    assert media.kind is Kind.TEXT
    assert media.text is None
    assert "Send it in parts." in str(media.unreadable)
