"""Known answers come among the other cases, at no place that can be foreseen."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.cases.golden import Golden, golden_for, is_due
from seawall.errors import InputError
from tests.made import NOON

SECRET = b"the home's own"
GOLDEN = Golden(
    id="gold_0",
    decision="remove",
    policy="hate",
    policy_version=3,
    queue="hate",
    why="A slur.",
    opening={"category": None},
    opened_by="key_1",
    blind_from=NOON,
)
KNOWN = [replace(GOLDEN, id=f"gold_{number}") for number in range(6)]


def shown(person, known=KNOWN, *, queue="hate", versions=None):
    """Every item the person is given, in order, until there is none."""
    seen: list[str] = []
    given_versions = versions or {"hate": 3}
    while golden := golden_for(
        person, known, queue=queue, seen=seen, versions=given_versions, secret=SECRET
    ):
        seen.append(golden.id)
    return seen


@given(st.text(), st.integers(2, 40), st.integers(0, 50))
def test_one_of_each_so_many_cases_is_golden(person, every, block):
    """Neither more nor fewer, wherever one begins to count in blocks."""
    places = range(block * every, (block + 1) * every)

    assert sum(is_due(person, decided=n, every=every, secret=SECRET) for n in places) == 1


def test_the_place_cannot_be_foreseen():
    """It is another one in each block and for each person; all places come up."""
    places = {
        person: [n % 10 for n in range(5_000) if is_due(person, decided=n, every=10, secret=SECRET)]
        for person in ("ann", "ben")
    }

    assert all(set(Counter(each)) == set(range(10)) for each in places.values())
    assert max(Counter(places["ann"]).values()) < 500 / 10 * 2
    assert places["ann"] != places["ben"]


def test_golden_items_alone_are_no_work():
    """One of each case would be a test and nothing else."""
    with pytest.raises(InputError, match="not for 1"):
        is_due("ann", decided=0, every=1, secret=SECRET)


def test_each_person_sees_each_item_once_in_an_order_of_their_own():
    """So that nobody can pass the answers on."""
    ann, ben = shown("ann"), shown("ben")

    assert sorted(ann) == sorted(ben) == [each.id for each in KNOWN]
    assert ann != ben
    assert ann == shown("ann", KNOWN[::-1])


def test_an_item_rests_where_its_policy_has_changed_or_in_another_queue():
    """What was right under the old text need not be right under the new one."""
    assert shown("ann", versions={"hate": 4}) == []
    assert shown("ann", versions={"fraud": 3}) == []
    assert shown("ann", queue="fraud") == []
