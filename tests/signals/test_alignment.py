"""Hits in time become stretches that run alike; what is only alike for a moment does not."""

import numpy as np
import pytest

from seawall.signals.alignment import Row, align, shares

Pair = tuple[float, float]  # seconds into what was asked, seconds into what is known


def row(seconds: float, step: float = 1.0) -> Row:
    """Codes at a steady pace, each unlike the others."""
    at = np.arange(0, seconds, step)
    return Row(at=at, looks=np.arange(len(at)))


def hits(asked: Row, known: Row, pairs: list[Pair], distance: int = 8):
    """For each pair of times the hit of the code nearest to each."""
    one = np.array([np.abs(asked.at - at).argmin() for at, _ in pairs])
    other = np.array([np.abs(known.at - at).argmin() for _, at in pairs])
    return one, other, np.full(len(pairs), distance)


@pytest.mark.parametrize("speed", [0.8, 0.96, 1.0, 1.0427, 1.25])
def test_a_clip_is_found_at_any_mild_speed(speed: float):
    """Half an hour of a known video, from its 100th second on, laid at 0:30 and played faster or slower."""
    asked, known = row(3600), row(2000)
    pairs = [(30 + speed * at, 100.0 + at) for at in range(1800)]

    (found,) = align(asked, known, hits(asked, known, pairs))

    assert (found.start, found.known_start) == pytest.approx((30, 100), abs=2)
    assert (found.end, found.known_end) == pytest.approx((30 + speed * 1800, 1900), abs=3)
    assert found.share > 0.95
    assert found.distance == 8
    assert shares(asked, known, (found,))[1] == pytest.approx(0.9, abs=0.01)


def test_an_insertion_makes_two_segments():
    """A minute of something else in the middle."""
    asked, known = row(300), row(200)
    pairs = [(float(at), float(at)) for at in range(100)]
    pairs += [(at + 60.0, float(at)) for at in range(100, 200)]

    first, second = align(asked, known, hits(asked, known, pairs))

    assert (first.start, first.end, first.known_end) == (0, 99, 99)
    assert (second.start, second.end, second.known_start) == (160, 259, 100)


def test_a_logo_that_spoils_most_frames_leaves_the_segment():
    """One in eight still agrees, and the share says so."""
    asked, known = row(120), row(120)
    pairs = [(float(at), float(at)) for at in range(0, 120, 8)]

    (found,) = align(asked, known, hits(asked, known, pairs))

    assert (found.start, found.end) == (0, 112)
    assert found.share == pytest.approx(1 / 8, abs=0.01)


def test_a_loop_is_found_each_time_round():
    """Ten seconds, six times over."""
    asked, known = row(60), row(10)
    pairs = [(turn * 10.0 + at, float(at)) for turn in range(6) for at in range(10)]

    found = align(asked, known, hits(asked, known, pairs))

    assert [each.start for each in found] == [0, 10, 20, 30, 40, 50]
    assert shares(asked, known, found) == (1.0, 1.0)


def test_a_clip_of_a_second_before_an_hour_of_something_else_is_found():
    """The known one is sampled every fifth of a second, the upload once a second and at cuts."""
    asked = Row(at=np.array([0, 1, 1.3, *range(2, 3600)]), looks=np.arange(3601))
    known = row(1.3, 0.2)
    pairs = [(0.0, 0.0), (1.0, 1.0), (1.0, 0.8)]

    (found,) = align(asked, known, hits(asked, known, pairs))

    assert (found.start, found.end) == (0, 1)
    assert (found.known_start, found.known_end) == (0, 1)


def test_a_shared_still_is_no_segment():
    """A title card of ten seconds in both: every frame of one is near every frame of the other."""
    looks = np.concatenate([np.zeros(10, int), np.arange(1, 291)])
    asked = known = Row(at=np.arange(300.0), looks=looks)
    pairs = [(float(one), float(other)) for one in range(10) for other in range(10)]

    assert align(asked, known, hits(asked, known, pairs)) == ()


def test_stray_hits_are_no_segment():
    """The same few pictures at unrelated times."""
    rng = np.random.default_rng(3)
    asked, known = row(3600), row(3600)
    pairs = [(float(a), float(b)) for a, b in rng.integers(0, 3600, (30, 2))]

    assert align(asked, known, hits(asked, known, pairs)) == ()


def test_every_hit_against_every_other_makes_one_segment():
    """A still scene of a hundred seconds gives ten thousand hits."""
    asked, known = row(1000), row(1000)
    one, other = np.divmod(np.arange(1000 * 100), 100)
    other = (one // 100) * 100 + other
    distances = np.minimum(np.abs(one - other), 31)

    (found,) = align(asked, known, (one, other, distances))

    assert (found.start, found.end, found.known_end, found.distance) == (0, 999, 999, 0)


def test_times_that_round_badly_are_aligned_too():
    """As files have them, in thousandths: a line always holds the hits that elected it."""
    for milliseconds in range(0, 20_000, 7):
        asked = Row(at=np.array([milliseconds / 1000]), looks=np.zeros(1, int))

        (found,) = align(asked, row(1), hits(asked, row(1), [(0.0, 0.0)]))

        assert (found.start, found.known_start) == (milliseconds / 1000, 0)
