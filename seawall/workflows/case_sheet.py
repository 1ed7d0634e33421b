"""
What a person sees of a case, read at once: its items, what they matched and how near, what was kept, what was ruled.

    case ─▶ items ─▶ matches of their uploads, with entries     in as many queries for 1 item as for 100
        ├─▶ earlier rulings on the same content
        └─▶ rulings, events, policies, and who else may decide
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from seawall.access.person import Permission, Person, may
from seawall.audit.event import Happening
from seawall.banks.entry import Entry
from seawall.cases.case import Case, CaseEvent, Item, ItemKind, ItemMatch, Step
from seawall.cases.likeness import content_marks
from seawall.cases.policy import Policy
from seawall.cases.ruling import Ruling
from seawall.media.link import defanged
from seawall.media.media import Region
from seawall.screening.verdict import Match, Withheld
from seawall.signals.registry import SIGNAL_TYPES
from seawall.signals.sequence import Likeness
from seawall.storage.memory import Stores
from seawall.storage.quality import Tried
from seawall.storage.sealed import SealedMedia
from seawall.storage.uploads import Upload
from seawall.workflows.case_access import check_shown, hidden_from, shown_to, who_may_rule
from seawall.workflows.matches import latest_matches
from seawall.workflows.quality import known_answer
from seawall.workflows.ruling import confirmation, earlier_on
from seawall.workflows.sealing import Safe, why_nothing

ITEMS = 20  # shown of one case at once
EARLIER = 10  # earlier rulings that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A known entry that an item is near, and what is known of it."""

    kind: str  # of signal: the item's own
    known: str  # of the entry's; another where a photo is in a video
    bits: int  # that signals of this kind have; 0: they are equal or not
    bank: str
    entry: str
    distance: int
    threshold: (
        int | None
    )  # how far the strictest rule reaches; None: no rule wants it, or it was handed in
    rule: str | None
    categories: tuple[str, ...]
    vouchers: int
    organisations: tuple[str, ...]  # those that vouch, by name
    origins: tuple[str, ...]
    withheld: Withheld | None
    note: str
    likeness: Likeness | None = None  # where and how much, for what is many codes in a row
    region: Region | None = None  # the part of the item that is near; None: all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The user behind an item, or that the item is."""

    user: str
    strikes: int  # that count now
    rulings: tuple[Ruling, ...]  # earlier ones on what is theirs, the latest


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSheet:
    """One item of a case; `number` counts from 1."""

    number: int
    item: Item
    near: tuple[Near, ...]
    duration: float | None  # seconds, of a video or a sound that was screened
    media: SealedMedia | None
    nothing: str | None  # why there is nothing to show
    link: str | None  # where it leads, written so that nobody opens it by mistake
    standing: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSheet:
    """One case, as it is laid before a person."""

    case: Case
    items: tuple[ItemSheet, ...]
    first: int  # number of the first item shown
    policies: tuple[Policy, ...]  # those about the case's category first
    rulings: tuple[Ruling, ...]
    ruling: Ruling | None  # the one in force, or that can be undone
    earlier: tuple[Ruling, ...]  # on the same content, in other cases
    confirms: Ruling | None
    events: tuple[CaseEvent, ...]
    golden: Tried | None  # its known answer, for whoever has said theirs
    others: tuple[Person, ...]  # who else may rule on it
    said: bool  # its reader has decided the same content before, and decides it no more
    people: Mapping[str, Person]


def case_within(ident: str, person: Person, stores: Stores) -> Case:
    """
    The case, if this person may see it.

    Raises:
        NotFound: There is no such case.
        NotAllowed: It is beyond the person's limits, or would tell them what others said of what they may be asked.

    """
    case = stores.cases.find(ident)
    check_shown(case, person, stores)
    return case


def case_sheet(
    ident: str, person: Person, *, stores: Stores, safe: Safe, now: datetime, first: int = 1
) -> CaseSheet:
    """
    The case as this person sees it, with so many items from this one on; that they opened it is an event.

    Raises:
        NotFound, NotAllowed: As `case_within`.

    """
    case, events = stores.cases.history(ident)
    check_shown(case, person, stores)
    people = {each.id: each for each in stores.people.all()}
    ruled = any(event.kind == Step.RULED for event in events)
    rulings = stores.rulings.of_case(ident) if ruled else []
    earlier, look = _earlier(case, person, stores), stores.quality.look(ident)
    details = {"version": case.version, "first": first}
    stores.audit.record(
        Happening(action="case:read", subject=ident, actor=person.id, at=now, details=details)
    )
    return CaseSheet(
        case=case,
        items=_items(case, person, first, stores, safe, now),
        first=first,
        policies=_policies(case, stores),
        rulings=tuple(rulings),
        ruling=next((each for each in rulings if each.id == case.ruling), None),
        earlier=earlier,
        confirms=confirmation(case, stores, reader=person) if earlier else None,
        events=tuple(events),
        golden=known_answer(case, stores),
        others=tuple(who_may_rule(case, people.values(), stores, but=person.id)),
        said=look is not None and person.id in stores.quality.who_said(look),
        people=people,
    )


def name_of(actor: str, people: Mapping[str, Person], reader: Person) -> str:
    """Who did something: by name for those who rule too, by pseudonym for everybody else."""
    known = people.get(actor)
    if known is None:
        return actor
    same_team = may(reader, Permission.CASES_RULE) or known.id == reader.id
    return known.name if same_team else known.pseudonym


