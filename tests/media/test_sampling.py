"""Which packets are decoded, so that every stretch of a video is seen."""

import numpy as np

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


def test_a_cut_the_encoder_did_not_start_anew_at_is_wanted():
    """Its packet is as large as a key frame's; it lies after what would be decoded otherwise."""
    times, sizes, keys = packets(10, key_every=50)
    sizes[47] = 900

    found = plan(times, sizes, keys, 1.0)

    assert found.fed[:48].all()
    assert times[found.marked].tolist() == [0.0, 4.7, 5.0]


def test_where_every_frame_is_a_key_frame_few_are_decoded():
    """Motion JPEG is decoded four times a second, not thirty."""
    times, sizes, keys = packets(10, key_every=1, fps=30)

    found = plan(times, sizes, keys, 1.0)

    assert 30 <= found.fed.sum() <= 40
