"""Who may rule, undo, approve, share, hand on and restore: decided alike for the desk and for a program's call."""

from dataclasses import replace

import pytest

from seawall.access.person import Limits, Person, Role
from seawall.cases.ruling import AccountMeasure
from seawall.errors import InputError, NotAllowed
from seawall.workflows.carrying_out import carry_out_due
from seawall.workflows.cases import assign, hand_off, release
from seawall.workflows.history import past
from seawall.workflows.restoring import restore
from seawall.workflows.ruling import approve, confirm, confirmation, refuse, undo
from tests.made import NOON, pdq
from tests.workflows.test_cases import (
    ANYTHING,
    BENCH,
    CONFIG,
    KEEP,
    REMOVE,
    Place,
    later,
    memory,
    place,
)

__all__ = ["memory", "place"]  # fixtures
GRAVE = replace(REMOVE, account=AccountMeasure.REMOVE)
ELSEWHERE = Limits(queues=frozenset({"elsewhere"}))
ABROAD = Limits(territories=frozenset({"FR"}))


@pytest.fixture
def database_url(tmp_path):
    """Told on one kind of database: nothing here is a query of its own."""
    return f"sqlite:///{tmp_path / 'seawall.db'}"


@pytest.fixture
def case(place: Place):
    """The id of a case about something near a known entry."""
    return place.screened(pdq(1))[1]


def joined(place, ident, *roles, **fields):
    """One of our people, by id."""
    person = Person(
        id=ident,
        login=ident,
        name=ident.title(),
        pseudonym=f"Wren {ident}",
        roles=frozenset(roles or (Role.REVIEWER,)),
        created_at=NOON,
        **fields,
    )
    with place.memory.transaction() as stores:
        stores.people.add(person)
    return person


def ruled(place, case, answer, person="ann", **named):
    """A ruling of this person, by a program."""
    place.claim(case, person)
    return place.rule(case, answer, person, **named)


def test_one_key_is_not_two_persons(place, case):
    """Whatever names it gives; another key is, and where the settings say so the same one too."""
    ruling = ruled(place, case, GRAVE, key="key_1")
    with pytest.raises(NotAllowed, match="both words came with one key"):
        place.do(approve, ruling.id, "ben", config=CONFIG, now=NOON, key="key_1")
    place.do(approve, ruling.id, "ben", config=CONFIG, now=NOON, key="key_2")
    carry_out_due(place.memory, bench=BENCH, now=later(90))
    about = {"note": "", "now": later(100), "key": "key_1"}
    place.do(restore, ruling.id, "ann", bench=BENCH, **about)
    with pytest.raises(NotAllowed, match="both words came with one key"):
        place.do(restore, ruling.id, "ben", bench=BENCH, **about)
    lenient = replace(BENCH, config=replace(CONFIG, one_key_for_two=True))
    place.do(restore, ruling.id, "ben", bench=lenient, **about)

    assert place.case(case).status == "closed"


@pytest.mark.parametrize(
    "fields",
    [{"disabled_at": NOON}, {"roles": [Role.AUDITOR]}, {"limits": ELSEWHERE}],
    ids=["disabled", "of another role", "of other queues"],
)
def test_a_program_that_names_one_of_our_people_is_held_to_what_they_may(place, case, fields):
    """Disabled, of other roles, or limited: they take, keep, rule and second nothing."""
    other = dict(fields)
    joined(place, "zoe", *other.pop("roles", ()), **other)
    place.claim(case, "ann")
    waiting = place.rule(case, GRAVE, "ann")

    for act in (approve, undo):
        with pytest.raises(NotAllowed):
            place.do(act, waiting.id, "zoe", config=CONFIG, now=NOON)
    with pytest.raises(NotAllowed):
        place.do(refuse, waiting.id, "zoe", now=NOON)
    place.do(undo, waiting.id, "ann", config=CONFIG, now=NOON)
    with pytest.raises(InputError, match="Choose somebody who may rule"):
        place.do(hand_off, case, "ann", to="zoe", now=NOON)
    for story in (lambda: place.rule(case, KEEP, "zoe"), lambda: place.claim(case, "zoe")):
        with pytest.raises(NotAllowed):
            story()
    place.do(release, case, "ann", now=NOON)
    with pytest.raises(InputError, match="Choose somebody who may rule"):
        place.do(assign, case, "lead", to="zoe", limits=ANYTHING, now=NOON)
    try:
        assert place.next("zoe") is None
    except NotAllowed:
        assert "limits" not in fields


def test_who_may_undo_approve_share_and_hand_on_is_not_the_doors_to_say(place, case):
    """A reviewer takes back their own, tells no other organisation, and hands to our people; a lead does more."""
    for name in ("ann", "ben"):
        joined(place, name)
    joined(place, "lea", Role.LEAD)
    joined(place, "fay", limits=ABROAD)
    place.claim(case, "ann")
    with pytest.raises(InputError, match="Choose somebody who may rule"):
        place.do(hand_off, case, "ann", to="nobody of ours", now=NOON)
    with pytest.raises(NotAllowed, match="may not assign"):
        place.do(assign, case, "ben", to="ben", limits=ANYTHING, now=NOON)
    ruling = place.rule(case, GRAVE, "ann")

    with pytest.raises(NotAllowed, match="Whoever ruled can undo it"):
        place.do(undo, ruling.id, "ben", config=CONFIG, now=NOON)
    with pytest.raises(NotAllowed, match="A second person"):
        place.do(approve, ruling.id, "ann", config=CONFIG, now=NOON)
    with pytest.raises(NotAllowed, match="would apply everywhere"):
        place.do(approve, ruling.id, "fay", config=CONFIG, now=NOON)
    place.do(undo, ruling.id, "lea", config=CONFIG, now=NOON)
    assert place.case(case).claimed_by == "lea"


def test_earlier_rulings_beyond_the_limits_are_not_read_or_repeated(place, case):
    """Of another queue: neither confirmed by hash, nor in the history of its user."""
    first = ruled(place, case, KEEP)
    carry_out_due(place.memory, bench=BENCH, now=later(90))
    again = place.screened(pdq(1), item="post 2", at=later(100))[1]
    with place.memory.transaction() as stores:
        stores.connection.exec_driver_sql(f"UPDATE cases SET queue = 'other' WHERE id = '{case}'")  # noqa: S608 - ours
    narrow = joined(place, "zoe", limits=Limits(queues=frozenset({"matches"})))
    wide = joined(place, "ann")

    with place.memory.reading() as stores:
        found = stores.cases.find(again)
        assert confirmation(found, stores, reader=wide).id == first.id
        assert confirmation(found, stores, reader=narrow) is None
        cases = stores.cases.of_user("user 1", limit=9)
        seen = past(narrow, cases, stores, about=lambda _: False)
        assert ([each.id for each in seen.cases], seen.rulings) == ([again], ())
    place.claim(again, "zoe", at=later(110))
    with pytest.raises(Exception, match="No one earlier ruling"):
        place.do(confirm, again, "zoe", limits=ANYTHING, config=CONFIG, now=later(110))
