"""What one process commits, the next query of any other sees; the index is only a copy of the database."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.banks.bank import Bank
from seawall.policy.measure import Measure
from seawall.policy.rule import Rule
from seawall.policy.taxonomy import taxonomy
from seawall.signals.signal import Signal
from seawall.storage.entries import EntryStore
from seawall.storage.memory import Memory
from seawall.workflows.knowledge import Knowledge
from tests.made import NOON, entry, flipped, pdq, reading

BANK = Bank(name="known", owner="alpha", created_at=NOON)


@pytest.fixture
def memory(database_url):
    """A memory with one bank."""
    opened = Memory(database_url)
    with opened.transaction() as stores:
        stores.banks.add(BANK)
    yield opened
    opened.close()


def knowledge(memory, folder, **how):
    """What a process that starts now knows."""
    return Knowledge(
        memory, folder, taxonomy=taxonomy(), least_distance=31, look_every=timedelta(0), **how
    )


def found(known, *signals, **asked):
    """The signals of the entries near these, and how far each is."""
    near = known.known(map(reading, signals), **asked)
    return sorted((each.entry.signal.value, each.distance) for each in near)


def add(memory, *entries):
    """Entries, committed."""
    with memory.transaction() as stores:
        return stores.entries.add(entries)


def test_the_next_query_sees_what_was_committed(memory, tmp_path):
    """Added, removed, its bank switched off and on again: without a rebuild and in every process."""
    here, there = knowledge(memory, tmp_path / "index"), knowledge(memory, tmp_path / "index")
    near = flipped(pdq(), 9)

    assert found(there, near) == []
    (added,) = add(memory, entry(pdq()))
    assert found(here, near) == found(there, near) == [(pdq().value, 9)]
    with memory.transaction() as stores:
        stores.banks.save(replace(BANK, enabled=False))
    assert found(here, near) == found(there, near) == []
    with memory.transaction() as stores:
        stores.banks.save(BANK)
    assert found(there, near) == [(pdq().value, 9)]
    with memory.transaction() as stores:
        stores.entries.remove(added, at=NOON)
    assert found(here, near) == found(there, near) == []


def test_an_altered_entry_is_seen_altered(memory, tmp_path):
    """Entries remembered from recent matches are forgotten when they change."""
    known = knowledge(memory, tmp_path)
    (added,) = add(memory, entry(pdq()))
    assert [near.entry.note for near in known.known([reading(pdq())])] == [""]
    with memory.transaction() as stores:
        stores.entries.save(replace(added, note="altered"))

    assert [near.entry.note for near in known.known([reading(pdq())])] == ["altered"]


def test_entries_are_remembered_by_their_length(memory, tmp_path, monkeypatch):
    """A thousand long videos would fill the memory of every process."""
    monkeypatch.setattr("seawall.workflows.knowledge.REMEMBERED", 100)  # one has 64 letters
    known = knowledge(memory, tmp_path)
    add(memory, *(entry(pdq(number)) for number in range(8)))

    read = EntryStore.by_number
    asked = []
    monkeypatch.setattr(
        EntryStore, "by_number", lambda self, numbers: asked.append(numbers) or read(self, numbers)
    )

    assert all(found(known, pdq(number)) == [(pdq(number).value, 0)] for number in range(8))
    found(known, pdq(7))
    assert len(asked) == 8
    found(known, pdq(0))
    assert len(asked) == 9


def test_the_search_widens_with_the_rules(memory, tmp_path):
    """A rule put in force by anybody reaches the next query."""
    known = knowledge(memory, tmp_path)
    add(memory, entry(pdq()))
    far = flipped(pdq(), 45)
    assert found(known, far) == []
    with memory.transaction() as stores:
        stores.rules.put(Rule(name="wide", measure=Measure.LABEL, max_distance=45), at=NOON)

    assert found(known, far) == [(pdq().value, 45)]
    assert found(known, far, max_distance=44) == []


def test_exact_signals_are_found_exactly(memory, tmp_path):
    """A digest that differs in one digit is another."""
    known = knowledge(memory, tmp_path)
    md5, link = Signal("md5", "0" * 32), Signal("url", "https://example.org/")
    add(memory, entry(md5), entry(link, id="en_link"))

    assert found(known, md5, link, Signal("md5", "1" + "0" * 31)) == [
        (md5.value, 0),
        (link.value, 0),
    ]


def test_embeddings_are_compared_with_those_of_the_same_model(memory, tmp_path):
    """Equal codes of two models say nothing; one model's equal code is near, for the model may be wrong."""
    known = knowledge(memory, tmp_path, reaches={"embedding": 8})
    mine, another = (Signal("embedding", f"{name * 16}.{pdq().value}") for name in "12")
    near = Signal("embedding", f"{'1' * 16}.{flipped(pdq(), 8).value}")
    far = Signal("embedding", f"{'1' * 16}.{flipped(pdq(), 9).value}")
    add(memory, entry(mine))

    assert found(known, pdq()) == found(known, another) == found(known, far) == []
    assert found(known, mine) == [(mine.value, 1)]
    assert found(known, near) == [(mine.value, 8)]


