"""What members read of an agreement, on both databases, while others write."""

import json
import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.exchange import merkle
from seawall.exchange.delta import delta_from
from seawall.exchange.note import Checkpoint, opened
from seawall.storage.memory import Memory
from seawall.workflows.feed import Signer, read_page, snapshot
from seawall.workflows.sharing import write_opinions
from tests.made import pdq
from tests.sharing import agree, opinion, said

A = "terror"
WRITERS = 4
ROUNDS = 30


@pytest.fixture
def memory(database_url: str) -> Iterator[Memory]:
    """An agreement with as many contributors as there are writers."""
    opened = Memory(database_url)
    agree(opened, A, **{f"writer{n}": "contribute" for n in range(WRITERS)})
    yield opened
    opened.close()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """A hub's."""
    return Signer(tmp_path, "hub.example")


def lines(memory: Memory) -> list[bytes]:
    """Every delta."""
    with memory.reading() as stores:
        return list(stores.deltas.lines_after(A, 0, limit=100_000))


def root(leaves: list[bytes]) -> bytes:
    """The root over lines that were all read."""
    tree = merkle.Frontier()
    for each in leaves:
        tree.append(merkle.leaf_hash(each))
    return tree.root()


def contribute(url: str, writer: int) -> None:
    """Words on signals that all writers share, a few in each transaction, from a process of its own."""
    own = Memory(url)
    for n in range(ROUNDS):
        words = [(pdq(n + k), opinion(f"writer{writer}")) for k in range(3)]
        said(own, A, *words)
    own.close()


def test_four_processes_write_one_gapless_log(memory: Memory, database_url: str, signer: Signer):
    """Numbers without gaps, a tree that fits, no word lost, and a record for each signal."""
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=contribute, args=(database_url, n)) for n in range(WRITERS)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(120)
    assert [each.exitcode for each in writers] == [0] * WRITERS

    whole = lines(memory)
    deltas = list(map(delta_from, whole))
    assert [each.number for each in deltas] == list(range(1, len(deltas) + 1))
    assert len(deltas) == WRITERS * (ROUNDS + 2)
    latest = {each.record.id: each.record for each in deltas}
    assert len(latest) == ROUNDS + 2
    assert all(len(each.opinions) == WRITERS for each in latest.values())
    with memory.reading() as stores:
        note = signer.checkpoint(A, len(whole), stores)
    signed = Checkpoint.parse(opened(note, signer.key.verifier))
    assert (signed.size, signed.root) == (len(whole), root(whole))


def test_the_tree_fits_at_every_size_around_a_block(memory: Memory):
    """255, 256 and 257 deltas: with and without a complete block, and its peaks."""
    said(memory, A, *[(pdq(n), opinion("writer0")) for n in range(255)])
    said(memory, A, *[(pdq(1000 + n), opinion("writer0")) for n in range(2)])
    whole = lines(memory)

    with memory.reading() as stores:
        for size in (0, 1, 255, 256, 257):
            assert stores.deltas.root(A, size) == root(whole[:size])
            peaks = merkle.peaks(size, stores.deltas.hashes(A))
            assert merkle.Frontier(size, peaks).root() == root(whole[:size])


def test_words_of_one_transaction_see_each_other(memory: Memory):
    """What was said is found, counted and numbered before it is committed."""
    with memory.transaction() as stores:
        agreement = stores.organisations.agreement(A)
        assert agreement.size == 0
    said(memory, A, (pdq(), opinion("writer0")))
    with memory.transaction() as stores:
        for n in range(1, 4):
            write_opinions(
                agreement,
                [(pdq(), opinion(f"writer{n}"), None)],
                stores=stores,
                now=opinion().at,
                actor="test",
            )
        record = stores.records.of_signals(A, {pdq()})[pdq()]
        assert (len(record.opinions), record.delta) == (4, 4)
        assert stores.deltas.size(A) == 4
        assert [each.opinions for each in stores.records.page(A)] == [record.opinions]
    assert len(lines(memory)) == 4


def test_a_page_ends_before_it_grows_too_large(
    memory: Memory, signer: Signer, monkeypatch: pytest.MonkeyPatch
):
    """What follows is on the next page."""
    monkeypatch.setattr("seawall.workflows.feed.MOST_BYTES", 1_000)
    said(memory, A, *[(pdq(n), opinion("writer0")) for n in range(20)])
    read: list[bytes] = []
    with memory.reading() as stores:
        while len(read) < 20:
            page = read_page(A, after=len(read), limit=20, signer=signer, stores=stores)
            assert 0 < len(page.lines) < 5
            read += page.lines
    assert read == lines(memory)


def test_a_snapshot_is_of_one_moment_and_keeps_nobody_from_writing(memory: Memory, signer: Signer):
    """Words said while it is read are not in it, and are not waited for."""
    said(memory, A, *[(pdq(n), opinion("writer0")) for n in range(1_200)])
    with memory.reading() as stores:
        reading = snapshot(A, signer=signer, stores=stores)
        pieces = [next(reading)]
        writer = threading.Thread(
            target=said, args=(memory, A, *[(pdq(n), opinion("writer1")) for n in range(1_300)])
        )
        writer.start()
        writer.join(30)
        assert not writer.is_alive()
        pieces += reading

    first, *records, last = map(json.loads, b"".join(pieces).splitlines())
    assert (first["size"], last["records"], len(records)) == (1_200, 1_200, 1_200)
    assert [each["number"] for each in records] == list(range(1, 1_201))
    assert all(len(each["record"]["opinions"]) == 1 for each in records)
    assert len(lines(memory)) == 2_500
