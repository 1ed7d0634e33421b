"""Plans keep the promise of the pigeonhole, and cost little."""

from itertools import combinations

import pytest

from seawall.index.config import ShelfConfig
from seawall.index.cut import first_chunk, into_chunks
from seawall.index.plan import masks_within, planned
from seawall.index.tiers import absorbed


@pytest.mark.parametrize("count", [5_000, 100_000, 1_000_000, 10_000_000, 300_000_000])
def test_chunks_cover_a_code_evenly_and_follow_the_size(count):
    """Every bit is in one chunk; a chunk has about as many buckets as there are codes."""
    widths = into_chunks(256, count, scan_limit=4096).widths

    assert sum(widths) == 256
    assert max(widths) - min(widths) <= 1
    assert max(widths) <= 24
    assert count / 4 < 2 ** max(widths) < count * 4 or max(widths) == 24


def test_a_small_segment_is_not_cut():
    """A scan of it is as fast, and it needs no tables."""
    assert into_chunks(256, 4096, scan_limit=4096).widths == ()
    assert first_chunk(4096, scan_limit=4096).widths == ()
    assert first_chunk(5000, scan_limit=4096).widths == (12,)


@pytest.mark.parametrize("count", [5_000, 1_000_000, 10_000_000])
def test_no_code_within_the_distance_can_differ_too_much_in_every_chunk(count):
    """The least a code differs that hides from every chunk is more than the distance."""
    cut = into_chunks(256, count, scan_limit=4096)
    for distance in range(257):
        plan = planned(cut, count, distance)
        if plan is not None:
            hidden = sum(radius + 1 for _, radius, _, _ in plan.reach.tolist())
            assert hidden > distance


def test_far_searches_are_scans():
    """Beyond some distance the buckets to look into outnumber the codes."""
    cut = into_chunks(256, 100_000, scan_limit=4096)

    assert planned(cut, 100_000, 31) is not None
    assert planned(cut, 100_000, 128) is None


def test_masks_are_every_number_with_so_few_bits():
    """In ascending order, zero among them."""
    for radius in range(5):
        every = {
            sum(1 << bit for bit in bits)
            for few in range(radius + 1)
            for bits in combinations(range(7), few)
        }
        assert masks_within(7, radius).tolist() == sorted(every)


def test_a_merge_takes_in_what_is_not_much_larger():
    """And everything when too many rows are dead, and nothing when nothing waits."""
    config = ShelfConfig(tail_limit=10, fanout=4, dead_share=0.1)

    assert absorbed([1000, 41, 40], 0, 5, config) == [2, 1]
    assert absorbed([1000, 41], 0, 5, config) == []
    assert absorbed([1000, 41], 0, 0, config) == []
    assert absorbed([1000, 41], 200, 0, config) == [0, 1]
