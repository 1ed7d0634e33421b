"""vPDQ: the published bits of every frame, and which videos run alike."""

from collections.abc import Iterable
from itertools import chain

import numpy as np
import pytest
from PIL import Image

from seawall.errors import SignalError
from seawall.media.limits import MediaLimits
from seawall.media.media import Frame, Kind, Luma, Media, Video
from seawall.media.understand import understand
from seawall.media.video import video_of
from seawall.signals.fingerprint import fingerprint
from seawall.signals.pdq_kernel import TURNS, pdq
from seawall.signals.sequence import Hits, Likeness
from seawall.signals.signal import Cause, NoSignal, Orientation, Signal
from seawall.signals.vpdq import Vpdq
from seawall.testing.signal_type import SignalTypeContract
from tests.media.films import Pixels, film, scene
from tests.shared import shared_data

LIMITS = MediaLimits()
NEAR = 31
VPDQ = Vpdq()
PUBLISHED = (
    "chair-19-sd-bar",
    "chair-22-with-large-logo-bar",
    "chair-orig-22-sd-bar",
    "pattern-hd-no-bar",
    "pattern-sd-grey-bar",
    "test-padded-dimensions",
)
COPIES = {("chair", "chair"), ("pattern", "pattern"), ("test", "test")}


def grey(pixels: Pixels) -> Luma:
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).convert("L"))


def video(frames: Iterable[Pixels], *, fps: float = 2) -> Media:
    """A video as the decoder would hand it on."""
    seen = tuple(Frame(number=n, at=n / fps, luma=grey(each)) for n, each in enumerate(frames))
    shape = Video(width=320, height=240, duration=len(seen) / fps, frames=seen)
    return Media(kind=Kind.VIDEO, media_type="video/mp4", video=shape)


def signal(media: Media, turn: Orientation = Orientation.UPRIGHT) -> Signal:
    found = VPDQ.compute(media)
    assert isinstance(found, tuple), found
    return next(reading.signal for reading in found if reading.orientation is turn)


def compared(asked: Signal, known: Signal) -> Likeness | None:
    """What the type says of all the hits a search would find."""
    one, other = codes(asked), codes(known)
    apart = np.bitwise_count(one[:, None] ^ other[None]).sum(axis=2, dtype=np.int64)
    hits = np.nonzero(apart <= NEAR)
    if not len(hits[0]):
        return None
    return VPDQ.compare(asked, known, Hits(hits[0], hits[1], apart[hits]))


def codes(of: Signal) -> np.ndarray:
    if of.type == "pdq":
        return np.frombuffer(bytes.fromhex(of.value), np.uint8)[None]
    ((_, found, parts),) = VPDQ.filed(of)
    assert parts.tolist() == list(range(len(found)))
    return found


MOVING = video(scene(1, 20, fps=2))
STILL = video([next(scene(7, 1))] * 20)
FLAT = video([np.full((240, 320, 3), 90, np.uint8)] * 5)


class TestVpdq(SignalTypeContract):
    """What every type of signal promises."""

    type = VPDQ
    media = (MOVING, STILL, FLAT)


@pytest.mark.parametrize(
    "name", ["chair-orig-22-sd-bar", "pattern-hd-no-bar", "test-padded-dimensions"]
)
def test_every_frame_has_the_published_code(name: str):
    """As many frames, the same numbers, and within the published distance wherever both have something on them."""
    lines = shared_data(f"video/{name}.vpdq.txt").read_text().split()
    found = video_of(
        shared_data(f"video/{name}.mp4").read_bytes(), "video/mp4", LIMITS, every_frame=True
    )
    assert found is not None

    frames = list(found.frames)

    assert len(frames) == len(lines)
    for frame, line in zip(frames, lines, strict=True):
        number, quality, code, at = line.split(",")
        (mine,), own_quality = pdq(frame.luma, TURNS[:1])
        assert (frame.number, frame.at) == (int(number), pytest.approx(float(at), abs=0.001))
        if min(int(quality), own_quality) >= 50:
            theirs = np.frombuffer(bytes.fromhex(code), np.uint8)
            assert np.bitwise_count(mine ^ theirs).sum() <= NEAR


def test_altered_copies_find_their_original_and_nothing_else():
    """Other sizes, bars, a large drawing laid over it, another start: three originals in six files."""
    signals = {}
    for name in PUBLISHED:
        media = understand(shared_data(f"video/{name}.mp4").read_bytes(), LIMITS)
        signals[name] = signal(media)

    alike = {
        (one.split("-")[0], other.split("-")[0])
        for one in PUBLISHED
        for other in PUBLISHED
        if compared(signals[one], signals[other])
    }
    missed = [
        (one, other)
        for one in PUBLISHED
        for other in PUBLISHED
        if one.split("-")[0] == other.split("-")[0] and not compared(signals[one], signals[other])
    ]

    assert alike == COPIES
    assert missed == []


