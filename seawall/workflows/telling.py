"""
What a member tells its hub: opinions, and how often something was matched here.

    said ─▶ outgoing, in a transaction ─▶ asked of the hub under the message's id ─▶ taken: forgotten
                      └─ no answer ─▶ asked again, later, under the same id      └─ refused: forgotten, and reported
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from seawall.audit.event import Happening
from seawall.errors import Error, InputError, NotAllowed, NotFound, WrongState
from seawall.exchange.membership import Membership, Message, State
from seawall.ids import new_id
from seawall.partners.hub import Document, Hub
from seawall.signals.signal import Signal
from seawall.workflows.membership import Node

UPLOADS = 5_000  # looked at in one transaction
RECORDS = 1_000  # in one report
MESSAGES = 100  # delivered in one go


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of a message: the hub's answer, or why there is none."""

    message: Message
    answer: Document | None = None
    error: str | None = None
    kept: bool = False  # it is told again later


def say(
    name: str, opinions: Iterable[tuple[Iterable[Signal], Mapping[str, object]]], *, node: Node
) -> list[Told]:
    """
    Give opinions, each on the signals of one content; what the hub does not take now it is told later, once.

    Raises:
        NotFound: This home has no such membership.

    """
    now = node.now()
    with node.memory.transaction() as stores:
        membership = stores.memberships.find(name)
        messages = [
            Message(
                id=new_id("msg", at=now),
                membership=membership.id,
                path=f"/agreements/{membership.agreement}/opinions",
                body={"signals": [str(signal) for signal in signals], **opinion},
                at=now,
            )
            for signals, opinion in opinions
        ]
        stores.memberships.send(messages)
    mine = {message.id for message in messages}
    with node.hub_of(membership) as hub:
        told = list(deliver(membership, hub=hub, node=node, limit=MESSAGES + len(messages)))
    done = [each for each in told if each.message.id in mine]
    reached = {each.message.id for each in done}
    why = next((each.error for each in told if each.kept), None)
    return done + [
        Told(message=message, error=why, kept=True)
        for message in messages
        if message.id not in reached
    ]


def deliver(
    membership: Membership, *, hub: Hub, node: Node, limit: int = MESSAGES
) -> Iterable[Told]:
    """Tell the hub what waits, oldest first, until it does not answer."""
    with node.memory.reading() as stores:
        waiting = stores.memberships.waiting(membership.id, limit=limit)
    for message in waiting:
        try:
            answer = hub.post(message.path, message.body, token=message.id)
        except Error as failed:
            # A key that has run out opens again once it is renewed; what the hub understands and refuses, it refuses.
            final = isinstance(failed, InputError | NotFound | WrongState) or (
                isinstance(failed, NotAllowed) and membership.state is State.FOLLOWING
            )
            if final:
                _refused(message, membership, str(failed), node)
            yield Told(message=message, error=str(failed), kept=not final)
            if not final:
                return
        else:
            with node.memory.transaction() as stores:
                stores.memberships.told(message)
            yield Told(message=message, answer=answer)


def report_sightings(membership: Membership, *, node: Node) -> int:
    """
    Count what was matched since the last report, and keep the counts for the hub; how many records there are.

    Which uploads were counted is written together with the counts, so that none is lost and none told twice.
    """
    records = 0
    while True:
        now = node.now()
        with node.memory.transaction() as stores:
            here = stores.memberships.lock(membership.id)
            if here is None:
                return records
            last, entries = stores.uploads.matched(here.bank, after=here.counted, limit=UPLOADS)
            if last == here.counted:
                return records
            found = stores.entries.records(list(entries))
            told = [(found[entry], count) for entry, count in entries.items() if entry in found]
            stores.memberships.send(
                [
                    Message(
                        id=new_id("msg", at=now),
                        membership=here.id,
                        path=f"/agreements/{here.agreement}/reports",
                        body={
                            "records": {
                                record: {"sightings": count}
                                for record, count in told[start : start + RECORDS]
                            }
                        },
                        at=now,
                    )
                    for start in range(0, len(told), RECORDS)
                ]
            )
            stores.memberships.save(replace(here, counted=last))
            records += len(told)


def renew_key(membership: Membership, *, hub: Hub, node: Node) -> None:
    """
    Our key at the hub is a new one; the old one opens for a while longer, in case this home dies between the two.

    Raises:
        RuleError, OutsideError: The hub gave none.

    """
    sealed = node.vault.seal(hub.renew_key())
    now = node.now()
    with node.memory.transaction() as stores:
        here = stores.memberships.lock(membership.id)
        if here is not None:
            stores.memberships.save(replace(here, key=sealed, key_at=now))
            stores.audit.record(
                Happening(
                    action="membership:key-renewed",
                    subject=here.id,
                    actor=here.hub,
                    at=now,
                    details={},
                )
            )


def _refused(message: Message, membership: Membership, error: str, node: Node) -> None:
    now = node.now()
    with node.memory.transaction() as stores:
        if stores.memberships.told(message):
            details: Document = {"path": message.path, "body": message.body, "error": error}
            stores.audit.record(
                Happening(
                    action="membership:refused",
                    subject=membership.id,
                    actor=membership.hub,
                    at=now,
                    details=details,
                )
            )
