"""
A piece of media becomes a fingerprint: every signal that could be read off it, and why the others could not.

    media ──each signal type──▶ readings and missing ones ──▶ fingerprint
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from seawall.media.media import Kind, Media
from seawall.media.sniff import kind_of, media_type
from seawall.signals.chromaprint import Chromaprint
from seawall.signals.digests import Digest
from seawall.signals.registry import SIGNAL_TYPES
from seawall.signals.signal import Cause, NoSignal, Reading, Signal
from seawall.signals.url import Url
from seawall.signals.vpdq import Vpdq

_HOLD_LINKS = Url.kinds - {Kind.LINK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What one piece of media is known by."""

    kind: Kind
    media_type: str
    width: int | None = None  # pixels, upright; None when nothing was decoded
    height: int | None = None
    duration: float | None = None  # seconds; None for what does not last
    size: int  # bytes; 0 for a link
    readings: tuple[Reading, ...]  # one for each distinct signal: upright and earlier frames first
    missing: tuple[NoSignal, ...] = ()
    error: str | None = None  # a sentence: why the picture inside could not be read

    @property
    def own(self) -> tuple[Reading, ...]:
        """
        The readings of all of it: not those of a part, of a link inside it, or of the sound beside a video's pictures.

        What is decided about a post must not befall everything that names the same page or has the same music.
        """
        inside = {Url.name} if self.kind in _HOLD_LINKS else set()
        if self.kind is Kind.VIDEO:
            inside.add(Chromaprint.name)
        return tuple(
            reading
            for place, reading in enumerate(self.readings)
            if reading.region is None and (not place or reading.signal.type not in inside)
        )

    def without_links(self) -> "Fingerprint":
        """The same but for the links inside a text or a picture; how many these are is told in `missing`."""
        if self.kind not in _HOLD_LINKS:
            return self
        kept = tuple(
            reading
            for place, reading in enumerate(self.readings)
            if not place or reading.signal.type != Url.name
        )
        left = len(self.readings) - len(kept)
        if not left:
            return self
        reason = f"{left} {'link in it was' if left == 1 else 'links in it were'} left out; ask for links to have them"
        return replace(
            self, readings=kept, missing=(*self.missing, NoSignal(type=Url.name, reason=reason))
        )


def fingerprint(media: Media, *, orientations: bool = True) -> Fingerprint:
    """
    Every signal of a piece of media; `orientations` also those it would have if it were turned or retuned.

    A signal that an earlier frame or turn already has is not repeated.
    """
    readings: dict[Signal, Reading] = {}
    missing: list[NoSignal] = []
    for kind in SIGNAL_TYPES.values():
        match kind.compute(media):
            case NoSignal() as reason:
                missing.append(reason)
            case tuple() as found:
                for reading in found:
                    if orientations or reading.unturned:
                        readings.setdefault(reading.signal, reading)
    seen, lasting = media.image or media.video, media.video or media.sound
    return Fingerprint(
        kind=media.kind,
        media_type=media.media_type,
        width=seen.width if seen else None,
        height=seen.height if seen else None,
        duration=lasting.duration if lasting else None,
        size=len(media.data),
        readings=tuple(readings.values()),
        missing=(*missing, *_left_out(media)),
        error=media.unreadable,
    )


def fingerprint_unread(chunks: Iterable[bytes], *, reason: str) -> Fingerprint:
    """
    What is known of bytes that nobody could look into: their exact digests, and for all else the reason.

    The chunks are read once and may together be larger than memory.
    """
    digests = {
        kind.name: kind.start(usedforsecurity=False)
        for kind in SIGNAL_TYPES.values()
        if isinstance(kind, Digest)
    }
    size, name = 0, None
    for chunk in chunks:
        name = name or media_type(chunk)
        size += len(chunk)
        for digest in digests.values():
            digest.update(chunk)
    name = name or media_type(b"")
    kind = kind_of(name)
    return Fingerprint(
        kind=kind,
        media_type=name,
        size=size,
        readings=tuple(
            Reading(signal=Signal(name, digest.hexdigest())) for name, digest in digests.items()
        ),
        missing=failed(kind, reason),
        error=reason,
    )


def failed(kind: Kind, reason: str) -> tuple[NoSignal, ...]:
    """For what could not be read: every type that would have looked into it, with the reason."""
    return tuple(
        NoSignal(type=each.name, reason=reason, cause=Cause.FAILED)
        for each in SIGNAL_TYPES.values()
        if each.bits and kind in each.kinds
    )


def _left_out(media: Media) -> tuple[NoSignal, ...]:
    """Never silently: what was not looked at to its end says so, for every type that looks at it."""
    said = []
    if media.video and media.video.left_out:
        said.append((Vpdq.name, media.video.left_out))
    if media.sound and media.sound.left_out:
        said.append((Chromaprint.name, media.sound.left_out))
    links = media.links.left_out
    frames: tuple[NoSignal, ...] = ()
    if media.image and media.image.frames_left_out:
        left = media.image.frames_left_out
        reason = f"{left} more {'frame was' if left == 1 else 'frames were'} not looked at"
        frames, links = failed(media.kind, reason), (*links, reason)
    if links:
        said.append((Url.name, links))
    inside = (
        NoSignal(type=name, reason="; ".join(sentences), cause=Cause.FAILED)
        for name, sentences in said
    )
    return (*frames, *inside)