def test_a_video_is_all_of_itself():
    """Distance 0 means the same from end to end."""
    found = compared(signal(MOVING), signal(MOVING))

    assert found is not None
    assert (found.distance, found.asked_share, found.known_share) == (0, 1.0, 1.0)
    assert [(each.start, each.end, each.share) for each in found.segments] == [(0, 19.5, 1.0)]


def test_a_known_clip_of_forty_frames_in_an_hour_of_something_else_is_found():
    """The incumbent misses it after eleven frames more."""
    clip = film(scene(1, 4), gop=250)  # 40 frames
    known = signal(understand(clip, LIMITS))
    rng = np.random.default_rng(1)
    hour = ";".join(f"{rng.bytes(32).hex()},100,{at}.000" for at in range(4, 3604))
    as_seen = video(scene(1, 4, fps=1), fps=1)
    upload = VPDQ.parse(f"{signal(as_seen).value};{hour}")

    found = compared(upload, known)

    assert found is not None
    (segment,) = found.segments
    assert (segment.start, segment.end) == (0, 3)
    assert found.asked_share == pytest.approx(4 / 3604, abs=0.0003)
    assert found.known_share > 0.7
    assert found.distance >= 1


def test_a_shared_title_card_makes_no_match():
    """Five seconds of the same still before two different videos."""
    card = [next(scene(9, 1))] * 10
    one = video(chain(card, scene(1, 20, fps=2)))
    other = video(chain(card, scene(2, 20, fps=2)))

    assert compared(signal(one), signal(other)) is None


def test_the_same_title_cards_all_along_make_no_copy():
    """Five frames of 57, never fifteen seconds apart: a stretch that runs alike, and another film."""
    rng = np.random.default_rng(4)
    cards = {at: rng.bytes(32).hex() for at in (0, 14, 28, 42, 56)}
    one, other = (
        VPDQ.parse(
            ";".join(f"{cards.get(at) or rng.bytes(32).hex()},100,{at}.000" for at in range(57))
        )
        for _ in range(2)
    )

    found = compared(one, other)

    assert found is not None
    assert [(each.distance, each.share) for each in found.segments] == [(0, pytest.approx(5 / 57))]
    assert found.distance == 1


def test_frames_that_are_near_are_not_equal():
    """Of twenty, six with a caption: the median says nothing of them, and distance 0 would block by itself."""
    rng = np.random.default_rng(6)
    codes = rng.integers(0, 256, (20, 32), np.uint8)
    captioned = codes.copy()
    captioned[7:13, :2] ^= 0xFF
    one, other = (
        VPDQ.parse(";".join(f"{code.tobytes().hex()},100,{at}.000" for at, code in enumerate(each)))
        for each in (captioned, codes)
    )

    found = compared(one, other)

    assert found is not None
    assert (found.whole, found.distance) == (True, 1)


def test_a_mirrored_video_is_found_by_its_mirrored_codes():
    """The upload is read both ways."""
    mirrored = video(frame[:, ::-1] for frame in scene(1, 20, fps=2))

    assert compared(signal(mirrored), signal(MOVING)) is None
    found = compared(signal(mirrored, Orientation.MIRROR), signal(MOVING))
    assert found is not None
    assert found.known_share > 0.9


def test_a_letterboxed_video_finds_the_one_without_bars():
    """Grey bars above and below; what is inside them is compared too, in both directions."""
    boxed = video(
        np.concatenate(
            [np.full((50, 320, 3), 40, np.uint8), frame, np.full((50, 320, 3), 40, np.uint8)]
        )
        for frame in scene(1, 20, fps=2)
    )

    for one, other in ((boxed, MOVING), (MOVING, boxed)):
        found = compared(signal(one), signal(other))
        assert found is not None
        assert min(found.asked_share, found.known_share) > 0.9


def test_a_photo_finds_the_frame_that_shows_it_and_a_frame_the_photo():
    """Both are in one index; each answer is a segment of one frame."""
    frames = list(scene(1, 20, fps=2))
    code, _ = pdq(grey(frames[10]))
    photo = Signal("pdq", code[0].tobytes().hex())

    there, back = compared(photo, signal(MOVING)), compared(signal(MOVING), photo)

    assert there is not None
    assert back is not None
    assert [each.known_start for each in there.segments] == [5.0]
    assert (there.distance, there.asked_share) == (1, 1.0)
    assert all(each.start <= 5.0 <= each.end for each in back.segments)
    assert (back.known_share, len(back.segments)) == (1.0, 1)


