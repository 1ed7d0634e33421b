"""
What every type of signal promises, as tests to inherit.

    class TestPdq(SignalTypeContract):
        type = Pdq()
        media = (a_photo, a_flat_picture)
"""

from typing import ClassVar

import pytest

from seawall.errors import SignalError
from seawall.media.media import Kind, Media
from seawall.signals.registry import SIGNAL_TYPES, parse_signal
from seawall.signals.signal import NoSignal, SignalType

NOTHING = Media(kind=Kind.OTHER, media_type="application/octet-stream")
UNREADABLE = Media(kind=Kind.IMAGE, media_type="image/png", unreadable="It is cut short.")
JUNK = ("", " ", "zz", "not a signal of any type", "\x00", "0" * 7)


class SignalTypeContract:
    """Subclass this in a new type's test, with the type and some media it should be tried on."""

    type: ClassVar[SignalType]
    media: ClassVar[tuple[Media, ...]] = ()

    def test_is_registered(self) -> None:
        """Adding a type is one file and one line; this is the line."""
        assert isinstance(SIGNAL_TYPES[self.type.name], type(self.type))

    def test_examples_are_written_the_one_way(self) -> None:
        """Signals are compared as text, so a value has one spelling, and the examples show it."""
        assert self.type.examples
        for example in self.type.examples:
            assert self.type.parse(example).value == example

    def test_reading_a_signal_twice_changes_nothing(self) -> None:
        """What was written by us is read by us, with its type and without, and with space around it."""
        for example in self.type.examples:
            signal = self.type.parse(f" {example}\n")
            assert self.type.parse(signal.value) == signal
            assert parse_signal(str(signal)) == signal

    def test_junk_is_refused_with_a_sentence(self) -> None:
        """Whoever sent it must learn what was wrong from the message alone."""
        for junk in JUNK:
            with pytest.raises(SignalError) as refused:
                self.type.parse(junk)
            assert str(refused.value).endswith(".")

    def test_the_same_media_gives_the_same_signals(self) -> None:
        """A fingerprint that changes from one reading to the next can never be matched."""
        for media in (*self.media, NOTHING, UNREADABLE):
            assert self.type.compute(media) == self.type.compute(media)

    def test_readings_are_signals_of_this_type(self) -> None:
        """Each value is spelled as `parse` spells it; a quality, where there is one, is 0 to 100."""
        for media in (*self.media, NOTHING, UNREADABLE):
            found = self.type.compute(media)
            for reading in found if isinstance(found, tuple) else ():
                assert reading.signal == self.type.parse(reading.signal.value)
                assert reading.quality is None or 0 <= reading.quality <= 100

    def test_a_missing_signal_has_a_reason(self) -> None:
        """The verdict shows it to a person."""
        for media in (*self.media, NOTHING, UNREADABLE):
            found = self.type.compute(media)
            if isinstance(found, NoSignal):
                assert found.type == self.type.name
                assert found.reason
