"""How a membership is named."""

from operator import getitem

import pytest

from seawall.errors import InputError, NotFound
from seawall.exchange.membership import named

MEMBERSHIPS = [
    {"id": "mb_1", "agreement": "terror", "bank": "terror"},
    {"id": "mb_2", "agreement": "crisis", "bank": "one"},
    {"id": "mb_3", "agreement": "crisis", "bank": "crisis"},
]


@pytest.mark.parametrize(("name", "place"), [("mb_3", 2), ("terror", 0), ("one", 1)])
def test_a_membership_goes_by_its_id_its_agreement_or_its_bank(name: str, place: int):
    """Whichever names only one."""
    assert named(name, MEMBERSHIPS, getitem) == MEMBERSHIPS[place]


def test_a_name_that_is_none_or_several_is_told_so():
    """Several hubs may have an agreement of one name, whatever a bank is called: their ids are told."""
    with pytest.raises(InputError, match="mb_2, mb_3"):
        named("crisis", MEMBERSHIPS, getitem)
    with pytest.raises(NotFound, match="no agreement 'nowhere'"):
        named("nowhere", MEMBERSHIPS, getitem)
