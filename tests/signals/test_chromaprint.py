"""Chromaprint beside the original, and which sounds are told to be the same."""

import os
import shutil
import subprocess
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from seawall.errors import SignalError
from seawall.media.limits import MediaLimits
from seawall.media.media import SAMPLE_RATE, Kind, Media, Sound
from seawall.media.sound import sound_of
from seawall.media.understand import understand
from seawall.signals.chromaprint import MOST, PITCHES, Chromaprint, numbers_of
from seawall.signals.chromaprint_kernel import chromaprint
from seawall.signals.chromaprint_match import SPAN
from seawall.signals.sequence import Hits, Likeness
from seawall.signals.signal import Cause, NoSignal, Reading, Signal
from seawall.testing.signal_type import SignalTypeContract
from seawall.workflows.sounds import RATE, Wave, encoded, faster, noisy, track, voice

TYPE = Chromaprint()
SECONDS = 60


def heard(sound: Wave) -> Media:
    """The sound as media, not encoded."""
    data = encoded(sound, codec="pcm_s16le", container="wav")
    return understand(data, MediaLimits())


def readings(sound: Wave) -> tuple[Reading, ...]:
    """What is read off the sound at each pitch."""
    found = TYPE.compute(heard(sound))
    assert isinstance(found, tuple), found
    return found


@cache
def music(seed: int = 3) -> Wave:
    """A minute of it."""
    return track(seed, SECONDS)


@cache
def known(seed: int = 3) -> Signal:
    """What a bank knows of that minute."""
    return readings(music(seed))[0].signal


def compared(asked: Signal, known: Signal) -> Likeness | None:
    """What becomes of every code within reach, found by looking at all of them."""
    ours, theirs = TYPE.asked(asked)[0], TYPE.filed(known)[0]
    apart = np.bitwise_count(ours.codes[:, None] ^ theirs.codes[None]).sum(axis=2, dtype=np.int64)
    row, column = np.nonzero(apart <= (TYPE.reach or 0))
    hits = Hits(ours.parts[row], theirs.parts[column], apart[row, column])
    return TYPE.compare(asked, known, hits)


def excerpt(start: float, seconds: float) -> Wave:
    """A part of the known minute."""
    return music()[int(start * RATE) : int((start + seconds) * RATE)]


class TestChromaprint(SignalTypeContract):
    """What every type promises."""

    type = TYPE
    media = (
        heard(track(1, 8)),
        heard(np.zeros(8 * RATE, np.float32)),
        Media(kind=Kind.SOUND, media_type="audio/wave", unreadable="It is cut short."),
        Media(kind=Kind.VIDEO, media_type="video/mp4"),
    )


def fpcalc(path: Path) -> np.ndarray:
    """The numbers of the original; without it the test is skipped, or fails where CI says so."""
    if not shutil.which("fpcalc"):
        reason = "there is no fpcalc (Debian's libchromaprint-tools)"
        if os.environ.get("SEAWALL_REQUIRE_ALL") == "1":
            pytest.fail(f"{reason}, and SEAWALL_REQUIRE_ALL=1 wants every test to run.")
        pytest.skip(reason)
    command = ["fpcalc", "-raw", "-plain", "-length", "0", path]
    # Its exit code is 3 where FFmpeg 5 meets the end of the file: what it printed is whole.
    printed = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    return numbers_of(TYPE.parse(printed))


@pytest.mark.parametrize("sound", [track(3, 20), voice(4, 20)], ids=["music", "speech"])
def test_the_numbers_are_those_of_fpcalc(sound: Wave, tmp_path: Path) -> None:
    """From the samples we decoded they are the same, bit for bit, but for a rounding of its float32 transform."""
    decoded = sound_of(encoded(sound), MediaLimits())
    assert decoded is not None
    as_float = decoded.samples.astype(np.float32) / 32768
    path = tmp_path / "sound.wav"
    path.write_bytes(encoded(as_float, codec="pcm_s16le", container="wav", rate=SAMPLE_RATE))
    again = sound_of(path.read_bytes(), MediaLimits())
    assert again is not None
    ours, theirs = chromaprint(again.samples), fpcalc(path)
    assert len(ours) == len(theirs)
    assert np.bitwise_count(ours ^ theirs).sum() <= 0.0002 * 32 * len(ours)


def test_the_numbers_of_a_file_are_nearly_those_of_fpcalc(tmp_path: Path) -> None:
    """Decoders and resamplers differ a little; the aim is one bit in a hundred."""
    path = tmp_path / "sound.mp3"
    path.write_bytes(encoded(music()))
    decoded = sound_of(path.read_bytes(), MediaLimits())
    assert decoded is not None
    ours, theirs = chromaprint(decoded.samples), fpcalc(path)
    assert len(ours) == len(theirs)
    assert np.bitwise_count(ours ^ theirs).mean() <= 0.01 * 32


def test_what_fpcalc_prints_is_read() -> None:
    """Partners send the list of numbers; we write it shorter."""
    numbers = numbers_of(known())
    printed = ",".join(str(number) for number in numbers)
    assert TYPE.parse(f" {printed}\n") == known()
    assert len(known().value) < len(printed) * 2 // 3


@pytest.mark.parametrize(
    "text",
    [
        ",".join(["1"] * (SPAN - 1)),
        ",".join(["1"] * (MOST + 1)),
        ",".join(["4294967296"] * SPAN),
        ",".join(["-1"] * SPAN),
        "A" * 79,
        "+/" * 40,
    ],
    ids=["too few", "too many", "33 bits", "signed", "no whole word", "another alphabet"],
)
def test_what_is_no_chromaprint_is_refused(text: str) -> None:
    """Numbers of 32 bits, enough of them for a code, in one alphabet."""
    with pytest.raises(SignalError, match="A Chromaprint is 15 to 131072 numbers"):
        TYPE.parse(text)


