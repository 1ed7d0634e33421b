"""The collector of cycles rests while work is done in bulk, and only then."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from seawall.collecting import uncollected


@pytest.fixture(params=[True, False], ids=["collecting", "resting"])
def before(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether the collector was at work before the block."""
    was = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if was else gc.disable)()


def test_the_collector_rests_in_the_block_and_is_then_as_it_was(before: bool):
    """Whoever had switched it off for a reason finds it off."""
    with uncollected():
        assert not gc.isenabled()

    assert gc.isenabled() is before


def test_an_error_does_not_leave_it_switched_off(before: bool):
    """A process that went on without it would grow for ever."""
    with pytest.raises(ZeroDivisionError), uncollected():
        raise ZeroDivisionError

    assert gc.isenabled() is before


def test_a_block_within_a_block_does_not_wake_it(before: bool):
    """The outer one is still at work."""
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()

    assert gc.isenabled() is before


class Thing:
    """Something that can be watched as it goes."""


def test_what_is_no_cycle_goes_at_once():
    """Rows read in bulk take no more memory for it."""
    with uncollected():
        thing = Thing()
        watched = weakref.ref(thing)
        del thing

        assert watched() is None
