"""Several processes and threads share a folder, and any of them may die."""

import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from seawall.errors import StorageError
from seawall.index.config import ShelfConfig
from seawall.index.files import only_writer
from seawall.index.hamming import HammingIndex, Neighbour

SMALL = ShelfConfig(tail_limit=64, scan_limit=32)
SPAWN = multiprocessing.get_context("spawn")


def code_of(key):
    """A code that only this key has."""
    return Random(key).randbytes(32)


def answer(folder, questions, answers):
    """Another process: open the index, then refresh and answer until told to stop."""
    index = HammingIndex.open(folder)
    for key in iter(questions.get, None):
        index.refresh()
        answers.put((index.position, index.within(code_of(key), 0)))


def merge_for_ever(folder, ready):
    """Another process: add and merge until killed."""
    index = HammingIndex.open(folder, config=SMALL)
    while True:
        keys = range(index.position * 100, index.position * 100 + 100)
        index.add([code_of(key) for key in keys], keys)
        index.advance(index.position + 1)
        index.merge()
        ready.set()


def test_another_process_sees_what_was_merged_and_rebuilt(tmp_path):
    """It needs one look at the folder, and nobody tells it anything."""
    questions, answers = SPAWN.Queue(), SPAWN.Queue()
    index = HammingIndex.open(tmp_path, config=SMALL)
    other = SPAWN.Process(target=answer, args=(tmp_path, questions, answers))
    other.start()

    def ask(key):
        questions.put(key)
        return answers.get(timeout=60)

    assert ask(1) == (0, [])
    index.add([code_of(key) for key in range(200)], range(200))
    index.advance(7)
    assert ask(1) == (0, [])
    index.merge()
    assert ask(1) == (7, [Neighbour(0, 1)])
    index.remove([1])
    index.advance(8)
    index.merge()
    assert ask(1) == (8, [])
    HammingIndex.build(tmp_path, [code_of(1)], [1], 3)
    assert ask(1) == (3, [Neighbour(0, 1)])
    questions.put(None)
    other.join(60)
    assert other.exitcode == 0


def test_a_process_killed_while_merging_leaves_an_index_that_opens(tmp_path):
    """Whatever instant it dies in: what a manifest claims is there, and the next merge works."""
    rng = Random(11)
    for _ in range(3):
        ready = SPAWN.Event()
        victim = SPAWN.Process(target=merge_for_ever, args=(tmp_path, ready))
        victim.start()
        assert ready.wait(60)
        time.sleep(rng.random() * 0.2)
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()

        index = HammingIndex.open(tmp_path, config=SMALL)
        assert len(index) == index.position * 100
        for key in rng.sample(range(len(index)), 20):
            assert index.within(code_of(key), 0) == [Neighbour(0, key)]
        index.remove([0])
        index.add([code_of(0)], [0])
        index.advance(index.position)
        assert index.merge()
        assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.parametrize("instant", ["segment written", "manifest half written", "nothing tidied"])
def test_what_a_crash_leaves_behind_is_ignored_and_swept_up(tmp_path, instant):
    """Leftovers are no part of the index; the next merge deletes them."""
    index = HammingIndex.open(tmp_path, config=SMALL)
    index.add([code_of(key) for key in range(100)], range(100))
    index.advance(1)
    index.merge()
    leftover = (
        tmp_path
        / {
            "segment written": "segment.tmp",
            "manifest half written": "MANIFEST.tmp",
            "nothing tidied": "0123.segment",
        }[instant]
    )
    leftover.write_bytes(b"half")

    opened = HammingIndex.open(tmp_path, config=SMALL)
    assert opened.within(code_of(5), 0) == [Neighbour(0, 5)]
    opened.remove([5])
    opened.advance(2)
    opened.merge()
    assert not leftover.exists()


def test_only_one_process_merges_at_a_time(tmp_path):
    """The others go on without."""
    index = HammingIndex.open(tmp_path, config=SMALL)
    index.add([code_of(1)], [1])
    index.advance(1)
    with only_writer(tmp_path, wait=False) as mine:
        assert mine
        assert not index.merge()
    assert index.merge()


