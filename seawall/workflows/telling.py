"""
What a member tells its hub: opinions, how often something was matched here, and what reviews of it have found.

    said ─▶ outgoing, in a transaction ─▶ asked of the hub under the message's id ─▶ taken: kept, should the hub lose it
                      └─ no answer ─▶ asked again, later, under the same id      └─ refused: forgotten, and reported
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from seawall.audit.event import Happening
from seawall.banks.entry import ENTRY
from seawall.errors import Error, InputError, NotAllowed, NotFound, TooMany, WrongState
from seawall.exchange.membership import Membership, Message
from seawall.exchange.opinion import Word
from seawall.exchange.record import record_id
from seawall.exchange.retelling import acknowledged
from seawall.ids import new_id
from seawall.partners.hub import Document, Hub
from seawall.signals.registry import parse_signal
from seawall.storage.memory import Stores
from seawall.workflows.listed import listed
from seawall.workflows.membership import REPORTS_RETOLD, Node, opinions_path, reports_path

UPLOADS = 5_000  # looked at in one transaction
RECORDS = 1_000  # in one report
MESSAGES = 100  # delivered in one go
MOST_LOOKED_AT = 2_000  # messages in one go, where many of them are not taken now
REFUSALS = 3  # in a row, with one sentence: the hub is not asked for more of their kind in one go
MOST_REVIEWED = 1_000_000  # in one report on a record


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of a message: the hub's answer, or why there is none."""

    message: Message
    answer: Document | None = None
    error: str | None = None
    kept: bool = False  # it is told again later


def say(
    name: str, opinions: Iterable[tuple[Iterable[object], Mapping[str, object]]], *, node: Node
) -> list[Told]:
    """
    Give opinions, each on the signals of one content; what the hub does not take now it is told later, once.

    Raises:
        NotFound: This home has no such membership, or its bank no such entry.
        InputError: Something is neither a signal nor an entry of the exchange.

    """
    now = node.now()
    with node.memory.transaction() as stores:
        membership = stores.memberships.find(name)
        messages = [
            queue_opinion(name, what, opinion, stores=stores, now=now) for what, opinion in opinions
        ]
    with node.hub_of(membership) as hub:
        return tell_now(membership, messages, hub=hub, node=node)


def report_outcome(name: str, what: str, *, right: int, wrong: int, node: Node) -> Told:
    """
    Tell what reviews of a record's matches have found here; the hub counts it, now or later, once.

    `what` is the record's id, its signal, or its entry's id here.

    Raises:
        NotFound: This home has no such membership, or its bank no such entry.
        InputError: It is none of these, or nothing was reviewed.

    """
    with node.memory.transaction() as stores:
        membership = stores.memberships.find(name)
        message = queue_outcome(name, what, right=right, wrong=wrong, stores=stores, now=node.now())
    with node.hub_of(membership) as hub:
        (told,) = tell_now(membership, [message], hub=hub, node=node)
    return told


def share_lines(
    name: str, blocks: Iterable[bytes], *, ndjson: bool, node: Node
) -> Iterator[Document]:
    """
    Send a list of opinions to the hub as it is read; nothing of it is told again, should the hub lose it.

    Yields `{"line", "error"}` for each line that the hub refused and `{"added", "unchanged", "held"}` for each batch
    that it took; words on the records of a batch that were told singly before are not told again either.

    Raises:
        NotFound: This home has no such membership.
        InputError, RuleError: The hub refused all of it, or the rest; what was yielded stays.
        OutsideError: The hub did not answer to the end; what was yielded stays.
        StorageError: The disk refused; what was yielded stays.

    """
    with node.memory.reading() as stores:
        membership = stores.memberships.find(name)
        until = stores.memberships.last_said(membership.id)
    with node.hub_of(membership) as hub:
        if until is None:
            yield from hub.share_lines(membership.agreement, blocks, ndjson=ndjson)
            return
        with listed(membership, ndjson=ndjson, until=until, node=node) as sent:
            for told in hub.share_lines(membership.agreement, sent.copied(blocks), ndjson=ndjson):
                sent.answered(told)
                yield told