def test_a_sound_with_another_put_in_is_not_the_same() -> None:
    """Six seconds of a minute: found from end to end, and near at the most; with itself it is equal."""
    numbers = numbers_of(known()).copy()
    numbers[200:248] = np.random.default_rng(1).integers(0, 2**32, 48, np.uint32)

    found = compared(TYPE.parse(",".join(map(str, numbers))), known())
    itself = compared(known(), known())

    assert found is not None
    assert itself is not None
    assert (found.whole, found.distance, len(found.segments)) == (True, 1, 1)
    assert (itself.distance, [each.share for each in itself.segments]) == (0, [1.0])


def test_an_excerpt_is_found_with_its_times() -> None:
    """Anywhere, re-encoded, softer and noisy; the times are right to half a second."""
    noise = noisy(excerpt(21.3, 20), 20, np.random.default_rng(5))
    decoded = sound_of(encoded(noise * np.float32(0.2)), MediaLimits())
    found = TYPE.compute(Media(kind=Kind.SOUND, media_type="audio/mpeg", sound=decoded))
    assert isinstance(found, tuple)
    like = compared(found[0].signal, known())
    assert like is not None
    (segment,) = like.segments
    times = (segment.start, segment.end, segment.known_start, segment.known_end)
    assert times == pytest.approx((0, 20, 21.3, 41.3), abs=0.5)
    assert like.distance <= 24
    assert like.asked_share == pytest.approx(1, abs=0.05)
    assert like.known_share == pytest.approx(20 / SECONDS, abs=0.03)


def test_a_known_part_of_a_longer_sound_is_found() -> None:
    """Two pieces of the known sound, the later one first, between others."""
    others = [track(seed, 12) for seed in (7, 8, 9)]
    mixed = np.concatenate([others[0], excerpt(40, 15), others[1], excerpt(5, 15), others[2]])
    like = compared(readings(mixed)[0].signal, known())
    assert like is not None
    starts = [(segment.start, segment.known_start) for segment in like.segments]
    assert starts == [pytest.approx(each, abs=1.5) for each in ((12, 40), (39, 5))]
    assert like.asked_share == pytest.approx(30 / 66, abs=0.1)


@pytest.mark.parametrize("speed", [0.97, 1.03])
def test_a_sound_played_at_another_speed_is_found(speed: float) -> None:
    """One of the readings is at the right pitch, and the segment shows the speed."""
    asked = readings(faster(excerpt(10, 30), speed))
    assert [reading.pitch for reading in asked] == list(PITCHES)
    likes = [like for reading in asked if (like := compared(reading.signal, known()))]
    best = min(likes, key=lambda like: like.distance)
    first, last = best.segments[0], best.segments[-1]
    lasted = (last.known_end - first.known_start) / (last.end - first.start)
    assert lasted == pytest.approx(speed, abs=0.01)
    assert best.distance <= 31


def test_a_sound_is_all_of_itself() -> None:
    """Distance 0 is for the whole of both."""
    like = compared(known(), known())
    assert like is not None
    assert (like.distance, like.asked_share, like.known_share) == (0, 1.0, 1.0)


def test_other_sounds_are_not_found() -> None:
    """Music, speech and noise, each against each."""
    rng = np.random.default_rng(2)
    noise = [rng.normal(0, 0.2, 20 * RATE).astype(np.float32) for _ in range(2)]
    sounds = [known(3), known(11), *(readings(each)[0].signal for each in (voice(1, 20), *noise))]
    for one, other in combinations(sounds, 2):
        assert compared(one, other) is None


@pytest.mark.parametrize("frequency", [0, 440, 1000])
def test_silence_and_steady_tones_have_no_signal(frequency: int) -> None:
    """They would all be found to be each other."""
    times = np.arange(10 * RATE, dtype=np.float32) / RATE
    tone = np.sin(2 * np.pi * frequency * times) * np.float32(0.5)
    assert TYPE.compute(heard(tone)) == NoSignal(
        type="chromaprint",
        reason="too plain: silence or a steady tone, which all sound alike",
        cause=Cause.EMPTY,
    )


def test_silence_within_a_sound_is_not_filed() -> None:
    """A bank full of pauses would match everybody's pauses."""
    paused = np.concatenate([track(1, 15), np.zeros(30 * RATE, np.float32)])
    reading = readings(paused)[0]
    parts = TYPE.filed(reading.signal)[0].parts
    assert 0 < parts.max() * 0.1238 < 16
    assert reading.quality == pytest.approx(35, abs=10)


def test_a_short_sound_has_no_signal() -> None:
    """Less than a code's worth says so."""
    found = TYPE.compute(heard(track(1, 4)))
    assert isinstance(found, NoSignal)
    assert found.reason == "too short: 4.0 s of sound, and 4.5 s are needed"


def test_a_long_sound_is_read_at_its_own_pitch_only() -> None:
    """Eleven readings of an hour would be more than the rest of the verdict."""
    samples = np.random.default_rng(1).integers(-9000, 9000, SAMPLE_RATE * 8).astype(np.int16)
    sound = Sound(duration=3600.0, samples=samples)
    found = TYPE.compute(Media(kind=Kind.SOUND, media_type="audio/wave", sound=sound))
    assert isinstance(found, tuple)
    assert [reading.pitch for reading in found] == [0.0]
