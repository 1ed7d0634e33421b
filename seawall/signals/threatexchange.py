"""
Signals as python-threatexchange and HMA name and spell them.

    video_md5 9e10…            ⇄  md5:9e10…
    vpdq ["f8f8…,100,0.0", …]  ⇄  vpdq:f8f8…,100,0.000;…
    raw_text What it says      ─▶ text:…

Source: https://github.com/facebook/ThreatExchange, python-threatexchange 1.2.
"""

from types import MappingProxyType

import orjson

from seawall.errors import SignalError
from seawall.media.characters import MAX_CHARACTERS
from seawall.media.media import Kind, Media
from seawall.signals.registry import SIGNAL_TYPES
from seawall.signals.signal import Signal
from seawall.signals.text import Text
from seawall.signals.text_sha256 import TextSha256
from seawall.signals.vpdq import Vpdq

RAW_TEXT = ("raw_text", "text_string")
_OURS = MappingProxyType(  # by their name, or by that of Facebook's ThreatExchange
    {
        "video_md5": "md5",
        "video_sha256": "sha256",
        "text_tlsh": "tlsh",
        "hash_pdq": "pdq",
        "hash_md5": "md5",
        "hash_video_md5": "md5",
        "hash_sha1": "sha1",
        "hash_sha256": "sha256",
        "hash_video_sha256": "sha256",
        "hash_text_tlsh": "tlsh",
        "uri": "url",
        "raw_uri": "url",
    }
)
_THEIRS = MappingProxyType(
    {
        "pdq": "pdq",
        "vpdq": "vpdq",
        "md5": "video_md5",
        "sha256": "video_sha256",
        "tlsh": "text_tlsh",
        "url": "url",
    }
)


def read(name: str, value: str) -> Signal | None:
    """
    The signal that they write so; None where it is no name of theirs.

    Of a text we keep no word: what it is known by is made of it at once.

    Raises:
        SignalError: The value is none of that type.

    """
    if name in RAW_TEXT:
        return _of_text(value)
    ours = _OURS.get(name)
    return None if ours is None else SIGNAL_TYPES[ours].parse(value)


def written(signal: Signal) -> tuple[str, str] | None:
    """The name and spelling they know it by; None where they have no such type."""
    name = _THEIRS.get(signal.type)
    if name is None:
        return None
    if signal.type == Vpdq.name:
        return name, orjson.dumps(signal.value.split(";")).decode()
    return name, signal.value


def _of_text(value: str) -> Signal:
    if len(value) > MAX_CHARACTERS:
        raise SignalError(
            f"The text has {len(value)} characters; the limit is {MAX_CHARACTERS}. Send it in parts."
        )
    media = Media(kind=Kind.TEXT, media_type="text/plain", text=value)
    for kind in (Text(), TextSha256()):
        found = kind.compute(media)
        if isinstance(found, tuple):
            return found[0].signal
    raise SignalError("There is nothing in this text to know it by.")
