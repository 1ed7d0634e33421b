"""
Questions for people: opened, joined, taken, put aside, handed on.

    screening, retroaction, sample, hand ─▶ like an open case's items? ─yes─▶ it joins
                                                                       └no─▶ a case of its own ─▶ queue ─▶ claim
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from seawall.audit.event import Happening
from seawall.cases.case import (
    MOST_ITEMS,
    WAITING,
    Case,
    Item,
    ItemKind,
    ItemMatch,
    Source,
    Status,
    happened,
    opened,
)
from seawall.cases.config import CasesConfig
from seawall.cases.likeness import alike, marks_of
from seawall.cases.limits import Limits
from seawall.cases.urgency import confidence_of, severity_of
from seawall.clock import rfc3339
from seawall.errors import InputError, NotAllowed, NotFound, WrongState
from seawall.ids import new_id
from seawall.media.media import Kind
from seawall.screening.verdict import Verdict
from seawall.signals.signal import Orientation
from seawall.storage.memory import Memory, Stores
from seawall.storage.uploads import Upload
from seawall.workflows.quality import check_unsaid, golden_case

LAPSED_AT_ONCE = 100
LONGEST_HOLD = timedelta(days=90)
LONGEST_REASON = 2_000  # characters
MOST_PERSON = 255  # characters of a person's id
_KINDS = {Kind.IMAGE: ItemKind.IMAGE, Kind.LINK: ItemKind.LINK}


def open_case(
    item: Item,
    *,
    source: Source,
    stores: Stores,
    by: str,
    now: datetime,
    queue: str | None = None,
    category: str | None = None,
    deadline: datetime | None = None,
    alone: bool = False,
) -> Case:
    """
    The case this item is in now: one that waits and is about the same content or nearly, or one of its own.

    `alone` keeps it from joining any.
    """
    stores.cases.lock()
    category = category or next((m.categories[0] for m in item.matches if m.categories), None)
    severity = severity_in(item, category, stores)
    confidence = confidence_of([item])
    like = None if alone else _like(item, stores)
    if like is None:
        event = opened(
            new_id("case", at=now),
            item,
            source=source,
            queue=queue or _queue(item, source),
            category=category,
            severity=severity,
            confidence=confidence,
            deadline=deadline,
            by=by,
            at=now,
        )
        case = stores.cases.open(event)
        details = {"source": source, "queue": case.queue, "item": item.key}
        _record(stores, "case:opened", case.id, by=by, now=now, details=details)
        return case
    event = happened(
        like,
        "joined",
        by=by,
        at=now,
        source=source,
        item=asdict(item),
        category=category,
        severity=severity,
        confidence=confidence,
        deadline=rfc3339(deadline) if deadline else None,
    )
    details = {"source": source, "item": item.key}
    _record(stores, "case:joined", like.id, by=by, now=now, details=details)
    return stores.cases.record(like, event)


def open_for_upload(
    upload: Upload, verdict: Verdict, *, source: Source, stores: Stores, by: str, now: datetime
) -> Case:
    """The case that an upload is in because its verdict wants a person to look."""
    case = open_case(item_of(upload, verdict), source=source, stores=stores, by=by, now=now)
    stores.sealed.attach([upload.id], case.id)
    return case


def item_of(upload: Upload, verdict: Verdict) -> Item:
    """What a ruling on this upload would be about."""
    signals = dict.fromkeys(
        str(reading.signal)
        for reading in upload.fingerprint.readings
        if reading.orientation is Orientation.UPRIGHT
    )
    return Item(
        id=upload.item or upload.id,
        kind=_KINDS.get(upload.fingerprint.kind, ItemKind.OTHER),
        upload=upload.id,
        uploader=upload.uploader,
        signals=tuple(signals),
        matches=tuple(
            ItemMatch(
                bank=match.bank,
                entry=match.entry,
                signal=str(match.signal),
                distance=match.distance,
                vouchers=match.vouchers,
                categories=match.categories,
            )
            for match in verdict.matches
        ),
        territory=upload.territory,
    )


def next_case(
    person: str,
    *,
    limits: Limits,
    config: CasesConfig,
    stores: Stores,
    now: datetime,
    queue: str | None = None,
    category: str | None = None,
    most_severe: int | None = None,
    secret: bytes | None = None,
) -> Case | None:
    """
    The most urgent case this person may see and has not skipped, now theirs; None when there is none.

    One more severe than `most_severe` is left to others.

    With the home's secret for draws, a golden item comes before it where one is due.
    """
    named(person)
    stores.cases.lock()
    wake(stores=stores, now=now)
    ident = stores.cases.next_open(
        person, limits=limits, queue=queue, category=category, most_severe=most_severe
    )
    if ident is None:
        return None
    case = stores.cases.find(ident)
    if secret is not None:
        golden = golden_case(
            person,
            case,
            limits=limits,
            category=category,
            most_severe=most_severe,
            config=config,
            secret=secret,
            stores=stores,
            now=now,
        )
        case = golden or case
    return claimed(case, person, config=config, stores=stores, now=now)


def claim(
    ident: str,
    person: str,
    *,
    limits: Limits,
    config: CasesConfig,
    stores: Stores,
    now: datetime,
) -> Case:
    """
    This very case, now theirs; claimed again by its holder it lasts longer.

    Raises:
        NotFound: There is no such case.
        NotAllowed: It is beyond the person's limits, or they have decided it before.
        WrongState: Somebody else has it, or it does not wait any more.

    """
    named(person)
    stores.cases.lock()
    wake(stores=stores, now=now)
    case = stores.cases.find(ident)
    check_limits(case, limits)
    if case.status is Status.CLAIMED and case.claimed_by == person:
        return heartbeat(ident, person, config=config, stores=stores, now=now)
    if case.status not in (Status.OPEN, Status.HELD):
        raise WrongState(_taken(case))
    check_unsaid(ident, person, stores)
    return claimed(case, person, config=config, stores=stores, now=now)


def heartbeat(
    ident: str, person: str, *, config: CasesConfig, stores: Stores, now: datetime
) -> Case:
    """
    The claim lasts the whole length again.

    Raises:
        NotFound: There is no such case.
        WrongState: It is not, or no longer, this person's.

    """
    case = held_by(ident, person, stores=stores, now=now)
    stores.cases.extend(ident, until=now + config.claim)
    return stores.cases.find(case.id)


def held_by(ident: str, person: str, *, stores: Stores, now: datetime) -> Case:
    """
    The case, claimed by this person; nobody changes it before this transaction ends.

    Raises:
        NotFound: There is no such case.
        WrongState: It is not, or no longer, this person's.

    """
    stores.cases.lock()
    case = stores.cases.find(ident)
    lapsed = case.until is not None and case.until <= now
    if case.status is not Status.CLAIMED or case.claimed_by != person or lapsed:
        raise WrongState(f"The case '{ident}' is not claimed by '{person}' now; claim it first.")
    return case


def release(ident: str, person: str, *, stores: Stores, now: datetime) -> Case:
    """
    Back into the queue.

    Raises:
        NotFound, WrongState: As `held_by`.

    """
    return changed(
        held_by(ident, person, stores=stores, now=now), "released", stores, by=person, now=now
    )


def skip(ident: str, person: str, *, stores: Stores, now: datetime) -> Case:
    """
    Back into the queue, and never offered to this person again.

    Raises:
        NotFound, WrongState: As `held_by`.

    """
    case = held_by(ident, person, stores=stores, now=now)
    stores.cases.skip(ident, person, at=now)
    return changed(case, "skipped", stores, by=person, now=now)


def hold(
    ident: str, person: str, *, reason: str, until: datetime, stores: Stores, now: datetime
) -> Case:
    """
    Put aside until then, for a reason that everybody sees.

    Raises:
        NotFound, WrongState: As `held_by`.
        InputError: There is no reason, or the moment is past or too far away.

    """
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise InputError(f"Say why it is put aside, in at most {LONGEST_REASON} characters.")
    if not now < until <= now + LONGEST_HOLD:
        raise InputError(
            f"A case is put aside until a moment in the next {LONGEST_HOLD.days} days."
        )
    case = held_by(ident, person, stores=stores, now=now)
    told = {"reason": reason.strip(), "until": rfc3339(until)}
    return changed(case, "held", stores, by=person, now=now, **told)


def hand_off(ident: str, person: str, *, to: str, stores: Stores, now: datetime) -> Case:
    """
    For this other person and nobody else.

    Raises:
        NotFound, WrongState: As `held_by`.
        NotAllowed: They have decided it before.
        InputError: Nobody, or the same person, is named.

    """
    if named(to) == person:
        raise InputError("Hand it to somebody else, or keep it.")
    case = held_by(ident, person, stores=stores, now=now)
    check_unsaid(ident, to, stores)
    return changed(case, "handed-off", stores, by=person, now=now, to=to)


def assign(ident: str, by: str, *, to: str, limits: Limits, stores: Stores, now: datetime) -> Case:
    """
    A case that nobody works on now, for this person and nobody else.

    Raises:
        NotFound: There is no such case.
        NotAllowed: It is beyond the limits of whoever assigns it, or they have decided it before.
        WrongState: Somebody has it, or it does not wait any more.

    """
    named(to)
    stores.cases.lock()
    wake(stores=stores, now=now)
    case = stores.cases.find(ident)
    check_limits(case, limits)
    if case.status not in (Status.OPEN, Status.HELD):
        raise WrongState(_taken(case))
    check_unsaid(ident, to, stores)
    return changed(case, "handed-off", stores, by=by, now=now, to=to)


def remove_from_cluster(
    ident: str, key: str, person: str, *, stores: Stores, now: datetime
) -> tuple[Case, Case]:
    """
    The case without this item, and the case of its own that the item is in now.

    Raises:
        NotFound: There is no such case, or no such item in it.
        WrongState: The case is not this person's, or the item is its last.

    """
    case = held_by(ident, person, stores=stores, now=now)
    item = case.item(key)
    if item is None:
        raise NotFound(f"The case '{ident}' has no item '{key}'.")
    if len(case.items) == 1:
        raise WrongState("The last item stays: rule on it, or release the case.")
    rest = changed(case, "item-removed", stores, by=person, now=now, item=key)
    own = open_case(
        item,
        source=Source.HAND,
        stores=stores,
        by=person,
        now=now,
        queue=case.queue,
        category=case.category,
        deadline=case.deadline,
        alone=True,
    )
    return rest, own


def wake(*, stores: Stores, now: datetime) -> None:
    """Claims without a sign of their holder and holds that are over go back into the queue."""
    for status, kind in ((Status.CLAIMED, "lapsed"), (Status.HELD, "resumed")):
        for ident in stores.cases.ended(status, now=now, limit=LAPSED_AT_ONCE):
            changed(stores.cases.find(ident), kind, stores, by="upkeep", now=now)


def wake_due(memory: Memory, *, now: datetime) -> None:
    """The same in a transaction of its own, where there is anything to do."""
    with memory.reading() as stores:
        due = any(
            stores.cases.ended(status, now=now, limit=1) for status in (Status.CLAIMED, Status.HELD)
        )
    if due:
        with memory.transaction() as stores:
            stores.cases.lock()
            wake(stores=stores, now=now)


def claimed(case: Case, person: str, *, config: CasesConfig, stores: Stores, now: datetime) -> Case:
    """The case, now this person's; whoever asks has made sure that it is free."""
    until = rfc3339(now + config.claim)
    return changed(case, "claimed", stores, by=person, now=now, until=until)