def media_of(items: Iterable[Item], stores: Stores) -> dict[str, SealedMedia]:
    """What was kept of each of these items, by the item's key."""
    listed = list(items)
    uploaded = stores.sealed.of_uploads([item.upload for item in listed if item.upload])
    handed = stores.sealed.named_media([item.media for item in listed if item.media])
    found = {
        item.key: handed.get(item.media or "") or uploaded.get(item.upload or "") for item in listed
    }
    return {key: media for key, media in found.items() if media is not None}


def _items(
    case: Case, person: Person, first: int, stores: Stores, safe: Safe, now: datetime
) -> tuple[ItemSheet, ...]:
    shown = case.items[first - 1 : first - 1 + ITEMS]
    uploads = stores.uploads.named([item.upload for item in shown if item.upload is not None])
    kept, standings = media_of(shown, stores), _standings(case, shown, person, stores, now)
    matches = latest_matches({name: each.verdict for name, each in uploads.items()}, stores)
    near = {match.entry for item in shown for match in item.matches}
    near = near.union(*matches.values())
    entries = stores.entries.named(list(near))
    return tuple(
        ItemSheet(
            number=number,
            item=item,
            near=_near(item, matches.get(item.upload or "", {}), entries),
            duration=_duration(item, uploads),
            media=kept.get(item.key),
            nothing=why_nothing(kept.get(item.key), safe=safe),
            link=_link(item),
            standing=standings.get(_user(item) or ""),
        )
        for number, item in enumerate(shown, start=first)
    )


def _user(item: Item) -> str | None:
    return item.id if item.kind is ItemKind.USER else item.uploader


def _standings(
    case: Case, items: Iterable[Item], person: Person, stores: Stores, now: datetime
) -> dict[str, Standing]:
    """The users behind these items; nothing of what was ruled since another decided the case, where it is a look."""
    users = sorted({user for user in map(_user, items) if user is not None})
    made = stores.rulings.of_users(users)
    every = {each.id: each for rulings in made.values() for each in rulings}
    look = stores.quality.look(case.id)
    hidden = hidden_from(person, {each.case for each in every.values()}, stores)
    strikes = stores.rulings.strikes_of_each(
        users,
        at=now,
        but={each.id for each in every.values() if each.case in hidden},
        before=look.blind_from if look else None,
    )
    shown = {
        each.id
        for each in shown_to(person, every.values(), stores)
        if each.case != case.id and (look is None or each.at < look.blind_from)
    }
    return {
        user: Standing(
            user=user,
            strikes=strikes.get(user, 0),
            rulings=tuple(each for each in rulings if each.id in shown)[:EARLIER],
        )
        for user, rulings in made.items()
    }


def _link(item: Item) -> str | None:
    links = (signal.removeprefix("url:") for signal in item.signals if signal.startswith("url:"))
    return next(map(defanged, links), None)


def _duration(item: Item, uploads: Mapping[str, Upload]) -> float | None:
    upload = uploads.get(item.upload or "")
    return upload.fingerprint.duration if upload else None


def _near(
    item: Item, screened: Mapping[str, Match], entries: Mapping[str, Entry]
) -> tuple[Near, ...]:
    told = [match for match in item.matches if match.entry not in screened]
    found = [_as_screened(match, entries.get(match.entry)) for match in screened.values()]
    found += [_as_told(match, entries.get(match.entry)) for match in told]
    return tuple(sorted(found, key=lambda each: each.distance))


def _as_screened(match: Match, entry: Entry | None) -> Near:
    return Near(
        kind=match.signal.type,
        known=match.known.type,
        bits=SIGNAL_TYPES[match.signal.type].bits or 0,
        bank=match.bank,
        entry=match.entry,
        distance=match.distance,
        threshold=match.threshold,
        rule=match.rule,
        categories=match.categories,
        vouchers=match.vouchers,
        organisations=entry.vouchers if entry else (),
        origins=match.origins,
        withheld=match.withheld,
        note=entry.note if entry else "",
        likeness=match.likeness,
        region=match.region,
    )


def _as_told(match: ItemMatch, entry: Entry | None) -> Near:
    kind = match.signal.partition(":")[0]
    return Near(
        kind=kind,
        known=entry.signal.type if entry else kind,
        bits=SIGNAL_TYPES[kind].bits or 0,
        bank=match.bank,
        entry=match.entry,
        distance=match.distance,
        threshold=None,
        rule=None,
        categories=match.categories,
        vouchers=match.vouchers,
        organisations=entry.vouchers if entry else (),
        origins=entry.shared.origins if entry and entry.shared else (),
        withheld=None,
        note=entry.note if entry else "",
    )


def _policies(case: Case, stores: Stores) -> tuple[Policy, ...]:
    named = {
        case.category,
        *(name for item in case.items for match in item.matches for name in match.categories),
    }
    return tuple(
        sorted(
            stores.policies.all(),
            key=lambda policy: (not named.intersection(policy.categories), policy.id),
        )
    )


def _earlier(case: Case, person: Person, stores: Stores) -> tuple[Ruling, ...]:
    marks = [mark for item in case.items for mark in content_marks(item)]
    look = stores.quality.look(case.id)
    found = {
        ruling.id: ruling for ruling in earlier_on(marks, look, stores) if ruling.case != case.id
    }
    return tuple(shown_to(person, found.values(), stores))[:EARLIER]
