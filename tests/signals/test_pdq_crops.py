"""The crops of a known picture: which are made, and which copies they find."""

from random import Random

import numpy as np
import pytest

from seawall.errors import SignalError
from seawall.media.limits import MediaLimits
from seawall.media.media import Kind, Media
from seawall.media.regions import KEPT, with_crops
from seawall.media.understand import understand
from seawall.signals.fingerprint import fingerprint
from seawall.signals.pdq_crops import MOST, PdqCrops
from seawall.signals.sequence import Hits, Likeness
from seawall.signals.signal import Signal
from seawall.testing.signal_type import SignalTypeContract
from seawall.workflows.bank import signals_of
from seawall.workflows.photo_alterations import crop
from seawall.workflows.pictures import jpeg, landscape

NEAR = 31
LIMITS = MediaLimits()
PICTURE = landscape(7)
WITH_CROPS = with_crops(understand(jpeg(PICTURE), LIMITS))
CODE = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


def known() -> Signal:
    """The crops of the picture, as a bank holds them."""
    (signal,) = (each for each in signals_of(fingerprint(WITH_CROPS)) if each.type == PdqCrops.name)
    return signal


def compared(copy: Signal) -> Likeness | None:
    """What the type says of all the hits a search would find."""
    ((_, one, parts),) = PdqCrops().filed(known())
    other = np.frombuffer(bytes.fromhex(copy.value), np.uint8)
    apart = np.bitwise_count(one ^ other).sum(axis=1, dtype=np.int64)
    near = np.nonzero(apart <= NEAR)[0]
    if not len(near):
        return None
    return PdqCrops().compare(copy, known(), Hits(np.zeros_like(near), parts[near], apart[near]))


class TestPdqCrops(SignalTypeContract):
    """What every type promises."""

    type = PdqCrops()
    media = (WITH_CROPS, with_crops(Media(kind=Kind.LINK, media_type="text/uri-list")))


@pytest.mark.parametrize("keep", [each / 100 for each in KEPT])
@pytest.mark.parametrize("where", ["centre", "corner"])
def test_a_cropped_copy_is_a_part_of_the_known_picture(keep: float, where: str):
    """It says how much of the picture it is, and is never taken for the whole."""
    copy = jpeg(crop(PICTURE, Random(1), keep=keep, where=where), quality=70)
    (code, *_) = signals_of(fingerprint(understand(copy, LIMITS)))

    found = compared(code)

    assert found is not None
    assert 1 <= found.distance <= NEAR
    assert (found.asked_share, round(found.known_share, 4)) == (1, round(keep**2, 4))


def test_an_upload_has_no_crops():
    """They cost fifteen codes, and are for what is to be known."""
    plain = fingerprint(understand(jpeg(PICTURE), LIMITS))
    damaged = fingerprint(understand(jpeg(PICTURE)[:900], LIMITS))

    assert PdqCrops.name not in {each.signal.type for each in plain.readings}
    assert PdqCrops.name not in {each.type for each in damaged.missing}


@pytest.mark.parametrize(
    "text",
    [
        f"{CODE},40,0,70",
        f"{CODE},0,0,0",
        f"{CODE},0,0",
        ";".join(f"{CODE},{n % 90},0,10" for n in range(MOST + 1)),
    ],
)
def test_what_lies_outside_the_picture_is_refused(text: str):
    """A crop is part of its picture, and there are not endlessly many."""
    with pytest.raises(SignalError):
        PdqCrops().parse(text)
