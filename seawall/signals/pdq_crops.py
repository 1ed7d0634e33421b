"""
The PDQ of a known picture's crops: a copy of which a part was cut away is near one of them.

    f8f8…,15,15,70;e271…,0,0,70;…

Each is a code, how far the crop begins from the left and from the top, and its side, in percent of the picture's.
They stand among the codes of whole pictures. Only what is put into a bank has them: an upload is asked by its own code.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.errors import SignalError
from seawall.media.media import Kind, Media
from seawall.signals.pdq import LOWEST_QUALITY, Pdq
from seawall.signals.sequence import Filed, Hits, Likeness, likeness
from seawall.signals.signal import NoSignal, Reading, Signal, shown

MOST = 256  # crops of one picture
_CROP: Final = re.compile(r"([0-9a-f]{64}),(\d{1,2}),(\d{1,2}),(\d{1,2}|100)")


class PdqCrops:
    """The PDQ of parts of a picture that copies of it may be cropped to."""

    name = "pdq_crops"
    bits = 256
    index = Pdq.index
    reach: int | None = None
    kinds: frozenset[Kind] = frozenset()  # nobody misses it: it is made when asked for
    examples: tuple[str, ...] = (
        "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22,15,15,70;"
        "e271017837246aaccddea259648fb7d62f435c89d9e99b2497763e216c8d055c,0,0,70",
    )

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """One reading of all crops with something on them; None where no crops were made."""
        from seawall.signals.pdq_kernel import TURNS, pdq  # noqa: PLC0415 - Numba takes a second to load; only workers need it

        if media.image is None or not media.image.crops:
            return None
        found: dict[str, str] = {}
        best = 0
        for crop in media.image.crops:
            codes, quality = pdq(crop.luma, TURNS[:1])
            best = max(best, quality)
            if quality >= LOWEST_QUALITY:
                code = codes.tobytes().hex()
                found.setdefault(code, f"{code},{crop.left},{crop.top},{crop.side}")
        if not found:
            return NoSignal(
                type=self.name,
                reason=f"too flat: quality {best} of 100 at best, and {LOWEST_QUALITY} is needed",
            )
        return (Reading(signal=Signal(self.name, ";".join(found.values()))),)

    def parse(self, text: str) -> Signal:
        """
        Read crops somebody sent us, whatever their case or the space around them.

        Raises:
            SignalError: One is no crop, or there are too many.

        """
        crops = re.sub(r"\s", "", text).lower().split(";")
        if len(crops) > MOST:
            raise SignalError(f"A picture has at most {MOST} crops; this has {len(crops)}.")
        for crop in crops:
            if not (found := _CROP.fullmatch(crop)) or not _inside(*map(int, found.groups()[1:])):
                raise SignalError(
                    "A crop is 64 hexadecimal digits, then left, top and side in percent of the picture: "
                    f"this is '{shown(crop)}'."
                )
        return Signal(self.name, ";".join(dict.fromkeys(crops)))

    def filed(self, signal: Signal) -> tuple[Filed, ...]:
        """Every crop's code, among those of whole pictures."""
        codes = _crops(signal.value).codes
        return (Filed(self.index, codes, np.arange(len(codes))),)

    def asked(self, signal: Signal) -> tuple[Filed, ...]:
        """The same: a new entry is looked for among what was let through."""
        return self.filed(signal)

    def compare(self, asked: Signal, known: Signal, hits: Hits) -> Likeness | None:
        """The nearest crop, and how much of the known picture it is."""
        nearest = int(hits.distance.argmin())
        return likeness(
            (),
            distance=int(hits.distance[nearest]),
            asked_share=_share(asked, int(hits.asked[nearest])),
            known_share=_share(known, int(hits.known[nearest])),
        )


class _Crops(NamedTuple):
    codes: NDArray[np.uint8]  # (n, 32)
    sides: tuple[int, ...]  # percent


@lru_cache(maxsize=256)  # an upload is compared with a few known ones, again and again
def _crops(value: str) -> _Crops:
    rows = [crop.split(",") for crop in value.split(";")]
    codes = np.frombuffer(bytes.fromhex("".join(row[0] for row in rows)), np.uint8)
    return _Crops(codes.reshape(len(rows), -1), tuple(int(row[3]) for row in rows))


def _share(signal: Signal, part: int) -> float:
    """Of its picture's area, how much this part is."""
    if signal.type != PdqCrops.name:
        return 1.0
    return (_crops(signal.value).sides[part] / 100) ** 2


def _inside(left: int, top: int, side: int) -> bool:
    return side > 0 and max(left, top) + side <= 100