def queue_opinion(
    name: str,
    what: Iterable[object],
    opinion: Mapping[str, object],
    *,
    stores: Stores,
    now: datetime,
) -> Message:
    """
    A word on the signals of one content, kept until the hub has taken it; `what` are signals or entries' ids here.

    Raises:
        NotFound: This home has no such membership, or its bank no such entry.
        InputError: Something is neither a signal nor an entry's id.

    """
    membership = stores.memberships.find(name)
    signals = [_signal_named(str(each), membership, stores) for each in what]
    body = {"signals": signals, **opinion}
    return _queued(membership, opinions_path(membership), body, stores=stores, now=now)


def queue_outcome(
    name: str, what: str, *, right: int, wrong: int, stores: Stores, now: datetime
) -> Message:
    """
    What reviews have found, kept until the hub has taken it; `what` as for `report_outcome`.

    Raises:
        NotFound: This home has no such membership, or its bank no such entry.
        InputError: It is none of these, or nothing was reviewed.

    """
    if right < 0 or wrong < 0 or not 0 < right + wrong <= MOST_REVIEWED:
        raise InputError(
            f"Say how many reviews found the match right and how many wrong, 1 to {MOST_REVIEWED} at a time."
        )
    membership = stores.memberships.find(name)
    record = _record_named(what, membership, stores)
    body = {"records": {record: {"right": right, "wrong": wrong}}}
    return _queued(membership, reports_path(membership), body, stores=stores, now=now)


def tell_now(
    membership: Membership, messages: Sequence[Message], *, hub: Hub, node: Node
) -> list[Told]:
    """
    What became of queued messages, in their order; those that were not reached wait.

    One that somebody else has told meanwhile is asked of the hub again under its id, and gets the same answer.

    Raises:
        NotFound: The membership was ended meanwhile.

    """
    done: dict[str, Told] = {}
    why = _deliver_these(membership, messages, done, hub=hub, node=node)
    missed = [each for each in messages if each.id not in done]
    with node.memory.reading() as stores:
        stores.memberships.find(membership.id)
        waiting = stores.memberships.among_waiting([each.id for each in missed])
    done |= {
        each.id: _asked_again(each, membership, hub, node)
        for each in missed
        if each.id not in waiting
    }
    later = why or "Older messages are told first."
    return [done.get(each.id) or Told(message=each, error=later, kept=True) for each in messages]


def opinion_document(told: Told) -> Document:
    """What became of an opinion, as the doors show it."""
    results = told.answer.get("results") if told.answer else None
    return {
        "id": told.message.id,
        "signals": told.message.body["signals"],
        "results": results,
        "kept": told.kept,
        "error": told.error,
    }


def outcome_document(told: Told) -> Document:
    """What became of an outcome, as the doors show it."""
    counted = told.answer.get("counted") if told.answer else None
    return {"id": told.message.id, "counted": counted, "kept": told.kept, "error": told.error}


def _queued(
    membership: Membership, path: str, body: Document, *, stores: Stores, now: datetime
) -> Message:
    message = Message(
        id=new_id("msg", at=now),
        membership=membership.id,
        path=path,
        body=body,
        at=now,
    )
    stores.memberships.send([message])
    return stores.memberships.queued(message.id)


def _signal_named(what: str, membership: Membership, stores: Stores) -> str:
    if what.startswith(ENTRY):
        return str(stores.entries.find(membership.bank, what).signal)
    return str(parse_signal(what))


def _record_named(what: str, membership: Membership, stores: Stores) -> str:
    if what.startswith("rec_"):
        return what
    if what.startswith(ENTRY):
        shared = stores.entries.find(membership.bank, what).shared
        if shared is None:
            raise InputError(f"The entry '{what}' came from no exchange.")
        return shared.record
    return record_id(membership.agreement, parse_signal(what))


def _asked_again(message: Message, membership: Membership, hub: Hub, node: Node) -> Told:
    """What the hub makes of a message that somebody else has told: the same as then, or what it makes of it now."""
    try:
        answer = hub.post(message.path, message.body, token=message.id)
    except (InputError, WrongState) as refused:
        return Told(message=message, error=str(refused))
    except Error as failed:
        return Told(
            message=message, error=f"It was told, and what became of it is not known: {failed}"
        )
    if message.number and message.path == opinions_path(membership):
        words = acknowledged(message, answer, agreement=membership.agreement)
        with node.memory.transaction() as stores:
            if stores.memberships.lock(membership.id) is not None:
                stores.memberships.acknowledged(words)
    return Told(message=message, answer=answer)


