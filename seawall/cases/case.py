"""
A question for a person: its events, folded.

    open ──claim──▶ claimed ──rule──▶ ruled ──undo window──▶ carried-out ──restore, its end──▶ closed
      ▲               │  └──hold──▶ held      └──undo──▶ open, or what stands goes on standing
      └──release, skip, hand-off, lease ran out, hold ended──┘

A heartbeat is no event: when a claim ends by itself stands beside the events, with the case.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from seawall.access.person import Limits
from seawall.clock import rfc3339

MOST_ITEMS = 200  # in one case; what comes later begins another
MOST_REACH = 10**12  # people who have seen something
REF = 32  # hexadecimal digits


class Status(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLAIMED = "claimed"  # somebody looks at it now
    HELD = "held"  # put aside for a reason, until a moment
    RULED = "ruled"  # decided; it can still be undone, or a second person must approve
    CARRIED_OUT = "carried-out"
    CLOSED = "closed"  # taken back, ended, or nothing was to be carried out


WAITING = (Status.OPEN, Status.CLAIMED, Status.HELD)
"""A case that is not ruled on: more may join it."""


class Step(StrEnum):
    """What can happen to a case."""

    OPENED = "opened"
    JOINED = "joined"
    ITEM_REMOVED = "item-removed"
    CLAIMED = "claimed"
    HELD = "held"
    HANDED_OFF = "handed-off"
    RELEASED = "released"
    SKIPPED = "skipped"
    UNASSIGNED = "unassigned"  # whoever had it may not rule on it any more
    LAPSED = "lapsed"
    RESUMED = "resumed"
    RULED = "ruled"
    APPROVED = "approved"
    UNDONE = "undone"
    REFUSED = "refused"
    CARRIED_OUT = "carried-out"
    RESTORE_ASKED = "restore-asked"  # nothing changes before a second person agrees
    RESTORED = "restored"
    COMPARED = "compared"  # a look: nothing is carried out
    ENDED = "ended"


class Source(StrEnum):
    """What asked for a person's judgement."""

    SCREENING = "screening"
    RETROACTION = "retroaction"
    SAMPLE = "sample"
    HAND = "hand"


