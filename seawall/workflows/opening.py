"""
A question for people begins: a case of its own, or one more item of a case that waits.

    screening, retroaction, sample, hand ─▶ like an open case's items? ─yes─▶ it joins
                                                                       └no─▶ a case of its own ─▶ queue
"""

from dataclasses import asdict
from datetime import datetime

from seawall.cases.case import (
    MOST_ITEMS,
    WAITING,
    Case,
    Item,
    ItemKind,
    ItemMatch,
    Source,
    happened,
    opened,
)
from seawall.cases.likeness import alike, marks_of
from seawall.cases.urgency import confidence_of, severity_of
from seawall.clock import rfc3339
from seawall.ids import new_id
from seawall.media.media import Kind
from seawall.screening.verdict import Verdict
from seawall.storage.memory import Stores
from seawall.storage.uploads import Upload
from seawall.workflows.audit import record

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
        record(stores, "case:opened", case.id, by=by, now=now, details=details)
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
    record(stores, "case:joined", like.id, by=by, now=now, details=details)
    return stores.cases.record(like, event)


def open_for_upload(
    upload: Upload, verdict: Verdict, *, source: Source, stores: Stores, by: str, now: datetime
) -> Case:
    """The case that an upload is in because its verdict wants a person to look."""
    case = open_case(item_of(upload, verdict), source=source, stores=stores, by=by, now=now)
    stores.sealed.attach(case.id, uploads=[upload.id])
    return case


def item_of(upload: Upload, verdict: Verdict) -> Item:
    """What a ruling on this upload would be about."""
    signals = dict.fromkeys(
        str(reading.signal) for reading in upload.fingerprint.readings if reading.plain
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
                origins=match.origins,
            )
            for match in verdict.matches
        ),
        territory=upload.territory,
        reach=upload.reach or 0,
    )


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
