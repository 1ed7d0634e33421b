"""The chain shows where the log was touched."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from seawall.audit.chain import GENESIS, faults, linked
from seawall.audit.event import Happening
from tests.made import NOON


def chain(length):
    """A log of this many events."""
    events, previous = [], GENESIS
    for number in range(1, length + 1):
        happening = Happening(
            action="upload:screened",
            subject=f"up_{number}",
            actor="cli",
            at=NOON,
            details={"n": number},
        )
        events.append(linked(happening, number=number, previous=previous))
        previous = events[-1].digest
    return events


def head(events):
    """Where the log says it ends."""
    return (events[-1].number, events[-1].digest) if events else (0, GENESIS)


def test_a_whole_log_has_no_faults():
    """Empty, short or long."""
    for length in (0, 1, 20):
        events = chain(length)
        assert list(faults(events, head=head(events))) == []


@given(st.integers(2, 12), st.data())
def test_every_single_touch_is_found(length, data):
    """Altering, removing or exchanging any event, wherever it stands, leaves a fault."""
    events = chain(length)
    at = data.draw(st.integers(0, length - 2))
    altered = [*events]
    altered[at] = replace(
        events[at], happening=replace(events[at].happening, actor="somebody else")
    )
    removed = events[:at] + events[at + 1 :]
    exchanged = [*events]
    exchanged[at], exchanged[at + 1] = exchanged[at + 1], exchanged[at]

    for touched in (altered, removed, exchanged, events[:-1]):
        assert list(faults(touched, head=head(events))) != []


def test_an_event_written_anew_breaks_the_link_after_it():
    """Whoever alters an event and computes its digest again would have to do so for every later one."""
    events = chain(4)
    forged = linked(
        replace(events[1].happening, actor="mallory"), number=2, previous=events[1].previous
    )

    assert list(faults([events[0], forged, *events[2:]], head=head(events))) == [
        "Event 3 does not follow from event 2: one of them was replaced."
    ]