def test_the_index_can_be_thrown_away(memory, tmp_path):
    """It is rebuilt from the database, by itself or on demand."""
    known = knowledge(memory, tmp_path / "index")
    add(memory, *(entry(pdq(n), id=f"en_{n}") for n in range(50)))
    before = found(known, pdq(7))
    known.rebuild()
    assert found(known, pdq(7)) == before == [(pdq(7).value, 0)]
    assert len(known.catalogue) == 50
    known.close()
    shutil.rmtree(tmp_path / "index")

    assert found(knowledge(memory, tmp_path / "index"), pdq(7)) == before


def test_a_damaged_index_is_rebuilt_and_said(memory, tmp_path, caplog):
    """At three in the morning nobody should have to delete a folder."""
    known = knowledge(memory, tmp_path)
    add(memory, *(entry(pdq(n), id=f"en_{n}") for n in range(50)))
    known.rebuild()
    known.close()
    for file in tmp_path.rglob("MANIFEST"):
        file.write_text("{")

    assert found(knowledge(memory, tmp_path), pdq(7)) == [(pdq(7).value, 0)]
    assert "It is being rebuilt now" in caplog.text


def test_an_index_that_is_ahead_of_its_database_is_not_believed(tmp_path):
    """As after restoring an older copy of the database: the index would match what is no longer there."""
    url = f"sqlite:///{tmp_path / 'now.db'}"
    memory = Memory(url)
    with memory.transaction() as stores:
        stores.banks.add(BANK)
    memory.close()
    shutil.copy(tmp_path / "now.db", tmp_path / "older.db")
    memory = Memory(url)
    known = knowledge(memory, tmp_path / "index")
    add(memory, entry(pdq()))
    known.rebuild()
    known.close()
    memory.close()

    older = Memory(f"sqlite:///{tmp_path / 'older.db'}")
    known = knowledge(older, tmp_path / "index")
    assert found(known, pdq()) == []
    assert known.catalogue.position == older.last_change()
    older.close()


def test_a_tail_is_merged_and_taken_over_by_others(memory, tmp_path):
    """One process writes the segments; another that was there before goes on answering alike."""
    here, there = knowledge(memory, tmp_path), knowledge(memory, tmp_path)
    add(memory, *(entry(pdq(n), id=f"en_{n}") for n in range(200)))
    here.refresh()
    here.catalogue.merge(always=True)
    add(memory, entry(pdq(999), id="en_999"))

    for number in (0, 150, 199, 999):
        assert found(here, pdq(number)) == found(there, pdq(number)) == [(pdq(number).value, 0)]


def test_an_entry_changed_by_another_that_merged_first_is_not_remembered_as_it_was(
    memory, tmp_path
):
    """The index may be ahead of the entries remembered; those are then read again."""
    here, there = knowledge(memory, tmp_path), knowledge(memory, tmp_path)
    (added,) = add(memory, entry(pdq()))
    assert [near.entry.enabled for near in there.known([reading(pdq())])] == [True]
    with memory.transaction() as stores:
        stores.entries.save(replace(added, enabled=False))
    here.refresh()
    here.catalogue.merge(always=True)

    assert [near.entry.enabled for near in there.known([reading(pdq())])] == [False]
