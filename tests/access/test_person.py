"""What people may do, and where."""

from dataclasses import replace

import pytest

from seawall.access.person import (
    GRANTS,
    Limits,
    Permission,
    Person,
    Role,
    may,
    parse_login,
    parse_name,
    parse_roles,
)
from seawall.access.preferences import MOST_FILTERS, Filter, Preferences
from seawall.errors import InputError
from tests.made import NOON

BO = Person(
    id="psn_1",
    login="bo",
    name="Bo",
    pseudonym="Wren 100",
    roles=frozenset({Role.REVIEWER}),
    created_at=NOON,
)


def test_a_person_may_do_what_any_of_the_roles_gives():
    """And nothing else."""
    both = replace(BO, roles=frozenset({Role.REVIEWER, Role.OPERATOR}))

    given = {permission for permission in Permission if may(both, permission)}

    assert given == GRANTS[Role.REVIEWER] | GRANTS[Role.OPERATOR]
    assert not may(both, Permission.PEOPLE_MANAGE)


def test_an_administrator_may_do_everything():
    """As a key with the scope `admin` may."""
    assert all(may(replace(BO, roles=frozenset({Role.ADMIN})), each) for each in Permission)


def test_who_is_disabled_may_nothing():
    """Whatever the roles say."""
    assert not may(replace(BO, disabled_at=NOON), Permission.CASES_SEE)


def test_limits_narrow_each_kind_of_thing_on_its_own():
    """What is not limited, or not asked about, is open."""
    limited = replace(
        BO, limits=Limits(categories=frozenset({"terrorism"}), territories=frozenset({"DE"}))
    )

    assert may(limited, Permission.CASES_RULE, category="terrorism", queue="any", territory="DE")
    assert may(limited, Permission.CASES_RULE)
    assert not may(limited, Permission.CASES_RULE, category="fraud")
    assert not may(limited, Permission.CASES_RULE, category="terrorism", territory="FR")


def test_limits_come_back_as_they_were_kept():
    """No limit and an empty list are not the same."""
    limits = Limits(categories=frozenset({"b", "a"}), queues=frozenset())

    assert Limits.read(limits.document()) == limits


@pytest.mark.parametrize("names", [["boss"], [""], []])
def test_an_unknown_role_is_refused(names):
    """With the roles there are."""
    with pytest.raises(InputError, match="reviewer, lead"):
        parse_roles(names)


def test_logins_are_small_letters():
    """`Ada` and `ada` are one person; a sign that looks like another is none."""
    assert parse_login(" Ada@Example.org ") == "ada@example.org"
    for wrong in ("a", "a b", "\u0430da", "x" * 65, "<b>"):
        with pytest.raises(InputError):
            parse_login(wrong)


def test_a_name_can_be_seen():
    """Nothing invisible and nothing endless; markup is somebody's own affair."""
    assert parse_name("  Ada   <b> ") == "Ada <b>"
    for wrong in ("", " ", "a\u202eb", "a\x00b", "x" * 101):
        with pytest.raises(InputError):
            parse_name(wrong)


def test_filters_are_few_and_one_stands_for_each_name():
    """In the order of their names; kept and read again they are the same."""
    kept = Preferences()
    for number in range(MOST_FILTERS):
        kept = kept.with_filter(Filter(name=f"{number:02}", queue="matches"))
    kept = kept.with_filter(Filter(name=" 07  ", show="mine"))

    assert Preferences.read(kept.document()) == kept
    assert kept.filters[7] == Filter(name="07", show="mine")
    with pytest.raises(InputError, match="remove one first"):
        kept.with_filter(Filter(name="another"))
    assert len(kept.without_filter("07").filters) == MOST_FILTERS - 1
    for name in ("", " ", "x" * 41, "\u202e"):
        with pytest.raises(InputError, match="Name the filter"):
            Preferences().with_filter(Filter(name=name))
