"""
A stranger's bytes become media: sniffed, opened, decoded, or a sentence why not.

    bytes ─▶ sniff ─▶ JPEG, brightness only ─▶ upright luma, reduced
                 ├──▶ every other picture ─▶ upright luma of every frame, reduced
                 │                            └─▶ parts that may be pictures of their own, links in QR codes
                 ├──▶ video ─▶ its outline; frames are decoded as they are read, and its sound
                 ├──▶ sound ─▶ samples of one channel
                 └──▶ text ─▶ characters

Pure, and not safe by itself: run it in the sandbox, where a decoder may die of what it is fed.
"""

from dataclasses import replace

from seawall.errors import MediaError
from seawall.media.characters import characters
from seawall.media.content import Content, Tell, between, nobody
from seawall.media.jpeg import brightness
from seawall.media.limits import MediaLimits
from seawall.media.links_in_text import links
from seawall.media.media import Image, Kind, Media
from seawall.media.pillow import PLUGINS, frames
from seawall.media.qr import links_in
from seawall.media.regions import parts
from seawall.media.sniff import HEAD, UNKNOWN, kind_of, media_type
from seawall.media.sound import PATIENCE_BESIDE_PICTURES, sound_of
from seawall.media.video import video_of

PLAIN = "text/plain"
SOUND_SHARE = 0.3  # of the time that a video with sound takes
UNHEARD = "A decoder died of the file, and its sound was left out; send the whole file again."


def understand(
    data: Content, limits: MediaLimits, *, listen: bool = True, tell: Tell = nobody
) -> Media:
    """
    What these bytes are, as far as they could be understood; never an error. To a video's sound we may not `listen`.

    What is damaged, cut short, too large or of a format we cannot decode has `unreadable` set and nothing else: half
    a picture is not fingerprinted as if it were the whole. `tell` hears how far a video or sound has been read; the
    frames of a video are read after this has returned.
    """
    name = media_type(data[:HEAD])
    kind = kind_of(name)
    if kind is Kind.OTHER:
        return _text(bytes(data), name, limits) or Media(kind=kind, media_type=name, data=data)
    try:
        if kind is Kind.IMAGE:
            return _seen(bytes(data), name, limits)
        look = _LASTING[kind] if listen or kind is not Kind.VIDEO else _watched
        return look(data, name, limits, tell)
    except MediaError as error:
        reason = str(error)
    except MemoryError:
        reason = f"The {name} needs more memory than the {limits.max_memory} bytes it may use; send a smaller copy."
    except Exception as error:  # noqa: BLE001 - a decoder fed hostile bytes raises anything, and all of it means this
        reason = f"The {name} cannot be decoded ({type(error).__name__}: {error}); send the whole file again."
    return Media(kind=kind, media_type=name, data=data, unreadable=reason)


def understand_text(text: str) -> Media:
    """A text that somebody sent as such, whatever its first characters look like."""
    return Media(kind=Kind.TEXT, media_type=PLAIN, data=text.encode(), text=text, links=links(text))


def _seen(data: bytes, name: str, limits: MediaLimits) -> Media:
    image = _decoded(data, name, limits)
    return Media(
        kind=Kind.IMAGE, media_type=name, data=data, image=image, links=links_in(image.frames)
    )


def _filmed(data: Content, name: str, limits: MediaLimits, tell: Tell) -> Media:
    """The video with what is heard in it; a container of video that holds sound alone is a sound."""
    video = video_of(data, name, limits, tell=between(tell, SOUND_SHARE, 1))
    if video is None:
        return _heard(data, name, limits, tell)
    sound, unheard = None, None
    try:
        sound = sound_of(
            data, limits, patience=PATIENCE_BESIDE_PICTURES, tell=between(tell, 0, SOUND_SHARE)
        )
    except Exception as error:  # noqa: BLE001 - as above, and its pictures may be whole
        unheard = str(error) or type(error).__name__
    return Media(
        kind=Kind.VIDEO, media_type=name, data=data, video=video, sound=sound, unheard=unheard
    )


def _watched(data: Content, name: str, limits: MediaLimits, tell: Tell) -> Media:
    """The video alone."""
    video = video_of(data, name, limits, tell=tell)
    if video is None:
        raise MediaError(f"A decoder died of the {name}; send the whole file again.")
    return Media(kind=Kind.VIDEO, media_type=name, data=data, video=video, unheard=UNHEARD)


def _heard(data: Content, name: str, limits: MediaLimits, tell: Tell) -> Media:
    sound = sound_of(data, limits, tell=tell)
    if sound is None:
        raise MediaError(f"The {name} has no track of sound; send the whole file again.")
    return Media(kind=Kind.SOUND, media_type=name, data=data, sound=sound)


_LASTING = {Kind.VIDEO: _filmed, Kind.SOUND: _heard}


def _text(data: bytes, name: str, limits: MediaLimits) -> Media | None:
    """The bytes as a text, as far as it could be read; None where they are none."""
    if name == UNKNOWN:
        name = PLAIN
    if len(data) > limits.max_bytes:
        return None
    try:
        text = characters(data)
    except MediaError as error:
        return Media(kind=Kind.TEXT, media_type=name, data=data, unreadable=str(error))
    if not text:
        return None
    return Media(kind=Kind.TEXT, media_type=name, data=data, text=text, links=links(text))


def _decoded(data: bytes, name: str, limits: MediaLimits) -> Image:
    limits.check_bytes(len(data))
    if name not in PLUGINS:
        known = ", ".join(sorted(PLUGINS))
        raise MediaError(f"We cannot look into {name}; send it as one of {known}.")
    quick = brightness(data, limits) if name == "image/jpeg" else None
    image = quick or frames(data, name, limits)
    return replace(image, parts=parts(image, limits.max_regions))