def test_a_process_that_is_ahead_keeps_what_the_others_have_not_seen(tmp_path):
    """And one that is behind gives up what the others have already."""
    ahead, behind = (HammingIndex.open(tmp_path, config=SMALL) for _ in range(2))
    for key in range(1, 11):
        ahead.add([code_of(key)], [key])
        ahead.advance(key)
        if key <= 4:
            behind.add([code_of(key)], [key])
    behind.advance(4)
    behind.merge()

    assert ahead.refresh()
    assert (ahead.position, len(ahead)) == (10, 10)
    assert ahead.merge()
    assert behind.refresh()
    assert (behind.position, len(behind)) == (10, 10)
    assert not behind.refresh()


def test_a_refresh_waits_for_changes_whose_position_is_not_told(tmp_path):
    """They may be undone in what the other one merged: only `advance` can say."""
    one, other = (HammingIndex.open(tmp_path, config=SMALL) for _ in range(2))
    one.add([code_of(1)], [1])
    one.remove([1])
    one.advance(2)
    one.merge()
    other.add([code_of(1)], [1])

    assert not other.refresh()
    assert not other.merge()
    other.advance(1)
    assert other.refresh()
    assert (other.position, len(other)) == (2, 0)


def test_queries_changes_and_merges_do_not_wait_for_one_another(tmp_path):
    """While one thread adds and another merges, no query misses what was there before it."""
    index = HammingIndex.open(tmp_path, config=SMALL)
    stop, wrong, asked = threading.Event(), [], [0]
    visible = [0]

    def write():
        for key in range(1, 1501):
            index.add([code_of(key), code_of(key + 10**6)], [2 * key, 2 * key + 1])
            index.remove([2 * key + 1])
            index.advance(key)
            visible[0] = key
        stop.set()

    def merge():
        while not stop.is_set():
            index.merge()
            index.refresh()

    def query():
        rng = Random(threading.get_ident())
        while not stop.is_set():
            if visible[0]:
                key = rng.randint(1, visible[0])
                found = index.within_many([code_of(key), code_of(key + 10**6)], 31)
                asked[0] += 1
                if found != [[Neighbour(0, 2 * key)], []]:
                    wrong.append((key, found))

    threads = [threading.Thread(target=each) for each in (write, merge, query, query)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert asked[0] > 10
    assert len(index) == 1500


def damage_a_byte(path):
    """One bit flips in the middle of the file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(path):
    """The end of the file is lost."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("*.segment", damage_a_byte),
        ("*.segment", cut_short),
        ("*.segment", Path.unlink),
        ("*.segment", lambda path: path.write_bytes(b"")),
        ("MANIFEST", cut_short),
        ("MANIFEST", lambda path: path.write_text(path.read_text().replace('t": 2}', 't": 9}'))),
        ("MANIFEST", lambda path: path.write_text("[]")),
        ("MANIFEST", lambda path: path.write_text('{"bits": 64, "segments": []}')),
    ],
)
def test_a_damaged_index_is_refused_with_the_remedy(tmp_path, name, harm):
    """It could only answer wrongly; the database can fill a new one."""
    HammingIndex.build(tmp_path, [code_of(key) for key in range(100)], range(100), 1, config=SMALL)
    running = HammingIndex.open(tmp_path)
    [path] = tmp_path.glob(name)
    content = path.read_bytes()
    harm(path)

    with pytest.raises(StorageError, match=r"delete the folder; it is rebuilt from the database\."):
        HammingIndex.open(tmp_path)
    path.write_bytes(content)
    assert len(HammingIndex.open(tmp_path)) == len(running) == 100


def test_an_index_deleted_while_open_says_so_and_still_answers(tmp_path):
    """Nothing is let through silently, and nothing is written into the void."""
    index = HammingIndex.build(tmp_path, [code_of(1)], [1], 1)
    index.add([code_of(2)], [2])
    index.advance(2)
    for path in tmp_path.iterdir():
        with suppress(FileNotFoundError):
            path.unlink()

    for use in (index.refresh, index.merge):
        with pytest.raises(StorageError, match="manifest is missing"):
            use()
    assert index.within(code_of(1), 0) == [Neighbour(0, 1)]
