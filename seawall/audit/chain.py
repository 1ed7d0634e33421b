"""
The chain that shows where the audit log was touched.

    digest(n) = SHA-256(canonical JSON of event n, with digest(n - 1))

Whoever keeps a digest somewhere else can later tell whether anything before it was altered, removed or reordered.
"""

import hashlib
import json
from collections.abc import Iterable

from seawall.audit.event import Event, Happening
from seawall.clock import rfc3339

GENESIS = bytes(32)


def linked(happening: Happening, *, number: int, previous: bytes) -> Event:
    """The happening as event `number`, chained to the one before."""
    return Event(
        number=number,
        happening=happening,
        previous=previous,
        digest=_digest(happening, number, previous),
    )


def faults(events: Iterable[Event], *, head: tuple[int, bytes]) -> Iterable[str]:
    """
    A sentence for each place where the chain is broken; none when it is whole.

    `head` is the number and digest the log says it ends with.
    """
    number, previous = 0, GENESIS
    for event in events:
        expected = number + 1
        if event.number > expected:
            missing = (
                str(expected)
                if event.number == expected + 1
                else f"{expected} to {event.number - 1}"
            )
            yield f"Event {missing} was removed."
        elif event.number < expected:
            yield f"Event {event.number} stands after event {number}: the order was changed."
        elif event.previous != previous:
            yield f"Event {event.number} does not follow from event {number}: one of them was replaced."
        if event.digest != _digest(event.happening, event.number, event.previous):
            yield f"Event {event.number} was altered after it was written."
        number, previous = event.number, event.digest
    if (number, previous) != head:
        yield f"The log ends with event {number}, but its head says {head[0]}: events were removed from the end."


def _digest(happening: Happening, number: int, previous: bytes) -> bytes:
    line = {
        "number": number,
        "at": rfc3339(happening.at),
        "action": happening.action,
        "subject": happening.subject,
        "actor": happening.actor,
        "details": happening.details,
        "previous": previous.hex(),
    }
    text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()
