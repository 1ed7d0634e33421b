"""
A case that a person or a program opens: a user, a link, a passage of text, or anything named by its signals.

    handed in ─▶ its signals, and what they match ─▶ a case, or one about the same content that waits
                  └─ a passage is sealed like media
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from seawall.cases.case import Case, Item, ItemKind, ItemMatch, Source
from seawall.errors import InputError
from seawall.policy.category import Taxonomy
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Signal
from seawall.storage.memory import Stores
from seawall.storage.sealed import SealedMedia
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.match import match_signals
from seawall.workflows.opening import open_case
from seawall.workflows.paths import LINK_PREFIXES
from seawall.workflows.sealing import Safe, keep_text, remember_media

LONGEST_TEXT = 100_000  # characters of a passage
NEAR = 31  # bits; as far as the starting rules reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What somebody should look at."""

    item: str  # the platform's name for it
    kind: ItemKind
    uploader: str | None = None
    signals: tuple[str, ...] = ()
    text: str | None = None  # the passage itself
    link: str | None = None  # where the item's name is not the link itself
    territory: str | None = None
    reach: int = 0
    queue: str | None = None
    category: str | None = None
    deadline: datetime | None = None


def handed_item(handed: Handed, *, knowledge: Knowledge, now: datetime) -> Item:
    """
    The item as a case has it, with what is known near its signals.

    Raises:
        InputError: A signal or the link is none, or a text or link comes with another kind of item.

    """
    signals = tuple(dict.fromkeys((*map(parse_signal, handed.signals), *_own_signals(handed))))
    return Item(
        id=handed.item,
        kind=handed.kind,
        uploader=handed.uploader,
        signals=tuple(map(str, signals)),
        matches=tuple(_matches(signals, knowledge, now)),
        territory=handed.territory,
        reach=handed.reach,
    )


def handed_text(handed: Handed, *, safe: Safe, now: datetime) -> SealedMedia | None:
    """The passage, sealed on disk before its case is opened; None where there is none."""
    if handed.text is None:
        return None
    return keep_text(handed.text, item=handed.item, safe=safe, now=now)


def open_by_hand(
    handed: Handed,
    item: Item,
    text: SealedMedia | None,
    *,
    taxonomy: Taxonomy,
    stores: Stores,
    by: str,
    now: datetime,
) -> Case:
    """
    The case that the item is in now; one about the same content that waits is joined.

    Raises:
        NotFound: There is no such category.

    """
    category = taxonomy.find(handed.category).name if handed.category is not None else None
    case = open_case(
        item if text is None else replace(item, media=text.id),
        source=Source.HAND,
        stores=stores,
        by=by,
        now=now,
        queue=handed.queue,
        category=category,
        deadline=handed.deadline,
    )
    if text is not None and any(each.media == text.id for each in case.items):
        remember_media(replace(text, case=case.id), stores=stores, by=by)
    return case


def _own_signals(handed: Handed) -> Iterable[Signal]:
    """What can be read off the item itself."""
    if handed.text is not None:
        if handed.kind is not ItemKind.TEXT or not handed.text.strip():
            raise InputError("A text belongs to an item of the kind text, and is not empty.")
        if len(handed.text) > LONGEST_TEXT:
            raise InputError(f"A passage has at most {LONGEST_TEXT} characters; give an excerpt.")
        yield Signal("sha256", sha256(handed.text.encode()).hexdigest())
    if handed.link is not None and handed.kind is not ItemKind.LINK:
        raise InputError("A link belongs to an item of the kind link.")
    link = handed.link
    if link is None and handed.kind is ItemKind.LINK and handed.item.startswith(LINK_PREFIXES):
        link = handed.item
    if link is not None:
        yield parse_signal(f"url:{link}")


def _matches(signals: Iterable[Signal], knowledge: Knowledge, now: datetime) -> Iterable[ItemMatch]:
    asked = list(signals)
    for near in match_signals(asked, max_distance=NEAR, knowledge=knowledge, now=now):
        for known in near:
            entry = known.entry
            yield ItemMatch(
                bank=entry.bank,
                entry=entry.id,
                signal=str(known.reading.signal),
                distance=known.distance,
                vouchers=len(entry.vouchers_at(now)),
                categories=entry.categories,
                origins=entry.shared.origins_at(now) if entry.shared else (),
            )
