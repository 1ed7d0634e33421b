"""
Whether an upload is the very content that a person gave back, or only has something of it.

    its links, all ─┬─ its bytes, by the strongest digest it came with
                    └─ or every code of the whole of it, but those that strangers can make alike
"""

from collections.abc import Callable

from seawall.signals.digests import Md5, Sha1, Sha256
from seawall.signals.embedding import Embedding
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import Signal
from seawall.signals.tlsh import Tlsh
from seawall.signals.url import Url

_DIGESTS = (Sha256.name, Sha1.name, Md5.name)  # the strongest first
_LOOSE = (*_DIGESTS, Tlsh.name, Embedding.name)


def is_restored(fingerprint: Fingerprint, given_back: Callable[[Signal], bool]) -> bool:
    """
    Whether all of this was `given_back`: the same bytes, or every frame, passage, sound and link of it.

    An animation with one frame that was given back is not, nor a film with another sound, nor what a link leads to.
    """
    own = [reading.signal for reading in fingerprint.own]
    codes = [each.signal for each in fingerprint.readings if each.plain]
    codes = [each for each in codes if each.type not in _LOOSE]
    if codes and all(map(given_back, codes)):
        return True
    links = [each for each in own if each.type == Url.name]
    strongest = next((name for name in _DIGESTS if any(each.type == name for each in own)), None)
    bytes_of_it = [each for each in own if each.type == strongest]
    return bool(bytes_of_it) and all(map(given_back, (*bytes_of_it, *links)))
