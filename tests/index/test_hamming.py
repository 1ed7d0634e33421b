"""The index against a scan of four lines."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.errors import InputError
from seawall.index.config import ShelfConfig
from seawall.index.cut import Cut
from seawall.index.hamming import HammingIndex, Neighbour
from seawall.index.plan import planned
from seawall.index.search import probe, scan
from seawall.index.segment import open_segment, write_segment
from tests.index.by_hand import by_hand, flipped

DISTANCES = (0, 1, 15, 16, 30, 31, 32, 47, 63, 64, 127, 256)
SMALL = ShelfConfig(tail_limit=64, scan_limit=32)


def added(folder, entries, *, bits=256, merged_every=None):
    """An index of these entries, merged after every so many."""
    index = HammingIndex.open(folder, bits=bits, config=SMALL)
    keys = list(entries)
    step = merged_every or max(len(keys), 1)
    for position, start in enumerate(range(0, len(keys), step), 1):
        batch = keys[start : start + step]
        index.add([entries[key] for key in batch], batch)
        index.advance(position)
        if merged_every:
            assert index.merge()
    return index


@pytest.mark.parametrize("merged_every", [None, 5000, 700], ids=["tail", "one", "several"])
def test_finds_what_the_definition_finds_and_nothing_else(tmp_path, merged_every):
    """For random codes and planted neighbours, in the tail, in one segment and in several."""
    rng = Random(20260101)
    centre = rng.randbytes(32)
    codes = [flipped(centre, bits, rng) for bits in range(65) for _ in range(3)]
    codes += [rng.randbytes(32) for _ in range(4000)]
    rng.shuffle(codes)
    entries = dict(enumerate(codes))
    index = added(tmp_path, entries, merged_every=merged_every)

    assert len(index) == len(entries)
    for distance in DISTANCES:
        assert index.within(centre, distance) == by_hand(entries, centre, distance)


@settings(max_examples=40, deadline=None)
@given(
    widths=st.lists(st.integers(1, 13), min_size=1, max_size=30),
    distance=st.integers(0, 24),
    seed=st.integers(0, 1 << 32),
)
def test_any_cut_and_any_plan_find_what_a_scan_finds(tmp_path_factory, widths, distance, seed):
    """Whatever the chunks, also across words and over half of the code, no neighbour hides."""
    folder, rng = tmp_path_factory.mktemp("cut"), np.random.default_rng(seed)
    while sum(widths) > 256:
        widths.pop()
    cut = Cut(tuple(widths))
    plan = planned(cut, 1 << 40, distance)
    codes = rng.integers(0, 1 << 64, (300, 4), np.uint64)
    query = codes[0].copy()
    codes[:100] = query
    for row, bit in zip(
        *np.nonzero(rng.random((100, 256)) < np.linspace(0, 0.1, 100)[:, None]), strict=True
    ):
        codes[row, bit // 64] ^= np.uint64(1 << int(bit % 64))
    entry = write_segment(folder, codes, np.arange(300, dtype=np.uint64), cut)
    segment = open_segment(folder, entry, bits=256)

    if plan is None:  # the chunks are too few to promise anything: the index would scan
        return
    rows, distances = probe(
        segment.codes, segment.buckets, segment.places, plan.reach, plan.masks, 1 << 40,
        query, distance,
    )  # fmt: skip
    expected = scan(segment.codes, query, distance)
    assert sorted(zip(rows, distances, strict=True)) == list(zip(*expected, strict=True))
    assert len(rows) >= 1


def test_ten_thousand_nearly_equal_codes_are_all_found_once(tmp_path):
    """Every one shares most chunks with the query; each is reported once, for its first."""
    rng = Random(7)
    centre = rng.randbytes(32)
    entries = {key: flipped(centre, rng.randrange(6), rng) for key in range(10_000)}
    index = added(tmp_path, entries, merged_every=10_000)

    for distance in (0, 2, 31):
        assert index.within(centre, distance) == by_hand(entries, centre, distance)


def test_codes_made_to_share_chunks_cost_no_more_than_a_scan(tmp_path):
    """An adversary who fills one bucket of every chunk makes us scan, not drown."""
    rng = Random(8)
    centre = rng.randbytes(32)
    entries = {}
    for key in range(6000):
        start = 32 * (key % 2)  # half of the code as the query has it, the other half its opposite
        code = bytearray(byte ^ 0xFF for byte in centre)
        code[start // 2 : start // 2 + 16] = centre[start // 2 : start // 2 + 16]
        entries[key] = flipped(bytes(code), 2, rng)
    entries[6000] = flipped(centre, 30, rng)
    index = added(tmp_path, entries, merged_every=6001)

    for distance in (0, 15, 31, 127, 130):
        assert index.within(centre, distance) == by_hand(entries, centre, distance)


@pytest.mark.parametrize("merged_every", [None, 1])
def test_one_entry_is_found_up_to_its_opposite(tmp_path, merged_every):
    """The smallest index, at both ends of the scale."""
    index = added(tmp_path, {9: bytes(32)}, merged_every=merged_every)

    assert index.within(bytes(32), 0) == [Neighbour(0, 9)]
    assert index.within(b"\xff" * 32, 255) == []
    assert index.within(b"\xff" * 32, 256) == [Neighbour(256, 9)]
    assert index.within(b"\xff" * 32, 1000) == [Neighbour(256, 9)]


def test_an_empty_index_knows_nothing(tmp_path):
    """No entries, no neighbours, no error, opened again or built."""
    for index in (HammingIndex.open(tmp_path / "new"), HammingIndex.build(tmp_path, [], [], 5)):
        assert index.within(bytes(32), 256) == []
        assert len(index) == 0
    assert index.position == 5


@pytest.mark.parametrize("bits", [64, 128, 512])
def test_codes_may_have_other_lengths(tmp_path, bits):
    """Any multiple of 64 bits."""
    rng = Random(bits)
    entries = {key: rng.randbytes(bits // 8) for key in range(1000)}
    entries |= {key: flipped(entries[key - 1000], 3, rng) for key in range(1000, 1500)}
    index = added(tmp_path, entries, bits=bits, merged_every=600)

    for distance in (0, 3, 10, bits // 2, bits):
        assert index.within(entries[7], distance) == by_hand(entries, entries[7], distance)


def test_equal_codes_keep_their_own_keys_wide_ones_too(tmp_path):
    """Two banks may know the same picture; a key may need all 64 bits."""
    code = Random(1).randbytes(32)
    keys = [3, 1, (1 << 64) - 1, 1 << 40]
    index = HammingIndex.build(tmp_path, [code] * 4, keys, 1)

    assert index.within(code, 31) == [Neighbour(0, key) for key in sorted(keys)]


def test_many_queries_are_answered_in_their_order(tmp_path):
    """`within_many` is `within`, for codes as bytes or as an array."""
    rng = Random(2)
    codes = [rng.randbytes(32) for _ in range(50)]
    index = HammingIndex.build(tmp_path, codes, list(range(50)), 1)
    array = np.frombuffer(b"".join(codes), np.uint8).reshape(50, 32)

    assert index.within_many(codes, 100) == [index.within(code, 100) for code in codes]
    assert index.within_many(array, 100) == index.within_many(codes, 100)
    assert index.within_many([], 31) == []


def test_what_is_no_code_or_key_is_refused_and_changes_nothing(tmp_path):
    """The sentence says what a code is."""
    index = HammingIndex.open(tmp_path)
    for codes, keys, sentence in [
        ([bytes(31)], [1], "32 bytes; this one has 31"),
        ([bytes(32)], [-1], "at least 0; this one is -1"),
        ([bytes(32)], [1 << 64], "at most"),
        ([bytes(32)], [1, 2], "there are 1 and 2"),
        (np.zeros((1, 4), np.uint64), [1], "uint64 of 1 by 4"),
    ]:
        with pytest.raises(InputError, match=sentence):
            index.add(codes, keys)
    with pytest.raises(InputError, match="multiple of 64"):
        HammingIndex.open(tmp_path, bits=100)
    assert len(index) == 0
