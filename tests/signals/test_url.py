"""A link signal is the page, not the spelling."""

import pytest

from seawall.errors import SignalError
from seawall.media.link import understand_link
from seawall.media.media import Kind, Media
from seawall.signals.signal import Reading, Signal
from seawall.signals.url import Url
from seawall.testing.signal_type import SignalTypeContract


class TestUrl(SignalTypeContract):
    """What every signal type promises."""

    type = Url()
    media = (understand_link("Example.org/a b?utm_id=1"),)


def test_a_link_shared_with_a_campaign_is_still_that_link():
    """What an upload computes is what a partner's list parses to."""
    uploaded = Url().compute(understand_link("http://Example.org/a?utm_source=mail#top"))

    assert uploaded == (Reading(signal=Url().parse(" https://example.org/a ")),)
    assert uploaded == (Reading(signal=Signal("url", "https://example.org/a")),)


def test_pictures_have_no_link():
    """Media of another kind is not this type's business."""
    assert Url().compute(Media(kind=Kind.OTHER, media_type="text/html", data=b"<a>")) is None


def test_what_is_not_a_link_is_not_a_signal():
    """The refusal is of the family of signals, with the sentence the link module found."""
    with pytest.raises(SignalError, match="Only http and https links"):
        Url().parse("mailto:someone@example.org")
