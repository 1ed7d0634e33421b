"""The tree against its definition, and every proof against whoever bends it."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.errors import InputError, StorageError
from seawall.exchange.merkle import (
    BLOCK,
    EMPTY,
    Frontier,
    completed,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

MOST = BLOCK**2 + 300
SEAMS = [*range(1, 9), *range(254, 260), *range(510, 515), *range(65534, 65539)]
sizes = st.one_of(st.sampled_from(SEAMS), st.integers(1, 1200), st.integers(1, MOST))


class Kept:
    """A tree as a database would keep it: its levels of hashes."""

    def __init__(self, leaves=()):
        self.levels = {}
        self.size = 0
        self.add(leaves)

    def add(self, leaves):
        """Append leaf hashes, and the blocks they complete."""
        for level, position, block in completed(self.size, leaves, self):
            assert position == len(self.levels.setdefault(level, []))
            self.levels[level].append(block)
        self.levels.setdefault(0, []).extend(leaves)
        self.size += len(leaves)

    def __call__(self, level, start, stop):
        """What is kept at these positions."""
        return self.levels[level][start:stop]


@cache
def leaf(position):
    """A leaf hash that cost little to make."""
    return leaf_hash(position.to_bytes(4, "big"))


@cache
def kept():
    """A tree that reaches into its third level, made once."""
    return Kept([leaf(position) for position in range(MOST)])


def split(width):
    """The largest power of two below a width."""
    return 1 << (width - 1).bit_length() - 1


@cache
def by_definition(start, stop):
    """RFC 9162, section 2.1.1."""
    if start == stop:
        return EMPTY
    if stop - start == 1:
        return leaf(start)
    middle = start + split(stop - start)
    return node_hash(by_definition(start, middle), by_definition(middle, stop))


def path_by_definition(position, start, stop):
    """RFC 9162, section 2.1.3.1."""
    if stop - start == 1:
        return []
    middle = start + split(stop - start)
    if position < middle:
        return [*path_by_definition(position, start, middle), by_definition(middle, stop)]
    return [*path_by_definition(position, middle, stop), by_definition(start, middle)]


def proof_by_definition(old, start, stop, *, known=True):
    """RFC 9162, section 2.1.4.1."""
    if start + old == stop:
        return [] if known else [by_definition(start, stop)]
    middle = start + split(stop - start)
    if start + old <= middle:
        return [
            *proof_by_definition(old, start, middle, known=known),
            by_definition(middle, stop),
        ]
    return [
        *proof_by_definition(old - (middle - start), middle, stop, known=False),
        by_definition(start, middle),
    ]


@cache
def of_equal_leaves(size):
    """The root of leaves that are all the first one, however many."""
    if size == 1:
        return leaf(0)
    return node_hash(of_equal_leaves(split(size)), of_equal_leaves(size - split(size)))


def bent(proof):
    """A proof with one thing wrong, in every way."""
    for at, right in enumerate(proof):
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[:at], right, *proof[at:]]
        yield [*proof[:at], bytes([right[0] ^ 1]) + right[1:], *proof[at + 1 :]]
        yield [*proof[:at], right[:-1], *proof[at + 1 :]]
        yield [*proof[:at], None, *proof[at + 1 :]]
    yield [*proof, EMPTY]
    yield [EMPTY, *proof]
    yield [*proof, b""]


def test_the_published_roots():
    """The eight entries on which implementations of RFC 6962 are tried."""
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    entries.append("606162636465666768696a6b6c6d6e6f")
    published = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in entries]

    tree = Kept(leaves)

    assert [root(size, tree).hex() for size in range(1, 9)] == published
    assert root(0, tree) == EMPTY


@settings(deadline=None)
@given(sizes)
def test_a_root_is_what_the_definition_says(size):
    """At every size, above all where a block is about to be complete."""
    assert root(size, kept()) == by_definition(0, size)


@settings(deadline=None)
@given(sizes, st.data())
def test_an_inclusion_proof_is_what_the_definition_says_and_holds(size, data):
    """The very hashes, so that anybody's verifier accepts them."""
    ends = st.sampled_from(
        sorted({0, size - 1, size // 2, max(size - 2, 0), size & -BLOCK} - {size})
    )
    position = data.draw(st.one_of(ends, st.integers(0, size - 1)))

    proof = inclusion_proof(position, size, kept())

    assert proof == path_by_definition(position, 0, size)
    assert verify_inclusion(leaf(position), position, size, proof, by_definition(0, size))


@settings(deadline=None)
@given(sizes, sizes)
def test_a_consistency_proof_is_what_the_definition_says_and_holds(one, other):
    """Between any two sizes the tree has had."""
    old, new = sorted((one, other))

    proof = consistency_proof(old, new, kept())

    assert proof == proof_by_definition(old, 0, new)
    assert verify_consistency(old, by_definition(0, old), new, by_definition(0, new), proof)


@pytest.mark.parametrize("size", [*range(1, 20), 256, 257, 300])
def test_a_bent_inclusion_proof_fails(size):
    """A hash missing, doubled, altered or cut; another leaf, place, or tree."""
    top = by_definition(0, size)
    for position in {*range(min(size, 20)), size // 2, size - 1}:
        proof = inclusion_proof(position, size, kept())
        assert verify_inclusion(leaf(position), position, size, proof, top)

        for wrong in bent(proof):
            assert not verify_inclusion(leaf(position), position, size, wrong, top)
        for elsewhere in {-1, position - 1, position + 1, position ^ 1, size, 2 * size}:
            if elsewhere != position:
                assert not verify_inclusion(leaf(position), elsewhere, size, proof, top)
        for other in {-1, 0, size - 1, size + 1, 2 * size}:
            another = by_definition(0, max(other, 0))
            assert not verify_inclusion(leaf(position), position, other, proof, another)
        assert not verify_inclusion(leaf(size), position, size, proof, top)
        assert not verify_inclusion(leaf(position)[1:], position, size, proof, top)
        assert not verify_inclusion(leaf(position), position, size, proof, EMPTY)


@pytest.mark.parametrize("new", [*range(1, 20), 256, 257, 300])
def test_a_bent_consistency_proof_fails(new):
    """A hash missing, doubled, altered or cut; another size or root on either side."""
    top = by_definition(0, new)
    for old in {*range(1, min(new, 19) + 1), new // 2, new - 1, new} - {0}:
        before = by_definition(0, old)
        proof = consistency_proof(old, new, kept())
        assert verify_consistency(old, before, new, top, proof)

        for wrong in bent(proof):
            assert not verify_consistency(old, before, new, top, wrong)
        for other in {-1, old - 1, old + 1, new + 1} - {0}:
            another = by_definition(0, max(other, 0))
            assert not verify_consistency(other, another, new, top, proof)
        for other in {-1, 0, new + 1, 2 * new}:
            another = by_definition(0, max(other, 0))
            assert not verify_consistency(old, before, other, another, proof)
        assert not verify_consistency(old, before, 2 * new, top, proof)
        assert not verify_consistency(old, EMPTY, new, top, proof)
        assert not verify_consistency(old, before, new, EMPTY, proof)
        assert not verify_consistency(old, before, new, top[1:], proof)


def test_every_tree_grew_from_the_empty_one():
    """There is nothing to prove, but the empty tree has only one root."""
    top = by_definition(0, 5)

    assert consistency_proof(0, 5, kept()) == []
    assert verify_consistency(0, EMPTY, 5, top, [])
    assert verify_consistency(0, EMPTY, 0, EMPTY, [])
    assert not verify_consistency(0, top, 5, top, [])
    assert not verify_consistency(0, top, 0, top, [])
    assert not verify_consistency(0, EMPTY, 5, top, [top])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.one_of(st.integers(0, 600), st.sampled_from([255, 256, 257])), max_size=8))
def test_blocks_are_the_same_in_whatever_portions_leaves_arrive(portions):
    """One by one, in hundreds, or all at once."""
    tree, at = Kept(), 0
    for portion in portions:
        tree.add([leaf(position) for position in range(at, at + portion)])
        at += portion

    assert tree.levels.get(0, []) == [leaf(position) for position in range(at)]
    assert tree.levels.get(1, []) == [
        by_definition(start, start + BLOCK) for start in range(0, at - BLOCK + 1, BLOCK)
    ]


def test_a_block_of_blocks_is_complete_with_its_last_leaf():
    """65 536 leaves have one root two levels up, and not a leaf earlier."""
    whole = BLOCK**2
    tree = Kept([leaf(position) for position in range(whole - 1)])
    assert 2 not in tree.levels

    assert completed(whole - 1, [leaf(whole - 1)], tree) == [
        (1, BLOCK - 1, by_definition(whole - BLOCK, whole)),
        (2, 0, by_definition(0, whole)),
    ]


@settings(deadline=None)
@given(st.integers(1_000_000, 2**36), st.data())
def test_a_proof_reads_a_few_hundred_hashes(new, data):
    """Of millions and billions of leaves, all alike so that nobody has to make them."""
    old = data.draw(st.integers(1, new))
    levels = len(f"{new:x}") // 2 + 1
    read = []

    def counted(level, start, stop):
        assert 0 <= start < stop <= new >> 8 * level
        read.append(stop - start)
        return [of_equal_leaves(BLOCK**level)] * (stop - start)

    top = root(new, counted)
    assert top == of_equal_leaves(new)
    assert sum(read) <= levels * BLOCK

    read.clear()
    proof = inclusion_proof(old - 1, new, counted)
    assert verify_inclusion(leaf(0), old - 1, new, proof, top)
    assert sum(read) <= 2 * levels * BLOCK

    read.clear()
    proof = consistency_proof(old, new, counted)
    assert verify_consistency(old, of_equal_leaves(old), new, top, proof)
    assert sum(read) <= (2 * levels + 1) * BLOCK
    assert len(read) <= 2 * levels + 1


def test_a_tree_with_a_hole_gives_no_root():
    """A root over what is left would be signed as if it were whole."""
    tree = Kept([leaf(position) for position in range(300)])
    tree.levels[0].pop()

    with pytest.raises(StorageError, match="lacks hashes between 256 and 300 on level 0"):
        root(300, tree)


def test_there_is_no_proof_of_what_never_was():
    """A leaf beyond the end; a tree that shrank."""
    for position, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(InputError, match=f"has no leaf {position}"):
            inclusion_proof(position, size, kept())
    for old, new in ((6, 5), (-1, 5)):
        with pytest.raises(InputError, match=f"never had {old} before"):
            consistency_proof(old, new, kept())


def test_a_frontier_has_the_root_at_every_size():
    """An auditor who replays the leaves keeps up with the tree, and may stop and go on."""
    frontier = Frontier()
    for size in range(1030):
        assert frontier.size == size
        assert frontier.root() == by_definition(0, size)
        assert len(frontier.peaks) == size.bit_count()
        frontier.append(leaf(size))

    resumed = Frontier(frontier.size, [*frontier.peaks])
    resumed.append(leaf(1030))
    assert resumed.root() == by_definition(0, 1031)