def test_flat_frames_and_repeats_are_not_stored():
    """A still of ten seconds is a code each five; a grey card is none."""
    still = signal(STILL)

    assert [frame.split(",")[2] for frame in still.value.split(";")] == ["0.000", "5.000"]
    assert VPDQ.parse(still.value) == still
    assert VPDQ.compute(FLAT) == NoSignal(
        type="vpdq", reason="too flat: quality 0 of 100 at best, and 50 is needed"
    )


@pytest.mark.parametrize("join", [";", "\n", "json", "file"])
def test_frames_are_read_as_others_write_them(join: str):
    """Apart by semicolons, by lines, in a JSON list, or as the published files have them."""
    one, two = ("ab" * 32, 100, "0.0"), ("cd" * 32, 50, "1.5")
    text = {
        "json": str([f"{code},{quality},{at}" for code, quality, at in (one, two)]).replace(
            "'", '"'
        ),
        "file": "\n".join(f"{n},{q},{c},{at}" for n, (c, q, at) in enumerate((one, two))),
    }.get(join, join.join(f"{code.upper()},{quality},{at}" for code, quality, at in (one, two)))

    assert VPDQ.parse(text).value == f"{'ab' * 32},100,0.000;{'cd' * 32},50,1.500"


@pytest.mark.parametrize(
    "text",
    [
        "ab" * 32,
        f"{'ab' * 32},101,0",
        f"{'ab' * 32},100,9999999",
        f"{'ab' * 32},49,0",
        "[1]",
        "[",
        "{}",
    ],
)
def test_what_is_no_row_of_frames_is_refused(text: str):
    """With a sentence."""
    with pytest.raises(SignalError, match=r"\.$"):
        VPDQ.parse(text)


def test_a_video_that_cannot_be_read_says_so():
    """Never nothing without a reason; what was left out of one that could be read is said too."""
    torn = film(scene(1, 2))[:500]
    whole = film(scene(1, 4), to="matroska")

    failed = fingerprint(understand(torn, LIMITS))
    partly = fingerprint(understand(whole[: len(whole) // 2], LIMITS))

    assert [(each.type, each.cause) for each in failed.missing] == [
        ("vpdq", Cause.FAILED),
        ("chromaprint", Cause.FAILED),
    ]
    assert "vpdq" in {reading.signal.type for reading in partly.readings}
    assert [(each.type, each.cause) for each in partly.missing] == [("vpdq", Cause.FAILED)]


@pytest.mark.parametrize("noise", [0, 3])
def test_slides_keep_their_times(noise: int):
    """Ten of half a minute; one side has them without a bit of noise, as from a recording of a screen."""
    rng = np.random.default_rng(2)
    slides = rng.integers(0, 256, (10, 256)) % 2

    def shown(bits: int) -> Signal:
        rows = np.repeat(slides, 30, axis=0)
        rows[np.arange(300)[:, None], rng.integers(0, 256, (300, bits))] ^= 1
        codes = np.packbits(rows.astype(np.uint8), axis=1)
        return VPDQ.parse(
            ";".join(f"{code.tobytes().hex()},100,{at}.000" for at, code in enumerate(codes))
        )

    found = compared(shown(noise), shown(0))

    assert found is not None
    assert [(each.start, each.end, each.known_end) for each in found.segments] == [(0, 295, 295)]
    assert found.whole


def test_what_stands_still_for_an_hour_is_few_codes_and_what_moves_is_all_of_it():
    """Or two still hours would be thirteen million hits, each a moment of processor time."""
    rng = np.random.default_rng(7)
    scene_code, moves = rng.integers(0, 256, 32, np.uint8), rng.integers(0, 256, (60, 32), np.uint8)
    noise = np.packbits(rng.random((3600, 256)) < 1 / 256, axis=1)  # a bit or so of each code
    still = np.concatenate([scene_code ^ noise, moves])
    value = ";".join(f"{code.tobytes().hex()},100,{at}.000" for at, code in enumerate(still))

    (filed,) = VPDQ.filed(VPDQ.parse(value))

    assert 3600 / 6 <= len(filed.codes) - len(moves) <= 3600 / 5
    assert np.array_equal(filed.codes[-60:], moves)
