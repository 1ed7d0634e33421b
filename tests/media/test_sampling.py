"""Which packets are decoded, so that every stretch of a video is seen."""

import numpy as np

from seawall.media import sampling
from seawall.media.sampling import plan


def packets(
    seconds: int, key_every: int, *, fps: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, sizes and key flags of a video without B-frames."""
    count = seconds * fps
    keys = np.arange(count) % key_every == 0
    return np.arange(count) / fps, np.where(keys, 1000, 50), keys


def test_key_frames_are_enough_where_there_is_one_in_every_stretch():
    """Nothing else is decoded, and each of them is wanted."""
    times, sizes, keys = packets(10, key_every=10)

    found = plan(times, sizes, keys, 1.0)

    assert (found.fed == keys).all()
    assert (found.marked == keys).all()


def test_a_run_is_decoded_as_far_as_its_last_stretch_without_a_key_frame():
    """Key frames at 0 and 5 s: of the seconds in between, the last begins with the packet at 4 s."""
    times, sizes, keys = packets(10, key_every=50)

    found = plan(times, sizes, keys, 1.0)

    assert times[found.fed].tolist() == [*times[:41], *times[50:91]]


def test_a_run_with_no_frame_in_its_last_stretch_is_decoded_to_its_end():
    """Nothing is shown between 8.9 s and the key frame at 10 s, as in a recording of a screen that stands still."""
    times, sizes, keys = packets(20, key_every=200, fps=20)
    there = times % 10 < 8.9

    found = plan(times[there], sizes[there], keys[there], 1.0)

    assert found.fed[:178].all()
    assert not found.needed.any()


def test_frames_out_of_order_are_wanted_where_they_alone_show_a_stretch():
    """A frame a second, three of them between two that are decoded anyway; ten a second need none of them."""
    order = np.array([0, 4, 2, 1, 3, 8, 6, 5, 7])
    keys = order == 0

    slides = plan(order * 1.0, np.where(keys, 1000, 50), keys, 1.0)
    film = plan(order / 10, np.where(keys, 1000, 50), keys, 1.0)

    assert slides.fed.all()
    assert slides.needed.all()
    assert not film.needed.any()


def test_what_is_shown_before_a_key_frame_needs_the_run_before():
    """Of an open group, the frames at 4 and 5 s come after the key frame at 6 s, and are made of it and of 3 s."""
    times = np.array([0.0, 3.0, 1.0, 2.0, 6.0, 4.0, 5.0])
    keys = np.isin(times, [0.0, 6.0])

    found = plan(times, np.where(keys, 1000, 50), keys, 1.0)

    assert found.fed.all()
    assert found.needed.all()


def test_where_no_format_says_what_may_be_skipped_nothing_of_a_few_is():
    """As in AVI, which gives frames in the order they are decoded in: sixteen a stretch, and sixteen may be skipped."""
    assert plan(*packets(9, key_every=160, fps=16), 1.0).needed.all()
    assert not plan(*packets(9, key_every=170, fps=17), 1.0).needed.any()


def test_a_cut_the_encoder_did_not_start_anew_at_is_wanted():
    """Its packet is as large as a key frame's; it lies after what would be decoded otherwise."""
    times, sizes, keys = packets(10, key_every=50)
    sizes[47] = 900

    found = plan(times, sizes, keys, 1.0)

    assert found.fed[:48].all()
    assert times[found.marked].tolist() == [0.0, 4.7, 5.0]


def test_a_very_long_video_has_fewer_marks_and_every_stretch_of_it_is_seen(monkeypatch):
    """Twenty seconds with ten marks to give, as it were; every frame is a key frame."""
    monkeypatch.setattr(sampling, "MOST_MARKS", 10)
    times, sizes, keys = packets(20, key_every=1)

    found = plan(times, sizes, keys, 1.0)

    assert found.marked.sum() <= 11
    assert {int(at) for at in times[found.fed]} == set(range(20))


def test_where_every_frame_is_a_key_frame_few_are_decoded():
    """Motion JPEG is decoded four times a second, not thirty."""
    times, sizes, keys = packets(10, key_every=1, fps=30)

    found = plan(times, sizes, keys, 1.0)

    assert 30 <= found.fed.sum() <= 40
