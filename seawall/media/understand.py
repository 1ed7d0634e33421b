"""
A stranger's bytes become media: sniffed, opened, decoded, or a sentence why not.

    bytes ─▶ sniff ─▶ JPEG, brightness only ─▶ upright luma, reduced
                 └──▶ every other picture ─▶ upright luma of every frame, reduced
                                                 └─▶ parts that may be pictures of their own, links in QR codes

Pure, and not safe by itself: run it in the sandbox, where a decoder may die of what it is fed.
"""

from dataclasses import replace

from seawall.errors import MediaError
from seawall.media.jpeg import brightness
from seawall.media.limits import MediaLimits
from seawall.media.media import Image, Kind, Media
from seawall.media.pillow import PLUGINS, frames
from seawall.media.qr import links_in
from seawall.media.regions import FRAMES, parts
from seawall.media.sniff import kind_of, media_type


def understand(data: bytes, limits: MediaLimits) -> Media:
    """
    What these bytes are, as far as they could be understood; never an error.

    A picture that is damaged, cut short, too large or of a format we cannot decode has `unreadable` set
    and no image: half a picture is not fingerprinted as if it were the whole.
    """
    name = media_type(data)
    if kind_of(name) is Kind.OTHER:
        return Media(kind=Kind.OTHER, media_type=name, data=data)
    try:
        image = _decoded(data, name, limits)
    except MediaError as error:
        reason = str(error)
    except MemoryError:
        reason = f"The {name} needs more memory than the {limits.max_memory} bytes it may use; send a smaller copy."
    except Exception as error:  # noqa: BLE001 - a decoder fed hostile bytes raises anything, and all of it means this
        reason = f"The {name} cannot be decoded ({type(error).__name__}: {error}); send the whole file again."
    else:
        return Media(kind=Kind.IMAGE, media_type=name, data=data, image=image)
    return Media(kind=Kind.IMAGE, media_type=name, data=data, unreadable=reason)


def _decoded(data: bytes, name: str, limits: MediaLimits) -> Image:
    limits.check_bytes(len(data))
    if name not in PLUGINS:
        known = ", ".join(sorted(PLUGINS))
        raise MediaError(f"We cannot look into {name}; send it as one of {known}.")
    quick = brightness(data, limits) if name == "image/jpeg" else None
    image = quick or frames(data, name, limits)
    links = dict.fromkeys(link for luma in image.frames[:FRAMES] for link in links_in(luma))
    return replace(image, parts=parts(image, limits.max_regions), links=tuple(links))
