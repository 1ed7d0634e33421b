"""Cases are decided twice, a third person settles them, golden items are tried, and the figures say how well."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest

from seawall.cases.golden import Golden, golden_for
from seawall.cases.second_review import Rates, Stage, is_drawn
from seawall.errors import Error, NotAllowed, NotFound, WrongState
from seawall.policy.confusion import Confusion
from seawall.storage.memory import Memory
from seawall.workflows.quality import (
    answer,
    put_golden,
    quality_figures,
    remove_golden,
    try_golden,
)
from tests.made import NOON

SECRET = b"the home's own"
ALWAYS, NEVER = Rates(usual=1), Rates(usual=0)
GOLDEN = Golden(
    id="gold_1",
    decision="remove",
    policy="hate",
    policy_version=3,
    queue="hate",
    why="A slur.",
    opening={"category": None},
    opened_by="key_1",
    blind_from=NOON,
)


@pytest.fixture
def memory(database_url):
    """An empty memory."""
    opened = Memory(database_url)
    yield opened
    opened.close()


def say(memory, case, person, decision, *, rates=ALWAYS, policy="hate", now=NOON):
    """A word on a case, in a transaction of its own."""
    with memory.transaction() as stores:
        return answer(
            case,
            decision,
            queue="hate",
            policy=policy,
            person=person,
            rates=rates,
            secret=SECRET,
            stores=stores,
            now=now,
        )


def waiting(memory):
    """How many cases want a second or third word."""
    with memory.reading() as stores:
        return stores.quality.count_waiting()


def events(memory):
    """What the audit log says."""
    with memory.reading() as stores:
        return [
            (each.happening.action, each.happening.actor, each.happening.details)
            for each in stores.audit.after(0, limit=100)
        ]


def test_a_third_person_settles_what_two_see_differently(memory):
    """Each is asked once, nobody twice, and the log keeps the words to itself until all is settled."""
    assert say(memory, "case_1", "ann", "keep").stage is Stage.SECOND
    assert waiting(memory) == 1
    assert say(memory, "case_1", "ben", "remove").stage is Stage.THIRD
    assert waiting(memory) == 1
    assert not any("remove" in str(details) for _, _, details in events(memory))
    with pytest.raises(NotAllowed):
        say(memory, "case_1", "ann", "remove")
    assert say(memory, "case_1", "cay", "remove").stands == "remove"
    assert waiting(memory) == 0
    with pytest.raises(WrongState):
        say(memory, "case_1", "dee", "keep")

    assert [action for action, _, _ in events(memory)] == ["review:answered"] * 3 + [
        "review:settled"
    ]
    assert events(memory)[-1][2] == {"stands": "remove", "said": ["keep", "remove", "remove"]}
    with memory.reading() as stores:
        assert stores.quality.find("case_1").review.stands == "remove"
        with pytest.raises(NotFound):
            stores.quality.find("case_2")


def test_the_draw_can_be_checked_and_holds_though_the_rate_changes(memory):
    """Whether a case is decided twice was settled when it was decided first."""
    half = Rates(usual=0.5)
    drawn = {
        case
        for case in (f"case_{number}" for number in range(12))
        if say(memory, case, "ann", "keep", rates=half).stage is Stage.SECOND
    }
    for case in sorted(drawn):
        assert say(memory, case, "ben", "keep", rates=NEVER).stage is Stage.SETTLED

    expected = {
        case
        for case in (f"case_{number}" for number in range(12))
        if is_drawn(case, rate=0.5, secret=SECRET)
    }
    assert drawn == expected
    assert 0 < len(drawn) < 12


def test_of_several_who_answer_at_once_each_is_counted_in_turn(memory):
    """Nobody's word is lost or takes another's place, and the third is the last."""
    start = Barrier(6)
    results = []

    def speak(person):
        start.wait()
        try:
            results.append(say(memory, "case_1", person, f"says {person}").stage)
        except Error as refused:
            results.append(type(refused))

    threads = [Thread(target=speak, args=(f"person {number}",)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(map(str, results)) == sorted(
        map(str, [Stage.SECOND, Stage.THIRD, Stage.SETTLED, *[WrongState] * 3])
    )
    with memory.reading() as stores:
        assert len(stores.quality.find("case_1").review.answers) == 3


def test_a_golden_item_is_tried_once_by_each_and_then_shown(memory):
    """And removed, it is shown to nobody; what was said of it still counts."""
    with memory.transaction() as stores:
        put_golden(GOLDEN, by="lead", stores=stores, now=NOON)
        put_golden(replace(GOLDEN, id="gold_2"), by="lead", stores=stores, now=NOON)
        assert try_golden("gold_1", "keep", person="ann", stores=stores, now=NOON) == GOLDEN
        with pytest.raises(NotAllowed, match="before"):
            try_golden("gold_1", "remove", person="ann", stores=stores, now=NOON)
        with pytest.raises(NotFound):
            try_golden("gold_9", "remove", person="ann", stores=stores, now=NOON)
        left = golden_for(
            "ann",
            stores.quality.goldens("hate"),
            queue="hate",
            seen=stores.quality.seen("ann"),
            versions={"hate": 3},
            secret=SECRET,
        )
        assert left.id == "gold_2"
        remove_golden("gold_2", by="lead", stores=stores, now=NOON)
        assert [each.id for each in stores.quality.goldens("hate")] == ["gold_1"]
        with pytest.raises(NotFound):
            remove_golden("gold_2", by="lead", stores=stores, now=NOON)

    assert [(action, actor) for action, actor, _ in events(memory)] == [
        ("golden:put", "lead"),
        ("golden:put", "lead"),
        ("golden:answered", "ann"),
        ("golden:removed", "lead"),
    ]
    assert ("golden:answered", "ann", {"right": False}) in events(memory)


def test_the_figures_count_every_word_once_and_none_from_before(memory):
    """Agreement is that of the first two; what stands and what is known are the measure of the rest."""
    say(memory, "old", "ann", "keep", now=NOON - timedelta(days=40))
    say(memory, "old", "ben", "remove", now=NOON - timedelta(days=40))
    for case, words in {
        "a": ("keep", "keep"),
        "b": ("keep", "remove", "remove"),
        "c": ("remove", "keep"),
        "d": ("keep",),
    }.items():
        for person, word in zip(("ann", "ben", "cay"), words, strict=False):
            say(memory, case, person, word)
    say(memory, "e", "ann", "keep", rates=NEVER)
    say(memory, "f", "ann", "keep", policy="fraud")
    say(memory, "f", "ben", "keep", policy="fraud")
    with memory.transaction() as stores:
        put_golden(GOLDEN, by="lead", stores=stores, now=NOON)
        try_golden("gold_1", "keep", person="ann", stores=stores, now=NOON)
        try_golden("gold_1", "remove", person="ben", stores=stores, now=NOON)
    with memory.reading() as stores:
        figures = quality_figures(stores, since=NOON - timedelta(days=30))

    keep, remove = "keep", "remove"
    assert figures.agreement == {
        "hate": Confusion({(keep, keep): 1, (keep, remove): 1, (remove, keep): 1}),
        "fraud": Confusion({(keep, keep): 1}),
    }
    assert figures.against_settled == {
        "hate": Confusion({(keep, keep): 1, (remove, keep): 1}),
        "fraud": Confusion({(keep, keep): 1}),
    }
    assert figures.against_golden == {"hate": Confusion({(remove, keep): 1, (remove, remove): 1})}
    assert figures.people == {
        "ann": Confusion({(remove, keep): 1}),
        "ben": Confusion({(remove, remove): 1}),
    }
