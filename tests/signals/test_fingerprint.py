"""All signals of a piece of media, and what is said about those it does not have."""

import hashlib

import numpy as np

from seawall.media.limits import MediaLimits
from seawall.media.media import Image, Kind, Media
from seawall.media.understand import understand, understand_text
from seawall.signals.fingerprint import Fingerprint, fingerprint, fingerprint_unread
from seawall.signals.signal import Cause, NoSignal, Orientation, Reading, Signal
from tests.media.files import gif_of, picture, saved


def digests(data: bytes) -> tuple[Reading, ...]:
    return tuple(
        Reading(signal=Signal(name, hashlib.new(name, data).hexdigest()))
        for name in ("md5", "sha1", "sha256")
    )


def test_unknown_bytes_have_exact_digests_only():
    """And it is said that nothing more could be compared."""
    words = b"no words \xff\xfe\x00"

    assert fingerprint(understand(words, MediaLimits())) == Fingerprint(
        kind=Kind.OTHER,
        media_type="application/octet-stream",
        size=len(words),
        readings=digests(words),
        missing=(
            NoSignal(
                type="pdq",
                reason="application/octet-stream is no picture; only its exact digests were compared",
                cause=Cause.UNSUPPORTED,
            ),
        ),
    )


def test_a_picture_has_all_eight_turns_and_the_digests():
    """Or only the upright one, where an operator wants fewer lookups."""
    data = saved(picture(), "JPEG")
    media = understand(data, MediaLimits(max_regions=0))

    every, one = fingerprint(media), fingerprint(media, orientations=False)

    assert [reading.orientation for reading in every.readings[:8]] == list(Orientation)
    assert every.readings[8:] == digests(data)
    assert one.readings == (every.readings[0], *digests(data))
    assert (every.width, every.height, every.size) == (640, 480, len(data))


def test_a_link_is_its_own_fingerprint():
    """It has no bytes, and nothing else is missing."""
    link = Media(kind=Kind.LINK, media_type="text/uri-list", link="HTTPS://Example.org:443")

    assert fingerprint(link) == Fingerprint(
        kind=Kind.LINK,
        media_type="text/uri-list",
        size=0,
        readings=(Reading(signal=Signal("url", "https://example.org/")),),
    )


def test_a_frame_that_repeats_is_read_once():
    """A still saved as an animation of sixty frames is one lookup, not sixty."""
    still, other = (np.asarray(picture(seed).convert("L")) for seed in (1, 2))
    image = Image(width=640, height=480, frames=(still, still, other, still))

    found = fingerprint(Media(kind=Kind.IMAGE, media_type="image/gif", image=image))

    pdqs = [reading for reading in found.readings if reading.signal.type == "pdq"]
    assert [reading.frame for reading in pdqs] == [0] * 8 + [2] * 8


def test_frames_nobody_looked_at_are_named():
    """The picture may be in the part that was left out; a rule decides what follows."""
    found = fingerprint(understand(gif_of(70), MediaLimits()))

    assert found.missing[-2:] == tuple(
        NoSignal(type=name, reason="6 more frames were not looked at", cause=Cause.FAILED)
        for name in ("pdq", "url")
    )


def test_links_nobody_looked_at_are_named():
    """A known link behind two thousand others is not let through in silence."""
    found = fingerprint(understand_text(" ".join(f"https://a.co/{n}" for n in range(2_001))))

    assert found.missing[-1] == NoSignal(
        type="url", reason="1 more link was not looked at", cause=Cause.FAILED
    )


def test_what_could_not_be_read_keeps_its_digests():
    """An exact copy of a known file is found even where its picture is broken."""
    broken = saved(picture(), "JPEG")[:5000]

    found = fingerprint(understand(broken, MediaLimits()))

    assert found.readings == digests(broken)
    assert found.error is not None
    assert found.missing == (NoSignal(type="pdq", reason=found.error, cause=Cause.FAILED),)


def test_what_nobody_looked_into_is_the_same_but_for_the_reason():
    """Read in pieces, as from a file larger than memory, it has the same digests, size and type."""
    data = saved(picture(), "JPEG")
    pieces = (data[start : start + 1000] for start in range(0, len(data), 1000))

    assert fingerprint_unread(pieces, reason="It is too large.") == Fingerprint(
        kind=Kind.IMAGE,
        media_type="image/jpeg",
        size=len(data),
        readings=digests(data),
        missing=(NoSignal(type="pdq", reason="It is too large.", cause=Cause.FAILED),),
        error="It is too large.",
    )