class ItemKind(StrEnum):
    """What an item is."""

    IMAGE = "image"
    VIDEO = "video"
    SOUND = "sound"
    TEXT = "text"
    LINK = "link"
    USER = "user"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemMatch:
    """A known entry that the item is near."""

    bank: str
    entry: str
    signal: str  # the item's own, as `type:value`, in brief, turned as the entry is
    distance: int
    whole: bool = False  # of many codes in a row: all of the one is all of the other
    vouchers: int = 1
    categories: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()  # kinds of the organisations that share it; none: one of our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing a ruling is about: a post with its upload, a text, a link, a user."""

    id: str  # the platform's name for it, or the upload's id where it has none
    kind: ItemKind
    upload: str | None = None
    uploader: str | None = None
    signals: tuple[str, ...] = ()  # as `type:value`, as it lies
    matches: tuple[ItemMatch, ...] = ()
    territory: str | None = None
    reach: int = 0  # how many people have seen it, as far as the platform says
    media: str | None = None  # what was handed in with the case and kept: the text of a passage

    @property
    def name(self) -> str:
        """What another upload under the same name has too: a post with two pictures, or one that was edited."""
        return f"{self.kind}:{self.id}"

    @property
    def key(self) -> str:
        """What makes it the same item when another source names it."""
        return self.name if self.upload is None else f"{self.kind}:{self.upload}"

    @property
    def categories(self) -> frozenset[str]:
        """What it is, as its matches say."""
        return frozenset(name for match in self.matches for name in match.categories)

    @property
    def ref(self) -> str:
        """The same in an address; it stays with the item, whatever joins or leaves the case."""
        return sha256(self.key.encode()).hexdigest()[:REF]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """Something that happened to a case; `version` counts from 1."""

    case: str
    version: int
    at: datetime
    actor: str
    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What its events have made of it."""

    id: str
    queue: str
    category: str | None
    opened_at: datetime
    status: Status = Status.OPEN
    version: int = 1
    sources: tuple[Source, ...] = ()
    items: tuple[Item, ...] = ()
    removed: tuple[str, ...] = ()  # keys of items that were taken out
    said: tuple[str, ...] = ()  # categories that its sources named, of which no match is
    severity: int = 0
    confidence: int = 0
    deadline: datetime | None = None
    claimed_by: str | None = None
    assigned_to: str | None = None  # handed to this person: nobody else is offered it
    reason: str | None = None  # why it is held
    ruling: str | None = None
    replaces: str | None = None  # the ruling that stands until this one is carried out
    until: datetime | None = None  # when its status ends by itself: claim, hold or undo window

    @property
    def reach(self) -> int:
        """How many people have seen its items."""
        return sum(item.reach for item in self.items)

    @property
    def territory(self) -> str | None:
        """Where its items were uploaded, if they say so and it is one place."""
        return self.territories[0] if len(self.territories) == 1 else None

    @property
    def territories(self) -> tuple[str, ...]:
        """Everywhere that its items were uploaded, as far as they say."""
        return tuple(sorted({item.territory for item in self.items if item.territory is not None}))

    @property
    def categories(self) -> tuple[str, ...]:
        """Everything that its sources, and the matches of its items, say it is."""
        found = {self.category, *self.said}.union(*(item.categories for item in self.items))
        return tuple(sorted(name for name in found if name is not None))

    def within(self, limits: Limits) -> bool:
        """Whether somebody with these limits may see everything that is in it."""
        return all(
            limits.allow(queue=self.queue, category=category, territory=territory)
            for category in self.categories or (None,)
            for territory in self.territories or (None,)
        )

    def item(self, key: str) -> Item | None:
        """The item of this key, if it is still in the case."""
        return next((item for item in self.items if item.key == key), None)

    def item_at(self, ref: str) -> Item | None:
        """The item that an address means, if it is still in the case."""
        return next((item for item in self.items if item.ref == ref), None)


def opened(
    ident: str,
    item: Item,
    *,
    source: Source,
    queue: str,
    category: str | None,
    severity: int,
    confidence: int,
    deadline: datetime | None,
    by: str,
    at: datetime,
) -> CaseEvent:
    """The first event of a case."""
    body = {
        "queue": queue,
        "category": category,
        "source": source,
        "item": asdict(item),
        "severity": severity,
        "confidence": confidence,
        "deadline": rfc3339(deadline) if deadline else None,
    }
    return CaseEvent(case=ident, version=1, at=at, actor=by, kind=Step.OPENED, body=body)


def happened(case: Case, kind: str, *, by: str, at: datetime, **body: object) -> CaseEvent:
    """The next event of a case."""
    return CaseEvent(
        case=case.id, version=case.version + 1, at=at, actor=by, kind=kind, body=dict(body)
    )


def again(case: Case, *, ident: str, by: str, at: datetime) -> list[CaseEvent]:
    """The events of a case that looks as this one did before anybody decided it, without its deadline."""
    source = case.sources[0]
    known = {"category": case.category, "severity": case.severity, "confidence": case.confidence}
    first, *rest = case.items
    events = [
        opened(
            ident,
            first,
            source=source,
            queue=case.queue,
            category=case.category,
            severity=case.severity,
            confidence=case.confidence,
            deadline=None,
            by=by,
            at=at,
        )
    ]
    for version, item in enumerate(rest, start=2):
        body = known | {"source": source, "item": asdict(item), "deadline": None}
        events.append(
            CaseEvent(case=ident, version=version, at=at, actor=by, kind=Step.JOINED, body=body)
        )
    return events


def fold(events: Iterable[CaseEvent]) -> Case:
    """What these events, in their order from the first, have made of a case."""
    ordered = iter(events)
    case = _first(next(ordered))
    for event in ordered:
        case = after(case, event)
    return case


def after(case: Case, event: CaseEvent) -> Case:
    """The case once this has happened to it."""
    body, step = event.body, Step(event.kind)
    case = replace(case, version=event.version)
    match step:
        case Step.JOINED:
            return _joined(case, body)
        case Step.ITEM_REMOVED:
            items = tuple(item for item in case.items if item.key != body["item"])
            return replace(case, items=items, removed=(*case.removed, body["item"]))
        case Step.CLAIMED:
            return replace(case, status=Status.CLAIMED, claimed_by=event.actor, until=_moment(body))
        case Step.HELD:
            return replace(
                _free(case), status=Status.HELD, until=_moment(body), reason=body["reason"]
            )
        case Step.HANDED_OFF | Step.SKIPPED | Step.UNASSIGNED:  # the last two name nobody
            return replace(_free(case), assigned_to=body.get("to"))
        case Step.RELEASED | Step.LAPSED | Step.RESUMED:
            return _free(case)
        case _:
            return _ruled(case, step, body)


def item_from(document: Mapping[str, Any]) -> Item:
    """The item that `asdict` made this of."""
    return Item(
        **{
            **document,
            "kind": ItemKind(document["kind"]),
            "signals": tuple(document["signals"]),
            "matches": tuple(_match_from(match) for match in document["matches"]),
        }
    )


def _match_from(document: Mapping[str, Any]) -> ItemMatch:
    lists = {name: tuple(document[name]) for name in ("categories", "origins")}
    return ItemMatch(**{**document, **lists})


def _first(event: CaseEvent) -> Case:
    body = event.body
    deadline = body["deadline"]
    return Case(
        id=event.case,
        queue=body["queue"],
        category=body["category"],
        opened_at=event.at,
        version=event.version,
        sources=(Source(body["source"]),),
        items=(item_from(body["item"]),),
        severity=body["severity"],
        confidence=body["confidence"],
        deadline=datetime.fromisoformat(deadline) if deadline else None,
    )


def _joined(case: Case, body: Mapping[str, Any]) -> Case:
    source, item = Source(body["source"]), item_from(body["item"])
    items = {each.key: each for each in case.items}
    items[item.key] = merged(items[item.key], item) if item.key in items else item
    deadline = datetime.fromisoformat(body["deadline"]) if body["deadline"] else None
    return replace(
        case,
        items=tuple(items.values()),
        sources=case.sources if source in case.sources else (*case.sources, source),
        category=case.category or body["category"],
        said=_said(case, item, body["category"]),
        severity=max(case.severity, body["severity"]),
        confidence=max(case.confidence, body["confidence"]),
        deadline=min((each for each in (case.deadline, deadline) if each), default=None),
    )


def merged(known: Item, told: Item) -> Item:
    """One item as two sources told of it."""
    matches = {match.entry: match for match in (*known.matches, *told.matches)}
    return replace(
        known,
        upload=known.upload or told.upload,
        uploader=known.uploader or told.uploader,
        signals=tuple(dict.fromkeys((*known.signals, *told.signals))),
        matches=tuple(matches.values()),
        territory=known.territory or told.territory,
        reach=max(known.reach, told.reach),
        media=known.media or told.media,
    )


def _ruled(case: Case, step: Step, body: Mapping[str, Any]) -> Case:
    """The case once it was ruled on, or once something came of its ruling."""
    match step:
        case Step.RULED:
            stands = case.status in (Status.CARRIED_OUT, Status.CLOSED)
            return replace(
                _free(case),
                status=Status.RULED,
                ruling=body["ruling"],
                replaces=case.ruling if stands else None,
                until=_moment(body),
            )
        case Step.APPROVED:
            return replace(case, until=_moment(body))
        case Step.UNDONE | Step.REFUSED:
            status = Status.OPEN if case.replaces is None else Status.CARRIED_OUT
            return replace(_free(case), status=status, ruling=case.replaces, replaces=None)
        case Step.CARRIED_OUT:
            return replace(case, status=Status.CARRIED_OUT, replaces=None, until=None)
        case Step.RESTORE_ASKED:
            return case
        case Step.RESTORED:
            ruling = case.replaces or case.ruling
            return replace(_free(case), status=Status.CLOSED, ruling=ruling, replaces=None)
        case Step.COMPARED | Step.ENDED:
            return replace(_free(case), status=Status.CLOSED)
        case _:
            raise ValueError(f"'{step}' does not happen to a case that is there.")


def _said(case: Case, item: Item, category: str | None) -> tuple[str, ...]:
    known = {case.category, *case.said, *item.categories}
    return case.said if category is None or category in known else (*case.said, category)


def _free(case: Case) -> Case:
    return replace(case, status=Status.OPEN, claimed_by=None, until=None, reason=None)


def _moment(body: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(body["until"]) if body["until"] else None
