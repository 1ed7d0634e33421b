"""
An upload arrives.

    bytes ─▶ sandbox(media ─▶ signals) ─▶ index ─▶ rules ─▶ verdict ─▶ upload, ledger, case, message, event, kept media
"""

from dataclasses import dataclass, replace
from datetime import datetime

from seawall.audit.event import Happening
from seawall.cases.case import Source
from seawall.ids import new_id
from seawall.index.digest import digest
from seawall.media.limits import MIB
from seawall.policy.measure import Measure
from seawall.policy.territory import territory
from seawall.screening.restored import is_restored
from seawall.screening.screen import screen
from seawall.screening.verdict import Verdict
from seawall.signals.fingerprint import Fingerprint
from seawall.storage.memory import Stores
from seawall.storage.outbox import Message
from seawall.storage.sealed import SealedMedia
from seawall.storage.uploads import Upload
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.opening import open_for_upload
from seawall.workflows.sealing import remember_media

MOST_COMPARED = 16 * MIB  # characters of known signals for one upload: some five seconds
LET_THROUGH = (Measure.ALLOW, Measure.LABEL, Measure.RESTRICT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the platform says about an upload."""

    item: str | None = None
    surface: str | None = None
    uploader: str | None = None
    territory: str | None = None
    reach: int | None = None  # how many people have seen it
    key: str | None = None


def screen_upload(
    fingerprint: Fingerprint,
    context: Context,
    *,
    knowledge: Knowledge,
    chance: float,
    now: datetime,
    most_compared: int = MOST_COMPARED,
) -> Upload:
    """
    The upload with its verdict; nothing is remembered yet.

    Long known signals are compared until they have `most_compared` characters; the verdict says what was left out.

    Raises:
        InputError: The territory is not a two-letter code.

    """
    place = territory(context.territory) if context.territory else None
    knowledge.refresh()
    change = (
        knowledge.position
    )  # before looking anything up: what comes meanwhile is looked back for
    verdict = verdict_on(
        fingerprint,
        territory=place,
        knowledge=knowledge,
        chance=chance,
        now=now,
        most_compared=most_compared,
    )
    return Upload(
        id=new_id("up", at=now),
        item=context.item,
        surface=context.surface,
        uploader=context.uploader,
        territory=place,
        reach=context.reach,
        at=now,
        key=context.key,
        fingerprint=fingerprint,
        verdict=verdict,
        change=change,
    )


def verdict_on(
    fingerprint: Fingerprint,
    *,
    territory: str | None,
    knowledge: Knowledge,
    chance: float,
    now: datetime,
    most_compared: int = MOST_COMPARED,
) -> Verdict:
    """What the rules in force make of this fingerprint."""
    known, left_out = knowledge.recognised(fingerprint.readings, most=most_compared)
    return screen(
        known,
        (*fingerprint.missing, *left_out),
        rules=knowledge.rules,
        taxonomy=knowledge.taxonomy,
        territory=territory,
        chance=chance,
        now=now,
        restored=_restored(fingerprint, knowledge, now),
    )


def remember_upload(
    upload: Upload, *, stores: Stores, keep_ledger: bool, media: SealedMedia | None = None
) -> str | None:
    """
    Write the upload, everything its verdict calls for, and what was kept of it, in one transaction.

    Returns the case that a person will look at, if any.
    """
    verdict, by = upload.verdict, upload.key or "cli"
    stores.uploads.add(upload)
    if keep_ledger and verdict.measure in LET_THROUGH:
        stores.uploads.enter_in_ledger(upload)
    stores.audit.record(
        Happening(
            action="upload:screened",
            subject=upload.id,
            actor=by,
            at=upload.at,
            details={
                "measure": verdict.measure,
                "entries": [match.entry for match in verdict.matches],
                "rules": list(verdict.rules),
                "not_screened": [absent.what for absent in verdict.not_screened],
            },
        )
    )
    case = _case(upload, stores) if verdict.review else None
    if case is not None:
        stores.outbox.add(review_wanted(upload, verdict, case=case, at=upload.at))
    if media is not None:
        remember_media(replace(media, case=case), stores=stores, by=by)
    return case


def review_wanted(upload: Upload, verdict: Verdict, *, case: str, at: datetime) -> Message:
    """What tells the platform that a person should look at this upload."""
    return Message(
        id=new_id("msg", at=at),
        topic="upload:review-wanted",
        subject=upload.id,
        body={
            "upload": upload.id,
            "item": upload.item,
            "case": case,
            "measure": verdict.measure,
            "rules": list(verdict.rules),
        },
        at=at,
    )


def _case(upload: Upload, stores: Stores) -> str:
    source = Source.SAMPLE if upload.verdict.sampled else Source.SCREENING
    opened = open_for_upload(
        upload,
        upload.verdict,
        source=source,
        stores=stores,
        by=upload.key or "cli",
        now=upload.at,
    )
    return opened.id


def _restored(fingerprint: Fingerprint, knowledge: Knowledge, now: datetime) -> bool:
    """Whether this very content was given back after a removal, and that still counts."""
    allowed = knowledge.allowed
    return bool(allowed) and is_restored(
        fingerprint, lambda signal: now < allowed.get(digest(str(signal)), now)
    )
