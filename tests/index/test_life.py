"""Whatever happens to an index between two queries, it answers as the definition does."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from seawall.errors import WrongState
from seawall.index.config import ShelfConfig
from seawall.index.hamming import HammingIndex, Neighbour
from tests.index.by_hand import by_hand, flipped

SMALL = ShelfConfig(tail_limit=4, scan_limit=8, fanout=2, dead_share=0.3)
POOL = [Random(3).randbytes(32)]
POOL += [flipped(POOL[0], bits, Random(bits)) for bits in (1, 2, 15, 16, 31, 32, 100, 256)]
KEYS = st.lists(st.integers(0, 40), max_size=12)


class Life(RuleBasedStateMachine):
    """
    One writer of a database, and two indexes that follow it, merge, refresh and reopen.

    The database is a list of changes; an index's position says how many it has taken in.
    """

    @initialize()
    def begin(self):
        """Two processes open one folder."""
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.changes = []
        self.indexes = [HammingIndex.open(self.folder, config=SMALL) for _ in range(2)]

    @rule(keys=KEYS, code=st.sampled_from(POOL))
    def add_entries(self, keys, code):
        """The database learns entries; those it has stay as they are."""
        known = self.known(len(self.changes))
        self.changes += [("add", key, code) for key in dict.fromkeys(keys) if key not in known]

    @rule(keys=KEYS)
    def remove_entries(self, keys):
        """The database forgets entries, unknown ones among them."""
        self.changes += [("remove", key, None) for key in keys]

    @rule(which=st.integers(0, 1), steps=st.integers(0, 30), batch=st.integers(1, 30))
    def follow(self, which, steps, batch):
        """An index takes in some of what it has not yet, in batches."""
        index = self.indexes[which]
        for _ in range(0, steps, batch):
            start = index.position
            for kind, key, code in self.changes[start : start + batch]:
                if kind == "add":
                    index.add([code], [key])
                else:
                    index.remove([key])
            index.advance(min(start + batch, len(self.changes)))

    @rule(which=st.integers(0, 1))
    def merge(self, which):
        """What an index has taken in goes to disk."""
        self.indexes[which].merge()

    @rule(which=st.integers(0, 1), overtaken=st.booleans())
    def refresh_between_reading_and_adding(self, which, overtaken):
        """A process reads the database, refreshes, and only then adds what it has read."""
        index = self.indexes[which]
        start = index.position
        if overtaken:
            index.refresh()
            if index.position < start:  # a rebuild moved it back: what was read leaves a gap
                return
        read = self.changes[start : start + 3]
        for kind, key, code in read:
            if kind == "add":
                index.add([code], [key])
            else:
                index.remove([key])
            index.refresh()
            index.merge()
        index.advance(start + len(read))

    @rule(which=st.integers(0, 1))
    def refresh(self, which):
        """What the other one merged is taken over."""
        self.indexes[which].refresh()

    @rule(which=st.integers(0, 1))
    def reopen(self, which):
        """A process starts anew: only the disk remembers."""
        self.indexes[which].close()
        self.indexes[which] = HammingIndex.open(self.folder, config=SMALL)

    @rule(which=st.integers(0, 1))
    def rebuild(self, which):
        """An index is made anew from the database; both learn of it when they refresh."""
        known = self.known(len(self.changes))
        built = HammingIndex.build(
            self.folder, list(known.values()), list(known), len(self.changes), config=SMALL
        )
        self.indexes[which].close()
        self.indexes[which] = built

    def teardown(self):
        """The folder goes with its life."""
        if hasattr(self, "temporary"):
            self.temporary.cleanup()

    @invariant()
    def every_index_is_the_database_at_its_position(self):
        """At every distance that matters."""
        for index in getattr(self, "indexes", []):
            known = self.known(index.position)
            assert len(index) == len(known)
            for distance in (0, 15, 31, 256):
                assert index.within(POOL[0], distance) == by_hand(known, POOL[0], distance)

    def known(self, position):
        """The database after its first changes."""
        known = {}
        for kind, key, code in self.changes[:position]:
            if kind == "add":
                known[key] = code
            else:
                known.pop(key, None)
        return known


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
)


def test_only_a_refresh_moves_the_position_back(tmp_path):
    """A merge in the background may not, between reading the position and adding what follows."""
    index = HammingIndex.open(tmp_path, config=SMALL)
    index.add([bytes(32)], [1])
    index.advance(9)
    HammingIndex.build(tmp_path, [], [], 4)

    assert not index.merge()
    assert (index.position, len(index)) == (9, 1)
    assert index.refresh()
    assert (index.position, len(index)) == (4, 0)


def test_a_key_is_added_once(tmp_path):
    """Adding it again, in memory or on disk, changes nothing."""
    near, far = bytes(32), b"\xff" * 32
    index = HammingIndex.open(tmp_path, config=SMALL)
    index.add([near, far, near], [1, 1, 2])
    index.advance(1)
    index.merge()
    index.add([far, near], [1, 2])

    assert index.within(near, 256) == [Neighbour(0, 1), Neighbour(0, 2)]
    assert len(index) == 2


def test_a_key_that_comes_back_is_found_where_it_is_now(tmp_path):
    """Removed and added under another code, it leaves nothing at the old one, merged or not."""
    old, new = bytes(32), b"\xff" * 32
    index = HammingIndex.open(tmp_path, config=SMALL)
    index.add([old] * 20, range(20))
    index.advance(1)
    index.merge()
    index.remove([7])
    index.add([new], [7])
    index.advance(2)

    for _ in range(2):
        assert index.within(new, 0) == [Neighbour(0, 7)]
        assert [key for _, key in index.within(old, 0)] == [key for key in range(20) if key != 7]
        assert len(index) == 20
        index.merge()
    assert HammingIndex.open(tmp_path).within(new, 0) == [Neighbour(0, 7)]


def test_only_what_was_advanced_over_is_merged(tmp_path):
    """What a position does not vouch for yet stays in memory, and is asked for again."""
    index = HammingIndex.open(tmp_path, config=SMALL)
    index.add([bytes(32)], [1])
    index.advance(10)
    index.add([bytes(32)], [2])

    assert index.merge()
    assert not index.merge()
    opened = HammingIndex.open(tmp_path)
    assert (opened.position, opened.within(bytes(32), 0)) == (10, [Neighbour(0, 1)])
    assert index.within(bytes(32), 0) == [Neighbour(0, 1), Neighbour(0, 2)]


def test_it_wants_a_merge_when_its_tail_is_full(tmp_path):
    """The bound is `tail_limit` changes; a merge empties the tail."""
    index = HammingIndex.open(tmp_path, config=SMALL)
    index.add([bytes(32)] * 3, range(3))
    index.advance(1)
    assert not index.wants_merge
    index.remove([0])
    index.advance(2)
    assert index.wants_merge
    index.merge()
    assert not index.wants_merge


def test_segments_stay_few_and_no_file_is_left_over(tmp_path):
    """A thousand merges leave a handful of segments and no trace of the others."""
    rng = Random(5)
    index = HammingIndex.open(tmp_path, config=SMALL)
    for position in range(1, 201):
        index.add([rng.randbytes(32) for _ in range(4)], range(4 * position, 4 * position + 4))
        index.advance(position)
        index.merge()

    assert len(index) == 800
    assert len(list(tmp_path.glob("*.segment"))) <= 8
    assert {path.suffix for path in tmp_path.iterdir()} <= {"", ".segment"}


def test_dead_rows_are_dropped_when_they_are_many(tmp_path):
    """Removing most of an index makes its files small again."""
    rng = Random(6)
    index = HammingIndex.build(
        tmp_path, [rng.randbytes(32) for _ in range(2000)], range(2000), 1, config=SMALL
    )
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    index.remove(range(1990))
    index.advance(2)
    index.merge()

    assert len(index) == len(HammingIndex.open(tmp_path)) == 10
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < size / 4


def test_a_closed_index_refuses_instead_of_finding_nothing(tmp_path):
    """An empty answer would let something through."""
    index = HammingIndex.build(tmp_path, [bytes(32)], [1], 1)
    index.close()

    for use in (lambda: index.within(bytes(32), 0), lambda: index.add([bytes(32)], [2])):
        with pytest.raises(WrongState, match="closed"):
            use()
