"""Every type of signal there is: a line each."""

from collections.abc import Mapping
from types import MappingProxyType

from seawall.errors import SignalError
from seawall.signals.chromaprint import Chromaprint
from seawall.signals.digests import Md5, Sha1, Sha256
from seawall.signals.embedding import Embedding
from seawall.signals.pdq import Pdq
from seawall.signals.pdq_crops import PdqCrops
from seawall.signals.sequence import SequenceType
from seawall.signals.signal import Signal, SignalType, shown
from seawall.signals.text import Text
from seawall.signals.text_sha256 import TextSha256
from seawall.signals.tlsh import Tlsh
from seawall.signals.url import Url
from seawall.signals.vpdq import Vpdq

_SEQUENCES: tuple[SequenceType, ...] = (PdqCrops(), Vpdq(), Chromaprint(), Text())
EMBEDDING = Embedding()  # a process that has a model tells it so
_TYPES: tuple[SignalType, ...] = (
    Pdq(),
    *_SEQUENCES,
    EMBEDDING,
    Md5(),
    Sha1(),
    Sha256(),
    TextSha256(),
    Tlsh(),
    Url(),
)

SIGNAL_TYPES: Mapping[str, SignalType] = MappingProxyType({kind.name: kind for kind in _TYPES})

SEQUENCE_TYPES: Mapping[str, SequenceType] = MappingProxyType(
    {kind.name: kind for kind in _SEQUENCES}
)


def parse_signal(text: str) -> Signal:
    """
    Read a signal written as `type:value`, such as `pdq:f8f8…`.

    Raises:
        SignalError: No such type, or the value is not one of that type.

    """
    name, colon, value = text.strip().partition(":")
    kind = SIGNAL_TYPES.get(name.strip().lower())
    if not colon or kind is None:
        raise SignalError(
            f"A signal is written type:value, with a type of {', '.join(SIGNAL_TYPES)}; this is '{shown(text)}'."
        )
    return kind.parse(value)
