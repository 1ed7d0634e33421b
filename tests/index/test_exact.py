"""The exact index against a dictionary."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.errors import InputError
from seawall.index.config import ShelfConfig
from seawall.index.digest import digest
from seawall.index.exact import ExactIndex

SMALL = ShelfConfig(tail_limit=8, scan_limit=8, fanout=2)


def test_a_digest_is_sixteen_bytes_and_its_own_for_every_text():
    """A type is part of the text, so equal values of two types differ."""
    texts = ["sha256:00", "md5:00", "url:https://example.org/ü", ""]

    assert {len(digest(text)) for text in texts} == {16}
    assert len({digest(text) for text in texts}) == 4


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from("ARMO"), st.lists(st.integers(0, 60), max_size=20)), max_size=12
    )
)
def test_finds_what_a_dictionary_finds(tmp_path_factory, steps):
    """Through any order of adding, removing, merging and opening again."""
    folder, entries = tmp_path_factory.mktemp("exact"), {}
    index = ExactIndex.open(folder, config=SMALL)
    for position, (step, keys) in enumerate(steps, 1):
        match step:
            case "A":
                index.add([digest(f"text {key % 20}") for key in keys], keys)
                entries |= {key: key % 20 for key in keys}
            case "R":
                index.remove(keys)
                entries = {key: text for key, text in entries.items() if key not in keys}
        index.advance(position)
        if step in "MO":
            index.merge()
        if step == "O":
            index.close()
            index = ExactIndex.open(folder, config=SMALL)

    expected = [sorted(key for key in entries if entries[key] == text) for text in range(21)]
    assert index.find_many([digest(f"text {text}") for text in range(21)]) == expected
    assert len(index) == len(entries)


def test_finds_every_one_of_many_and_no_other(tmp_path):
    """In a segment large enough for a bucket table, equal digests included."""
    rng = Random(4)
    texts = [f"sha256:{rng.randrange(15_000):064x}" for _ in range(20_000)]
    index = ExactIndex.build(tmp_path, [digest(text) for text in texts], range(20_000), 3)
    expected = {}
    for key, text in enumerate(texts):
        expected.setdefault(text, []).append(key)

    assert index.find_many([digest(text) for text in expected]) == list(expected.values())
    assert index.find(digest("sha256:never seen")) == []
    assert ExactIndex.open(tmp_path).position == 3


def test_digests_that_share_a_bucket_are_told_apart(tmp_path):
    """Whoever grinds digests to collide in their first bits gains nothing but a short scan."""
    digests = [bytes(8) + Random(key).randbytes(8) for key in range(9000)]
    index = ExactIndex.build(tmp_path, digests, range(9000), 1)

    assert [index.find(digests[key]) for key in (0, 4500, 8999)] == [[0], [4500], [8999]]
    assert index.find(bytes(16)) == []


def test_what_is_no_digest_is_refused(tmp_path):
    """A text is not its digest."""
    with pytest.raises(InputError, match="16 bytes; this one has 9"):
        ExactIndex.open(tmp_path).find(b"sha256:00")
