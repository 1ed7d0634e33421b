"""Strangers' videos become frames, and what was not looked at is said."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest

from seawall.errors import MediaError
from seawall.media.content import nobody
from seawall.media.limits import MediaLimits
from seawall.media.media import Kind, Video
from seawall.media.understand import understand
from seawall.media.video import Frames, Source, video_of
from tests.media.films import SIZE, film, scene, with_matrix

LIMITS = MediaLimits()
FORMATS = {
    "video/mp4": {"to": "mp4"},
    "video/quicktime": {"to": "mov"},
    "video/webm": {"to": "webm", "codec": "libvpx", "deadline": "realtime"},
    "video/x-matroska": {"to": "matroska"},
    "video/x-msvideo": {"to": "avi", "codec": "mpeg4"},
    "video/mp2t": {"to": "mpegts"},
    "video/x-flv": {"to": "flv"},
}


@pytest.fixture(scope="module")
def short() -> bytes:
    """Three scenes of two seconds, key frames three seconds apart and at cuts."""
    return film(chain(scene(1, 2), scene(2, 2), scene(3, 2)))


def read(data: bytes, limits: MediaLimits = LIMITS, **how: bool) -> Video:
    video = video_of(data, "video/mp4", limits, **how)
    assert video is not None
    return video


@pytest.mark.parametrize(("media_type", "options"), FORMATS.items(), ids=list(FORMATS))
def test_a_video_of_every_format_is_read(media_type: str, options: dict[str, str]):
    """Its type is sniffed from its bytes; its size and length are the file's."""
    media = understand(film(scene(1, 2), **options), LIMITS)

    assert (media.kind, media.media_type, media.unreadable) == (Kind.VIDEO, media_type, None)
    assert media.video is not None
    assert (media.video.width, media.video.height) == SIZE
    assert media.video.duration == pytest.approx(2, abs=0.15)
    assert next(iter(media.video.frames)).at == 0
    assert media.video.left_out == []


@pytest.mark.parametrize("first", ["free", "skip", "styp", "wide"])
def test_a_video_may_begin_with_another_box(first: str, short: bytes):
    """One without `ftyp` is a video still, and a text with such a word there is a text."""
    media = understand(short.replace(b"ftyp", first.encode(), 1), LIMITS)

    assert media.kind is Kind.VIDEO
    assert media.video is not None
    assert len(list(media.video.frames)) >= 15
    assert understand(f"Get {first} things here".encode(), LIMITS).kind is Kind.TEXT


def test_every_frame_is_numbered_as_it_is_shown(short: bytes):
    """B-frames are stored out of order, and come in order."""
    frames = list(read(short, every_frame=True).frames)

    assert [frame.number for frame in frames] == list(range(60))
    assert [frame.at for frame in frames] == pytest.approx([n / 10 for n in range(60)], abs=0.001)


def test_a_long_video_is_seen_once_a_second_and_at_every_cut():
    """Far fewer frames than there are, none of them a second from the next, each what is shown at its time."""
    cuts = 31.0, 63.5
    data = film(
        chain(scene(1, 31, fps=6), scene(2, 32.5, fps=6), scene(3, 4, fps=6)), fps=6, gop=180
    )
    every = [frame.luma for frame in read(data, every_frame=True).frames]

    seen = list(read(data).frames)

    assert 67 <= len(seen) < 90
    assert {int(frame.at) for frame in seen} == set(range(68))
    assert set(cuts) <= {round(frame.at, 1) for frame in seen}
    apart = [np.abs(frame.luma.astype(int) - every[frame.number]).mean() for frame in seen]
    assert max(apart) < 6


def test_a_short_video_is_seen_more_often(short: bytes):
    """Or a clip of two seconds would be known by two pictures."""
    seen = [frame.at for frame in read(short).frames]

    assert max(after - before for before, after in pairwise(seen)) <= 0.5
    assert len(seen) >= 15


@pytest.mark.parametrize("to", ["mp4", "avi"])
def test_slides_are_seen_though_most_are_of_a_kind_that_is_skipped(to: str):
    """A frame a second, sixteen B-frames in a row."""
    slides = chain(*(scene(number, 1, fps=1) for number in range(30)))
    data = film(slides, fps=1, to=to, gop=250, bf="16", b_strategy="0", sc_threshold="0")
    video = understand(data, LIMITS).video
    assert video is not None

    assert len(list(video.frames)) == 30
    assert video.left_out == []


def test_stretches_that_were_not_seen_are_counted(short: bytes):
    """Whatever hid them: here a plan that forgets the last two thirds."""
    outline = Source(short, "video/mp4", LIMITS).outline()
    assert outline is not None
    fed = outline.plan.fed & (np.arange(60) < 20)
    forgetful = replace(outline, plan=replace(outline.plan, fed=fed))
    left_out: list[str] = []

    frames = Frames(
        Source(short, "video/mp4", LIMITS), forgetful, left_out, every_frame=False, tell=nobody
    )

    assert {int(frame.at) for frame in frames} == {0, 1}
    assert left_out == ["20 of 30 stretches of 0.2 seconds not seen"]


