"""Lines of a snapshot come in the order of their digests, each once, in batches of a bounded size."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.index.digest import digest
from seawall.workflows import spill
from seawall.workflows.spill import by_digest


def signal(number: int) -> str:
    """A signal of its own for each number."""
    return f"sha256:{number:064x}"


def line(number: int) -> bytes:
    """A line of a snapshot about it, as a hub writes it."""
    return b'{"number":%d,"record":{"signal":"%s"}}' % (number, signal(number).encode())


NUMBER_OF = {line(number): number for number in range(3_000)}


@pytest.mark.parametrize("block", [1, 1_000, spill.BLOCK])
def test_each_batch_comes_after_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
):
    """In this order a million entries fill each page of an index once; however little waits in memory."""
    monkeypatch.setattr(spill, "BLOCK", block)
    batches = list(by_digest(NUMBER_OF, count=3_000, most=1_000, folder=tmp_path))
    digests = [[digest(signal(NUMBER_OF[each])) for each in batch] for batch in batches]

    assert len(batches) > 3
    assert all(max(earlier) < min(later) for earlier, later in pairwise(digests))
    assert sorted(each for batch in batches for each in batch) == sorted(NUMBER_OF)


def test_a_batch_has_no_more_lines_than_asked_for_though_there_are_more_than_foretold(
    tmp_path: Path,
):
    """How many there are is what the hub says; a batch is what one transaction can bear."""
    batches = list(by_digest(NUMBER_OF, count=1, most=70, folder=tmp_path))

    assert max(map(len, batches)) == 70
    assert sum(map(len, batches)) == 3_000


def test_long_lines_make_short_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Memory is bounded in bytes too: a hub may write lines of any length."""
    monkeypatch.setattr(spill, "BLOCK", 1_000)
    monkeypatch.setattr(spill, "MOST_BYTES", 10_000)
    padded = [each + b" " * 400 for each in list(NUMBER_OF)[:500]]
    batches = list(by_digest(padded, count=500, most=500, folder=tmp_path))

    assert max(sum(map(len, batch)) for batch in batches) < 10_000 + 2 * 1_000
    assert sorted(each for batch in batches for each in batch) == sorted(padded)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.binary(max_size=40).map(lambda each: each.replace(b"\n", b""))),
    quoted=st.lists(st.binary(max_size=9).map(lambda each: each.replace(b"\n", b""))),
    count=st.integers(0, 100),
    most=st.integers(1, 9),
    block=st.integers(1, 99),
)
def test_whatever_the_lines_are_each_comes_once(
    tmp_path: Path, lines: list[bytes], quoted: list[bytes], count: int, most: int, block: int
):
    """What means nothing is for the reader of the batch to count; it is not lost on the way."""
    given_lines = lines + [b'{"signal": "%s"}' % each for each in quoted]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spill, "BLOCK", block)
        batches = list(by_digest(given_lines, count=count, most=most, folder=tmp_path))

    assert Counter(each for batch in batches for each in batch) == Counter(given_lines)
    assert all(0 < len(batch) <= most for batch in batches)


def test_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Also when nobody reads on: the process may die between two batches."""
    monkeypatch.setattr(spill, "BLOCK", 1)
    batches = by_digest(NUMBER_OF, count=3_000, most=1_000, folder=tmp_path)
    next(batches)

    assert list(tmp_path.iterdir()) == []
