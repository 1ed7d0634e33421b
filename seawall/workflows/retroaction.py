"""
A signal becomes known, and what was let through before is judged again.

    entry ─▶ ledger index ─▶ uploads near it ─▶ the rules, over all that is known ─▶ stricter?
                                                                                      └─▶ retroaction, messages, event

Each entry meets each upload once, whichever of the two came later:

    an entry changed since ──is looked up among── all uploads of the ledger
    an upload screened without knowing a change that was looked up already ──is judged again

The progress is moved in the transaction that writes what was found. Whoever is killed in between begins that page of
changes again; an upload whose last verdict is as strict already is passed over, so nothing is written twice.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from seawall.audit.event import Happening
from seawall.banks.catalogue import radii
from seawall.banks.entry import Entry, counts
from seawall.cases.case import Source
from seawall.cases.ruling import Decision, Ruling
from seawall.ids import new_id
from seawall.policy.measure import Measure
from seawall.policy.rule import EVERYWHERE
from seawall.screening.retroaction import reason_to_reconsider
from seawall.screening.verdict import Verdict
from seawall.signals.registry import SIGNAL_TYPES
from seawall.storage.memory import Memory, Stores
from seawall.storage.outbox import Message
from seawall.storage.retroactions import Progress, Retroaction
from seawall.storage.uploads import Upload, is_full
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.ledger import Ledger
from seawall.workflows.opening import open_for_upload
from seawall.workflows.upload import review_wanted, verdict_on

CHANGES_AT_ONCE = 500
UPLOADS_PER_COMMIT = 200
RULED = {
    Decision.KEEP: Measure.ALLOW,
    Decision.LABEL: Measure.LABEL,
    Decision.RESTRICT: Measure.RESTRICT,
    Decision.REMOVE: Measure.BLOCK,
}
LINES_UNTOLD = 10_000  # while no entry changes, progress along the ledger is written this seldom


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """What is to be looked at next: between two points of progress."""

    since: Progress
    reached: Progress
    entries: Sequence[Entry]  # changed since, and can be matched
    late: set[int]  # uploads that were screened without knowing what was looked up already


def look_back(
    *,
    memory: Memory,
    knowledge: Knowledge,
    ledger: Ledger,
    chance: Callable[[], float],
    now: Callable[[], datetime],
    wait: bool = False,
) -> Generator[list[Retroaction]]:
    """
    Do what is outstanding; after each commit, what it held.

    Whoever iterates may stop anywhere. While another process on this home is at it, `wait` for it or leave it to it.
    """
    with ledger.alone(wait=wait) as mine:
        if not mine:
            return
        while True:
            while not ledger.follow():
                yield []
            outstanding = _outstanding(memory, ledger)
            if outstanding is None:
                return
            knowledge.refresh_now()
            at = now()
            left = sorted(_found(outstanding, knowledge=knowledge, ledger=ledger, at=at))
            more = True
            while more:
                with memory.reading() as stores:
                    uploads = stores.uploads.by_number(left[:UPLOADS_PER_COMMIT])
                left = _after(uploads, left) if is_full(uploads) else left[UPLOADS_PER_COMMIT:]
                more = bool(left)
                judged = [
                    (upload, _judged(upload, knowledge=knowledge, chance=chance(), at=at))
                    for upload in uploads
                ]
                with memory.transaction() as stores:
                    if stores.retroactions.progress(lock=True) != outstanding.since:
                        break  # another machine was faster: see what it has left
                    written = _written(judged, stores=stores, at=at)
                    if not more:
                        stores.retroactions.move(outstanding.reached)
                yield written


def _after(uploads: Sequence[Upload], numbers: Sequence[int]) -> list[int]:
    """Those of these numbers that follow the last of the uploads."""
    return [number for number in numbers if number > uploads[-1].number]


def current_verdict(upload: Upload, later: Sequence[Retroaction]) -> Verdict:
    """The verdict in force on an upload, given its retroactions, oldest first."""
    return later[-1].verdict if later else upload.verdict


def _outstanding(memory: Memory, ledger: Ledger) -> Outstanding | None:
    with memory.reading() as stores:
        since = stores.retroactions.progress()
        page = stores.entries.changes(after=since.change, limit=CHANGES_AT_ONCE)
        reached = Progress(
            change=page[-1][0] if page else since.change, line=max(since.line, ledger.position)
        )
        late = stores.uploads.late(after=since.line, to=reached.line, change=since.change)
        if not page and not late and reached.line - since.line < LINES_UNTOLD:
            return None
        entries = stores.entries.by_number({change.number for _, change in page if not change.gone})
    return Outstanding(since=since, reached=reached, entries=tuple(entries.values()), late=late)


def _found(
    outstanding: Outstanding, *, knowledge: Knowledge, ledger: Ledger, at: datetime
) -> set[int]:
    radius = radii({name: knowledge.rules.radius(name) for name in SIGNAL_TYPES})
    signals = [entry.signal for entry in outstanding.entries if counts(entry, at=at)]
    return outstanding.late | ledger.near(signals, radius=radius)


def _judged(upload: Upload, *, knowledge: Knowledge, chance: float, at: datetime) -> Verdict:
    return verdict_on(
        upload.fingerprint, territory=upload.territory, knowledge=knowledge, chance=chance, now=at
    )


def _written(
    judged: Sequence[tuple[Upload, Verdict]], *, stores: Stores, at: datetime
) -> list[Retroaction]:
    """Write a retroaction, and what it calls for, for each upload that is judged more strictly now."""
    idents = [upload.id for upload, _ in judged]
    latest = stores.retroactions.latest(idents)
    removed = stores.rulings.removed(idents)
    rulings = stores.rulings.carried_out_on(idents)
    waiting = stores.cases.waiting_for(idents)
    written = []
    for upload, verdict in judged:
        if upload.id in removed:
            continue
        since, before = latest.get(upload.id, (upload.at, upload.verdict))
        ruling = rulings.get(upload.id)
        ruled = ruling is not None and (ruling.carried_out_at or at) >= since
        if ruling is not None and ruled:
            before = _as_ruled(before, ruling)
        elif upload.id not in waiting:
            before = replace(before, review=False)
        match = reason_to_reconsider(before, verdict, ruled=ruled)
        if match is None:
            continue
        retroaction = Retroaction(
            upload=upload.id,
            item=upload.item,
            entry=match.entry,
            before=before.measure,
            verdict=verdict,
            at=at,
        )
        stores.retroactions.add(retroaction)
        stores.outbox.add(_message(retroaction))
        if verdict.review and not before.review:
            stores.outbox.add(
                review_wanted(upload, verdict, case=_case(upload, verdict, stores, at), at=at)
            )
        stores.audit.record(_event(retroaction))
        written.append(retroaction)
    return written


def _as_ruled(before: Verdict, ruling: Ruling) -> Verdict:
    """What stands once a person has ruled: nobody needs to look, and what was undone or is over is as if kept."""
    stands = ruling.undone_at is None and ruling.ended_at is None
    measure = RULED[ruling.decision] if stands else Measure.ALLOW
    places = {EVERYWHERE: measure}
    if ruling.territories and stands:
        places = {EVERYWHERE: Measure.ALLOW, **dict.fromkeys(ruling.territories, measure)}
    return replace(before, measure=measure, measures_by_territory=places, review=False)


def _case(upload: Upload, verdict: Verdict, stores: Stores, at: datetime) -> str:
    source = Source.SAMPLE if verdict.sampled else Source.RETROACTION
    return open_for_upload(
        upload, verdict, source=source, stores=stores, by="retroaction", now=at
    ).id


def _message(retroaction: Retroaction) -> Message:
    verdict = retroaction.verdict
    return Message(
        id=new_id("msg", at=retroaction.at),
        topic="upload:reconsidered",
        subject=retroaction.upload,
        body={
            "upload": retroaction.upload,
            "item": retroaction.item,
            "entry": retroaction.entry,
            "before": retroaction.before,
            "measure": verdict.measure,
            "measures_by_territory": dict(verdict.measures_by_territory),
            "review": verdict.review,
            "rules": list(verdict.rules),
        },
        at=retroaction.at,
    )


def _event(retroaction: Retroaction) -> Happening:
    verdict = retroaction.verdict
    return Happening(
        action="upload:reconsidered",
        subject=retroaction.upload,
        actor="retroaction",
        at=retroaction.at,
        details={
            "entry": retroaction.entry,
            "before": retroaction.before,
            "measure": verdict.measure,
            "entries": [match.entry for match in verdict.matches],
            "rules": list(verdict.rules),
        },
    )