def _deliver_these(
    membership: Membership,
    messages: Sequence[Message],
    done: dict[str, Told],
    *,
    hub: Hub,
    node: Node,
) -> str | None:
    """Put what became of these into `done`; why the hub was not told of all, if it was not."""
    mine = {message.id for message in messages}
    why = None
    for told in deliver(membership, hub=hub, node=node, limit=MESSAGES + len(messages)):
        if told.kept:
            why = why or told.error
        if told.message.id in mine:
            done[told.message.id] = told
    return why


def deliver(
    membership: Membership, *, hub: Hub, node: Node, limit: int = MESSAGES
) -> Iterable[Told]:
    """
    Tell the hub what waits, oldest first, until it does not answer.

    What it does not take now is kept: a key is renewed, a suspension ends, a quarantine is emptied. What was said of
    the same signals since then waits with it; the rest is told.
    """
    held = _Held()
    after, left = 0, MOST_LOOKED_AT
    while limit and left > 0:
        with node.memory.reading() as stores:
            waiting = stores.memberships.waiting(membership.id, limit=limit, after=after)
        if not waiting:
            return
        left -= len(waiting)
        after = waiting[-1].number
        for message in waiting:
            if held.keeps(message):
                continue
            limit -= 1
            try:
                answer = hub.post(message.path, message.body, token=message.id)
            except (NotAllowed, NotFound, TooMany) as refused:
                held.hold(message, refused)
                yield Told(message=message, error=str(refused), kept=True)
            except Error as failed:
                final = isinstance(failed, InputError | WrongState)
                if final:
                    _refused(message, membership, str(failed), node)
                yield Told(message=message, error=str(failed), kept=not final)
                if not final:
                    return
            else:
                held.forget(message)
                _taken(message, answer, membership, node)
                yield Told(message=message, answer=answer)


class _Held:
    """
    What waits for another round: what the hub refused for now, and what was said of the same signals after it.

    A hub that refuses several in a row with the same sentence is not asked for their like again.
    """

    def __init__(self) -> None:
        self._signals: set[str] = set()
        self._closed: set[tuple[str, bool]] = set()
        self._refused: dict[tuple[str, bool], list[str]] = {}

    def keeps(self, message: Message) -> bool:
        """Whether it waits as well; then so does what follows on it."""
        signals = _signals_of(message)
        if _like(message) not in self._closed and self._signals.isdisjoint(signals):
            return False
        self._signals |= signals
        return True

    def hold(self, message: Message, refused: Error) -> None:
        """It was refused for now."""
        like, sentence = _like(message), str(refused)
        before = self._refused.get(like, [])
        self._refused[like] = [*before, sentence] if sentence in before else [sentence]
        self._signals |= _signals_of(message)
        if isinstance(refused, NotFound) or len(self._refused[like]) >= REFUSALS:
            self._closed.add(like)

    def forget(self, message: Message) -> None:
        """Its like is taken."""
        self._refused.pop(_like(message), None)


def _like(message: Message) -> tuple[str, bool]:
    """What a hub treats alike: it takes back and disputes what is there also for members whose other words wait."""
    return message.path, message.body.get("word") in (Word.DISPUTE, Word.WITHDRAW)


def _signals_of(message: Message) -> set[str]:
    signals = message.body.get("signals")
    return set(signals) if isinstance(signals, list) else set()


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
                        path=reports_path(here),
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


def _taken(message: Message, answer: Document, membership: Membership, node: Node) -> None:
    """The message waits no more; what must be told again should the hub lose it is kept."""
    now = node.now()
    with node.memory.transaction() as stores:
        if message.path == reports_path(membership):
            stores.memberships.put_aside(message, at=now, forget=now - REPORTS_RETOLD)
        elif stores.memberships.forget(message):
            words = acknowledged(message, answer, agreement=membership.agreement)
            stores.memberships.acknowledged(words)


def _refused(message: Message, membership: Membership, error: str, node: Node) -> None:
    now = node.now()
    with node.memory.transaction() as stores:
        if stores.memberships.forget(message):
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