def changed(
    case: Case, kind: str, stores: Stores, *, by: str, now: datetime, **body: object
) -> Case:
    """The case once this has happened to it, written and audited."""
    changed = stores.cases.record(case, happened(case, kind, by=by, at=now, **body))
    _record(stores, "case:changed", case.id, by=by, now=now, details={"kind": kind, **body})
    return changed


def _like(item: Item, stores: Stores) -> Case | None:
    marks = marks_of(item)
    for ident, theirs in stores.cases.filed_under(marks):
        if alike(marks, theirs):
            case = stores.cases.find(ident)
            if case.status in WAITING and (len(case.items) < MOST_ITEMS or case.item(item.key)):
                return case
    return None


def severity_in(item: Item, category: str | None, stores: Stores) -> int:
    """How severe an item is that is said to be of this category, as the policies about it say."""
    named = {category, *(name for match in item.matches for name in match.categories)}
    said = [
        policy.severity for policy in stores.policies.all() if named.intersection(policy.categories)
    ]
    return max(said, default=severity_of([item]))


def _queue(item: Item, source: Source) -> str:
    if source is Source.SAMPLE:
        return "samples"
    if source is Source.HAND:
        return "by-hand"
    return "matches" if item.matches else "not-screened"


def check_limits(case: Case, limits: Limits) -> None:
    """
    Whether this person may see the case.

    Raises:
        NotAllowed: It is beyond the limits.

    """
    if not limits.allow(queue=case.queue, category=case.category, territory=case.territory):
        raise NotAllowed(
            f"The case '{case.id}' is in a queue or category, or from a territory, that is not yours."
        )


def _taken(case: Case) -> str:
    if case.status is Status.CLAIMED:
        return f"The case '{case.id}' is claimed by '{case.claimed_by}'; take another."
    return f"The case '{case.id}' does not wait any more: it is {case.status}."


def named(person: str) -> str:
    """
    The person's id, if it is one.

    Raises:
        InputError: It is empty or too long.

    """
    if not 0 < len(person.strip()) <= MOST_PERSON:
        raise InputError(f"A person has a name of 1 to {MOST_PERSON} characters.")
    return person


def _record(
    stores: Stores,
    action: str,
    subject: str,
    *,
    by: str,
    now: datetime,
    details: Mapping[str, object],
) -> None:
    stores.audit.record(
        Happening(action=action, subject=subject, actor=by, at=now, details=dict(details))
    )