def test_what_a_file_says_is_not_to_be_shown_is_not_missed(short: bytes):
    """A telephone that trims a recording leaves the frames before the new start in the file (`elst`)."""
    trimmed = bytearray(short)
    start = trimmed.index(b"elst") + 16
    scale = trimmed.index(b"mdhd") + 16
    later = int.from_bytes(short[start : start + 4]) + int.from_bytes(short[scale : scale + 4])
    trimmed[start : start + 4] = later.to_bytes(4)
    video = read(bytes(trimmed))

    assert len(list(video.frames)) >= 12
    assert video.left_out == []


@pytest.mark.parametrize(
    ("matrix", "quarters"),
    [((1, 0, 0, 1), 0), ((0, 1, -1, 0), 1), ((-1, 0, 0, -1), 2), ((0, -1, 1, 0), 3)],
)
def test_videos_are_turned_upright(matrix: tuple[int, int, int, int], quarters: int):
    """As a telephone writes it down: quarter turns clockwise, in the track's header."""
    data = film(scene(1, 0.5))
    plain = next(iter(read(data).frames)).luma

    turned = read(with_matrix(data, matrix))

    frame = next(iter(turned.frames))
    assert (turned.height, turned.width) == frame.luma.shape
    assert (frame.luma == np.rot90(plain, -quarters)).all()


@pytest.mark.parametrize("to", ["mpegts", "matroska"])
def test_time_that_begins_anew_hides_nothing(to: str):
    """Two streams joined end to end, as broadcasters and `cat` do, are seen one after the other."""
    joined = film(scene(1, 2), to=to) + film(scene(2, 2), to=to)
    video = understand(joined, LIMITS).video
    assert video is not None

    frames = list(video.frames)

    assert video.duration == pytest.approx(4, abs=0.3)
    assert sum(frame.at > 2 for frame in frames) >= 5
    assert all(one.at <= other.at for one, other in pairwise(frames))


def test_what_came_before_the_damage_counts():
    """A file cut short gives its first seconds, and a sentence about the rest."""
    stream = film(chain(scene(1, 2), scene(2, 2)), to="matroska")
    video = video_of(stream[: len(stream) // 2], "video/x-matroska", LIMITS)
    assert video is not None

    frames = list(video.frames)

    assert frames
    assert frames[-1].at < 3
    assert len(video.left_out) >= 1


def test_damage_inside_is_counted(short: bytes):
    """Noise over the pictures, headers sound: nothing but pictures that decoded, and a sentence."""
    torn = bytearray(short)
    start = torn.index(b"mdat") + 4000
    torn[start : start + 3000] = np.random.default_rng(1).bytes(3000)
    video = read(bytes(torn), every_frame=True)

    frames = list(video.frames)

    assert 0 < len(frames) < 60
    assert any("damaged" in sentence for sentence in video.left_out)


def test_looking_stops_when_time_is_up(short: bytes):
    """A worker answers before it is ended; the verdict says how far it came."""
    video = read(short, MediaLimits(max_seconds=timedelta(microseconds=1)))

    assert len(list(video.frames)) == 1
    assert "looking stopped 0 seconds in, of 6" in video.left_out[-1]


def test_limits_are_checked_before_a_frame_is_decoded(short: bytes):
    """A header claims what it likes."""
    with pytest.raises(MediaError, match="max_pixels"):
        video_of(short, "video/mp4", MediaLimits(max_pixels=1000))
    with pytest.raises(MediaError, match="max_bytes"):
        video_of(short, "video/mp4", MediaLimits(max_bytes=1000))


def test_a_playlist_opens_nothing(tmp_path: Path):
    """Text that names another file is no video, whatever it is called, and the file it names is not read."""
    other = tmp_path / "other.mp4"
    other.write_bytes(film(scene(1, 0.5)))
    for text in (f"ffconcat version 1.0\nfile '{other}'\n", f"#EXTM3U\n#EXTINF:1,\n{other}\n"):
        assert understand(text.encode(), LIMITS).video is None
        with pytest.raises(MediaError):
            video_of(text.encode(), "video/mp4", LIMITS)


def test_truncated_and_noisy_files_never_raise_anything_else(short: bytes):
    """Cut anywhere, changed anywhere: frames, a sentence, or both."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        torn = bytearray(short)
        for place in rng.integers(8, len(torn), 20):
            torn[place] = rng.integers(256)
        media = understand(bytes(torn[: rng.integers(len(torn) // 2, len(torn))]), LIMITS)
        frames = list(media.video.frames) if media.video else []
        assert frames or media.unreadable or media.video is None or media.video.left_out
